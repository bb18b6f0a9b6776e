package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// HAT is a learner L and a rule M with the choices of [Config] that their forward pass needs.
type HAT struct {
	Learner *Learner
	Rule    Rule
	// Entry says where the local update enters, EntryWeights or EntryAfterSigma.
	Entry string
	// GradientAt says which W gradients refer to, GradientAfter, GradientBefore or GradientInPlace.
	GradientAt string
	// SeesPreactivation shows M Wv+b instead of vhat = sigma(Wv+b).
	SeesPreactivation bool
	// Shuffled shows the rule every v_i with the v_j of another example.
	Shuffled bool

	noise *noise // what stands in for the rule's updates; nil for none
}

// Forward is lines 2 to 6 of Algorithm 1: x [batch, in] -> v_|L| [batch, classes], and the weights W_l that it leaves
// behind, which the caller keeps for the next batch. rate is a scalar; ruleScope holds the meta-parameters.
func (h *HAT) Forward(ruleScope *model.Scope, weights Weights, x, rate *Node) (v *Node, updated []*Node) {
	if h.Entry == EntryAfterSigma {
		return h.forwardAfterSigma(ruleScope, weights, x, rate)
	}
	//hat:begin forward
	v = x                               // line 2
	for l := range h.Learner.Layers() { // line 3
		w, b, sigma := weights.W[l], weights.B[l], h.Learner.Sigma(l)
		if !h.isControl() {
			z := linear(v, w, b)
			vhat := sigma.Apply(z)                              // line 4
			dw := h.update(ruleScope, l, v, w, h.seen(z, vhat)) // M, every neuron pair, mean over the batch
			w = Add(w, Mul(rate, dw))                           // line 5
		}
		v = sigma.Apply(linear(v, w, b)) // line 6
		updated = append(updated, w)
	}
	//hat:end forward
	return v, updated
}

// update applies the rule to layer l. A rule of one neuron pair has one set of meta-parameters for every layer, as the
// paper's M; what a rule that sees a layer keeps (running means) belongs to that layer.
func (h *HAT) update(ruleScope *model.Scope, l int, pre, w, post *Node) *Node {
	if h.Rule.Locality() == LocalityLayer {
		ruleScope = ruleScope.At("layer_%d", l)
	}
	if h.noise.isApplied() {
		return h.noise.like(noisyMean, l)
	}
	dw := h.Rule.Update(ruleScope, pre, w, post)
	h.noise.record(noisyMean, dw)
	return dw
}

// isControl reports whether there is no local update: lines 4 and 5 then change nothing and are left out, so that the
// control is plain backpropagation to the last bit.
func (h *HAT) isControl() bool { return h.Rule.Name() == "none" }

// seen is the v_j that the rule sees.
func (h *HAT) seen(preactivation, vhat *Node) *Node {
	vj := vhat
	if h.SeesPreactivation {
		vj = preactivation
	}
	if h.Shuffled {
		vj = nextExample(vj)
	}
	return vj
}

// nextExample moves activities [..., batch, units] along the batch by one, the first to the end: example e meets those of
// example e+1. The order within a batch is random, so this is as good as a random permutation, without any fixed points. What is linear in v_i and v_j has the same
// mean over the batch with any pairing.
func nextExample(v *Node) *Node {
	axis := v.Rank() - 2
	return Concatenate([]*Node{SliceAxis(v, axis, AxisRange(1)), SliceAxis(v, axis, AxisRange(0, 1))}, axis)
}
