package fused

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// products is the form for backends that fuse nothing, where every operation reads and writes whole tensors and only matrix
// products are fast. It writes the N = examples*out*in pairs of some examples as rows of features (v_i, w_ij, v_j, 1), so that
//
//	Z = features . [a b c d]'            [N, H]
//	M = g(Z) . m                         [N]
//	dM/d(v_i, w_ij, v_j) = g'(Z) . [m a, m b, m c]       [N, 3]
//	sum of adjoint times g'(Z) times (v_i, w_ij, v_j, 1) = (adjoint features)' . g'(Z)       [4, H]
//
// are matrix products around one elementwise operation on [N, H]. It takes as many examples at once as keep the largest
// tensor below productsMemory.
type products struct {
	activation Activation
	precision  dtypes.DType // to which z's factors are rounded
}

// productsMemory bounds the elements of the largest tensor of the products form.
const productsMemory = 1 << 20

// pairsOf is the pairs of a range of examples, as rows.
type pairsOf struct {
	from, to int
	dims     []int // P, examples, out, in
	v, w, u  *Node // [P, examples, out, in]
	features *Node // [P, N, 4]
	z        *Node // [P, N, H]
}

// chunks calls fn for consecutive ranges of examples.
func (f products) chunks(x operands, fn func(pairsOf)) {
	population, batch, in := x.v.Shape().Dimensions[0], x.v.Shape().Dimensions[1], x.v.Shape().Dimensions[2]
	out, hidden := x.u.Shape().Dimensions[2], x.a.Shape().Dimensions[1]
	size := max(1, min(batch, productsMemory/(population*out*in*hidden)))
	z := x.rounded(f.precision)
	theta := ConvertDType(Stack([]*Node{z.a, z.b, z.c, z.d}, 1), x.v.DType()) // [P, 4, H]
	for from := 0; from < batch; from += size {
		p := pairsOf{from: from, to: min(from+size, batch)}
		examples := p.to - from
		p.dims = []int{population, examples, out, in}
		rows := func(n *Node) *Node { return Slice(n, AxisRange(), AxisRange(p.from, p.to)) }
		p.v = BroadcastToDims(InsertAxes(rows(x.v), 2), p.dims...)
		p.w = BroadcastToDims(InsertAxes(x.w, 1), p.dims...)
		p.u = BroadcastToDims(InsertAxes(rows(x.u), 3), p.dims...)
		p.features = Reshape(Stack([]*Node{p.v, p.w, p.u, OnesLike(p.v)}, -1), population, examples*out*in, 4)
		factors := p.features
		if f.precision != dtypes.InvalidDType { // Products of rounded factors, summed in full precision.
			factors = ConvertDType(ConvertDType(factors, f.precision), theta.DType())
		}
		p.z = Einsum("pnf,pfh->pnh", factors, theta)
		fn(p)
	}
}

func (f products) mean(x operands) *Node {
	var mean *Node
	f.chunks(x, func(p pairsOf) {
		sum := ReduceSum(f.output(x, p), 1)
		mean = plus(mean, sum)
	})
	return Mul(mean, ConstAs(mean, 1/float64(x.v.Shape().Dimensions[1])))
}

func (f products) shift(x operands) *Node {
	var parts []*Node
	f.chunks(x, func(p pairsOf) {
		parts = append(parts, ReduceSum(Mul(p.v, f.output(x, p)), 3))
	})
	return Concatenate(parts, 1)
}

// output is M without its bias, [P, examples, out, in].
func (f products) output(x operands, p pairsOf) *Node {
	return Reshape(Einsum("pnh,ph->pn", f.activation.value(p.z), x.m), p.dims...)
}

func (f products) gradient(x operands, meanBar, shiftBar *Node) operands {
	byInput := Stack([]*Node{Mul(x.m, x.a), Mul(x.m, x.b), Mul(x.m, x.c)}, 1) // [P, 3, H]
	var moments, mBar, wBar *Node
	var vBar, uBar []*Node
	f.chunks(x, func(p pairsOf) {
		population, n := p.dims[0], p.dims[1]*p.dims[2]*p.dims[3]
		var g, s *Node // The adjoint of M, [P, examples, out, in], and that of the shift, [P, examples, out, 1].
		if meanBar != nil {
			g = BroadcastToDims(InsertAxes(Mul(meanBar, ConstAs(meanBar, 1/float64(x.v.Shape().Dimensions[1]))), 1), p.dims...)
		}
		if shiftBar != nil {
			s = InsertAxes(Slice(shiftBar, AxisRange(), AxisRange(p.from, p.to)), 3)
			g = plus(g, Mul(p.v, s))
		}
		slope := f.activation.slope(p.z)
		weighted := Mul(p.features, Reshape(g, population, n, 1))
		moments = plus(moments, Einsum("pnf,pnh->pfh", weighted, slope))
		if f.activation != ActivationReLU {
			mBar = plus(mBar, Einsum("pn,pnh->ph", Reshape(g, population, n), f.activation.value(p.z)))
		}
		partial := Einsum("pnh,pkh->pnk", slope, byInput)
		by := func(k int) *Node {
			return Mul(g, Reshape(Slice(partial, AxisRange(), AxisRange(), AxisElem(k)), p.dims...))
		}
		dv := by(0)
		if shiftBar != nil {
			dv = Add(dv, Mul(s, f.output(x, p)))
		}
		vBar = append(vBar, ReduceSum(dv, 2))
		wBar = plus(wBar, ReduceSum(by(1), 1))
		uBar = append(uBar, ReduceSum(by(2), 3))
	})
	moment := func(k int) *Node { return Reshape(Slice(moments, AxisRange(), AxisElem(k)), x.m.Shape().Dimensions...) }
	bar := thetaGradient(x, moment(0), moment(1), moment(2), moment(3), mBar)
	bar.v, bar.w, bar.u = Concatenate(vBar, 1), wBar, Concatenate(uBar, 1)
	return bar
}
