package fused

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// unrolled is the form for compilers that fuse elementwise operations into one loop (XLA): the sums over hidden units and over short tiles
// of one axis are written out, term by term, as one elementwise expression over the other axes. Nothing of size
// batch*out*in*H ever exists; the loop keeps its terms in registers.
type unrolled struct {
	activation Activation
	precision  dtypes.DType // of z; that of the arguments when it is not set
}

// How the sums are cut. Measured; see NOTES.md.
const (
	lanes       = 16 // the innermost axis is padded to a multiple of this
	unitsInLoop = 25 // hidden units written out in one expression of sum, at most
	tileInLoop  = 5  // positions of the summed axis written out in one expression of sum, at most

	// XLA's CPU compiler puts a sum over 32 or fewer values into the loop that makes these values, which then runs one number at a
	// time. A longer sum is cut into windows first and stays outside.
	outsideLoop = 33
)

// tileSize is how many examples and outputs thetaGradient writes out in one expression, at most.
type tileSize struct{ examples, outputs int }

// The loop for d and c sums over the examples first, the one for a and b over the outputs: each is long in what it sums.
var (
	tileOfDC   = tileSize{25, 8}
	tileOfAB   = tileSize{5, 46}
	tileOfTanh = tileSize{3, 3}
)

// axis is one of the three that pairs and examples have.
type axis int

const (
	axisBatch axis = iota
	axisIn
	axisOut
)

// loop is one elementwise expression that sums over short tiles of one axis and over short groups of hidden units. Its result has the axes
//
//	[P, groups*tiles, row, vector]
//
// The second axis is summed later. The vector axis is the innermost one, along which the processor's vectors run.
type loop struct {
	x, z              operands // the second in the precision of z
	tile, row, vector axis
	size              [3]int // of the axes batch, in, out
	tiles, perTile    int
	groups, perGroup  int
}

func (f unrolled) newLoop(x operands, over axis) loop {
	l := loop{x: x, z: x.rounded(f.precision), tile: over}
	switch over {
	case axisBatch:
		l.row, l.vector = axisOut, axisIn
	case axisIn:
		l.row, l.vector = axisBatch, axisOut
	case axisOut:
		l.row, l.vector = axisBatch, axisIn
	}
	l.size = [3]int{axisBatch: x.v.Shape().Dimensions[1], axisIn: x.v.Shape().Dimensions[2], axisOut: x.u.Shape().Dimensions[2]}
	return l
}

// cut divides n into parts of equal size, at most most; the last may be partly empty.
func cut(n, most int) (parts, size int) {
	parts = (n + most - 1) / most
	return parts, (n + parts - 1) / parts
}

// full gives an operand [P, groups, tiles, row, vector], where any size but P's may be 1, the shape of the loop. Every operand gets it before
// any arithmetic: XLA then sees one index for all of them and fuses everything into one kernel.
func (l loop) full(x *Node) *Node {
	d := x.Shape().Dimensions
	row, vector := l.size[l.row], roundUp(l.size[l.vector], lanes)
	if d[1]*d[2] == 1 {
		x = Reshape(x, d[0], 1, d[3], d[4])
	} else {
		x = Reshape(BroadcastToDims(x, d[0], l.groups, l.tiles, d[3], d[4]), d[0], l.groups*l.tiles, d[3], d[4])
	}
	return BroadcastToDims(x, d[0], l.groups*l.tiles, row, vector)
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
	if first != l.tile { // The same for all tiles.
		x = l.full(InsertAxes(x, 1, 1))
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
			out[t] = l.full(Reshape(part, population, 1, l.tiles, rest, 1))
		} else {
			out[t] = l.full(Reshape(part, population, 1, l.tiles, 1, rest))
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
		out[k] = l.full(Reshape(Slice(x, AxisRange(), AxisRange(), AxisElem(k)), population, l.groups, 1, 1, 1))
	}
	return out
}

// preactivation returns z of one hidden unit at one position of the tiles; p are its a, b, c and d.
func (l loop) preactivation(p [4]*Node, v, w, u *Node) preactivation {
	av, bw, cu := Mul(p[0], v), Mul(p[1], w), Mul(p[2], u)
	if l.tile == axisIn {
		return preactivation{Add(bw, Add(cu, p[3])), av}
	}
	return preactivation{Add(av, bw), Add(cu, p[3])}
}

// preactivation is z = inner + outer, where outer does not change along the vector axis: it is computed before the innermost loop,
// and z > 0 is asked as inner > -outer, one comparison without an addition.
type preactivation struct{ inner, outer *Node }

func (z preactivation) value() *Node    { return Add(z.inner, z.outer) }
func (z preactivation) positive() *Node { return GreaterThan(z.inner, Neg(z.outer)) }

// sum returns, for every row and vector position [P, row, vector],
//
//	sum_k coefficient_k sum_t term(z_kt)
//
// over all hidden units k and all positions t of the summed axis.
func (l loop) sum(coefficient *Node, act Activation, weight func(loop) []*Node, term func(sum *Node, z preactivation, weight *Node) *Node) *Node {
	tile, units := tileInLoop, unitsInLoop
	if act == ActivationTanh { // One tanh is some twenty instructions.
		tile, units = 2, 8
	}
	hidden := l.x.a.Shape().Dimensions[1]
	l.tiles, l.perTile = cut(l.size[l.tile], tile)
	l.groups, l.perGroup = cut(hidden, min(units, max(1, hidden*l.tiles/outsideLoop)))
	l.groups = max(l.groups, (outsideLoop+l.tiles-1)/l.tiles)

	a, b, c, d, m := l.units(l.z.a), l.units(l.z.b), l.units(l.z.c), l.units(l.z.d), l.units(coefficient)
	v, w, u, g := l.terms(l.z.v, axisBatch, axisIn), l.terms(l.z.w, axisOut, axisIn), l.terms(l.z.u, axisBatch, axisOut), weight(l)
	var total *Node
	for k := range l.perGroup {
		var sum *Node
		for t := range l.perTile {
			sum = term(sum, l.preactivation([4]*Node{a[k], b[k], c[k], d[k]}, v[t], w[t], u[t]), g[t])
		}
		total = plus(total, Mul(m[k], sum))
	}
	return l.unpad(ReduceSum(total, 1))
}

// unpad cuts the vector axis of [P, row, vector] to its size.
func (l loop) unpad(x *Node) *Node {
	if n := l.size[l.vector]; n != x.Shape().Dimensions[2] {
		x = Slice(x, AxisRange(), AxisRange(), AxisRange(0, n))
	}
	return x
}

// present are weights 1, and 0 for the positions that only fill the last tile.
func present(l loop) []*Node {
	one := ConstAs(l.x.v, 1)
	weight := make([]*Node, l.perTile)
	for t := range weight {
		weight[t] = one
		if (l.tiles-1)*l.perTile+t >= l.size[l.tile] {
			inTile := make([]float64, l.tiles)
			for i := range l.tiles - 1 {
				inTile[i] = 1
			}
			population := l.x.v.Shape().Dimensions[0]
			weight[t] = l.full(BroadcastToDims(Reshape(ConstAs(l.x.v, inTile), 1, 1, l.tiles, 1, 1), population, 1, l.tiles, 1, 1))
		}
	}
	return weight
}

// valueTerm adds weight * g(z) to sum, slopeTerm adds weight * g'(z). For ReLU they select instead of multiplying, which is one masked instruction.
func (f unrolled) valueTerm(sum *Node, z preactivation, weight *Node) *Node {
	if f.activation == ActivationReLU {
		z := z.value()
		return addWhere(GreaterThan(z, ConstAs(z, 0)), sum, Mul(weight, ConvertDType(z, weight.DType())))
	}
	return plus(sum, Mul(weight, ConvertDType(f.activation.value(z.value()), weight.DType())))
}

func (f unrolled) slopeTerm(sum *Node, z preactivation, weight *Node) *Node {
	if f.activation == ActivationReLU {
		return maskedAdd(sum, z, weight)
	}
	return plus(sum, Mul(weight, ConvertDType(f.activation.slope(z.value()), weight.DType())))
}

// maskedAdd is sum + value where z > 0, else sum.
func maskedAdd(sum *Node, z preactivation, value *Node) *Node {
	return addWhere(z.positive(), sum, value)
}

func addWhere(positive, sum, value *Node) *Node {
	value = BroadcastToShape(value, positive.Shape())
	if sum == nil {
		return Where(positive, value, ZerosLike(value))
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
	sum := f.newLoop(x, axisBatch).sum(x.m, f.activation, present, f.valueTerm)
	return Mul(sum, ConstAs(sum, 1/float64(x.v.Shape().Dimensions[1])))
}

func (f unrolled) shift(x operands) *Node {
	weight := func(l loop) []*Node { return l.terms(x.v, axisBatch, axisIn) }
	return f.newLoop(x, axisIn).sum(x.m, f.activation, weight, f.valueTerm)
}

func (f unrolled) gradient(x operands, meanBar, shiftBar *Node) operands {
	if meanBar != nil {
		meanBar = Mul(meanBar, ConstAs(meanBar, 1/float64(x.v.Shape().Dimensions[1])))
	}
	// adjoint is the adjoint of M, meanBar[j,i] + shiftBar[b,j] v[b,i], as an operand of a loop.
	adjoint := func(l loop) []*Node {
		g := make([]*Node, l.perTile)
		if meanBar != nil {
			copy(g, l.terms(meanBar, axisOut, axisIn))
			if l.tile == axisBatch {
				for t, present := range present(l) {
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
	var bar operands
	overBatch, overIn, overOut := f.newLoop(x, axisBatch), f.newLoop(x, axisIn), f.newLoop(x, axisOut)
	if shiftBar == nil { // The adjoint does not depend on the example and stays outside of the sum.
		bar.w = Mul(meanBar, overBatch.sum(Mul(x.m, x.b), f.activation, present, f.slopeTerm))
	} else {
		bar.w = overBatch.sum(Mul(x.m, x.b), f.activation, adjoint, f.slopeTerm)
	}
	bar.v = overOut.sum(Mul(x.m, x.a), f.activation, adjoint, f.slopeTerm)
	if shiftBar != nil {
		weight := func(l loop) []*Node { return l.terms(shiftBar, axisBatch, axisOut) }
		bar.v = Add(bar.v, overOut.sum(x.m, f.activation, weight, f.valueTerm))
	}

	bar.u = overIn.sum(Mul(x.m, x.c), f.activation, adjoint, f.slopeTerm)

	theta := f.thetaGradient(x, meanBar, shiftBar)
	theta.v, theta.w, theta.u = bar.v, bar.w, bar.u
	return theta
}

// thetaGradient returns the gradients of a, b, c, d and m. Its loops sum over tiles of examples t and outputs j, for every hidden unit and
// input:
//
//	[P, H, tiles of examples * tiles of outputs, in]
//
// There are two loops with two sums each, which share z, as real and imaginary part:
//
//	sum_j sum_t r and sum_j sum_t u r          of d and c
//	sum_t v sum_j r and sum_t sum_j w r        of a and b
//
// XLA's CPU compiler makes one loop for each result; adding both sums in one complex number is what makes it use each z for both.
func (f unrolled) thetaGradient(x operands, meanBar, shiftBar *Node) operands {
	total := func(n *Node) *Node { return ReduceSum(n, 2, 3) }

	k := f.newTileTerms(x, meanBar, shiftBar, tileOfDC)
	var dc *Node
	for j := range k.perJ {
		var sum *Node
		for t := range k.perB {
			if shiftBar == nil { // The adjoint does not depend on the example: it waits outside of the sum.
				sum = f.slopeTerms(sum, k.z(t, j), k.present(t, k.one), k.u[t][j])
			} else {
				r := k.adjoint(t, j)
				sum = f.slopeTerms(sum, k.z(t, j), r, Mul(k.u[t][j], r))
			}
		}
		if shiftBar == nil {
			sum = Complex(Mul(k.g[j], Real(sum)), Mul(k.g[j], Imag(sum)))
		}
		dc = plus(dc, sum)
	}
	dc = total(dc)

	k = f.newTileTerms(x, meanBar, shiftBar, tileOfAB)
	var ab, mBar *Node
	for t := range k.perB {
		var sum *Node
		for j := range k.perJ {
			r := k.adjoint(t, j)
			sum = f.slopeTerms(sum, k.z(t, j), r, Mul(k.w[j], r))
			if f.activation != ActivationReLU {
				mBar = f.valueTerm(mBar, k.z(t, j), r)
			}
		}
		ab = plus(ab, Complex(Mul(k.v[t], Real(sum)), Imag(sum)))
	}
	ab = total(ab)
	if mBar != nil {
		mBar = total(mBar)
	}
	return thetaGradient(x, Real(ab), Imag(ab), Imag(dc), Real(dc), mBar)
}

// slopeTerms adds g'(z) times first and g'(z) times second to the real and the imaginary part of sum.
func (f unrolled) slopeTerms(sum *Node, z preactivation, first, second *Node) *Node {
	if f.activation == ActivationReLU {
		return maskedAdd(sum, z, Complex(first, second))
	}
	slope := ConvertDType(f.activation.slope(z.value()), first.DType())
	return plus(sum, Complex(Mul(slope, first), Mul(slope, second)))
}

// tileTerms are the operands of one loop of thetaGradient, at each position t of the tiles of examples and j of the tiles of outputs.
type tileTerms struct {
	tiles
	a, b, c, d, one *Node     // a to d in the precision of z
	v, w, g         []*Node   // by t, by j, by j
	u, s            [][]*Node // by t and j
	zv, zw          []*Node   // v, w and u in the precision of z
	zu              [][]*Node
}

func (f unrolled) newTileTerms(x operands, meanBar, shiftBar *Node, most tileSize) tileTerms {
	l := f.newTiles(x, most)
	z := x.rounded(f.precision)
	k := tileTerms{tiles: l, a: l.unit(z.a), b: l.unit(z.b), c: l.unit(z.c), d: l.unit(z.d), one: l.unit(OnesLike(x.a)),
		v: l.byExample(x.v), w: l.byOutput(x.w), u: l.byBoth(x.u),
		zv: l.byExample(z.v), zw: l.byOutput(z.w), zu: l.byBoth(z.u)}
	if meanBar != nil {
		k.g = l.byOutput(meanBar)
	}
	if shiftBar != nil {
		k.s = l.byBoth(shiftBar)
	}
	return k
}

// z is the preactivation.
func (k tileTerms) z(t, j int) preactivation {
	return preactivation{Add(Mul(k.a, k.zv[t]), Mul(k.b, k.zw[j])), Add(Mul(k.c, k.zu[t][j]), k.d)}
}

// adjoint is that of M.
func (k tileTerms) adjoint(t, j int) *Node {
	var sum *Node
	if k.g != nil {
		sum = k.present(t, k.g[j])
	}
	if k.s != nil {
		sum = plus(sum, Mul(k.s[t][j], k.v[t]))
	}
	return sum
}

// tiles is how thetaGradient's loops are cut: positions t of tilesB tiles of examples, and j of tilesJ tiles of outputs.
type tiles struct {
	population, hidden, batch, out, in int
	tilesB, perB, tilesJ, perJ         int
}

func (f unrolled) newTiles(x operands, most tileSize) tiles {
	l := tiles{population: x.a.Shape().Dimensions[0], hidden: x.a.Shape().Dimensions[1],
		batch: x.v.Shape().Dimensions[1], in: x.v.Shape().Dimensions[2], out: x.u.Shape().Dimensions[2]}
	if f.activation == ActivationTanh {
		most = tileOfTanh
	}
	l.tilesB, l.perB = cut(l.batch, most.examples)
	l.tilesJ, l.perJ = cut(l.out, most.outputs)
	return l
}

// full gives an operand [P, tilesB or 1, tilesJ or 1, in or 1] the shape of the loop.
func (l tiles) full(n *Node) *Node {
	width := n.Shape().Dimensions[3]
	n = Reshape(BroadcastToDims(n, l.population, l.tilesB, l.tilesJ, width), l.population, 1, l.tilesB*l.tilesJ, width)
	return BroadcastToDims(n, l.population, l.hidden, l.tilesB*l.tilesJ, roundUp(l.in, lanes))
}

// unit places a parameter [P, H].
func (l tiles) unit(n *Node) *Node {
	return BroadcastToDims(InsertAxes(n, -1, -1), l.population, l.hidden, l.tilesB*l.tilesJ, roundUp(l.in, lanes))
}

// byExample places n [P, batch, in]; the result has position t.
func (l tiles) byExample(n *Node) []*Node {
	width := roundUp(l.in, lanes)
	n = Reshape(padTo(padTo(n, 1, l.tilesB*l.perB), 2, width), l.population, l.tilesB, l.perB, width)
	parts := make([]*Node, l.perB)
	for t := range parts {
		parts[t] = l.full(Slice(n, AxisRange(), AxisRange(), AxisElem(t)))
	}
	return parts
}

// byOutput places n [P, out, in]; the result has position j.
func (l tiles) byOutput(n *Node) []*Node {
	width := roundUp(l.in, lanes)
	n = Reshape(padTo(padTo(n, 1, l.tilesJ*l.perJ), 2, width), l.population, l.tilesJ, l.perJ, width)
	parts := make([]*Node, l.perJ)
	for j := range parts {
		parts[j] = l.full(Reshape(Slice(n, AxisRange(), AxisRange(), AxisElem(j)), l.population, 1, l.tilesJ, width))
	}
	return parts
}

// byBoth places n [P, batch, out]; the result has positions t, j.
func (l tiles) byBoth(n *Node) [][]*Node {
	n = Reshape(padTo(padTo(n, 1, l.tilesB*l.perB), 2, l.tilesJ*l.perJ), l.population, l.tilesB, l.perB, l.tilesJ, l.perJ)
	parts := make([][]*Node, l.perB)
	for t := range parts {
		for j := range l.perJ {
			part := Slice(n, AxisRange(), AxisRange(), AxisElem(t), AxisRange(), AxisElem(j))
			parts[t] = append(parts[t], l.full(Reshape(part, l.population, l.tilesB, l.tilesJ, 1)))
		}
	}
	return parts
}

// present is n, but 0 where position t of the last tile is past the last example.
func (l tiles) present(t int, n *Node) *Node {
	if (l.tilesB-1)*l.perB+t < l.batch {
		return n
	}
	inTile := make([]float64, l.tilesB)
	for i := range inTile {
		if i*l.perB+t < l.batch {
			inTile[i] = 1
		}
	}
	mask := BroadcastToDims(Reshape(ConstAs(n, inTile), 1, l.tilesB, 1, 1), l.population, l.tilesB, 1, 1)
	return Mul(n, l.full(mask))
}
