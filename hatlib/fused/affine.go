package fused

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// affine is the form for a linear M: then M = alpha v_i + beta w_ij + gamma v_j + delta with alpha = m.a and so on, and
// both reductions have closed forms that cost no more than a matrix product. Automatic differentiation is the best gradient.
type affine struct{}

// coefficients returns alpha, beta, gamma and delta, each [P, 1, 1].
func (affine) coefficients(x operands) (alpha, beta, gamma, delta *Node) {
	dot := func(p *Node) *Node { return InsertAxes(ReduceSum(Mul(x.m, p), -1), -1, -1) }
	return dot(x.a), dot(x.b), dot(x.c), dot(x.d)
}

func (f affine) mean(x operands) *Node {
	alpha, beta, gamma, delta := f.coefficients(x)
	v := InsertAxes(ReduceMean(x.v, 1), 1)  // [P, 1, in]
	u := InsertAxes(ReduceMean(x.u, 1), -1) // [P, out, 1]
	return Add(Mul(beta, x.w), Add(Add(Mul(alpha, v), Mul(gamma, u)), delta))
}

func (f affine) shift(x operands) *Node {
	alpha, beta, gamma, delta := f.coefficients(x)
	sum := ReduceAndKeep(x.v, ReduceSum, -1)               // [P, batch, 1]
	squares := ReduceAndKeep(Mul(x.v, x.v), ReduceSum, -1) // [P, batch, 1]
	wv := Einsum("pbi,pji->pbj", x.v, x.w)
	return Add(Add(Mul(alpha, squares), Mul(beta, wv)), Mul(sum, Add(Mul(gamma, x.u), delta)))
}

// gradient is never called: the closed form is differentiated automatically.
func (affine) gradient(operands, *Node, *Node) operands { return operands{} }
