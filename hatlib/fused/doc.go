// Package fused computes the update of every neuron pair without ever building what the equation names.
package fused
