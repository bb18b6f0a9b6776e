package metalearning

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// LearnedGradient is the learned gradient-based optimizer of Andrychowicz et al. 2016 ("Learning to learn by gradient descent by gradient descent",
// equations 2 and 3): a recurrent network m reads the gradient of one coordinate and says how that coordinate moves,
//
//	[g_t, h_t+1] = m(grad f(x_t), h_t, phi)          x_t+1 = x_t + g_t
//	L(phi) = E_f [ mean over t of log(f(x_t) + 1e-6) ]
//
// The paper sums f(x_t) itself. The logarithm weighs late steps, where f is small, like early ones, so that one short run of meta-training is enough.
// m is an LSTM of two layers, the same for every coordinate, each of which has its own state h.
type LearnedGradient struct {
	Hidden int     // units per layer; the paper has 20
	Scale  float64 // of the output: g = Scale times the linear readout
}

// DefaultLearnedGradient is the network of the reference run: two layers of 20 units, as the paper.
var DefaultLearnedGradient = LearnedGradient{Hidden: 20, Scale: 0.1}

// Init draws meta-parameters: two LSTM layers and the linear readout to one number.
func (m LearnedGradient) Init(cfg MetaConfig) Params {
	rng := cfg.rng(1)
	p := append(lstmParams(rng, "layer1", 2, m.Hidden), lstmParams(rng, "layer2", m.Hidden, m.Hidden)...)
	return append(p, Param{"readout.w", []int{1, m.Hidden}, uniform(rng, 1/math.Sqrt(float64(m.Hidden)), m.Hidden)},
		Param{"readout.b", []int{1}, []float32{0}})
}

// Preprocess builds the two inputs of the network from a gradient, any shape -> [rows, 2] with one row per coordinate (Andrychowicz et al. 2016, appendix A,
// p = 10): gradients come in all magnitudes, and a network needs numbers near 1.
//
//	(log|g| / p, sign g)   if |g| >= e^-p
//	(-1, e^p g)            otherwise
func Preprocess(grad *Node) *Node {
	const p = 10
	g := Reshape(grad, -1, 1)
	tiny := math.Exp(-p)
	large := GreaterOrEqual(Abs(g), Scalar(g.Graph(), g.DType(), tiny))
	safe := Where(large, Abs(g), OnesLike(g))
	return Concatenate([]*Node{
		Where(large, DivScalar(Log(safe), float64(p)), Neg(OnesLike(g))),
		Where(large, Sign(g), MulScalar(g, 1/tiny)),
	}, 1)
}

// Step builds one step of the optimizer: from the gradient [functions, n] and the state (four nodes [functions*n, Hidden]: h and c of both layers) to the
// move g [functions, n] and the new state.
func (m LearnedGradient) Step(theta []*Node, grad *Node, state []*Node) (move *Node, next []*Node) {
	h1, c1 := lstm(theta[0:3], Preprocess(grad), state[0], state[1])
	h2, c2 := lstm(theta[3:6], h1, state[2], state[3])
	out := Add(linear(h2, theta[6]), ExpandAxes(theta[7], 0))
	return ReshapeWithShape(MulScalar(out, m.Scale), grad.Shape()), []*Node{h1, c1, h2, c2}
}

// zeroState returns the four arrays of a fresh state.
func (m LearnedGradient) zeroState(rows int) []any {
	s := make([]any, 4)
	for i := range s {
		s[i] = tensors.FromFlatDataAndDimensions(make([]float32, rows*m.Hidden), rows, m.Hidden)
	}
	return s
}

// GradientTraining says on what and how long a LearnedGradient is trained.
type GradientTraining struct {
	Objective Objective
	Unroll    int // steps in one graph, through which the meta-gradient flows (20 in the paper)
	Horizon   int // steps on one set of functions before fresh ones are drawn, a multiple of Unroll (100 in the paper)
}

// Train meta-trains from a fresh initialisation. Every meta-update unrolls Unroll steps in one graph; state and x are carried to the next
// one as constants (truncated backpropagation through time), and after Horizon steps fresh functions are drawn. As in the paper (figure 2) no derivative goes through the
// gradient that the network reads: d grad f / d phi = 0, so no second derivatives are needed.
//
// It returns an error when ctx ends or a loss is not finite.
func (m LearnedGradient) Train(ctx context.Context, be compute.Backend, cfg MetaConfig, tr GradientTraining) (Params, error) {
	if tr.Unroll <= 0 || tr.Horizon%tr.Unroll != 0 {
		return nil, fmt.Errorf("metalearning: Horizon %d is not a multiple of Unroll %d", tr.Horizon, tr.Unroll)
	}
	o := tr.Objective
	rng := cfg.rng(2)
	t, err := newMetaTrainer(be, cfg, m.Init(cfg), m.unroll(tr))
	if err != nil {
		return nil, err
	}
	defer t.close()
	var carry, data []any
	for k := range cfg.Steps {
		if k%(tr.Horizon/tr.Unroll) == 0 {
			x0, d := o.Sample(rng, cfg.Batch)
			data = nil
			for _, v := range d {
				data = append(data, v)
			}
			carry = append([]any{x0}, m.zeroState(cfg.Batch*o.Dim())...)
		}
		in := append(append([]any(nil), carry...), data...)
		for _, v := range o.Batch(rng, tr.Unroll+1) {
			in = append(in, v)
		}
		out, err := t.update(ctx, in)
		if err != nil {
			return nil, err
		}
		for i := range carry {
			carry[i] = out[i]
		}
	}
	return t.params, nil
}

// unroll builds the meta-loss of Unroll steps; inputs: x, the four arrays of the state, the data of the functions, the minibatches.
func (m LearnedGradient) unroll(tr GradientTraining) unrolled {
	o := tr.Objective
	_, data := o.Sample(MetaConfig{}.rng(0), 1)
	nd := len(data)
	return func(theta, in []*Node) (*Node, []*Node) {
		x, state, data, batch := in[0], in[1:5], in[5:5+nd], in[5+nd:]
		_, grad := lossAndGradient(o, x, data, batchAt(batch, 0))
		total := ScalarZero(x.Graph(), x.DType())
		for s := range tr.Unroll {
			var move *Node
			move, state = m.Step(theta, StopGradient(grad), state)
			x = Add(x, move)
			var loss *Node
			loss, grad = lossAndGradient(o, x, data, batchAt(batch, s+1))
			total = Add(total, ReduceAllMean(Log(AddScalar(loss, 1e-6))))
		}
		return DivScalar(total, float64(tr.Unroll)), append([]*Node{x}, state...)
	}
}

// batchAt takes step s of every array of minibatches.
func batchAt(batch []*Node, s int) []*Node {
	out := make([]*Node, len(batch))
	for i, b := range batch {
		out[i] = Squeeze(SliceAxis(b, 0, AxisElem(s)), 0)
	}
	return out
}

// Stepper returns the optimizer with trained parameters p as a Stepper on backend be.
func (m LearnedGradient) Stepper(be compute.Backend, p Params) (Stepper, error) {
	n := len(p)
	exec, err := NewExec(be, func(in []*Node) []*Node {
		move, state := m.Step(in[:n], in[n], in[n+1:])
		return append([]*Node{move}, state...)
	})
	if err != nil {
		return nil, fmt.Errorf("metalearning: preparing the learned optimizer: %w", err)
	}
	return &learnedStepper{m: m, p: p, exec: exec}, nil
}

// learnedStepper keeps the state of one LSTM per coordinate between steps.
type learnedStepper struct {
	m     LearnedGradient
	p     Params
	exec  *Exec
	rows  []int
	state []any
}

func (s *learnedStepper) Name() string { return "LSTM" }

func (s *learnedStepper) String() string { return fmt.Sprintf("LSTM of 2 x %d units", s.m.Hidden) }

func (s *learnedStepper) Reset(problems, n int) {
	s.rows, s.state = []int{problems, n}, s.m.zeroState(problems*n)
}

func (s *learnedStepper) Step(x, grad []float32) error {
	in := append(s.p.inputs(), tensors.FromFlatDataAndDimensions(grad, s.rows...))
	out, err := s.exec.Call(append(in, s.state...)...)
	if err != nil {
		return fmt.Errorf("metalearning: step of the learned optimizer: %w", err)
	}
	for i := range s.state {
		s.state[i] = out[1+i]
	}
	for i, g := range tensors.MustCopyFlatData[float32](out[0]) {
		x[i] += g
	}
	return nil
}
