package fused

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Activation is g, the nonlinearity of M's hidden units.
type Activation int

// The activations that M can have here.
const (
	// ActivationReLU is max(z, 0), with gradient 0 at 0. The paper's choice.
	ActivationReLU Activation = iota
	// ActivationTanh is the hyperbolic tangent.
	ActivationTanh
	// ActivationLinear is g(z) = z: M is then an affine function of v_i, w_ij and v_j.
	ActivationLinear
)

// Theta is M's parameters. A, B and C [H] weigh v_i, w_ij and v_j in each hidden unit, D [H] is the hidden bias, M [H]
// the output weights and E [] the output bias. With a population axis they are [P, H] and [P].
type Theta struct {
	A, B, C, D, M, E *Node
}

// Options says how to compute. The zero value is right for the paper's M.
type Options struct {
	// Activation is g.
	Activation Activation
	// Precision is that of z_k, hence of what makes g(z_k) and g'(z_k): BFloat16 or Float16 round v_i, w_ij, v_j and the hidden layer's
	// parameters to it. Sums, adjoints and results keep the arguments' type. Zero: the arguments' type. See NOTES.md for what
	// it costs and gains. A linear M has no z and takes no notice.
	Precision dtypes.DType
}

// MeanUpdate is M's update of every neuron pair, the mean over the batch:
//
//	dW[j,i] = 1/B sum_b M(pre[b,i], w[j,i], post[b,j])
//
// Shapes: pre [batch, in], w [out, in], post [batch, out] -> [out, in], all float32 or all float64; with a
// population, every one of them and theta have one more leading axis P. It is differentiable in all of theta, pre, w
// and post; see the package comment for the gradient. It panics on shapes that do not fit together.
func MeanUpdate(theta Theta, pre, w, post *Node, opt Options) *Node {
	mean, _ := update(theta, pre, w, post, opt, true, false)
	return mean
}

// PostShift is the other reduction of the same expression, the one of the authors' released code: what each example's own
// update adds to the activity of the upper neuron,
//
//	s[b,j] = sum_i pre[b,i] M(pre[b,i], w[j,i], post[b,j])
//
// Arguments are those of [MeanUpdate]; the result is [batch, out].
func PostShift(theta Theta, pre, w, post *Node, opt Options) *Node {
	_, shift := update(theta, pre, w, post, opt, false, true)
	return shift
}

// MeanAndShift returns [MeanUpdate] and [PostShift] of the same arguments.
func MeanAndShift(theta Theta, pre, w, post *Node, opt Options) (mean, shift *Node) {
	return update(theta, pre, w, post, opt, true, true)
}

// operands are everything the pair expression depends on, always with a population axis: a..m [P, H], v [P, batch, in],
// w [P, out, in], u [P, batch, out]. The names are those of the equations in the package comment.
type operands struct {
	a, b, c, d, m, v, w, u *Node
}

func (x operands) list() []*Node { return []*Node{x.a, x.b, x.c, x.d, x.m, x.v, x.w, x.u} }

// rounded returns what z is made of with another precision, and m as it is.
func (x operands) rounded(to dtypes.DType) operands {
	if to == dtypes.InvalidDType || to == x.v.DType() {
		return x
	}
	y := x
	for _, n := range []**Node{&y.a, &y.b, &y.c, &y.d, &y.v, &y.w, &y.u} {
		*n = ConvertDType(*n, to)
	}
	return y
}

func asOperands(n []*Node) operands {
	return operands{a: n[0], b: n[1], c: n[2], d: n[3], m: n[4], v: n[5], w: n[6], u: n[7]}
}

// form is one way to compute the sums of the package comment.
type form interface {
	// mean returns sum_b sum_k m_k g(z_k) / B, [P, out, in].
	mean(x operands) *Node
	// shift returns sum_i v_i sum_k m_k g(z_k), [P, batch, out].
	shift(x operands) *Node
	// gradient returns the gradients of x from the adjoints of mean [P, out, in] and shift [P, batch, out]. One of
	// them may be nil.
	gradient(x operands, meanBar, shiftBar *Node) operands
}

// update prepares the arguments, chooses the form and adds the output bias e, which needs no custom gradient.
func update(theta Theta, pre, w, post *Node, opt Options, wantMean, wantShift bool) (mean, shift *Node) {
	checkShapes(theta, pre, w, post)
	switch opt.Precision {
	case dtypes.InvalidDType, dtypes.BFloat16, dtypes.Float16, pre.DType():
	default:
		exceptions.Panicf("fused: the precision of z is %s; it can be bfloat16, float16, or that of the arguments, %s", opt.Precision, pre.DType())
	}
	x := operands{a: theta.A, b: theta.B, c: theta.C, d: theta.D, m: theta.M, v: pre, w: w, u: post}
	e := theta.E
	single := pre.Rank() == 2
	if single {
		x = asOperands(insertPopulation(x.list()))
		e = InsertAxes(e, 0)
	}
	f := chooseForm(pre.Graph(), opt)

	outputs := func(in []*Node) []*Node {
		var out []*Node
		if wantMean {
			out = append(out, f.mean(asOperands(in)))
		}
		if wantShift {
			out = append(out, f.shift(asOperands(in)))
		}
		return out
	}
	if _, ok := f.(affine); !ok {
		forward := outputs
		outputs = func(in []*Node) []*Node {
			return CustomGradient(in, forward, func(in, _, adjoints []*Node) []*Node {
				var meanBar, shiftBar *Node
				if wantMean {
					meanBar, adjoints = adjoints[0], adjoints[1:]
				}
				if wantShift {
					shiftBar = adjoints[0]
				}
				return f.gradient(asOperands(in), meanBar, shiftBar).list()
			})
		}
	}
	results := outputs(x.list())

	if wantMean {
		mean = Add(results[0], InsertAxes(e, -1, -1))
		results = results[1:]
	}
	if wantShift {
		shift = Add(results[0], Mul(InsertAxes(e, -1, -1), ReduceAndKeep(x.v, ReduceSum, -1)))
	}
	if single {
		if mean != nil {
			mean = Squeeze(mean, 0)
		}
		if shift != nil {
			shift = Squeeze(shift, 0)
		}
	}
	return mean, shift
}

// chooseForm is the one place that decides how to compute, by activation and backend.
func chooseForm(g *Graph, opt Options) form {
	if opt.Activation == ActivationLinear {
		return affine{}
	}
	if g.Backend().Name() == "xla" {
		return unrolled{opt.Activation, opt.Precision}
	}
	return products{opt.Activation, opt.Precision}
}

// thetaGradient returns the gradients of a, b, c, d and m from the sums over all pairs and examples of the adjoint times g'(z) times
// v_i, w_ij, v_j and 1, each [P, H]. For ReLU g(z) = g'(z) z, so the gradient of m follows from the same four sums; for other
// activations mBar is it.
func thetaGradient(x operands, sumV, sumW, sumU, sum, mBar *Node) operands {
	if mBar == nil {
		mBar = Add(Add(Mul(x.a, sumV), Mul(x.b, sumW)), Add(Mul(x.c, sumU), Mul(x.d, sum)))
	}
	return operands{a: Mul(x.m, sumV), b: Mul(x.m, sumW), c: Mul(x.m, sumU), d: Mul(x.m, sum), m: mBar}
}

// plus is a + b, where a may still be nothing.
func plus(a, b *Node) *Node {
	if a == nil {
		return b
	}
	return Add(a, b)
}

func insertPopulation(nodes []*Node) []*Node {
	out := make([]*Node, len(nodes))
	for i, n := range nodes {
		out[i] = InsertAxes(n, 0)
	}
	return out
}

// checkShapes panics unless all arguments fit together.
func checkShapes(theta Theta, pre, w, post *Node) {
	rank := pre.Rank()
	p, m, q := pre.Shape().Dimensions, w.Shape().Dimensions, post.Shape().Dimensions
	if rank < 2 || rank > 3 || len(m) != rank || len(q) != rank || p[rank-2] != q[rank-2] || p[rank-1] != m[rank-1] ||
		q[rank-1] != m[rank-2] || (rank == 3 && (p[0] != m[0] || p[0] != q[0])) {
		exceptions.Panicf("fused: neuron pairs need pre [batch, in], w [out, in] and post [batch, out], or the same with one "+
			"leading population axis; got pre %s, w %s, post %s", pre.Shape(), w.Shape(), post.Shape())
	}
	if pre.Shape().Size() == 0 || w.Shape().Size() == 0 {
		exceptions.Panicf("fused: neuron pairs need at least one example, input and output; got pre %s, w %s", pre.Shape(), w.Shape())
	}
	want := theta.A.Shape()
	for name, n := range map[string]*Node{"A": theta.A, "B": theta.B, "C": theta.C, "D": theta.D, "M": theta.M} {
		if !n.Shape().Equal(want) || n.Rank() != rank-1 || (rank == 3 && n.Shape().Dimensions[0] != p[0]) || n.Shape().Size() == 0 {
			exceptions.Panicf("fused: theta's vectors must all be [H], or [P, H] with a population, H at least 1; %s is %s, A is %s, pre is %s",
				name, n.Shape(), want, pre.Shape())
		}
	}
	if theta.E.Rank() != rank-2 || (rank == 3 && theta.E.Shape().Dimensions[0] != p[0]) {
		exceptions.Panicf("fused: theta.E must be a scalar, or [P] with a population; got %s with pre %s", theta.E.Shape(), pre.Shape())
	}
	dtype := pre.DType()
	for _, n := range []*Node{theta.A, theta.E, w, post} {
		if n.DType() != dtype || (dtype != dtypes.Float32 && dtype != dtypes.Float64) {
			exceptions.Panicf("fused: all arguments must be float32, or all float64; got theta %s and %s, pre %s, w %s, post %s",
				theta.A.DType(), theta.E.DType(), dtype, w.DType(), post.DType())
		}
	}
}
