package metalearning

import (
	"context"
	"fmt"
	"math"

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
	schedule := make([]float32, 0, (m.Horizon-1)*3*m.Dim)
	for t := range m.Horizon - 1 {
		for part := range 3 {
			for j := range m.Dim {
				switch part {
				case 0:
					schedule = append(schedule, -2)
				case 1:
					u := min(max(halton(t+1, j), 0.02), 0.98)
					schedule = append(schedule, float32(math.Log(u/(1-u))))
				case 2:
					schedule = append(schedule, 0)
				}
			}
		}
	}
	return append(p, Param{"query.w", []int{3 * m.Dim, m.Hidden}, uniform(rng, 0.1/math.Sqrt(float64(m.Hidden)), 3*m.Dim*m.Hidden)},
		Param{"schedule", []int{m.Horizon - 1, 3 * m.Dim}, schedule})
}

// halton returns coordinate j of point t of the sequence of Halton 1960, which fills the unit cube evenly: the digits of t in the base of the j-th prime, mirrored at the point.
func halton(t, j int) float64 {
	base := []int{2, 3, 5, 7, 11, 13, 17, 19, 23, 29}[j]
	x, f := 0.0, 1.0
	for ; t > 0; t /= base {
		f /= float64(base)
		x += f * float64(t%base)
	}
	return x
}

// Step builds the next query x [n, Dim] in the unit cube from the last one and what was seen there (y [n, 1]). The state is h and c of the LSTM [n, Hidden], the
// best query so far [n, Dim] and its y [n, 1]; it is given the best after y.
func (m LearnedSearch) Step(theta []*Node, schedule, x, y *Node, state []*Node) (query *Node, next []*Node) {
	h, c, bestX, bestY := state[0], state[1], state[2], state[3]
	better := LessThan(y, bestY)
	bestX = Where(BroadcastToShape(better, shapes.Make(dtypes.Bool, x.Shape().Dimensions...)), x, bestX)
	bestY = Where(better, y, bestY)
	centred := func(x *Node) *Node { return AddScalar(MulScalar(x, 2), -1) }
	h, c = lstm(theta[:3], Concatenate([]*Node{centred(x), y, centred(bestX), bestY}, -1), h, c)
	out := Split(Add(linear(h, theta[3]), schedule), 1, 3)
	gate := Sigmoid(out[0])
	near := Add(bestX, MulScalar(Tanh(out[2]), 0.5))
	query = Add(Mul(gate, Sigmoid(out[1])), Mul(OneMinus(gate), near))
	zero, one := ZerosLike(query), OnesLike(query)
	query = Where(LessThan(query, zero), zero, Where(GreaterThan(query, one), one, query))
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
	t, err := newMetaTrainer(be, cfg, m.Init(cfg), func(theta, in []*Node) (*Node, []*Node) {
		x, state, data := in[0], in[1:5], in[5:]
		y := prior.Value(x, data)
		best, total := y, ZerosLike(y)
		for k := range m.Horizon - 1 {
			x, state = m.Step(theta, SliceAxis(theta[4], 0, AxisElem(k)), x, y, state)
			y = prior.Value(x, data)
			better := LessThan(y, best)
			total = Add(total, Where(better, Sub(y, best), ZerosLike(y)))
			best = Where(better, y, best)
		}
		return ReduceAllMean(total), nil
	})
	if err != nil {
		return nil, err
	}
	defer t.close()
	rng := cfg.rng(12)
	for range cfg.Steps {
		in := append([]any{tensors.FromFlatDataAndDimensions(unit(rng, cfg.Batch*m.Dim), cfg.Batch, m.Dim)}, m.start(cfg.Batch)...)
		for _, v := range prior.Sample(rng, cfg.Batch) {
			in = append(in, v)
		}
		if _, _, err := t.update(ctx, in); err != nil {
			return nil, err
		}
	}
	return t.params, nil
}

// Run searches for the minimum of b from each first query (in the unit cube, [runs][Dim]) and returns the values found, [runs][Horizon].
func (m LearnedSearch) Run(be compute.Backend, p Params, b Benchmark, first [][]float64) ([][]float64, error) {
	if b.Dim != m.Dim {
		return nil, fmt.Errorf("metalearning: %s has %d dimensions, the learned search %d", b.Name, b.Dim, m.Dim)
	}
	n := len(p)
	exec, err := NewExec(be, func(in []*Node) []*Node {
		x, state := m.Step(in[:n], in[n], in[n+1], in[n+2], in[n+3:])
		return append([]*Node{x}, state...)
	})
	if err != nil {
		return nil, fmt.Errorf("metalearning: preparing the learned search: %w", err)
	}
	defer exec.Finalize()
	runs := len(first)
	x := make([]float32, 0, runs*m.Dim)
	for _, q := range first {
		for _, v := range q {
			x = append(x, float32(v))
		}
	}
	state := m.start(runs)
	found := make([][]float64, runs)
	for t := range m.Horizon {
		y := make([]float32, runs)
		for r := range runs {
			q := make([]float64, m.Dim)
			for j := range q {
				q[j] = float64(x[r*m.Dim+j])
			}
			v := b.Value(q)
			found[r] = append(found[r], v)
			y[r] = float32(b.Seen(v))
		}
		if t == m.Horizon-1 {
			break
		}
		schedule := p[len(p)-1]
		in := append(p.inputs(), tensors.FromFlatDataAndDimensions(schedule.Data[t*3*m.Dim:(t+1)*3*m.Dim], 1, 3*m.Dim),
			tensors.FromFlatDataAndDimensions(x, runs, m.Dim), tensors.FromFlatDataAndDimensions(y, runs, 1))
		out, err := exec.Call(append(in, state...)...)
		if err != nil {
			return nil, fmt.Errorf("metalearning: learned search on %s, query %d: %w", b.Name, t, err)
		}
		x = tensors.MustCopyFlatData[float32](out[0])
		state = []any{out[1], out[2], out[3], out[4]}
	}
	return found, nil
}
