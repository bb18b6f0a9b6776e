package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// lossPerExample is H of line 7 for every example: v_|L| [..., batch, classes] and labels [..., batch] give
// [..., batch]. It panics on an unknown name.
func lossPerExample(name string, v, labels *Node) *Node {
	classes := v.Shape().Dimensions[v.Rank()-1]
	target := OneHot(labels, classes, v.DType())
	switch name {
	case "cross_entropy":
		return Neg(ReduceSum(Mul(target, LogSoftmax(v, -1)), -1))
	case "squared":
		return MulScalar(ReduceSum(Square(Sub(v, target)), -1), 0.5)
	}
	Panicf("unknown loss %q", name)
	return nil
}

// batchLoss is the loss of the labelled examples of a batch, [] or [P]: mask [..., batch] is 1 where there is a label.
// The sum is divided by the number of labelled examples, or by the batch; a batch without labels has loss 0.
func batchLoss(perExample, mask *Node, divisor string) *Node {
	total := ReduceSum(Where(GreaterThan(mask, ZerosLike(mask)), perExample, ZerosLike(perExample)), -1)
	if divisor == "batch" {
		return DivScalar(total, float64(perExample.Shape().Dimensions[perExample.Rank()-1]))
	}
	return Div(total, MaxScalar(ReduceSum(mask, -1), 1))
}
