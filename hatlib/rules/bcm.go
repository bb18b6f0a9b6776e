package rules

import (
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/hatlab/hatlab/hatlib"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// ThresholdVariable is the name of the state of [BCM] in its scope: [out], or [P, out], not trainable.
const ThresholdVariable = "threshold"

// BCM is the rule of Bienenstock, Cooper and Munro with a sliding threshold:
//
//	theta_j <- theta_j + follow (mean_batch y_j^2 - theta_j)
//	Delta w_ij = x_i y_j (y_j - theta_j)
//
// theta_j is a running mean of the squared activity: a unit that is active too much makes its own threshold higher.
// With K linearly independent patterns, equally frequent, the stable states of a linear unit answer to one pattern with
// K and to the others with 0 (selectivity). The threshold must follow faster than the weights move, or the two
// oscillate. A running mean is not to be seen in one pair at one moment, so the locality is the layer.
//
// Reference: E. L. Bienenstock, L. N. Cooper, P. W. Munro, J. Neuroscience 2(1), 1982, in the quadratic form of
// N. Intrator, L. N. Cooper, "Objective function formulation of the BCM theory of visual cortical plasticity",
// Neural Networks 5(1), 1992.
type BCM struct{ follow, initial float64 }

var _ hatlib.Rule = (*BCM)(nil)

// NewBCM returns the rule. follow, in (0,1], is how fast the threshold follows the squared activity; initial is the
// threshold before the first batch.
func NewBCM(follow, initial float64) (*BCM, error) {
	if !(follow > 0 && follow <= 1) {
		return nil, fmt.Errorf("rule bcm: follow %g, want a number in (0,1]", follow)
	}
	return &BCM{follow: follow, initial: initial}, nil
}

// Name implements [hatlib.Rule].
func (r *BCM) Name() string { return "bcm" }

// Locality implements [hatlib.Rule]: layer.
func (r *BCM) Locality() hatlib.Locality { return hatlib.LocalityLayer }

// Update implements [hatlib.Rule] and moves the threshold, which it keeps in scope as [ThresholdVariable]; the update
// uses the threshold after the move. Each layer needs a scope of its own. It panics when scope is nil, or holds the
// thresholds of a layer of another size.
func (r *BCM) Update(scope *model.Scope, pre, w, post *Node) *Node {
	checkShapes(r.Name(), pre, w, post)
	if scope == nil {
		Panicf("rule bcm keeps a running mean and needs a scope for it, got none")
	}
	g := pre.Graph()
	power := batchMean(Square(post))
	if known := scope.GetVariable(ThresholdVariable); known != nil && !known.Shape().Equal(power.Shape()) {
		Panicf("rule bcm: scope %q holds the thresholds %s of another layer, and this one needs %s: give each layer a scope of its own",
			scope.Scope(), known.Shape(), power.Shape())
	}
	variable := scope.WithInitializer(func(g *Graph, shape shapes.Shape) *Node { return FillScalar(g, shape, r.initial) }).
		VariableWithShape(ThresholdVariable, power.Shape()).SetTrainable(false)
	theta := variable.NodeValue(g)
	theta = Add(theta, MulScalar(Sub(power, theta), r.follow))
	variable.SetNodeValue(theta)
	return meanOuter(Mul(post, Sub(post, row(theta))), pre)
}
