package laboratory

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/metalearning"
	"github.com/hatlab/hatlab/hatlib/rules"
)

const readout = "linear readout"

// aloneGrid are the rates of rules that run by themselves on a layer.
var aloneGrid = []float64{3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1}

// aloneMethods are random weights on each kind of input, every rule of the catalogue, and the learned unsupervised rule.
func aloneMethods() []Method {
	var methods []Method
	for _, input := range []rules.Input{rules.Centred, rules.UnitLength, rules.White} {
		methods = append(methods, Method{
			Part: Alone, Name: controlOf(input), Locality: "none", Output: readout, Grid: []float64{0}, Knob: "rate",
			open: openLayer(func() hatlib.Rule { return hatlib.None() }, input),
		})
	}
	for _, e := range rules.All() {
		methods = append(methods, Method{
			Part: Alone, Name: e.Name, Locality: e.Locality.String(), Output: readout, Control: controlOf(e.Layer.Input), Grid: aloneGrid, Knob: "rate",
			open: openLayer(e.New, e.Layer.Input),
		})
	}
	return append(methods, Method{
		Part: Alone, Name: "unsupervised_rule", Locality: "neuron", Output: readout, Control: controlOf(rules.Centred),
		// Its rate is one of the numbers it has learned; it learned them on runs of 10 batches.
		Grid: []float64{3, 10, 30, 100, math.Inf(1)}, Knob: "batches",
		open: openLearnedRule,
	})
}

// controlOf names the row of random weights for one kind of input.
func controlOf(input rules.Input) string { return fmt.Sprintf("none (%s)", input) }

func openLayer(rule func() hatlib.Rule, input rules.Input) func(compute.Backend, Setting, *dataset.Set, *dataset.Set) (trial, error) {
	return func(be compute.Backend, s Setting, train, test *dataset.Set) (trial, error) {
		run := func(_ context.Context, rate float64, seed uint64) (float64, error) {
			layer, err := rules.TrainLayer(be, rule(), train, rules.LayerRun{
				LayerSetting: rules.LayerSetting{Input: input, Rate: rate}, Outputs: s.Hidden, Batch: s.Batch, Epochs: s.Epochs, Seed: seed})
			if err != nil {
				return 0, err
			}
			return rules.Readout(layer, train, test, s.Ridge)
		}
		return trial{run: run, close: func() {}}, nil
	}
}

// pixelFloor is added to the variance of an input by [metalearning.UnsupervisedRule] when it standardises it.
const pixelFloor = 0.01

// openLearnedRule runs the reduced rule of Metz et al. with its kept parameters. The rate of a run is the number of its
// batches, of which the budget allows no more than the others take. The rule divides each input by its deviation; here
// the weights are, which is the same layer on centred input.
func openLearnedRule(be compute.Backend, s Setting, train, test *dataset.Set) (trial, error) {
	reference, err := metalearning.FindReference("rule")
	if err != nil {
		return trial{}, err
	}
	theta, err := reference.Params()
	if err != nil {
		return trial{}, err
	}
	runner, err := metalearning.DefaultUnsupervisedRule.Runner(be)
	if err != nil {
		return trial{}, err
	}
	centred, err := rules.Prepare(rules.Centred, train.X, train.Features)
	if err != nil {
		return trial{}, err
	}
	deviation := deviations(centred.Apply(train.X), train.Features)
	run := func(_ context.Context, batches float64, seed uint64) (float64, error) {
		steps := int(math.Min(batches, float64(s.Epochs*(train.N/s.Batch))))
		_, rows, err := runner.Learn(theta, train, seed, s.Hidden, steps, s.Batch)
		if err != nil {
			return 0, err
		}
		var w []float32
		for _, row := range rows {
			for i, v := range row {
				w = append(w, float32(v/deviation[i]))
			}
		}
		layer, err := rules.NewLayer(w, s.Hidden, centred)
		if err != nil {
			return 0, err
		}
		return rules.Readout(layer, train, test, s.Ridge)
	}
	return trial{run: run, close: runner.Close}, nil
}

// deviations are the floored standard deviations of centred data, row-major [n, features].
func deviations(x []float32, features int) []float64 {
	d := make([]float64, features)
	for i, v := range x {
		d[i%features] += float64(v) * float64(v) / float64(len(x)/features)
	}
	for i := range d {
		d[i] = math.Sqrt(d[i] + pixelFloor)
	}
	return d
}
