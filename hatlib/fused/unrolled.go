package fused

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// unrolled is the form for compilers that fuse elementwise operations into one loop (XLA): the sums over hidden units and over short tiles
// of one axis are written out, term by term, as one elementwise expression over the other axes. Nothing of size
// batch*out*in*H ever exists; the loop keeps its terms in registers.
type unrolled struct{ activation Activation }

// How the sums are cut. Measured; see NOTES.md.
const (
	lanes       = 16 // the innermost axis is padded to a multiple of this
	unitsInLoop = 25 // hidden units written out in one expression, at most
	tileInLoop  = 10 // positions of the summed axis written out in one expression, at most
	inputTile   = 98 // inputs written out in the expression for theta's gradient, at most
)

// axis is one of the three that pairs and examples have.
type axis int

const (
	axisBatch axis = iota
	axisIn
	axisOut
)

// loop is one elementwise expression that sums over the axis tile: its result has the axes
//
//	[P, groups of hidden units, tiles, row, vector]
//
// before the sum over the second and third of them. The vector axis is the innermost one, along which the processor's vectors run.
type loop struct {
	x                 operands
	tile, row, vector axis
	size              [3]int // of the axes batch, in, out
	tiles, perTile    int
	groups, perGroup  int
}

func (f unrolled) newLoop(x operands, over axis) loop {
	l := loop{x: x, tile: over}
	switch over {
	case axisBatch:
		l.row, l.vector = axisOut, axisIn
	case axisIn:
		l.row, l.vector = axisBatch, axisOut
	case axisOut:
		l.row, l.vector = axisBatch, axisIn
	}
	l.size = [3]int{axisBatch: x.v.Shape().Dimensions[1], axisIn: x.v.Shape().Dimensions[2], axisOut: x.u.Shape().Dimensions[2]}
	tile, units := tileInLoop, unitsInLoop
	if f.activation == ActivationTanh { // One tanh is some twenty instructions.
		tile, units = 2, 8
	}
	l.tiles, l.perTile = cut(l.size[over], tile)
	l.groups, l.perGroup = cut(x.a.Shape().Dimensions[1], units)
	return l
}

// cut divides n into parts of equal size, at most most; the last may be partly empty.
func cut(n, most int) (parts, size int) {
	parts = (n + most - 1) / most
	return parts, (n + parts - 1) / parts
}

// terms places x [P, first, second] so that position t of each tile is an operand of the loop, for t = 0..perTile-1.
func (l loop) terms(x *Node, first, second axis) []*Node {
	place := func(a axis) int {
		switch a {
		case l.tile:
			return 0
		case l.row:
			return 1
		}
		return 2
	}
	if place(first) > place(second) {
		x, first, second = Transpose(x, 1, 2), second, first
	}
	population := x.Shape().Dimensions[0]
	if second == l.vector {
		x = padTo(x, 2, roundUp(l.size[second], lanes))
	}
	out := make([]*Node, l.perTile)
	if first != l.tile {
		x = Reshape(x, population, 1, 1, x.Shape().Dimensions[1], x.Shape().Dimensions[2])
		for t := range out {
			out[t] = x
		}
		return out
	}
	x = padTo(x, 1, l.tiles*l.perTile)
	rest := x.Shape().Dimensions[2]
	x = Reshape(x, population, l.tiles, l.perTile, rest)
	for t := range out {
		part := Slice(x, AxisRange(), AxisRange(), AxisElem(t))
		if second == l.row {
			out[t] = Reshape(part, population, 1, l.tiles, rest, 1)
		} else {
			out[t] = Reshape(part, population, 1, l.tiles, 1, rest)
		}
	}
	return out
}

// units places a parameter [P, H] so that unit k of each group is an operand of the loop, for k = 0..perGroup-1.
func (l loop) units(x *Node) []*Node {
	population := x.Shape().Dimensions[0]
	x = Reshape(padTo(x, 1, l.groups*l.perGroup), population, l.groups, l.perGroup)
	out := make([]*Node, l.perGroup)
	for k := range out {
		out[k] = Reshape(Slice(x, AxisRange(), AxisRange(), AxisElem(k)), population, l.groups, 1, 1, 1)
	}
	return out
}

// preactivation returns z of hidden unit k at position t of the tiles.
func (l loop) preactivation(p [4]*Node, v, w, u *Node) *Node {
	av, bw, cu := Mul(p[0], v), Mul(p[1], w), Mul(p[2], u)
	if l.tile == axisIn {
		return Add(bw, Add(cu, Add(av, p[3])))
	}
	return Add(av, Add(bw, Add(cu, p[3])))
}

// sum returns, for every row and vector position [P, row, vector],
//
//	sum_k coefficient_k sum_t weight_t g(z_kt)        or g' instead of g
//
// over all hidden units k and all positions t of the summed axis. weight may be nil for 1.
func (l loop) sum(coefficient *Node, weight []*Node, term func(sum, z, weight *Node) *Node) *Node {
	x := l.x
	v, w, u := l.terms(x.v, axisBatch, axisIn), l.terms(x.w, axisOut, axisIn), l.terms(x.u, axisBatch, axisOut)
	a, b, c, d, m := l.units(x.a), l.units(x.b), l.units(x.c), l.units(x.d), l.units(coefficient)
	if weight == nil {
		weight = l.present()
	}
	var total *Node
	for k := range l.perGroup {
		var sum *Node
		for t := range l.perTile {
			sum = term(sum, l.preactivation([4]*Node{a[k], b[k], c[k], d[k]}, v[t], w[t], u[t]), weight[t])
		}
		total = plus(total, Mul(m[k], sum))
	}
	out := ReduceSum(total, 1, 2)
	if n := l.size[l.vector]; n != out.Shape().Dimensions[2] {
		out = Slice(out, AxisRange(), AxisRange(), AxisRange(0, n))
	}
	return out
}

// present are weights 1, and 0 for the positions that only fill the last tile.
func (l loop) present() []*Node {
	one := ConstAs(l.x.v, 1)
	weight := make([]*Node, l.perTile)
	for t := range weight {
		weight[t] = one
		if (l.tiles-1)*l.perTile+t >= l.size[l.tile] {
			inTile := make([]float64, l.tiles)
			for i := range l.tiles - 1 {
				inTile[i] = 1
			}
			weight[t] = Reshape(ConstAs(l.x.v, inTile), 1, 1, l.tiles, 1, 1)
		}
	}
	return weight
}

// valueTerm adds weight * g(z) to sum, slopeTerm adds weight * g'(z). For ReLU they select instead of multiplying, which is one masked instruction.
func (f unrolled) valueTerm(sum, z, weight *Node) *Node {
	if f.activation == ActivationReLU {
		return maskedAdd(sum, z, Mul(weight, z))
	}
	return plus(sum, Mul(weight, f.activation.value(z)))
}

func (f unrolled) slopeTerm(sum, z, weight *Node) *Node {
	if f.activation == ActivationReLU {
		return maskedAdd(sum, z, weight)
	}
	return plus(sum, Mul(weight, f.activation.slope(z)))
}

// maskedAdd is sum + value where z > 0, else sum.
func maskedAdd(sum, z, value *Node) *Node {
	positive := GreaterThan(z, ConstAs(z, 0))
	value = BroadcastToShape(value, z.Shape())
	if sum == nil {
		return Where(positive, value, BroadcastToShape(ConstAs(z, 0), z.Shape()))
	}
	return Where(positive, Add(sum, value), sum)
}

func roundUp(n, multiple int) int { return (n + multiple - 1) / multiple * multiple }

// padTo appends zeros to an axis until it has size n.
func padTo(x *Node, axis, n int) *Node {
	have := x.Shape().Dimensions[axis]
	if have == n {
		return x
	}
	config := make([]PadAxis, x.Rank())
	config[axis] = PadAxis{End: n - have}
	return Pad(x, ConstAs(x, 0), config...)
}

func (f unrolled) mean(x operands) *Node {
	sum := f.newLoop(x, axisBatch).sum(x.m, nil, f.valueTerm)
	return Mul(sum, ConstAs(sum, 1/float64(x.v.Shape().Dimensions[1])))
}

func (f unrolled) shift(x operands) *Node {
	l := f.newLoop(x, axisIn)
	return l.sum(x.m, l.terms(x.v, axisBatch, axisIn), f.valueTerm)
}

func (f unrolled) gradient(x operands, meanBar, shiftBar *Node) operands {
	if meanBar != nil {
		meanBar = Mul(meanBar, ConstAs(meanBar, 1/float64(x.v.Shape().Dimensions[1])))
	}
	// adjoint places the adjoint of M, meanBar[j,i] + shiftBar[b,j] v[b,i], as an operand of a loop.
	adjoint := func(l loop) []*Node {
		g := make([]*Node, l.perTile)
		if meanBar != nil {
			copy(g, l.terms(meanBar, axisOut, axisIn))
			if l.tile == axisBatch {
				for t, present := range l.present() {
					g[t] = Mul(g[t], present)
				}
			}
		}
		if shiftBar != nil {
			s, v := l.terms(shiftBar, axisBatch, axisOut), l.terms(x.v, axisBatch, axisIn)
			for t := range g {
				g[t] = plus(g[t], Mul(s[t], v[t]))
			}
		}
		return g
	}
	overBatch, overIn, overOut := f.newLoop(x, axisBatch), f.newLoop(x, axisIn), f.newLoop(x, axisOut)

	bar := f.thetaGradient(x, meanBar, shiftBar)
	if shiftBar == nil {
		bar.w = Mul(meanBar, overBatch.sum(Mul(x.m, x.b), nil, f.slopeTerm))
	} else {
		bar.w = overBatch.sum(Mul(x.m, x.b), adjoint(overBatch), f.slopeTerm)
	}
	bar.u = overIn.sum(Mul(x.m, x.c), adjoint(overIn), f.slopeTerm)
	bar.v = overOut.sum(Mul(x.m, x.a), adjoint(overOut), f.slopeTerm)
	if shiftBar != nil {
		bar.v = Add(bar.v, overOut.sum(x.m, overOut.terms(shiftBar, axisBatch, axisOut), f.valueTerm))
	}
	return bar
}

// thetaGradient returns the gradients of theta. Its loops have hidden units as the vector axis; the inputs are summed in chunks:
//
//	[P, batch, chunks, out, H]
func (f unrolled) thetaGradient(x operands, meanBar, shiftBar *Node) operands {
	population, batch, in := x.v.Shape().Dimensions[0], x.v.Shape().Dimensions[1], x.v.Shape().Dimensions[2]
	out, hidden := x.u.Shape().Dimensions[2], x.a.Shape().Dimensions[1]
	perChunk := inputTile
	if f.activation == ActivationTanh {
		perChunk = 8
	}
	chunks, perChunk := cut(in, perChunk)
	lanesOfH := roundUp(hidden, lanes)

	unit := func(p *Node) *Node { return Reshape(padTo(p, 1, lanesOfH), population, 1, 1, 1, lanesOfH) }
	a, b, c, d := unit(x.a), unit(x.b), unit(x.c), unit(x.d)
	u := Reshape(x.u, population, batch, 1, out, 1)
	base := Add(Mul(c, u), d)
	inputs := func(n *Node) func(t int) *Node { // n [P, y, in]
		n = Reshape(padTo(n, 2, chunks*perChunk), population, n.Shape().Dimensions[1], chunks, perChunk)
		return func(t int) *Node { return Slice(n, AxisRange(), AxisRange(), AxisRange(), AxisElem(t)) }
	}
	v, w := inputs(x.v), inputs(x.w)
	byBatch := func(n *Node) *Node { return Reshape(n, population, batch, chunks, 1, 1) }
	byOut := func(n *Node) *Node {
		return Reshape(Transpose(Reshape(n, population, out, chunks), 1, 2), population, 1, chunks, out, 1)
	}
	var g, s func(t int) *Node
	if meanBar != nil {
		g = inputs(meanBar)
	}
	if shiftBar != nil {
		shift := Reshape(shiftBar, population, batch, 1, out, 1)
		s = func(t int) *Node { return Mul(shift, byBatch(v(t))) }
	}
	var sum, sumV, sumW, sumM *Node
	for t := range perChunk {
		vt, wt := byBatch(v(t)), byOut(w(t))
		var gt *Node
		if g != nil {
			gt = byOut(g(t))
		}
		if s != nil {
			gt = plus(gt, s(t))
		}
		z := Add(Mul(a, vt), Add(Mul(b, wt), base))
		sum = f.slopeTerm(sum, z, gt)
		sumV = f.slopeTerm(sumV, z, Mul(gt, vt))
		sumW = f.slopeTerm(sumW, z, Mul(gt, wt))
		if f.activation != ActivationReLU {
			sumM = f.valueTerm(sumM, z, gt)
		}
	}
	total := func(n *Node) *Node {
		return Slice(ReduceSum(n, 1, 2, 3), AxisRange(), AxisRange(0, hidden))
	}
	var mBar *Node
	if sumM != nil {
		mBar = total(sumM)
	}
	return thetaGradient(x, total(sumV), total(sumW), total(Mul(ReduceAndKeep(sum, ReduceSum, 2), u)), total(sum), mBar)
}
