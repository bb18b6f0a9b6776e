package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// PairMean is vmap over neuron pairs: it applies f to (v_i, w_ij, v_j) of every pair of neurons of a layer and every
// example, and returns the mean over the batch,
//
//	dW[j,i] = 1/B sum_b f(theta, pre[b,i], w[j,i], post[b,j])
//
// This is what the paper's appendix A says no framework could do and replaces by 1x1 convolutions. f is any graph
// function; the result is differentiable in theta, pre, w and post.
//
// Shapes: pre [batch, in], w [out, in], post [batch, out] -> [out, in]; one more leading axis P everywhere for a
// population. Options bound the memory, see [WithPairMemory]. It panics on shapes that do not fit together.
func PairMean(f PairFn, theta []*Node, pre, w, post *Node, options ...PairOption) *Node {
	mean, _ := vmapPairs(f, theta, pre, w, post, false, options)
	return mean
}

// PairMeanAndShift is PairMean together with the other reduction of the same expression that the released code uses:
// what each example's own update adds to the post-synaptic activity,
//
//	shift[b,j] = sum_i pre[b,i] f(theta, pre[b,i], w[j,i], post[b,j])
//
// mean is [out, in], shift is [batch, out].
func PairMeanAndShift(f PairFn, theta []*Node, pre, w, post *Node, options ...PairOption) (mean, shift *Node) {
	return vmapPairs(f, theta, pre, w, post, true, options)
}

// vmapPairs checks the shapes and chooses between one expression and chunks of bounded memory.
func vmapPairs(f PairFn, theta []*Node, pre, w, post *Node, withShift bool, options []PairOption) (mean, shift *Node) {
	checkPairShapes(pre, w, post)
	config := pairConfig{}
	for _, option := range options {
		option(&config)
	}
	if config.maxBytes > 0 {
		if chunk, needed := planChunks(f, theta, pre, w, post, config.maxBytes); needed {
			return chunkedPairs(f, theta, pre, w, post, withShift, chunk)
		}
	}
	return pairSums(f, theta, pre, w, post, withShift, pre.Shape().Dimensions[pre.Rank()-2])
}

// pairSums is the definition, as one broadcast expression over [..., batch, out, in]. The mean divides by batch, which
// is not pre's own batch when pre is a chunk.
func pairSums(f PairFn, theta []*Node, pre, w, post *Node, withShift bool, batch int) (mean, shift *Node) {
	rank := pre.Rank()
	leading := pre.Shape().Dimensions[:rank-2]
	examples, in := pre.Shape().Dimensions[rank-2], pre.Shape().Dimensions[rank-1]
	out := w.Shape().Dimensions[rank-2]
	dims := append(append([]int{}, leading...), examples, out, in)

	vi := BroadcastToDims(InsertAxes(pre, rank-1), dims...) // [..., batch, 1, in]
	wij := BroadcastToDims(InsertAxes(w, rank-2), dims...)  // [..., 1, out, in]
	vj := BroadcastToDims(InsertAxes(post, rank), dims...)  // [..., batch, out, 1]
	dw := f(theta, vi, wij, vj)
	if !dw.Shape().Equal(vi.Shape()) {
		Panicf("a pair function must return the shape of its arguments %s, got %s", vi.Shape(), dw.Shape())
	}
	mean = DivScalar(ReduceSum(dw, rank-2), float64(batch))
	if withShift {
		shift = ReduceSum(Mul(vi, dw), rank)
	}
	return mean, shift
}

// checkPairShapes panics unless pre [..., batch, in], w [..., out, in] and post [..., batch, out] fit together.
func checkPairShapes(pre, w, post *Node) {
	p, m, q := pre.Shape().Dimensions, w.Shape().Dimensions, post.Shape().Dimensions
	rank := len(p)
	if rank < 2 || rank > 3 || len(m) != rank || len(q) != rank {
		Panicf("neuron pairs need pre [batch, in], w [out, in] and post [batch, out], or the same with one leading "+
			"population axis; got pre %s, w %s, post %s", pre.Shape(), w.Shape(), post.Shape())
	}
	samePopulation := rank == 2 || (p[0] == m[0] && p[0] == q[0])
	if !samePopulation || p[rank-1] != m[rank-1] || p[rank-2] != q[rank-2] || q[rank-1] != m[rank-2] {
		Panicf("neuron pairs do not fit together: pre %s (batch, in), w %s (out, in), post %s (batch, out)",
			pre.Shape(), w.Shape(), post.Shape())
	}
}
