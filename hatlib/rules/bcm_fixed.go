package rules

import (
	"github.com/hatlab/hatlab/hatlib"

	. "github.com/gomlx/gomlx/core/graph"
)

// BCMFixed is the rule of Bienenstock, Cooper and Munro with its threshold held still:
//
//	Delta w_ij = v_i v_j (v_j - theta)
//
// Activity above theta strengthens the active inputs, activity below it weakens them. A pair sees all it needs, so the
// rule is pointwise; but nothing bounds it: for one pattern x and a linear unit, y' = |x|^2 y (y - theta) decays to 0
// from below theta and runs away in finite time from above. [NewBCM] slides the threshold, which cures that and needs
// a memory.
//
// theta: the threshold, in units of the activity.
//
// Reference: E. L. Bienenstock, L. N. Cooper, P. W. Munro, "Theory for the development of neuron selectivity:
// orientation specificity and binocular interaction in visual cortex", J. Neuroscience 2(1), 1982.
func BCMFixed(theta float64) *hatlib.FixedRule {
	return hatlib.NewFixedRule("bcm_fixed",
		func(vi, _, vj *Node) *Node { return Mul(vi, Mul(vj, AddScalar(vj, -theta))) },
		func(pre, w, post *Node) *Node {
			checkShapes("bcm_fixed", pre, w, post)
			return meanOuter(Mul(post, AddScalar(post, -theta)), pre)
		})
}
