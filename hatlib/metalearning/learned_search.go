package metalearning

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// LearnedSearch is the learned gradient-free optimizer of Chen et al. 2017 ("Learning to learn without gradient descent by gradient descent", equations 1
// to 4): a recurrent network is told where it looked last and what it found, and says where to look next,
//
//	h_t, x_t = RNN(h_t-1, x_t-1, y_t-1)          y_t = f(x_t)
//
// It is trained through known, differentiable functions drawn from a Gaussian process, and needs no gradient when it is used. The meta-loss is the
// observed improvement of the paper,
//
//	L = E_f [ sum over t of min(f(x_t) - min over i < t of f(x_i), 0) ]
//
// The first query is not the network's: it is drawn uniformly, so that one network has many trajectories, and all methods that are compared start from the same point.
type LearnedSearch struct {
	Dim     int // coordinates of x; one network per dimension, as the paper
	Hidden  int // units of the LSTM
	Horizon int // queries in all, the first one included: the network is trained and judged at this horizon
}

// Init draws meta-parameters: an LSTM layer and a linear readout to the next query.
func (m LearnedSearch) Init(cfg MetaConfig) Params {
	rng := cfg.rng(11)
	p := lstmParams(rng, "lstm", 2*(m.Dim+1), m.Hidden)
	return append(p, Param{"query.w", []int{m.Dim, m.Hidden}, uniform(rng, 2/math.Sqrt(float64(m.Hidden)), m.Dim*m.Hidden)},
		Param{"query.skip", []int{m.Dim, 2 * (m.Dim + 1)}, make([]float32, m.Dim*2*(m.Dim+1))},
		Param{"query.b", []int{m.Dim}, make([]float32, m.Dim)})
}

// Step builds the next query x [n, Dim] in the unit cube from the last one and what was seen there (y [n, 1]). The state is h and c of the LSTM [n, Hidden], the
// best query so far [n, Dim] and its y [n, 1]; it is given the best after y.
func (m LearnedSearch) Step(theta []*Node, x, y *Node, state []*Node) (query *Node, next []*Node) {
	h, c, bestX, bestY := state[0], state[1], state[2], state[3]
	better := LessThan(y, bestY)
	bestX = Where(BroadcastToShape(better, shapes.Make(dtypes.Bool, x.Shape().Dimensions...)), x, bestX)
	bestY = Where(better, y, bestY)
	centred := func(x *Node) *Node { return AddScalar(MulScalar(x, 2), -1) }
	in := Concatenate([]*Node{centred(x), y, centred(bestX), bestY}, -1)
	h, c = lstm(theta[:3], in, h, c)
	query = Sigmoid(Add(Add(linear(h, theta[3]), linear(in, theta[4])), ExpandAxes(theta[5], 0)))
	return query, []*Node{h, c, bestX, bestY}
}

// start returns a fresh state: the best so far is worse than anything that can be seen.
func (m LearnedSearch) start(n int) []any {
	worst := make([]float32, n)
	for i := range worst {
		worst[i] = math.MaxFloat32
	}
	return []any{zeros(n, m.Hidden), zeros(n, m.Hidden), zeros(n, m.Dim), tensors.FromFlatDataAndDimensions(worst, n, 1)}
}

// zeros returns a float32 tensor of zeros.
func zeros(rows, columns int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(make([]float32, rows*columns), rows, columns)
}

// Train meta-trains from a fresh initialisation on functions of the prior, fresh ones for every meta-update; the whole horizon is unrolled in one graph.
// It returns an error when ctx ends or a loss is not finite.
func (m LearnedSearch) Train(ctx context.Context, be compute.Backend, cfg MetaConfig, prior GPPrior) (Params, error) {
	if prior.Dim != m.Dim {
		return nil, fmt.Errorf("metalearning: a prior over %d dimensions cannot train a search in %d", prior.Dim, m.Dim)
	}
	t, err := newMetaTrainer(be, cfg, m.Init(cfg), m.unroll(prior))
	if err != nil {
		return nil, err
	}
	defer t.close()
	rng := cfg.rng(12)
	for range cfg.Steps {
		if _, err := t.update(ctx, m.inputs(rng, prior, cfg.Batch)); err != nil {
			return nil, err
		}
	}
	return t.params, nil
}

// unroll builds the meta-loss over the whole horizon; inputs: the first query, the state, the functions. The sum of the observed improvements is the best value less the first.
func (m LearnedSearch) unroll(prior GPPrior) unrolled {
	return func(theta, in []*Node) (*Node, []*Node) {
		x, state, data := in[0], in[1:5], in[5:]
		y := prior.Value(x, data)
		best, total := y, ZerosLike(y)
		for range m.Horizon - 1 {
			x, state = m.Step(theta, x, y, state)
			y = prior.Value(x, data)
			better := LessThan(y, best)
			total = Add(total, Where(better, Sub(y, best), ZerosLike(y)))
			best = Where(better, y, best)
		}
		return ReduceAllMean(total), nil
	}
}

// inputs draws first queries and functions.
func (m LearnedSearch) inputs(rng *rand.Rand, prior GPPrior, n int) []any {
	in := append([]any{tensors.FromFlatDataAndDimensions(unit(rng, n*m.Dim), n, m.Dim)}, m.start(n)...)
	for _, v := range prior.Sample(rng, n) {
		in = append(in, v)
	}
	return in
}

// Run searches for the minimum of each task and returns the values found, [tasks][Horizon].
func (m LearnedSearch) Run(be compute.Backend, p Params, tasks []SearchTask) ([][]float64, error) {
	n, runs := len(p), len(tasks)
	exec, err := NewExec(be, func(in []*Node) []*Node {
		x, state := m.Step(in[:n], in[n], in[n+1], in[n+2:])
		return append([]*Node{x}, state...)
	})
	if err != nil {
		return nil, fmt.Errorf("metalearning: preparing the learned search: %w", err)
	}
	defer exec.Finalize()
	x := make([]float32, 0, runs*m.Dim)
	for _, t := range tasks {
		if t.Dim != m.Dim {
			return nil, fmt.Errorf("metalearning: %s has %d dimensions, the learned search %d", t.Name, t.Dim, m.Dim)
		}
		for _, v := range t.First {
			x = append(x, float32(v))
		}
	}
	state := m.start(runs)
	found := make([][]float64, runs)
	for k := range m.Horizon {
		y := make([]float32, runs)
		for r, t := range tasks {
			q := make([]float64, m.Dim)
			for j := range q {
				q[j] = float64(x[r*m.Dim+j])
			}
			v := t.Value(q)
			found[r] = append(found[r], v)
			y[r] = float32(t.Seen(v))
		}
		if k == m.Horizon-1 {
			break
		}
		in := append(p.inputs(), tensors.FromFlatDataAndDimensions(x, runs, m.Dim), tensors.FromFlatDataAndDimensions(y, runs, 1))
		out, err := exec.Call(append(in, state...)...)
		if err != nil {
			return nil, fmt.Errorf("metalearning: learned search, query %d: %w", k, err)
		}
		x = tensors.MustCopyFlatData[float32](out[0])
		for i := range state {
			state[i] = out[1+i]
		}
	}
	return found, nil
}
