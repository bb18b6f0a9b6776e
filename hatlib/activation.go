package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// Activation is the sigma of lines 4 and 6. The paper does not name it; the authors' code uses ReLU.
type Activation string

// The activations that a configuration can name.
const (
	ActivationReLU    Activation = "relu"
	ActivationTanh    Activation = "tanh"
	ActivationSigmoid Activation = "sigmoid"
	ActivationLinear  Activation = "linear"
)

// activations lists the valid names, for error messages.
var activations = []string{string(ActivationReLU), string(ActivationTanh), string(ActivationSigmoid), string(ActivationLinear)}

// Apply returns sigma(x), of the shape and dtype of x. It panics on an unknown activation.
func (a Activation) Apply(x *Node) *Node {
	switch a {
	case ActivationReLU:
		return ReLU(x)
	case ActivationTanh:
		return Tanh(x)
	case ActivationSigmoid:
		return Sigmoid(x)
	case ActivationLinear:
		return x
	}
	Panicf("unknown activation %q, valid are %q", string(a), activations)
	return nil
}

// ReLU returns max(x, 0) with gradient 0 at 0. GoMLX's own has gradient 1 there, PyTorch's 0; dead units sit exactly
// at 0, so the difference is seen in training.
func ReLU(x *Node) *Node {
	zero := ScalarZero(x.Graph(), x.DType())
	return Where(GreaterThan(x, zero), x, ZerosLike(x))
}
