//go:build !(linux && amd64)

package main

import "errors"

// chooseCUDA says that there is nothing to choose.
func (in *installer) chooseCUDA() (choice, error) {
	return choice{}, errors.New("the CUDA plugin exists for linux/amd64 only")
}
