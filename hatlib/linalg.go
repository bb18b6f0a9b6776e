package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// contract multiplies two matrices over the given axes (negative, counted from the end); leading population axes, when
// there are any, are paired. The result is [..., other axis of a, other axis of b].
func contract(a, b *Node, axisA, axisB int) *Node {
	population := make([]int, a.Rank()-2)
	for p := range population {
		population[p] = p
	}
	return DotGeneral(a, []int{a.Rank() + axisA}, population, b, []int{b.Rank() + axisB}, population)
}

// linear returns W v + b for every example: v [batch, in], w [out, in], b [out] -> [batch, out].
func linear(v, w, b *Node) *Node {
	return Add(contract(v, w, -1, -1), InsertAxes(b, b.Rank()-1))
}
