package rules

import (
	"github.com/hatlab/hatlab/hatlib"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// ABCD is the generalised Hebbian rule with four coefficients, one set for the whole network:
//
//	Delta w_ij = A v_i v_j + B v_i + C v_j + D
//
// A is Hebbian growth, B moves all outgoing weights of an active input, C all incoming weights of an active output
// (the paper's converged rule is C = 2 alone), D is a drift. With a scope the coefficients are a trainable variable,
// so the rule can stand in M's place in HAT; without one they are constants.
//
// Reference: E. Najarro, S. Risi, "Meta-learning through Hebbian plasticity in random networks", NeurIPS 2020, where
// each connection has its own coefficients, found by evolution.
type ABCD struct {
	// A, B, C and D are the coefficients, or where their training begins.
	A, B, C, D float64
}

var _ hatlib.Pointwise = (*ABCD)(nil)

// Name implements [hatlib.Rule].
func (r *ABCD) Name() string { return "abcd" }

// Locality implements [hatlib.Rule]: pair.
func (r *ABCD) Locality() hatlib.Locality { return hatlib.LocalityPair }

// Init makes the trainable coefficients in scope, for a caller whose graph must not make variables (the body of a loop).
func (r *ABCD) Init(scope *model.Scope) { coefficientsVariable(scope, r.values()) }

func (r *ABCD) values() []float64 { return []float64{r.A, r.B, r.C, r.D} }

// Theta implements [hatlib.Pointwise]: one node [4] with A, B, C, D; see [CoefficientsVariable].
func (r *ABCD) Theta(scope *model.Scope, g *Graph) []*Node {
	return coefficients(scope, g, r.values())
}

// Pair implements [hatlib.Pointwise].
func (r *ABCD) Pair(theta []*Node, vi, _, vj *Node) *Node {
	a, b, c, d := r.split(theta, vi)
	return Add(Add(Mul(a, Mul(vi, vj)), Mul(b, vi)), Add(Mul(c, vj), d))
}

// Update implements [hatlib.Rule]. The rule is linear in v_i and in v_j, so the batch mean over pairs is one matrix
// product and two means.
func (r *ABCD) Update(scope *model.Scope, pre, w, post *Node) *Node {
	return r.mean(r.Theta(scope, pre.Graph()), pre, w, post)
}

func (r *ABCD) mean(theta []*Node, pre, w, post *Node) *Node {
	checkShapes(r.Name(), pre, w, post)
	a, b, c, d := r.split(theta, pre)
	return Add(Add(Mul(a, meanOuter(post, pre)), Mul(b, row(batchMean(pre)))), Add(Mul(c, column(batchMean(post))), d))
}

// split returns the four coefficients, ready to meet like.
func (r *ABCD) split(theta []*Node, like *Node) (a, b, c, d *Node) {
	return coefficient(theta, 0, like), coefficient(theta, 1, like), coefficient(theta, 2, like), coefficient(theta, 3, like)
}
