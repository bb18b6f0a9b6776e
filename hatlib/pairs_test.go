package hatlib

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib/fused"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"github.com/hatlab/hatlab/hatlib/internal/oracle"
)

// pairProblem is one layer's pairs in float64: theta (a, b, c, d, m, e), pre, w, post and an adjoint of the result.
type pairProblem struct {
	batch, in, out, hidden int
	theta                  [][]float64
	pre, w, post, adjoint  []float64
}

func newPairProblem(batch, in, out, hidden int, seed int64) pairProblem {
	stream := newStream(seed, streamMeta, armHAT, 0)
	draw := func(n int) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = stream.uniform()
		}
		return values
	}
	positive := func(n int) []float64 {
		values := draw(n)
		for i := range values {
			values[i] = max(0, values[i])
		}
		return values
	}
	p := pairProblem{batch: batch, in: in, out: out, hidden: hidden}
	for range 5 {
		p.theta = append(p.theta, draw(hidden))
	}
	p.theta = append(p.theta, draw(1))
	p.pre, p.w, p.post, p.adjoint = positive(batch*in), draw(out*in), positive(batch*out), draw(out*in)
	return p
}

func (p pairProblem) tensors() []any {
	as := func(values []float64, dims ...int) any { return tensors.FromFlatDataAndDimensions(values, dims...) }
	arguments := []any{as(p.pre, p.batch, p.in), as(p.w, p.out, p.in), as(p.post, p.batch, p.out), as(p.adjoint, p.out, p.in)}
	for i := range 5 {
		arguments = append(arguments, as(p.theta[i], p.hidden))
	}
	return append(arguments, tensors.FromScalar(p.theta[5][0]))
}

// oracle returns the update and the gradients of sum(update * adjoint) for pre, w, post, theta, by loops.
func (p pairProblem) oracle() [][]float64 {
	m := &oracle.Meta{A: p.theta[0], B: p.theta[1], C: p.theta[2], D: p.theta[3], M: p.theta[4], E: p.theta[5][0], Activation: "relu"}
	layer := oracle.Pairs(m, rowsOf(p.pre, p.in), rowsOf(p.w, p.in), rowsOf(p.post, p.out), rowsOf(p.adjoint, p.in))
	g := layer.Rule
	return [][]float64{flat(layer.Mean), flat(layer.Pre), flat(layer.W), flat(layer.Post), g.A, g.B, g.C, g.D, g.M, {g.E}}
}

// updates are the ways to compute the same update of every pair.
func updates() map[string]func(theta []*Node, pre, w, post *Node) *Node {
	general := (&MetaLearner{Activation: ActivationReLU}).Pair
	return map[string]func(theta []*Node, pre, w, post *Node) *Node{
		"general vmap": func(theta []*Node, pre, w, post *Node) *Node { return PairMean(general, theta, pre, w, post) },
		"general vmap in chunks of examples": func(theta []*Node, pre, w, post *Node) *Node {
			return PairMean(general, theta, pre, w, post, WithPairMemory(int64(pre.Shape().Size())*1000))
		},
		"general vmap in chunks of one example and one output": func(theta []*Node, pre, w, post *Node) *Node {
			return PairMean(general, theta, pre, w, post, WithPairMemory(1))
		},
		"convolution": ConvolutionMean,
		"fused": func(theta []*Node, pre, w, post *Node) *Node {
			return fused.MeanUpdate(fusedTheta(theta), pre, w, post, fused.Options{})
		},
	}
}

// TestPairsAgree: the general vmap, whole and in chunks, the 1x1 convolution of appendix A and the fused form give the
// oracle's update and all its gradients.
func TestPairsAgree(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for _, size := range [][4]int{{4, 6, 5, 7}, {1, 1, 1, 1}, {3, 17, 2, 3}} {
			p := newPairProblem(size[0], size[1], size[2], size[3], 5)
			expected := p.oracle()
			for name, update := range updates() {
				t.Run(fmt.Sprintf("%s %v", name, size), func(t *testing.T) {
					exec := MustNewExec(be, func(x []*Node) []*Node {
						dw := update(x[4:], x[0], x[1], x[2])
						gradients := Gradient(ReduceAllSum(Mul(dw, x[3])), append([]*Node{x[0], x[1], x[2]}, x[4:]...)...)
						return append([]*Node{dw}, gradients...)
					})
					var got [][]float64
					for _, o := range exec.MustCall(p.tensors()...) {
						got = append(got, tensors.MustCopyFlatData[float64](o))
					}
					compareAll(t, name, got, expected, 1e-9)
				})
			}
		}
	})
}

// TestPairShapesAreChecked: shapes that do not fit give an error that names them.
func TestPairShapesAreChecked(t *testing.T) {
	be := backendtest.Go(t)
	for name, dims := range map[string][3][]int{
		"other number of inputs": {{4, 3}, {2, 5}, {4, 2}},
		"other batch":            {{4, 3}, {2, 3}, {5, 2}},
		"weights transposed":     {{4, 3}, {3, 2}, {4, 2}},
		"one example, no batch":  {{3}, {2, 3}, {2}},
	} {
		failed := func() (err error) {
			defer recoverTo(&err, "update")
			exec := MustNewExec(be, func(g *Graph) *Node {
				zeros := func(dims []int) *Node { return Const(g, tensors.FromScalarAndDimensions(float32(0), dims...)) }
				return PairMean(Hebb().Pair, nil, zeros(dims[0]), zeros(dims[1]), zeros(dims[2]))
			})
			exec.MustCall()
			return nil
		}()
		if failed == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestShiftInChunks: mean and shift of the released form, and the gradients of both, are the same in chunks.
func TestShiftInChunks(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		p := newPairProblem(4, 6, 5, 3, 7)
		shiftAdjoint := tensors.FromFlatDataAndDimensions(newPairProblem(4, 6, 5, 3, 8).post, 4, 5)
		run := func(options ...PairOption) [][]float64 {
			general := (&MetaLearner{Activation: ActivationReLU}).Pair
			exec := MustNewExec(be, func(x []*Node) []*Node {
				theta := x[5:]
				mean, shift := PairMeanAndShift(general, theta, x[0], x[1], x[2], options...)
				loss := Add(ReduceAllSum(Mul(mean, x[3])), ReduceAllSum(Mul(shift, x[4])))
				return append([]*Node{mean, shift}, Gradient(loss, append([]*Node{x[0], x[1], x[2]}, theta...)...)...)
			})
			all := p.tensors()
			var values [][]float64
			for _, o := range exec.MustCall(append(append(append([]any{}, all[:4]...), shiftAdjoint), all[4:]...)...) {
				values = append(values, tensors.MustCopyFlatData[float64](o))
			}
			return values
		}
		whole := run()
		compareAll(t, "chunks of examples", run(WithPairMemory(5000)), whole, 1e-12)
		compareAll(t, "chunks of one", run(WithPairMemory(1)), whole, 1e-12)
	})
}

// TestReLUAtZero: the gradient at 0 is 0, as PyTorch has it; GoMLX's own has 1.
func TestReLUAtZero(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		gradient := MustNewExec(be, func(x *Node) *Node { return Gradient(ReduceAllSum(ReLU(x)), x)[0] }).
			MustCall1([]float32{-1, 0, 2})
		compareAll(t, "gradient", [][]float64{wide(tensors.MustCopyFlatData[float32](gradient))}, [][]float64{{0, 0, 1}}, 0)
	})
}

// TestClosuresStandAlone: the same scalars and reductions can be used before, in and after two closures of one graph.
func TestClosuresStandAlone(t *testing.T) {
	be := backendtest.XLA(t)
	x := MustNewExec(be, func(x *Node) *Node {
		g := x.Graph()
		x = ReduceAllSum(AddScalar(InsertAxes(x, 0), 3)) // 3, and the sum, are made outside
		for range 2 {
			condition := newClosure(g, func(g *Graph) []*Node {
				i := Parameter(g, "i", shapes.Scalar[int32]())
				Parameter(g, "x", x.Shape())
				return []*Node{LessThan(i, Scalar(g, dtypes.Int32, 2))}
			})
			body := newClosure(g, func(g *Graph) []*Node {
				i, x := Parameter(g, "i", shapes.Scalar[int32]()), Parameter(g, "x", x.Shape())
				return []*Node{AddScalar(i, 1), MulScalar(AddScalar(ReduceAllSum(InsertAxes(x, 0)), 3), 2)} // 3 again, and 2 for the first time
			})
			x = While(condition, body, Const(g, int32(0)), x)[1]
		}
		return MulScalar(x, 2) // 2 was made inside
	}).MustCall1(float32(1))
	expected := 4.0
	for range 4 {
		expected = (expected + 3) * 2
	}
	compareAll(t, "value", [][]float64{{float64(tensors.ToScalar[float32](x))}}, [][]float64{{2 * expected}}, 0)
}
