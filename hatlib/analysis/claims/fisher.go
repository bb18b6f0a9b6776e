package claims

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Importance compares what the rule does at the end with what matters to the loss then.
type Importance struct {
	// RankCorrelation of |update| with the diagonal of the empirical Fisher information, by layer: negative where the
	// rule spares important weights. NaN where one of both does not vary, as in a layer of dead units.
	RankCorrelation []float64
	// LossBefore and LossAfter are of the examples, before and after one update at the run's rate.
	LossBefore, LossAfter float64
}

// importanceExamples are the first examples of the training split, on which importance is measured.
const importanceExamples = 100

// MeasureImportance computes the importance of a run that kept its weights, in float64.
//
// The Fisher information of a weight is the mean over examples of the squared derivative of H; M's update is its mean
// over the same examples, as Algorithm 1 takes it over a batch.
func MeasureImportance(ctx context.Context, r *experiment.Run) (*Importance, error) {
	c := r.Result.Config
	if c.Rule != "meta" || c.Loss != "cross_entropy" || c.UpdateEntry != hatlib.EntryWeights {
		return nil, fmt.Errorf("importance is measured for rule=meta, loss=cross_entropy, update_entry=weights")
	}
	weights, err := r.Weights()
	if err != nil {
		return nil, err
	}
	snapshots, err := r.Snapshots()
	if err != nil {
		return nil, err
	}
	train, _, err := dataset.LoadContext(ctx, c.Data)
	if err != nil {
		return nil, err
	}
	if err := dataset.RequireTrain(c.Data, train); err != nil {
		return nil, err
	}
	n := newNet(c, weights)
	rule := snapshots.Rules[len(snapshots.Rules)-1]
	examples := train.Head(importanceExamples)
	result := &Importance{}

	fisher, updates := n.zeros(), n.zeros()
	for i := range examples.N {
		v := n.forward(row(examples, i))
		result.LossBefore += n.loss(v, examples.Y[i]) / float64(examples.N)
		for l, gradient := range n.backward(v, examples.Y[i]) {
			for k, g := range gradient {
				fisher[l][k] += g * g / float64(examples.N)
			}
		}
		for l := range updates {
			in := len(v[l])
			for j, vj := range v[l+1] {
				for k, vi := range v[l] {
					updates[l][j*in+k] += rule.Update(vi, n.w[l][j*in+k], vj) / float64(examples.N)
				}
			}
		}
	}
	for l := range updates {
		sizes := make([]float64, len(updates[l]))
		for k, u := range updates[l] {
			sizes[k] = math.Abs(u)
			n.w[l][k] += c.LocalRate * u
		}
		result.RankCorrelation = append(result.RankCorrelation, analysis.RankCorrelation(sizes, fisher[l]))
	}
	for i := range examples.N {
		result.LossAfter += n.loss(n.forward(row(examples, i)), examples.Y[i]) / float64(examples.N)
	}
	return result, nil
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
		var finite []float64
		for _, c := range importance.RankCorrelation {
			if !math.IsNaN(c) {
				finite = append(finite, c)
			}
		}
		if len(finite) == 0 {
			finite = []float64{0}
		}
		d = append(d, analysis.Mean(finite))
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
