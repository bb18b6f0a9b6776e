package metalearning

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// UnsupervisedRule is the unsupervised local rule of Metz et al. 2018 ("Meta-learning update rules for unsupervised representation learning") in a reduced form. A layer with weights
// W [out, in] sees a batch x without labels; every number below is known to one neuron, from its own activity over the batch:
//
//	p_j = (x_j - mean x_j) / sd(x_j)                    pre-synaptic activity
//	z_i = (a_i - mean a_i) / sd(a_i),  a_i = sum_j W_ij p_j
//	h_i = relu(z_i)                                     post-synaptic activity, the feature
//	q_j = (b_j - mean b_j) / sd(b_j),  b_j = sum_i W_ij h_i     what comes back to a pre-synaptic neuron
//	dW_ij = mean over the batch of  S(z_i, h_i) . R(p_j, q_j) / sqrt(in)
//	W_i  <- (W_i + rate dW_i) / |W_i + rate dW_i|
//
// S and R are small networks, the same for every neuron of every layer of any width; their values are vectors of Channels numbers. S, R and the rate are
// the meta-parameters: they are trained so that after Steps batches without labels a linear readout fitted to a few labelled
// examples is right on others. Hebb's rule (S = h, R = p) and Oja's subspace rule are members of the family.
//
// Reduced against the original: one layer instead of several; the feedback runs over W itself instead of a second, learned matrix; the networks see the present
// batch only, have no state, and no noise is added.
type UnsupervisedRule struct {
	Hidden   int // units of the networks S and R
	Channels int // numbers that S and R give
	Steps    int // batches without labels, one update each; the meta-gradient flows through all of them
}

// DefaultUnsupervisedRule is the rule of the reference run.
var DefaultUnsupervisedRule = UnsupervisedRule{Hidden: 12, Channels: 4, Steps: 10}

// Init draws meta-parameters: S and R (2 inputs, Hidden tanh units, Channels outputs) and the logarithm of the rate.
func (r UnsupervisedRule) Init(cfg MetaConfig) Params {
	rng := cfg.rng(21)
	var p Params
	for _, name := range []string{"post", "pre"} {
		p = append(p,
			Param{name + ".w1", []int{r.Hidden, 2}, normal(rng, 1, 2*r.Hidden)},
			Param{name + ".b1", []int{r.Hidden}, normal(rng, 0.5, r.Hidden)},
			Param{name + ".w2", []int{r.Channels, r.Hidden}, normal(rng, 1/math.Sqrt(float64(r.Hidden)), r.Channels*r.Hidden)},
			Param{name + ".b2", []int{r.Channels}, make([]float32, r.Channels)})
	}
	return append(p, Param{"log_rate", []int{}, []float32{float32(math.Log(0.5))}})
}

// standardize builds (x - mean) / sqrt(var + floor) along the batch, axis 1 of x [tasks, batch, n], with statistics from the batch of like.
func standardize(x, like *Node, floor float64) *Node {
	mean := ReduceAndKeep(like, ReduceMean, 1)
	v := ReduceAndKeep(Square(Sub(like, mean)), ReduceMean, 1)
	return Div(Sub(x, mean), Sqrt(AddScalar(v, floor)))
}

// pixelFloor keeps pixels that are always dark from being blown up to unit variance: it is the square of a tenth of their range.
const pixelFloor = 0.01

// activity builds the standardized pre-synaptic activity p [tasks, n, in] and post-synaptic z [tasks, n, out] of x [tasks, n, in], with the statistics of the batch
// like [tasks, batch, in].
func activity(w, x, like *Node) (p, z *Node) {
	drive := func(p *Node) *Node { return DotGeneral(p, []int{2}, []int{0}, w, []int{2}, []int{0}) }
	p = standardize(x, like, pixelFloor)
	if x == like {
		a := drive(p)
		return p, standardize(a, a, 1e-6)
	}
	return p, standardize(drive(p), drive(standardize(like, like, pixelFloor)), 1e-6)
}

// Features builds what the layer computes, h [tasks, n, out] in float32, with the batch statistics of like.
func Features(w, x, like *Node) *Node {
	_, z := activity(w, x, like)
	return relu(z)
}

// relu has gradient 0 at 0.
func relu(x *Node) *Node { return Where(IsPositive(x), x, ZerosLike(x)) }

// Update builds one update of W [tasks, out, in] from a batch x [tasks, batch, in] without labels. theta is in the order of Init.
func (r UnsupervisedRule) Update(theta []*Node, w, x *Node) *Node {
	p, z := activity(w, x, x)
	h := relu(z)
	back := DotGeneral(h, []int{2}, []int{0}, w, []int{1}, []int{0})
	s := neuron(theta[0:4], z, h)
	t := neuron(theta[4:8], p, standardize(back, back, 1e-6))
	in, batch := x.Shape().Dim(2), x.Shape().Dim(1)
	dw := DivScalar(DotGeneral(s, []int{1, 3}, []int{0}, t, []int{1, 3}, []int{0}), float64(batch)*math.Sqrt(float64(in)))
	return UnitRows(Add(w, Mul(Exp(theta[8]), dw)))
}

// neuron builds a neuron's network on two of its numbers, a and b [tasks, batch, n]: [tasks, batch, n, Channels].
func neuron(theta []*Node, a, b *Node) *Node {
	in := Reshape(Stack([]*Node{a, b}, -1), -1, 2)
	hidden := Tanh(Add(linear(in, theta[0]), ExpandAxes(theta[1], 0)))
	out := Add(linear(hidden, theta[2]), ExpandAxes(theta[3], 0))
	return Reshape(out, append(append([]int(nil), a.Shape().Dimensions...), out.Shape().Dim(-1))...)
}

// UnitRows builds w / |w|, each row (the inputs of one neuron) by its own norm.
func UnitRows(w *Node) *Node {
	return Div(w, Sqrt(AddScalar(ReduceAndKeep(Square(w), ReduceSum, -1), 1e-12)))
}

// RidgeReadout builds scores [tasks, n, classes] for query features from a linear readout fitted to support features with labels y (one-hot, [tasks, k,
// classes]), by ridge regression in its dual form, K = H H' / out + ridge:
//
//	scores = 1/classes + Hq H' / out  K^-1  (y - 1/classes)
//
// K^-1 is applied by conjugate gradients (Hestenes and Stiefel 1952), k being a few tens, so that the whole readout can be differentiated.
func RidgeReadout(support, y, query *Node, ridge float64, iterations int) *Node {
	out := float64(support.Shape().Dim(2))
	prior := 1 / float64(y.Shape().Dim(2))
	gram := func(a *Node) *Node {
		return DivScalar(DotGeneral(a, []int{2}, []int{0}, support, []int{2}, []int{0}), out)
	}
	k := gram(support)
	apply := func(v *Node) *Node {
		return Add(DotGeneral(k, []int{2}, []int{0}, v, []int{1}, []int{0}), MulScalar(v, ridge))
	}
	dot := func(a, b *Node) *Node { return ReduceAndKeep(Mul(a, b), ReduceSum, 1) }
	res := AddScalar(y, -prior)
	alpha, dir, rr := ZerosLike(y), res, dot(res, res)
	for range iterations {
		ad := apply(dir)
		step := Div(rr, AddScalar(dot(dir, ad), 1e-12))
		alpha = Add(alpha, Mul(step, dir))
		res = Sub(res, Mul(step, ad))
		next := dot(res, res)
		dir = Add(res, Mul(Div(next, AddScalar(rr, 1e-12)), dir))
		rr = next
	}
	return AddScalar(DotGeneral(gram(query), []int{2}, []int{0}, alpha, []int{1}, []int{0}), prior)
}

// The readout of few labels, in training and in tests.
const (
	readoutRidge      = 0.1
	readoutIterations = 15
)

// Train meta-trains the rule on few-shot tasks drawn from src with layers of the given width.
// It returns an error when ctx ends or a loss is not finite.
func (r UnsupervisedRule) Train(ctx context.Context, be compute.Backend, cfg MetaConfig, src *FewShot, width int) (Params, error) {
	t, err := newMetaTrainer(be, cfg, r.Init(cfg), r.unroll)
	if err != nil {
		return nil, err
	}
	defer t.close()
	rng := cfg.rng(22)
	for range cfg.Steps {
		if _, err := t.update(ctx, r.inputs(rng, src, cfg.Batch, width)); err != nil {
			return nil, err
		}
	}
	return t.params, nil
}

// unroll builds the meta-loss, the squared error of the readout, after Steps updates; inputs: W and what FewShot.Draw gives.
func (r UnsupervisedRule) unroll(theta, in []*Node) (*Node, []*Node) {
	w, batches, support, supportY, query, queryY := in[0], in[1], in[2], in[3], in[4], in[5]
	var x *Node
	for s := range r.Steps {
		x = Squeeze(SliceAxis(batches, 0, AxisElem(s)), 0)
		w = r.Update(theta, w, x)
	}
	scores := RidgeReadout(Features(w, support, x), supportY, Features(w, query, x), readoutRidge, readoutIterations)
	return ReduceAllMean(ReduceSum(Square(Sub(scores, queryY)), -1)), nil
}

// inputs draws random weights with rows of norm 1, and tasks.
func (r UnsupervisedRule) inputs(rng *rand.Rand, src *FewShot, tasks, width int) []any {
	in := []any{tensors.FromFlatDataAndDimensions(unitRows(normal(rng, 1, tasks*width*src.Features()), src.Features()), tasks, width, src.Features())}
	for _, v := range src.Draw(rng, tasks, r.Steps) {
		in = append(in, v)
	}
	return in
}

// unitRows scales each row of n values to norm 1, in place.
func unitRows(w []float32, n int) []float32 {
	for i := 0; i < len(w); i += n {
		s := 0.0
		for _, v := range w[i : i+n] {
			s += float64(v) * float64(v)
		}
		for k := range w[i : i+n] {
			w[i+k] /= float32(math.Sqrt(s))
		}
	}
	return w
}
