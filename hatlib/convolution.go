package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors/images"
)

// ConvolutionMean is the batch mean of M over every neuron pair in the way of the paper's appendix A: the three inputs
// of M are copied and stacked as the channels of an image [batch, 3, out, in], and M's two layers are 1x1 convolutions
// over it, with a ReLU between them. It gives what [PairMean] gives and needs about 3+2H times the memory; it is here
// to be compared with. theta as in [MetaLearner]; pre [batch, in], w [out, in], post [batch, out] -> [out, in].
func ConvolutionMean(theta []*Node, pre, w, post *Node) *Node {
	return ReduceMean(ConvolutionUpdates(theta, pre, w, post), 0)
}

// ConvolutionUpdates is ConvolutionMean before the mean: [batch, out, in], every example's own update.
func ConvolutionUpdates(theta []*Node, pre, w, post *Node) *Node {
	batch, in, out := pre.Shape().Dimensions[0], pre.Shape().Dimensions[1], w.Shape().Dimensions[0]
	hidden := theta[0].Shape().Dimensions[0]
	state := PairState(pre, w, post)
	kernel := Stack([]*Node{theta[0], theta[1], theta[2]}, 1) // [H, 3]
	z := Convolve(state, Reshape(kernel, hidden, 3, 1, 1)).ChannelsAxis(images.ChannelsFirst).Done()
	z = Add(z, Reshape(theta[3], 1, hidden, 1, 1))
	dw := Convolve(ReLU(z), Reshape(theta[4], 1, hidden, 1, 1)).ChannelsAxis(images.ChannelsFirst).Done()
	return Add(Reshape(dw, batch, out, in), theta[5])
}

// PairState is appendix A's state tensor: v_i, w_ij and v_j of every pair as three channels, [batch, 3, out, in].
func PairState(pre, w, post *Node) *Node {
	batch, in, out := pre.Shape().Dimensions[0], pre.Shape().Dimensions[1], w.Shape().Dimensions[0]
	copied := func(x *Node) *Node { return BroadcastToDims(x, batch, out, in) }
	return Stack([]*Node{
		copied(InsertAxes(pre, 1)),  // batch x [1] x in
		copied(InsertAxes(w, 0)),    // [1] x out x in
		copied(InsertAxes(post, 2)), // batch x out x [1]
	}, 1)
}
