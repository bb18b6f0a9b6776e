package walkthrough

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/fused"
	"github.com/hatlab/hatlab/hatlib/internal/oracle"
)

// Size is a layer, a batch and a meta-learner.
type Size struct{ Batch, In, Out, Hidden int }

// Pairs is the number of neuron pairs of a batch.
func (s Size) Pairs() int { return s.Batch * s.In * s.Out }

// String names the size.
func (s Size) String() string {
	return fmt.Sprintf("batch %d, layer %d-%d, M 3-%d-1", s.Batch, s.In, s.Out, s.Hidden)
}

// Way is one way to compute the batch mean of M over every neuron pair.
type Way struct {
	Name string
	// Update builds the graph, see [hatlib.PairMean]; nil for plain loops.
	Update func(theta []*Node, pre, w, post *Node) *Node
}

// Ways returns the ways: plain Go loops in float64, the 1x1 convolutions of appendix A, the general vmap, with a bound of
// bytes on its memory (0 for none), and the fused form.
func Ways(bytes int64) []Way {
	m := &hatlib.MetaLearner{Activation: hatlib.ActivationReLU}
	return []Way{
		{"plain loops", nil},
		{"convolution", hatlib.ConvolutionMean},
		{"vmap", func(theta []*Node, pre, w, post *Node) *Node {
			return hatlib.PairMean(m.Pair, theta, pre, w, post, hatlib.WithPairMemory(bytes))
		}},
		{"fused", func(theta []*Node, pre, w, post *Node) *Node {
			return fused.MeanUpdate(fused.Theta{A: theta[0], B: theta[1], C: theta[2], D: theta[3], M: theta[4], E: theta[5]},
				pre, w, post, fused.Options{})
		}},
	}
}

// problem is a layer with random activities, weights and meta-parameters, and an adjoint of the update.
type problem struct {
	Size
	theta                 [][]float64 // a, b, c, d, m [Hidden], e [1]
	pre, w, post, adjoint [][]float64
}

func newProblem(s Size, seed uint64) problem {
	rng := rand.New(rand.NewPCG(seed, 2))
	draw := func(rows, columns int, positive bool) [][]float64 {
		out := make([][]float64, rows)
		for r := range out {
			out[r] = make([]float64, columns)
			for c := range out[r] {
				// Through float32, so that loops and graphs start from the same numbers.
				out[r][c] = float64(float32(2*rng.Float64() - 1))
				if positive {
					out[r][c] = math.Max(out[r][c], 0)
				}
			}
		}
		return out
	}
	p := problem{Size: s, theta: append(draw(5, s.Hidden, false), draw(1, 1, false)...)}
	p.pre, p.w = draw(s.Batch, s.In, true), draw(s.Out, s.In, false)
	p.post, p.adjoint = draw(s.Batch, s.Out, true), draw(s.Out, s.In, false)
	return p
}

// loops computes the update and its gradients, in the order of [problem.graph].
func (p problem) loops() [][]float64 {
	m := &oracle.Meta{A: p.theta[0], B: p.theta[1], C: p.theta[2], D: p.theta[3], M: p.theta[4], E: p.theta[5][0], Activation: "relu"}
	s := oracle.Pairs(m, p.pre, p.w, p.post, p.adjoint)
	r := s.Rule
	return [][]float64{flat(s.Mean), flat(s.Pre), flat(s.W), flat(s.Post), r.A, r.B, r.C, r.D, r.M, {r.E}}
}

// graph is the update and the gradients of sum(update * adjoint) with respect to pre, w, post and theta.
func graph(way Way) func(x []*Node) []*Node {
	return func(x []*Node) []*Node {
		pre, w, post, adjoint, theta := x[0], x[1], x[2], x[3], x[4:]
		dw := way.Update(theta, pre, w, post)
		return append([]*Node{dw}, Gradient(ReduceAllSum(Mul(dw, adjoint)), append([]*Node{pre, w, post}, theta...)...)...)
	}
}

func (p problem) arguments() []any {
	matrix := func(rows [][]float64) any {
		return tensors.FromFlatDataAndDimensions(narrow(flat(rows)), len(rows), len(rows[0]))
	}
	arguments := []any{matrix(p.pre), matrix(p.w), matrix(p.post), matrix(p.adjoint)}
	for _, t := range p.theta[:5] {
		arguments = append(arguments, tensors.FromFlatDataAndDimensions(narrow(t), len(t)))
	}
	return append(arguments, tensors.FromScalar(float32(p.theta[5][0])))
}

// Agreement is how far one way is from the loops: the largest difference over the largest value.
type Agreement struct {
	Name             string
	Update, Gradient float64
}

// Agree computes one random problem in every way but the first, in float32, and compares update and gradients (with
// respect to v_i, w_ij, v_j and M's parameters) with the loops.
func Agree(be compute.Backend, s Size, seed uint64) ([]Agreement, error) {
	p := newProblem(s, seed)
	want := p.loops()
	var all []Agreement
	for _, way := range Ways(0)[1:] {
		outputs, err := ExecOnceN(be, graph(way), p.arguments()...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", way.Name, err)
		}
		a := Agreement{Name: way.Name}
		for k, o := range outputs {
			got, err := tensors.CopyFlatData[float32](o)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", way.Name, err)
			}
			difference := relative(got, want[k])
			if k == 0 {
				a.Update = difference
			} else {
				a.Gradient = math.Max(a.Gradient, difference)
			}
		}
		all = append(all, a)
	}
	return all, nil
}

// relative is the largest difference over the largest value.
func relative(got []float32, want []float64) float64 {
	var difference, largest float64
	for i, w := range want {
		difference = math.Max(difference, math.Abs(float64(got[i])-w))
		largest = math.Max(largest, math.Abs(w))
	}
	return difference / largest
}

func flat(rows [][]float64) []float64 {
	var out []float64
	for _, row := range rows {
		out = append(out, row...)
	}
	return out
}
