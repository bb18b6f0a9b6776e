package laboratory

import (
	"context"
	"fmt"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/rules"
)

const own = "own output"

// hatGrid are the local rates of rules in HAT.
var hatGrid = []float64{1e-6, 1e-5, 1e-4, 1e-3, 1e-2}

// Backpropagation is the name of the rows that have no rule but the gradient.
const Backpropagation = "backpropagation"

// hatMethods are HAT without a rule, with M, and with every rule that a configuration can name.
func hatMethods() []Method {
	methods := []Method{
		{Part: InHAT, Name: Backpropagation, Locality: "none", Output: own, Grid: []float64{0}, Knob: "local rate", open: openHAT("none")},
		{Part: InHAT, Name: "meta", Locality: hatlib.LocalityPair.String(), Output: own, Control: Backpropagation, Grid: hatGrid, Knob: "local rate", open: openHAT("meta")},
	}
	for _, e := range rules.All() {
		methods = append(methods, Method{Part: InHAT, Name: e.Name, Locality: e.Locality.String(), Output: own, Control: Backpropagation,
			Grid: hatGrid, Knob: "local rate", open: openHAT(e.Name)})
	}
	return methods
}

// configuration is HAT with the named rule on the learner of s.
func configuration(rule string, s Setting, data *dataset.Set) (hatlib.Config, error) {
	c, err := hatlib.Preset("smoke")
	if err != nil {
		return c, err
	}
	c.Rule, c.Sizes, c.OutputActivation = rule, hatlib.Sizes{data.Features, s.Hidden, data.Classes}, hatlib.ActivationLinear
	c.Batch, c.Epochs, c.EvalEvery = s.Batch, float64(s.Epochs), float64(s.Epochs)
	return c, nil
}

func openHAT(rule string) func(compute.Backend, Setting, *dataset.Set, *dataset.Set) (trial, error) {
	return func(be compute.Backend, s Setting, train, test *dataset.Set) (trial, error) {
		c, err := configuration(rule, s, train)
		if err != nil {
			return trial{}, err
		}
		t, err := hatlib.NewTrainer(be, c, train, test)
		if err != nil {
			return trial{}, err
		}
		run := func(ctx context.Context, rate float64, seed uint64) (float64, error) {
			c.LocalRate, c.Seed = rate, int64(seed)
			if err := t.Reset(c); err != nil {
				return 0, err
			}
			result, err := t.Run(ctx, hatlib.RunOptions{})
			if err != nil {
				return 0, err
			}
			if result.DivergedAt > 0 {
				return 0, fmt.Errorf("HAT with rule %s at rate %g: %w in batch %d", rule, rate, errLoss, result.DivergedAt)
			}
			return result.Final().Test.Accuracy, nil
		}
		return trial{run: run, close: t.Close}, nil
	}
}
