package hatlib

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/hatlab/hatlab/hatlib/fused"
)

// PairOption changes how [PairMean] computes; it never changes what.
type PairOption func(*pairConfig)

type pairConfig struct{ maxBytes int64 }

// WithPairMemory bounds the temporary memory of the pair expression, forward and backward, in bytes; 0 sets no bound.
// When the whole expression would need more, pairs are computed in chunks of examples, then of outputs, and the
// backward pass recomputes each chunk instead of remembering it. A chunk is at least one example and one output.
// What is bounded are the values that f makes, counted as if nothing were fused; a backend that fuses needs less. The pure Go
// backend that runs one operation after the other, as package backend asks it to, held four and a half times the bound in the test.
func WithPairMemory(bytes int64) PairOption {
	return func(c *pairConfig) { c.maxBytes = bytes }
}

// pairChunk is a part of the pairs: whole examples x whole outputs, all inputs. Both divide their axis.
type pairChunk struct{ examples, outputs int }

// planChunks returns the largest chunk within maxBytes, and whether chunks are needed at all.
func planChunks(f PairFn, theta []*Node, pre, w, post *Node, maxBytes int64) (chunk pairChunk, needed bool) {
	rank := pre.Rank()
	examples, outputs := pre.Shape().Dimensions[rank-2], w.Shape().Dimensions[rank-2]
	row := bytesPerRow(f, theta, pre, w)
	rows := max(int(maxBytes/row), 1)
	if rows >= examples*outputs {
		return pairChunk{examples, outputs}, false
	}
	if rows >= outputs {
		return pairChunk{largestDivisor(examples, rows/outputs), outputs}, true
	}
	return pairChunk{1, largestDivisor(outputs, rows)}, true
}

// bytesPerRow is what f and its gradient hold for one example and one output unit, over all inputs: twice the values
// that f makes, found by building f once in a graph that is never run.
func bytesPerRow(f PairFn, theta []*Node, pre, w *Node) int64 {
	g := NewGraph(pre.Graph().Backend(), "pair_memory")
	defer g.Finalize()
	probe := make([]*Node, len(theta))
	for i, t := range theta {
		probe[i] = Parameter(g, g.UniqueName("theta"), t.Shape())
	}
	rank := pre.Rank()
	dims := append(append([]int{}, pre.Shape().Dimensions[:rank-2]...), 1, 1, w.Shape().Dimensions[rank-1])
	pair := func(name string) *Node { return Parameter(g, name, shapes.Make(pre.DType(), dims...)) }
	vi, wij, vj := pair("vi"), pair("wij"), pair("vj")
	before := len(g.Nodes())
	f(probe, vi, wij, vj)
	var bytes int64
	for _, node := range g.Nodes()[before:] {
		bytes += int64(node.Shape().ByteSize())
	}
	return max(2*bytes, 1)
}

// largestDivisor is the largest divisor of n that is at most limit.
func largestDivisor(n, limit int) int {
	for d := min(n, limit); d > 1; d-- {
		if n%d == 0 {
			return d
		}
	}
	return 1
}

// chunkedPairs computes the sums over pairs chunk by chunk, and again in the backward pass.
func chunkedPairs(f PairFn, theta []*Node, pre, w, post *Node, withShift bool, chunk pairChunk) (mean, shift *Node) {
	inputs := append([]*Node{pre, w, post}, theta...)
	batch := pre.Shape().Dimensions[pre.Rank()-2]

	// sums of one chunk, from its inputs.
	sums := func(x []*Node) []*Node {
		m, s := pairSums(f, x[3:], x[0], x[1], x[2], withShift, batch)
		if !withShift {
			return []*Node{m}
		}
		return []*Node{m, s}
	}
	forward := func(x []*Node) []*Node {
		totals := []*Node{ZerosLike(x[1]), ZerosLike(x[2])}[:len(outputAxes(withShift))]
		return overChunks(x, totals, chunk, outputAxes(withShift), func(part, _ []*Node) []*Node { return sums(part) })
	}
	backward := func(x, _, adjoints []*Node) []*Node {
		captured := append([]*Node{}, x...)
		var axes []chunkAxes
		for o, adjoint := range adjoints {
			if adjoint != nil {
				captured = append(captured, adjoint)
				axes = append(axes, outputAxes(withShift)[o])
			}
		}
		totals := make([]*Node, len(x))
		for i := range x {
			totals[i] = ZerosLike(x[i])
		}
		return overChunks(captured, totals, chunk, inputAxes(len(theta)), func(part, extra []*Node) []*Node {
			// The sums of this chunk are made again, here, so that nothing of the forward pass is kept.
			outputs := sums(part)
			var loss *Node
			next := 0
			for o, adjoint := range adjoints {
				if adjoint == nil {
					continue
				}
				term := ReduceAllSum(Mul(outputs[o], extra[next]))
				next++
				if loss == nil {
					loss = term
				} else {
					loss = Add(loss, term)
				}
			}
			return Gradient(loss, part...)
		}, axes...)
	}
	results := fused.CustomGradient(inputs, forward, backward)
	if withShift {
		return results[0], results[1]
	}
	return results[0], nil
}

// chunkAxes says along which axes, counted from the end, a tensor is cut by examples and by outputs; 0 is not at all.
type chunkAxes struct{ examples, outputs int }

// inputAxes are those of pre, w, post and theta.
func inputAxes(thetas int) []chunkAxes {
	return append([]chunkAxes{{examples: -2}, {outputs: -2}, {examples: -2, outputs: -1}}, make([]chunkAxes, thetas)...)
}

// outputAxes are those of mean [out, in] and shift [batch, out].
func outputAxes(withShift bool) []chunkAxes {
	axes := []chunkAxes{{outputs: -2}, {examples: -2, outputs: -1}}
	if withShift {
		return axes
	}
	return axes[:1]
}

// overChunks calls body for every chunk and adds what it returns to totals. x is pre, w, post, theta and then extras,
// which are cut along extraAxes. Backends with dynamic slices loop in the graph; others are unrolled.
func overChunks(x, totals []*Node, chunk pairChunk, totalAxes []chunkAxes,
	body func(part, extras []*Node) []*Node, extraAxes ...chunkAxes) []*Node {
	inputs := len(x) - len(extraAxes)
	axes := append(inputAxes(inputs-3), extraAxes...)
	rank := x[0].Rank()
	exampleChunks := x[0].Shape().Dimensions[rank-2] / chunk.examples
	outputChunks := x[1].Shape().Dimensions[rank-2] / chunk.outputs

	step := func(at position, totals []*Node) []*Node {
		part := make([]*Node, len(x))
		for i := range x {
			part[i] = at.cut(x[i], axes[i], chunk)
		}
		sums := body(part[:inputs], part[inputs:])
		next := make([]*Node, len(totals))
		for i := range totals {
			next[i] = at.add(totals[i], sums[i], totalAxes[i], chunk)
		}
		return next
	}

	g := x[0].Graph()
	if !canLoop(g.Backend()) {
		for e := range exampleChunks {
			for o := range outputChunks {
				totals = step(position{example: e * chunk.examples, output: o * chunk.outputs, after: totals[0]}, totals)
			}
		}
		return totals
	}
	state := func(g *Graph) (i *Node, current []*Node) {
		i = Parameter(g, "i", shapes.Scalar[int32]())
		for t := range totals {
			current = append(current, Parameter(g, fmt.Sprintf("total_%d", t), totals[t].Shape()))
		}
		return i, current
	}
	condition := newClosure(g, func(g *Graph) []*Node {
		i, _ := state(g)
		return []*Node{LessThan(i, Const(g, int32(exampleChunks*outputChunks)))}
	})
	loop := newClosure(g, func(g *Graph) []*Node {
		i, current := state(g)
		number := func(n int) *Node { return Const(g, int32(n)) }
		at := position{
			zero:        number(0),
			exampleNode: Mul(Div(i, number(outputChunks)), number(chunk.examples)),
			outputNode:  Mul(Rem(i, number(outputChunks)), number(chunk.outputs)),
		}
		return append([]*Node{Add(i, number(1))}, step(at, current)...)
	})
	return While(condition, loop, append([]*Node{Const(g, int32(0))}, totals...)...)[1:]
}

// position is where a chunk starts: two numbers, and the sum of the chunks before, after which it is computed; in a loop
// two nodes.
type position struct {
	example, output               int
	after                         *Node
	zero, exampleNode, outputNode *Node
}

// cut returns the part of x that belongs to the chunk.
func (p position) cut(x *Node, axes chunkAxes, chunk pairChunk) *Node {
	if p.zero != nil && x.Rank() == 0 {
		return importScalar(x, p.zero)
	}
	if p.zero != nil {
		starts, dims := p.window(x, axes, chunk)
		return DynamicSlice(x, starts, dims) // also where nothing is cut: it brings x into the loop
	}
	// Gradients of a chunk are taken to here. What x was made of, such as the same theta in a layer below, is none of theirs.
	x = Identity(StopGradient(x))
	if axes == (chunkAxes{}) {
		return x
	}
	x = computedAfter(x, p.after)
	if axes.examples != 0 {
		x = SliceAxis(x, axes.examples, AxisRange(p.example, p.example+chunk.examples))
	}
	if axes.outputs != 0 {
		x = SliceAxis(x, axes.outputs, AxisRange(p.output, p.output+chunk.outputs))
	}
	return x
}

// computedAfter is x, but depends on earlier: a backend that runs whatever is ready would hold all chunks at once.
func computedAfter(x, earlier *Node) *Node {
	first := StopGradient(earlier)
	for first.Rank() > 0 {
		first = Squeeze(SliceAxis(first, 0, AxisElem(0)), 0)
	}
	return Add(x, Where(Const(x.Graph(), false), first, Const(x.Graph(), shapes.CastAsDType(0, x.DType()))))
}

// add returns total with part added in the place of the chunk.
func (p position) add(total, part *Node, axes chunkAxes, chunk pairChunk) *Node {
	if axes == (chunkAxes{}) {
		return Add(total, part)
	}
	if p.zero != nil {
		starts, dims := p.window(total, axes, chunk)
		return DynamicUpdateSlice(total, Add(DynamicSlice(total, starts, dims), part), starts)
	}
	pads := make([]compute.PadAxis, total.Rank())
	place := func(axis, start int) {
		if axis != 0 {
			a := total.Rank() + axis
			pads[a] = compute.PadAxis{Start: start, End: total.Shape().Dimensions[a] - start - part.Shape().Dimensions[a]}
		}
	}
	place(axes.examples, p.example)
	place(axes.outputs, p.output)
	return Add(total, Pad(part, ScalarZero(total.Graph(), total.DType()), pads...))
}

// window gives start nodes and dimensions of the chunk in x.
func (p position) window(x *Node, axes chunkAxes, chunk pairChunk) (starts []*Node, dims []int) {
	starts, dims = make([]*Node, x.Rank()), append([]int{}, x.Shape().Dimensions...)
	for a := range starts {
		starts[a] = p.zero
	}
	if axes.examples != 0 {
		a := x.Rank() + axes.examples
		starts[a], dims[a] = p.exampleNode, chunk.examples
	}
	if axes.outputs != 0 {
		a := x.Rank() + axes.outputs
		starts[a], dims[a] = p.outputNode, chunk.outputs
	}
	return starts, dims
}
