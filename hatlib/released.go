package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	. "github.com/gomlx/gomlx/support/exceptions"

	"github.com/hatlab/hatlab/hatlib/fused"
)

// PairShifter is a pointwise rule with a faster form of [PairMeanAndShift] than the general one.
type PairShifter interface {
	// MeanAndShift returns what PairMeanAndShift does: mean [out, in] and shift [batch, out].
	MeanAndShift(scope *model.Scope, pre, w, post *Node) (mean, shift *Node)
}

// forwardAfterSigma is the forward pass of the authors' released code (2018), which differs from Algorithm 1: the
// update of every example by itself enters after the activation, and only the batch mean is stored,
//
//	vhat  = sigma(W v + b)
//	dw_ij = rate M(v_i, w_ij, vhat_j)            per example
//	v'_j  = vhat_j + sum_i v_i dw_ij
//	W     = W + mean_batch dw
func (h *HAT) forwardAfterSigma(ruleScope *model.Scope, weights Weights, x, rate *Node) (v *Node, updated []*Node) {
	v = x
	for l := range h.Learner.Layers() {
		w, b, sigma := weights.W[l], weights.B[l], h.Learner.Sigma(l)
		if h.isControl() {
			v = sigma.Apply(linear(v, w, b))
			updated = append(updated, w)
			continue
		}
		var overwritten *Node
		z := linear(v, w, b)
		if h.GradientAt == GradientInPlace {
			z = linearInPlace(v, w, b, func() *Node { return overwritten })
		}
		vhat := sigma.Apply(z)
		mean, shift := h.meanAndShift(ruleScope, l, v, w, h.seen(z, vhat))
		v = Add(vhat, Mul(rate, shift))
		overwritten = StopGradient(Add(w, Mul(rate, mean)))
		updated = append(updated, overwritten)
	}
	return v, updated
}

// meanAndShift computes both sums over the pairs of layer l, or noise of their norms.
func (h *HAT) meanAndShift(scope *model.Scope, l int, pre, w, post *Node) (mean, shift *Node) {
	if h.noise.isApplied() {
		return h.noise.like(noisyMean, l), h.noise.like(noisyShift, l)
	}
	mean, shift = h.pairSums(scope, pre, w, post)
	h.noise.record(noisyMean, mean)
	h.noise.record(noisyShift, shift)
	return mean, shift
}

// pairSums computes both sums over the pairs of a pointwise rule.
func (h *HAT) pairSums(scope *model.Scope, pre, w, post *Node) (mean, shift *Node) {
	if r, ok := h.Rule.(PairShifter); ok {
		return r.MeanAndShift(scope, pre, w, post)
	}
	r, ok := h.Rule.(Pointwise)
	if !ok {
		Panicf("update_entry=after_sigma needs a rule of one neuron pair, %q sees %s", h.Rule.Name(), h.Rule.Locality())
	}
	return PairMeanAndShift(r.Pair, r.Theta(scope, pre.Graph()), pre, w, post)
}

// linearInPlace is W v + b with the gradient that PyTorch computes when the stored W is overwritten between the
// forward and the backward pass: the gradient through v uses the new W, the gradient of W is as usual. It is not the
// gradient of any function.
func linearInPlace(v, w, b *Node, overwritten func() *Node) *Node {
	forward := func(x []*Node) []*Node { return []*Node{linear(x[0], x[1], x[2])} }
	backward := func(x, _, adjoints []*Node) []*Node {
		adjoint := adjoints[0] // [batch, out]
		return []*Node{
			contract(adjoint, overwritten(), -1, -2), // [batch, in], with the new W
			contract(adjoint, x[0], -2, -2),          // [out, in]
			ReduceSum(adjoint, adjoint.Rank()-2),     // [out]
		}
	}
	return fused.CustomGradient([]*Node{v, w, b}, forward, backward)[0]
}
