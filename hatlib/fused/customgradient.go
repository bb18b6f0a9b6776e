package fused

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// CustomGradient returns forward(inputs), whose gradient is what backward says instead of what automatic
// differentiation of forward would give. Both may have several values:
//
//	y = forward(x)                    x: the inputs, y: the outputs, any shapes
//	xbar = backward(x, y, ybar)       ybar[o] = d loss / d y[o], xbar[i] = d loss / d x[i]
//
// Arguments:
//   - inputs: nodes of one graph. Everything that the gradient should reach must be listed here: nodes that forward
//     captures from outside are constants for the gradient. A node may be listed twice; its two gradients are summed.
//     Inputs that are not floating point numbers (masks, indices) have no gradient.
//   - forward: builds the outputs from the inputs. Gradients do not pass through what it builds.
//   - backward: builds the gradients. ybar[o] is nil when the loss does not depend on y[o]; at least one is not nil. It
//     returns one value for each input, of the shape of that input, or nil where there is none (a gradient of zero). What it builds
//     for an input whose gradient nobody asks for is dead code, which every backend removes. Second derivatives are
//     those of backward as it is written, so they are right if it uses only x, y, ybar and differentiable operations.
//
// It works inside the body of a While, for several calls of Gradient on one graph, and for inputs and outputs that are
// also used elsewhere. Inside a body, the inputs must be values of the body: XLA takes no operand of an elementwise
// operation from outside. For the same reason forward and backward should make their scalars with Const or ConstAs, as
// this function does, and not with functions such as MulScalar or ScalarZero, which share one node for equal numbers in the
// whole graph.
//
// How: GoMLX knows custom gradients only for functions of one value ([IdentityWithCustomGradient]). The reverse sweep visits nodes
// in the opposite order of their creation. So every input and every output gets such an identity: those of the outputs are
// created last, hence visited first, and keep their adjoints; those of the inputs are visited after all of them, and return
// the gradients, computed from what was kept by the first of them. A dead selection, Where(false, x, 0), added to the outputs
// makes the sweep believe in a path from the one to the other.
//
// It panics if there are no inputs, no outputs, or if backward returns a wrong number of values or shapes.
func CustomGradient(inputs []*Node, forward func(x []*Node) []*Node,
	backward func(x, y, ybar []*Node) []*Node) []*Node {
	if len(inputs) == 0 {
		exceptions.Panicf("fused.CustomGradient: there must be at least one input")
	}
	sweep := &customSweep{inputs: inputs, backward: backward}
	var link *Node // A scalar zero that, to the reverse sweep, depends on all inputs.
	for i, x := range inputs {
		if !x.DType().IsFloat() {
			continue
		}
		hook := IdentityWithCustomGradient(x, func(_, _ *Node) *Node { return sweep.gradient(i) })
		s := deadScalar(hook)
		if link == nil {
			link = s
		} else {
			link = Add(link, ConvertDType(s, link.DType()))
		}
	}

	outputs := forward(append([]*Node{}, inputs...))
	if len(outputs) == 0 {
		exceptions.Panicf("fused.CustomGradient: forward returned no outputs")
	}
	sweep.outputs = make([]*Node, len(outputs))
	sweep.adjoints = make([]*Node, len(outputs))
	for o, y := range outputs {
		if link != nil && y.DType().IsFloat() {
			y = IdentityWithCustomGradient(Add(StopGradient(y), ConvertDType(link, y.DType())), func(_, ybar *Node) *Node {
				sweep.keep(o, ybar)
				return ybar
			})
		}
		sweep.outputs[o] = y
	}
	return append([]*Node{}, sweep.outputs...)
}

// customSweep is what the hooks of one CustomGradient share during a reverse sweep.
type customSweep struct {
	inputs, outputs []*Node
	backward        func(x, y, ybar []*Node) []*Node
	adjoints        []*Node // of the outputs, in the present sweep
	gradients       []*Node // of the inputs; nil until the first input is visited
}

// keep stores the adjoint of output o. If gradients exist already, then this is the first visit of another sweep.
func (s *customSweep) keep(o int, adjoint *Node) {
	if s.gradients != nil {
		s.gradients = nil
		clear(s.adjoints)
	}
	s.adjoints[o] = adjoint
}

// gradient returns the gradient of input i, nil for none.
func (s *customSweep) gradient(i int) *Node {
	if s.gradients == nil {
		s.gradients = s.backward(s.inputs, append([]*Node{}, s.outputs...), append([]*Node{}, s.adjoints...))
		if len(s.gradients) != len(s.inputs) {
			exceptions.Panicf("fused.CustomGradient: backward returned %d gradients for %d inputs", len(s.gradients), len(s.inputs))
		}
		for i, gradient := range s.gradients {
			if gradient != nil && !gradient.Shape().Equal(s.inputs[i].Shape()) {
				exceptions.Panicf("fused.CustomGradient: backward returned a gradient of shape %s for input #%d of shape %s",
					gradient.Shape(), i, s.inputs[i].Shape())
			}
		}
	}
	return s.gradients[i]
}

// deadScalar returns a scalar that is zero whatever x holds, also infinity and NaN, but that depends on x for the reverse sweep.
func deadScalar(x *Node) *Node {
	s := x
	if x.Rank() > 0 {
		first := make([]SliceAxisSpec, x.Rank())
		for axis := range first {
			first[axis] = AxisElem(0)
		}
		s = Reshape(Slice(x, first...))
	}
	return Where(Const(x.Graph(), false), s, ConstAs(x, 0))
}
