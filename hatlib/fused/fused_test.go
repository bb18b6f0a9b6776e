package fused

import (
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// problem is one set of arguments and of adjoints: random numbers in float32, so that oracle and graph see the same.
type problem struct {
	P, batch, in, out, hidden int
	activation                Activation
	precision                 dtypes.DType
	a, b, c, d, m, e          []float32
	v, w, u                   []float32
	meanBar, shiftBar         []float32 // nil: that output is not asked for
}

func newProblem(seed int64, P, batch, in, out, hidden int, activation Activation) *problem {
	rng := rand.New(rand.NewSource(seed))
	normal := func(n int, scale float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(scale * rng.NormFloat64())
		}
		return x
	}
	p := &problem{P: P, batch: batch, in: in, out: out, hidden: hidden, activation: activation}
	H := P * hidden
	p.a, p.b, p.c, p.d, p.m, p.e = normal(H, .6), normal(H, .6), normal(H, .6), normal(H, .3), normal(H, .4), normal(P, .3)
	p.v, p.w, p.u = normal(P*batch*in, 1), normal(P*out*in, .5), normal(P*batch*out, 1)
	p.meanBar, p.shiftBar = normal(P*out*in, 1), normal(P*batch*out, 1)
	// Adjoints of one sign on average: sums of them, relative to which errors are measured, should not cancel.
	for i := range p.meanBar {
		p.meanBar[i]++
	}
	for i := range p.shiftBar {
		p.shiftBar[i]++
	}
	return p
}

// result is everything that can be compared, in this order.
var resultNames = []string{"mean", "shift", "da", "db", "dc", "dd", "dm", "de", "dv", "dw", "du"}

// oracle computes all of it in float64 with plain loops.
func (p *problem) oracle() [][]float64 {
	H, B, I, J := p.hidden, p.batch, p.in, p.out
	r := make([][]float64, len(resultNames))
	for i, n := range []int{p.P * J * I, p.P * B * J, p.P * H, p.P * H, p.P * H, p.P * H, p.P * H, p.P, p.P * B * I, p.P * J * I, p.P * B * J} {
		r[i] = make([]float64, n)
	}
	for q := range p.P {
		for b := range B {
			for j := range J {
				for i := range I {
					vi, ji, bj := (q*B+b)*I+i, (q*J+j)*I+i, (q*B+b)*J+j
					v, w, u := float64(p.v[vi]), float64(p.w[ji]), float64(p.u[bj])
					var g float64 // adjoint of M
					if p.meanBar != nil {
						g += float64(p.meanBar[ji]) / float64(B)
					}
					if p.shiftBar != nil {
						g += float64(p.shiftBar[bj]) * v
					}
					M := float64(p.e[q])
					r[7][q] += g
					for k := q * H; k < (q+1)*H; k++ {
						a, wk, c, m := float64(p.a[k]), float64(p.b[k]), float64(p.c[k]), float64(p.m[k])
						z := a*v + wk*w + c*u + float64(p.d[k])
						value, slope := z, 1.
						switch p.activation {
						case ActivationReLU:
							if !(z > 0) {
								value, slope = 0, 0
							}
						case ActivationTanh:
							value = math.Tanh(z)
							slope = 1 - value*value
						}
						M += m * value
						r[2][k] += g * m * slope * v
						r[3][k] += g * m * slope * w
						r[4][k] += g * m * slope * u
						r[5][k] += g * m * slope
						r[6][k] += g * value
						r[8][vi] += g * m * slope * a
						r[9][ji] += g * m * slope * wk
						r[10][bj] += g * m * slope * c
					}
					r[0][ji] += M / float64(B)
					r[1][bj] += v * M
					if p.shiftBar != nil {
						r[8][vi] += float64(p.shiftBar[bj]) * M
					}
				}
			}
		}
	}
	return r
}

// arguments are the tensors, without the population axis if P is 1 and single is set.
func (p *problem) arguments(single bool) []any {
	dims := func(d ...int) []int {
		if single {
			return d[1:]
		}
		return d
	}
	H, B, I, J := p.hidden, p.batch, p.in, p.out
	args := []any{}
	for _, x := range [][]float32{p.a, p.b, p.c, p.d, p.m} {
		args = append(args, tensors.FromFlatDataAndDimensions(x, dims(p.P, H)...))
	}
	args = append(args, tensors.FromFlatDataAndDimensions(p.e, dims(p.P)...),
		tensors.FromFlatDataAndDimensions(p.v, dims(p.P, B, I)...),
		tensors.FromFlatDataAndDimensions(p.w, dims(p.P, J, I)...),
		tensors.FromFlatDataAndDimensions(p.u, dims(p.P, B, J)...))
	if p.meanBar != nil {
		args = append(args, tensors.FromFlatDataAndDimensions(p.meanBar, dims(p.P, J, I)...))
	}
	if p.shiftBar != nil {
		args = append(args, tensors.FromFlatDataAndDimensions(p.shiftBar, dims(p.P, B, J)...))
	}
	return args
}

// pairOutputs is what is tested: the fused functions, or a plain broadcast expression.
type pairOutputs func(theta Theta, pre, w, post *Node, wantMean, wantShift bool) (mean, shift *Node)

func (p *problem) fused(theta Theta, pre, w, post *Node, wantMean, wantShift bool) (mean, shift *Node) {
	opt := Options{Activation: p.activation, Precision: p.precision}
	switch {
	case wantMean && wantShift:
		return MeanAndShift(theta, pre, w, post, opt)
	case wantMean:
		return MeanUpdate(theta, pre, w, post, opt), nil
	}
	return nil, PostShift(theta, pre, w, post, opt)
}

// broadcast is the definition, differentiated automatically. Without a population axis only.
func (p *problem) broadcast(theta Theta, pre, w, post *Node, wantMean, wantShift bool) (mean, shift *Node) {
	dims := []int{p.batch, p.out, p.in, p.hidden}
	at := func(x *Node, axes ...int) *Node { return BroadcastToDims(InsertAxes(x, axes...), dims...) }
	z := Add(Add(Mul(at(pre, 1, 2), at(theta.A, 0, 0, 0)), Mul(at(w, 0, 2), at(theta.B, 0, 0, 0))),
		Add(Mul(at(post, 2, 2), at(theta.C, 0, 0, 0)), at(theta.D, 0, 0, 0)))
	switch p.activation {
	case ActivationReLU:
		z = Where(GreaterThan(z, ZerosLike(z)), z, ZerosLike(z))
	case ActivationTanh:
		z = Tanh(z)
	}
	M := Add(ReduceSum(Mul(z, at(theta.M, 0, 0, 0)), 3), theta.E)
	if wantMean {
		mean = ReduceMean(M, 0)
	}
	if wantShift {
		shift = ReduceSum(Mul(M, BroadcastToDims(InsertAxes(pre, 1), dims[:3]...)), 2)
	}
	return mean, shift
}

// graph returns a graph function that computes what oracle computes; outputs that are not asked for are left out.
func (p *problem) graph(outputs pairOutputs) func(in []*Node) []*Node {
	return func(in []*Node) []*Node {
		theta := Theta{A: in[0], B: in[1], C: in[2], D: in[3], M: in[4], E: in[5]}
		mean, shift := outputs(theta, in[6], in[7], in[8], p.meanBar != nil, p.shiftBar != nil)
		bars := in[9:]
		var loss *Node
		var results []*Node
		for _, y := range []*Node{mean, shift} {
			if y != nil {
				loss = plus(loss, ReduceAllSum(Mul(y, bars[0])))
				bars = bars[1:]
				results = append(results, y)
			}
		}
		return append(results, Gradient(loss, in[:9]...)...)
	}
}

// compare runs the fused form and compares with the oracle: the largest difference relative to the largest number of each tensor.
func (p *problem) compare(t *testing.T, be compute.Backend, outputs pairOutputs, single bool, tolerance float64) {
	t.Helper()
	want := p.oracle()
	names := resultNames
	if p.shiftBar == nil {
		want, names = append(want[:1:1], want[2:]...), append(names[:1:1], names[2:]...)
	}
	if p.meanBar == nil {
		want, names = want[1:], names[1:]
	}
	got := run(t, be, p.graph(outputs), p.arguments(single)...)
	for i, name := range names {
		if len(got[i]) != len(want[i]) {
			t.Fatalf("%s: %d numbers, want %d", name, len(got[i]), len(want[i]))
		}
		var worst, largest float64
		for k := range want[i] {
			worst = max(worst, math.Abs(got[i][k]-want[i][k]))
			if math.IsNaN(got[i][k]) {
				worst = math.Inf(1)
			}
			largest = max(largest, math.Abs(want[i][k]))
		}
		if worst > tolerance*max(largest, 1e-30) {
			t.Errorf("%s: differs by %.3g of at most %.3g", name, worst, largest)
		}
	}
}

// sizes have one unit, primes, H = 1, and (the last two) several tiles of every axis with a rest.
var sizes = []struct{ batch, in, out, hidden int }{{1, 1, 1, 1}, {5, 7, 6, 8}, {3, 17, 1, 1}, {27, 5, 47, 3}, {11, 23, 43, 29}}

func TestAgainstOracle(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for _, activation := range []Activation{ActivationReLU, ActivationTanh, ActivationLinear} {
			for seed, s := range sizes {
				if activation == ActivationTanh && seed == len(sizes)-1 {
					s.in, s.out, s.hidden = 3, 7, 9 // Its tiles are smaller, and it compiles slowly.
				}
				for _, outputs := range []string{"both", "mean", "shift"} {
					if outputs == "shift" && seed != 1 || outputs == "mean" && seed == 0 {
						continue
					}
					t.Run(fmt.Sprintf("%d/%v/%s", activation, s, outputs), func(t *testing.T) {
						p := newProblem(int64(seed), 1, s.batch, s.in, s.out, s.hidden, activation)
						if outputs == "mean" {
							p.shiftBar = nil
						}
						if outputs == "shift" {
							p.meanBar = nil
						}
						p.compare(t, be, p.fused, true, 1e-5)
					})
				}
			}
		}
	})
}

// TestInWhile takes two steps w -= dw inside the body of a While, and compares with two calls.
func TestInWhile(t *testing.T) {
	be := backendtest.XLA(t) // The pure Go backend cannot run a gradient inside a While.
	p := newProblem(7, 1, 4, 5, 3, 6, ActivationReLU)
	step := func(in []*Node) *Node {
		mean := MeanUpdate(Theta{A: in[0], B: in[1], C: in[2], D: in[3], M: in[4], E: in[5]}, in[6], in[7], in[8], Options{})
		return Sub(in[7], Gradient(ReduceAllSum(mean), in[7])[0])
	}
	args := p.arguments(true)[:9]
	loop := run(t, be, func(in []*Node) []*Node {
		g := in[0].Graph()
		closure := func(fn func(n *Node, in []*Node) []*Node) *Function {
			return NewClosure(g, func(g *Graph) []*Node {
				n := Parameter(g, "n", shapes.Make(dtypes.Int32))
				inside := make([]*Node, len(in))
				for i := range in {
					inside[i] = Parameter(g, fmt.Sprint("in", i), in[i].Shape())
				}
				return fn(n, inside)
			})
		}
		cond := closure(func(n *Node, _ []*Node) []*Node { return []*Node{LessThan(n, Const(g, int32(2)))} })
		body := closure(func(n *Node, in []*Node) []*Node {
			w := step(in)
			out := append([]*Node{Add(n, Const(g, int32(1)))}, in...)
			out[8] = w
			return out
		})
		return While(cond, body, append([]*Node{Const(g, int32(0))}, in...)...)[8:9]
	}, args...)
	exec := MustNewExec(be, func(in []*Node) *Node { return step(in) })
	for range 2 {
		out, err := exec.Call(args...)
		if err != nil {
			t.Fatal(err)
		}
		args[7] = out[0]
	}
	expect(t, "w", loop[0], flat(args[7].(*tensors.Tensor))...)
}

// TestOracle checks the oracle itself against automatic differentiation of the definition, in float32.
func TestOracle(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for _, activation := range []Activation{ActivationReLU, ActivationTanh, ActivationLinear} {
			p := newProblem(3, 1, 5, 7, 6, 8, activation)
			p.compare(t, be, p.broadcast, true, 1e-5)
		}
	})
}

func TestPopulation(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		p := newProblem(4, 3, 5, 18, 6, 12, ActivationReLU)
		p.compare(t, be, p.fused, false, 1e-5)
		p = newProblem(5, 1, 4, 3, 2, 5, ActivationTanh)
		p.compare(t, be, p.fused, false, 1e-5)
	})
}

// TestDeadActivities has units that are all zero and units that are all negative, on both sides, and hidden units that sit exactly at 0, where
// the gradient of ReLU is 0.
func TestDeadActivities(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for name, activity := range map[string]float32{"zero": 0, "negative": -1} {
			t.Run(name, func(t *testing.T) {
				p := newProblem(6, 1, 6, 9, 8, 12, ActivationReLU)
				for i := range p.v {
					p.v[i] = activity * max(p.v[i], -p.v[i])
				}
				for i := range p.u {
					p.u[i] = activity * max(p.u[i], -p.u[i])
				}
				for k := range p.d {
					p.d[k], p.b[k] = p.d[k]*float32(k%2), p.b[k]*float32(k%3)
				}
				p.compare(t, be, p.fused, true, 1e-5)
			})
		}
	})
}

// TestPrecision rounds z. Where its factors and z itself have few enough bits nothing changes; elsewhere the result is
// off by something like the precision, which also shows that z is rounded at all.
func TestPrecision(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		p := newProblem(8, 1, 11, 23, 9, 12, ActivationReLU)
		p.precision = dtypes.BFloat16
		for _, values := range [][]float32{p.a, p.b, p.c, p.d, p.v, p.w, p.u} {
			for i, x := range values {
				values[i] = float32(math.Round(2*math.Max(-1, math.Min(1, float64(x))))) / 2
			}
		}
		p.compare(t, be, p.fused, true, 1e-5)

		p = newProblem(8, 1, 11, 23, 9, 12, ActivationReLU)
		exact := p.oracle()
		for precision, most := range map[dtypes.DType]float64{dtypes.BFloat16: 0.03, dtypes.Float16: 0.003} {
			p.precision = precision
			rounded := run(t, be, p.graph(p.fused), p.arguments(true)...)
			for i, name := range resultNames {
				var off, size float64
				for k, want := range exact[i] {
					off += (rounded[i][k] - want) * (rounded[i][k] - want)
					size += want * want
				}
				off = math.Sqrt(off / size)
				// The output layer's gradients follow from sums of full precision, up to the side of 0 on which a z lies.
				if shows := name != "de" && name != "dm"; !(off < most) || shows && off < 2e-5 {
					t.Errorf("%s, %s: off by %.3g of its norm; rounding should show, and be below %g", precision, name, off, most)
				}
			}
		}
	})
}
