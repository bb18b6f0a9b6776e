package claims

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Importance compares what the rule does at the end with what matters to the loss then.
type Importance struct {
	// RankCorrelation of |update| with the diagonal of the empirical Fisher information, by layer: negative where the
	// rule spares important weights. NaN where one of both does not vary, as in a layer of dead units. Untrained is the
	// same for M as it was before training.
	RankCorrelation, Untrained []float64
	// ByTenth are, by layer, the mean |update| of the weights in each tenth by Fisher information, the least important
	// first, relative to the mean of the layer. NaN where a tenth is empty because weights share a rank.
	ByTenth [][]float64
	// LossBefore and LossAfter are of the examples, before and after one update at the run's rate; LossShuffled is after
	// the same updates at the wrong weights: shuffled within each layer.
	LossBefore, LossAfter, LossShuffled float64
}

const tenths = 10

// importanceExamples are the first examples of the training split, on which importance is measured.
const importanceExamples = 100

// MeasureImportance computes the importance of a run that kept its weights, in float64.
//
// The Fisher information of a weight is the mean over examples of the squared derivative of H; M's update is its mean
// over the same examples, as Algorithm 1 takes it over a batch.
func MeasureImportance(ctx context.Context, r *experiment.Run) (*Importance, error) {
	n, examples, snapshots, err := atTheEnd(ctx, r)
	if err != nil {
		return nil, err
	}
	fisher := n.fisher(examples)
	updates := n.updates(&snapshots.Rules[len(snapshots.Rules)-1], examples)
	result := &Importance{
		RankCorrelation: correlations(updates, fisher),
		Untrained:       correlations(n.updates(&snapshots.Rules[0], examples), fisher),
		LossBefore:      n.meanLoss(examples),
	}
	for l := range updates {
		result.ByTenth = append(result.ByTenth, byTenth(magnitudes(updates[l]), fisher[l]))
	}
	rate := r.Result.Config.LocalRate
	result.LossAfter = n.moved(updates, rate).meanLoss(examples)
	rng := rand.New(rand.NewPCG(uint64(r.Result.Config.Seed), 0x73687566)) // "shuf"
	for _, u := range updates {
		rng.Shuffle(len(u), func(a, b int) { u[a], u[b] = u[b], u[a] })
	}
	result.LossShuffled = n.moved(updates, rate).meanLoss(examples)
	return result, nil
}

// atTheEnd returns L as a run left it, the examples on which importance is measured, and M along the run.
func atTheEnd(ctx context.Context, r *experiment.Run) (*net, *dataset.Set, *experiment.Snapshots, error) {
	c := r.Result.Config
	if c.Rule != "meta" || c.Loss != "cross_entropy" || c.UpdateEntry != hatlib.EntryWeights {
		return nil, nil, nil, fmt.Errorf("importance is measured for rule=meta, loss=cross_entropy, update_entry=weights")
	}
	weights, err := r.Weights()
	if err != nil {
		return nil, nil, nil, err
	}
	snapshots, err := r.Snapshots()
	if err != nil {
		return nil, nil, nil, err
	}
	train, _, err := dataset.LoadContext(ctx, c.Data)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := dataset.RequireTrain(c.Data, train); err != nil {
		return nil, nil, nil, err
	}
	return newNet(c, weights), train.Head(importanceExamples), snapshots, nil
}

// correlations are the rank correlations of |update| with importance, by layer.
func correlations(updates, importance [][]float64) []float64 {
	c := make([]float64, len(updates))
	for l := range updates {
		c[l] = analysis.RankCorrelation(magnitudes(updates[l]), importance[l])
	}
	return c
}

// fisher is the mean over examples of the squared derivatives of the loss, by layer.
func (n *net) fisher(examples *dataset.Set) [][]float64 {
	f := n.zeros()
	for i := range examples.N {
		for l, gradient := range n.backward(n.forward(row(examples, i)), examples.Y[i]) {
			for k, g := range gradient {
				f[l][k] += g * g / float64(examples.N)
			}
		}
	}
	return f
}

// updates are the means over examples of a rule's updates, by layer, all from the weights as they are.
func (n *net) updates(rule *experiment.RuleParams, examples *dataset.Set) [][]float64 {
	u := n.zeros()
	for i := range examples.N {
		v := n.forward(row(examples, i))
		for l := range u {
			in := len(v[l])
			for j, vj := range v[l+1] {
				for k, vi := range v[l] {
					u[l][j*in+k] += rule.Update(vi, n.w[l][j*in+k], vj) / float64(examples.N)
				}
			}
		}
	}
	return u
}

// moved is the net after the updates at a rate.
func (n *net) moved(updates [][]float64, rate float64) *net {
	m := *n
	m.w = n.zeros()
	for l := range m.w {
		for k, w := range n.w[l] {
			m.w[l][k] = w + rate*updates[l][k]
		}
	}
	return &m
}

func (n *net) meanLoss(examples *dataset.Set) float64 {
	sum := 0.0
	for i := range examples.N {
		sum += n.loss(n.forward(row(examples, i)), examples.Y[i]) / float64(examples.N)
	}
	return sum
}

func magnitudes(updates []float64) []float64 {
	sizes := make([]float64, len(updates))
	for k, u := range updates {
		sizes[k] = math.Abs(u)
	}
	return sizes
}

// byTenth is the mean size in each tenth of the ranks of importance, relative to the mean of all.
func byTenth(sizes, importance []float64) []float64 {
	sum, count := make([]float64, tenths), make([]float64, tenths)
	for k, rank := range analysis.Ranks(importance) {
		t := min(int(tenths*(rank-0.5)/float64(len(sizes))), tenths-1)
		sum[t] += sizes[k]
		count[t]++
	}
	mean := analysis.Mean(sizes)
	for t := range sum {
		sum[t] /= count[t] * mean
	}
	return sum
}

// MeanCorrelation is the mean over layers; a layer in which nothing varies is left out, and 0 stands for a run in which that
// is all of them.
func MeanCorrelation(layers []float64) float64 {
	var finite []float64
	for _, c := range layers {
		if !math.IsNaN(c) {
			finite = append(finite, c)
		}
	}
	if len(finite) == 0 {
		return 0
	}
	return analysis.Mean(finite)
}

// measured are the importances of this process by the name of the run: two claims ask for each.
var measured sync.Map

func importanceOf(r *experiment.Run) (*Importance, error) {
	if known, ok := measured.Load(r.Manifest.ID); ok {
		return known.(*Importance), nil
	}
	importance, err := MeasureImportance(context.Background(), r)
	if err == nil {
		measured.Store(r.Manifest.ID, importance)
	}
	return importance, err
}

// lossOfOneUpdate is what one application of the rule adds to the loss, for each run that kept its weights.
func lossOfOneUpdate(runs []experiment.Run) ([]float64, error) {
	var d []float64
	for _, r := range experiment.Select(runs, "", experiment.HATArm, "") {
		importance, err := importanceOf(&r)
		if err != nil {
			return nil, err
		}
		d = append(d, finiteLoss(importance.LossAfter)-finiteLoss(importance.LossBefore))
	}
	return d, nil
}

// fisherCorrelation is the mean over layers of the rank correlation, for each run that kept its weights.
func fisherCorrelation(runs []experiment.Run) ([]float64, error) {
	var d []float64
	for _, r := range experiment.Select(runs, "", experiment.HATArm, "") {
		importance, err := importanceOf(&r)
		if err != nil {
			return nil, err
		}
		d = append(d, MeanCorrelation(importance.RankCorrelation))
	}
	return d, nil
}

// net is L in float64.
type net struct {
	sizes          []int
	w, b           [][]float64
	hidden, output hatlib.Activation
}

func newNet(c hatlib.Config, weights hatlib.Arrays) *net {
	n := &net{sizes: c.Sizes, hidden: c.HiddenActivation, output: c.OutputActivation}
	for l := range len(c.Sizes) - 1 {
		n.w = append(n.w, float64s(weights[fmt.Sprintf("learner.%d.weight", l)].Values))
		n.b = append(n.b, float64s(weights[fmt.Sprintf("learner.%d.bias", l)].Values))
	}
	return n
}

func float64s(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

func row(s *dataset.Set, i int) []float64 { return float64s(s.Row(i)) }

func (n *net) zeros() [][]float64 {
	z := make([][]float64, len(n.w))
	for l := range z {
		z[l] = make([]float64, len(n.w[l]))
	}
	return z
}

func (n *net) sigma(layer int) hatlib.Activation {
	if layer == len(n.w)-1 {
		return n.output
	}
	return n.hidden
}

// forward returns the activities of every layer, inputs first.
func (n *net) forward(x []float64) [][]float64 {
	v := [][]float64{x}
	for l := range n.w {
		in, out := n.sizes[l], n.sizes[l+1]
		next := make([]float64, out)
		for j := range next {
			z := n.b[l][j]
			for k, x := range v[l] {
				z += n.w[l][j*in+k] * x
			}
			switch n.sigma(l) {
			case hatlib.ActivationReLU:
				z = math.Max(z, 0)
			case hatlib.ActivationTanh:
				z = math.Tanh(z)
			case hatlib.ActivationSigmoid:
				z = 1 / (1 + math.Exp(-z))
			}
			next[j] = z
		}
		v = append(v, next)
	}
	return v
}

// slope is the derivative of sigma where its value is v.
func slope(a hatlib.Activation, v float64) float64 {
	switch a {
	case hatlib.ActivationReLU:
		if v > 0 {
			return 1
		}
		return 0
	case hatlib.ActivationTanh:
		return 1 - v*v
	case hatlib.ActivationSigmoid:
		return v * (1 - v)
	}
	return 1
}

// loss is the cross-entropy of the softmax of the last activities.
func (n *net) loss(v [][]float64, label int32) float64 {
	last := v[len(v)-1]
	largest, sum := math.Inf(-1), 0.0
	for _, z := range last {
		largest = math.Max(largest, z)
	}
	for _, z := range last {
		sum += math.Exp(z - largest)
	}
	return largest + math.Log(sum) - last[label]
}

// backward returns the derivatives of the loss with respect to the weights of every layer.
func (n *net) backward(v [][]float64, label int32) [][]float64 {
	last := v[len(v)-1]
	delta := make([]float64, len(last))
	base := n.loss(v, label) + last[label]
	for j, z := range last {
		delta[j] = math.Exp(z - base)
	}
	delta[label]--
	gradients := make([][]float64, len(n.w))
	for l := len(n.w) - 1; l >= 0; l-- {
		in := n.sizes[l]
		gradients[l] = make([]float64, len(n.w[l]))
		below := make([]float64, in)
		for j := range delta {
			d := delta[j] * slope(n.sigma(l), v[l+1][j])
			for k, x := range v[l] {
				gradients[l][j*in+k] = d * x
				below[k] += d * n.w[l][j*in+k]
			}
		}
		delta = below
	}
	return gradients
}
