package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Locality says what a rule may see when it changes w_ij. The paper's local rule (section 1.1) is LocalityPair.
type Locality int

const (
	// LocalityPair: v_i, w_ij and v_j of the connection itself, nothing else.
	LocalityPair Locality = iota
	// LocalityLayer: also other units of the layer, norms, or running means (GHA, ICA, sliding BCM).
	LocalityLayer
	// LocalityTwoPhase: activities of two relaxations, free and nudged (contrastive Hebbian, equilibrium propagation).
	LocalityTwoPhase
)

// String returns the name of the locality as the documentation writes it.
func (l Locality) String() string {
	switch l {
	case LocalityPair:
		return "pair"
	case LocalityLayer:
		return "layer"
	case LocalityTwoPhase:
		return "two phases"
	}
	return "unknown"
}

// PairFn is a local rule as a graph function of one neuron pair, Delta w_ij = f(v_i, w_ij, v_j). It is written for
// scalars and applied elementwise: vi, wij and vj arrive with one common shape, and the result has it too.
// theta holds the rule's meta-parameters; they are an argument, not captured, so that [PairMean] can return their
// gradient when it recomputes f in the backward pass.
type PairFn func(theta []*Node, vi, wij, vj *Node) *Node

// Rule is a local, unsupervised learning rule for one layer (paper, section 1.1). It sees activities and weights,
// never labels.
type Rule interface {
	// Name is the rule's name in configurations and in the store.
	Name() string
	// Locality says what the rule may see.
	Locality() Locality
	// Update returns Delta W [out, in], the mean over the batch, for pre [batch, in], w [out, in] and
	// post [batch, out]. Meta-parameters are found in scope; rules without any accept a nil scope.
	// It panics on wrong shapes.
	Update(scope *model.Scope, pre, w, post *Node) *Node
}

// Pointwise is a Rule of locality pair: it is one function of (v_i, w_ij, v_j) applied to every neuron pair.
type Pointwise interface {
	Rule
	// Theta returns the meta-parameters as nodes of g, found in scope; nil when the rule has none.
	Theta(scope *model.Scope, g *Graph) []*Node
	// Pair is the rule itself; see [PairFn].
	Pair(theta []*Node, vi, wij, vj *Node) *Node
}
