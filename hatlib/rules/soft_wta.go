package rules

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// SoftWTA is the soft winner-take-all rule of SoftHebb:
//
//	p = softmax(y / temperature)
//	Delta w_ij = p_j (x_i - y_j w_ij)
//
// The outputs compete for each input, and each learns from it in proportion to its share p_j. At a fixed point of a
// linear layer |w_j| = 1 and w_j points along E[p_j x], the centre of the inputs that it wins: the layer is a mixture
// model on the sphere, so inputs should have one length. A low temperature makes the competition hard. The softmax
// needs all outputs: the locality is the layer.
//
// Reference: T. Moraitis, D. Toichkin, A. Journe, Y. Chua, Q. Guo, "SoftHebb: Bayesian inference in unsupervised
// Hebbian soft winner-take-all networks", Neuromorphic Computing and Engineering 2(4), 2022; before it B. Nessler,
// M. Pfeiffer, L. Buesing, W. Maass, PLoS Computational Biology 9(4), 2013.
type SoftWTA struct{ temperature float64 }

var _ hatlib.Rule = (*SoftWTA)(nil)

// NewSoftWTA returns the rule with a positive temperature, in units of the activity.
func NewSoftWTA(temperature float64) (*SoftWTA, error) {
	if !(temperature > 0) {
		return nil, fmt.Errorf("rule soft_wta: temperature %g, want a positive number", temperature)
	}
	return &SoftWTA{temperature: temperature}, nil
}

// Name implements [hatlib.Rule].
func (r *SoftWTA) Name() string { return "soft_wta" }

// Locality implements [hatlib.Rule]: layer.
func (r *SoftWTA) Locality() hatlib.Locality { return hatlib.LocalityLayer }

// Update implements [hatlib.Rule]. scope is not used.
func (r *SoftWTA) Update(_ *model.Scope, pre, w, post *Node) *Node {
	checkShapes(r.Name(), pre, w, post)
	share := Softmax(DivScalar(post, r.temperature), -1)
	return Sub(meanOuter(share, pre), Mul(column(batchMean(Mul(share, post))), w))
}
