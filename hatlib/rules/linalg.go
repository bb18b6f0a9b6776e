package rules

import (
	. "github.com/gomlx/gomlx/core/graph"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// checkShapes panics unless pre [..., batch, in], w [..., out, in] and post [..., batch, out] fit together.
func checkShapes(name string, pre, w, post *Node) {
	rank := w.Rank()
	if rank < 2 || pre.Rank() != rank || post.Rank() != rank {
		Panicf("rule %s: pre, w and post must have one rank of at least 2, got %s, %s and %s", name, pre.Shape(), w.Shape(), post.Shape())
	}
	for axis := range rank - 2 {
		if pre.Shape().Dim(axis) != w.Shape().Dim(axis) || post.Shape().Dim(axis) != w.Shape().Dim(axis) {
			Panicf("rule %s: population axes differ: pre %s, w %s, post %s", name, pre.Shape(), w.Shape(), post.Shape())
		}
	}
	if pre.Shape().Dim(-1) != w.Shape().Dim(-1) || post.Shape().Dim(-1) != w.Shape().Dim(-2) || pre.Shape().Dim(-2) != post.Shape().Dim(-2) {
		Panicf("rule %s: pre %s, w %s and post %s must be [batch, in], [out, in] and [batch, out]", name, pre.Shape(), w.Shape(), post.Shape())
	}
}

// contract multiplies two matrices over the given axes (negative, counted from the end); leading population axes are
// paired. The result is [..., other axis of a, other axis of b].
func contract(a, b *Node, axisA, axisB int) *Node {
	population := make([]int, a.Rank()-2)
	for p := range population {
		population[p] = p
	}
	return DotGeneral(a, []int{a.Rank() + axisA}, population, b, []int{b.Rank() + axisB}, population)
}

// matmul is the matrix product a b.
func matmul(a, b *Node) *Node { return contract(a, b, -1, -2) }

// meanOuter returns the batch mean of the outer product of two activities: [..., batch, m], [..., batch, n] -> [..., m, n].
func meanOuter(a, b *Node) *Node {
	return DivScalar(contract(a, b, -2, -2), float64(a.Shape().Dim(-2)))
}

// project returns the activity of a linear layer: v [..., batch, in], w [..., out, in] -> [..., batch, out].
func project(v, w *Node) *Node { return contract(v, w, -1, -1) }

// batchMean returns the mean over the batch axis: [..., batch, units] -> [..., units].
func batchMean(v *Node) *Node { return ReduceMean(v, v.Rank()-2) }

// column turns one value per output [..., out] into [..., out, 1], to be spread over the inputs.
func column(v *Node) *Node { return InsertAxes(v, -1) }

// row turns one value per input [..., in] into [..., 1, in], to be spread over the outputs.
func row(v *Node) *Node { return InsertAxes(v, -2) }

// unitRows divides every row of w by its Euclidean norm; a row of zeros stays zero, with gradient zero.
func unitRows(w *Node) *Node {
	squared := ReduceAndKeep(Square(w), ReduceSum, -1)
	empty := Equal(squared, ZerosLike(squared))
	norm := Sqrt(Where(empty, OnesLike(squared), squared))
	return Div(w, norm)
}

// newtonSchulzSteps is enough, to rounding, for a matrix near orthonormal of up to 1000 rows, which is what a rule has
// after its first updates: the start has singular values 1/sqrt(rows), each step multiplies small ones by 1.5, and the
// last five or so converge quadratically. An ill-conditioned first matrix takes a few updates more.
const newtonSchulzSteps = 14

// decorrelate returns (W W')^(-1/2) W for w [..., out, in] with out <= in: the nearest matrix with orthonormal rows
// ("symmetric decorrelation": no row comes first). The Newton-Schulz iteration W <- 3/2 W - 1/2 W W' W uses products
// only, so it has a gradient and runs on every backend; it is the iterative form of Hyvarinen and Oja.
func decorrelate(w *Node) *Node {
	// The Frobenius norm bounds every singular value, so the iteration starts where it converges.
	squared := ReduceAndKeep(Square(w), ReduceSum, -1, -2)
	empty := Equal(squared, ZerosLike(squared))
	w = Div(w, Sqrt(Where(empty, OnesLike(squared), squared)))
	for range newtonSchulzSteps {
		w = Sub(MulScalar(w, 1.5), MulScalar(matmul(contract(w, w, -1, -1), w), 0.5))
	}
	return w
}
