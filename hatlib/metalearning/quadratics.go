package metalearning

import (
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Quadratics is the family f(x) = |W x - y|^2 of Andrychowicz et al. 2016, section 3.1: W [N, N] and y [N] have independent standard normal entries
// (N = 10 in the paper), and x starts at normal values of standard deviation 0.01, close to the origin.
type Quadratics struct{ N int }

// Name returns "quadratics".
func (Quadratics) Name() string { return "quadratics" }

// Dim returns N.
func (q Quadratics) Dim() int { return q.N }

// Sample draws x0 [functions, N], W [functions, N, N] and y [functions, N].
func (q Quadratics) Sample(rng *rand.Rand, functions int) (*tensors.Tensor, []*tensors.Tensor) {
	w := tensors.FromFlatDataAndDimensions(normal(rng, 1, functions*q.N*q.N), functions, q.N, q.N)
	y := tensors.FromFlatDataAndDimensions(normal(rng, 1, functions*q.N), functions, q.N)
	return tensors.FromFlatDataAndDimensions(normal(rng, 0.01, functions*q.N), functions, q.N), []*tensors.Tensor{w, y}
}

// Batch returns nil: a quadratic stays the same.
func (Quadratics) Batch(*rand.Rand, int) []*tensors.Tensor { return nil }

// Loss builds |W x - y|^2 [functions].
func (Quadratics) Loss(x *Node, data, _ []*Node) *Node {
	w, y := data[0], data[1]
	return ReduceSum(Square(Sub(DotGeneral(w, []int{2}, []int{0}, x, []int{1}, []int{0}), y)), -1)
}
