// Package metalearning holds the relatives of HAT that the paper names in section 1.2.
package metalearning
