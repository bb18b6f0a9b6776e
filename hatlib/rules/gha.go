package rules

import (
	"github.com/hatlab/hatlab/hatlib"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// GHA is Sanger's generalized Hebbian algorithm:
//
//	Delta W = y x' - LT[y y'] W         Delta w_ij = y_j (x_i - sum_{k<=j} y_k w_ik)
//
// LT keeps the lower triangle with the diagonal. Each output runs Oja's rule on what the outputs before it leave over,
// so on centred data the rows converge to the principal components in order, orthonormal. An output needs the weights
// and activities of the outputs before it: the locality is the layer, and no function of (v_i, w_ij, v_j) can express
// it.
//
// Reference: T. D. Sanger, "Optimal unsupervised learning in a single-layer linear feedforward neural network",
// Neural Networks 2(6), 1989.
type GHA struct{}

var _ hatlib.Rule = GHA{}

// Name implements [hatlib.Rule].
func (GHA) Name() string { return "gha" }

// Locality implements [hatlib.Rule]: layer.
func (GHA) Locality() hatlib.Locality { return hatlib.LocalityLayer }

// Update implements [hatlib.Rule]. scope is not used.
func (r GHA) Update(_ *model.Scope, pre, w, post *Node) *Node {
	checkShapes(r.Name(), pre, w, post)
	return Sub(meanOuter(post, pre), matmul(TakeLowerTriangular(meanOuter(post, post), 0), w))
}
