package laboratory

import (
	"context"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/twophase"
)

// twoPhaseGrid are the rates of methods that train the whole learner by themselves.
var twoPhaseGrid = []float64{0.1, 0.2, 0.4, 0.8}

// learnFn is the signature that [twophase.Train] and [twophase.TrainBackpropagation] share once their method is chosen.
type learnFn func(be compute.Backend, train, test *dataset.Set, t twophase.Training, progress func(int, twophase.Epoch) error) (*twophase.Network, []twophase.Epoch, error)

// twoPhaseMethods are backpropagation on the smooth network, and every two-phase method.
func twoPhaseMethods() []Method {
	methods := []Method{{
		Part: TwoPhase, Name: Backpropagation, Locality: "none", Output: own, Grid: twoPhaseGrid, Knob: "rate",
		open: openTwoPhase(func(be compute.Backend, train, test *dataset.Set, t twophase.Training, progress func(int, twophase.Epoch) error) (*twophase.Network, []twophase.Epoch, error) {
			return twophase.TrainBackpropagation(be, twophase.LogisticUnit, train, test, t, progress)
		}),
	}}
	for _, e := range twophase.All() {
		methods = append(methods, Method{
			Part: TwoPhase, Name: e.Name, Locality: hatlib.LocalityTwoPhase.String(), Output: own, Control: Backpropagation, Grid: twoPhaseGrid, Knob: "rate",
			open: openTwoPhase(func(be compute.Backend, train, test *dataset.Set, t twophase.Training, progress func(int, twophase.Epoch) error) (*twophase.Network, []twophase.Epoch, error) {
				return twophase.Train(be, e.New(), train, test, t, progress)
			}),
		})
	}
	return methods
}

func openTwoPhase(learn learnFn) func(compute.Backend, Setting, *dataset.Set, *dataset.Set) (trial, error) {
	return func(be compute.Backend, s Setting, train, test *dataset.Set) (trial, error) {
		run := func(ctx context.Context, rate float64, seed uint64) (float64, error) {
			training := twophase.Training{Hidden: []int{s.Hidden}, Batch: s.Batch, Epochs: s.Epochs, Rate: rate, Seed: seed}
			_, history, err := learn(be, train, test, training, func(int, twophase.Epoch) error { return ctx.Err() })
			if err != nil {
				return 0, err
			}
			return history[len(history)-1].Accuracy, nil
		}
		return trial{run: run, close: func() {}}, nil
	}
}
