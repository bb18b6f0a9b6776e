package fused

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// value is g(z). Its gradient is never taken, so at 0 only the value counts.
func (a Activation) value(z *Node) *Node {
	if a == ActivationTanh {
		return Tanh(z)
	}
	return Max(z, ConstAs(z, 0))
}

// slope is g'(z).
func (a Activation) slope(z *Node) *Node {
	if a == ActivationTanh {
		t := Tanh(z)
		return Sub(ConstAs(z, 1), Mul(t, t))
	}
	return ConvertDType(GreaterThan(z, ConstAs(z, 0)), z.DType())
}
