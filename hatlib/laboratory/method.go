package laboratory

import (
	"context"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Part is one of the three ways in which a row trains the learner.
type Part string

// The parts of the table, see the package's text.
const (
	Alone    Part = "alone"
	InHAT    Part = "hat"
	TwoPhase Part = "two-phase"
)

// Setting is what every row shares.
type Setting struct {
	// Hidden is the number of hidden units, Batch the examples of an update, Epochs the passes over the training data.
	Hidden, Batch, Epochs int
	// Seeds is the number of reported runs of each row, with seeds 1, 2, ...; Tuning the number for each rate of a grid.
	Seeds, Tuning int
	// Ridge is the penalty of the linear readout, per training example.
	Ridge float64
}

// DefaultSetting is that of the tables that we keep.
var DefaultSetting = Setting{Hidden: 32, Batch: 25, Epochs: 10, Seeds: 5, Tuning: 2, Ridge: 1e-3}

// Method is one row of the comparison.
type Method struct {
	Part Part
	// Name is the name in its catalogue, "none" for weights as they were drawn, "backpropagation" for no rule.
	Name string
	// Locality says what it may see, Output what answers.
	Locality, Output string
	// Control is the name of the row of the same part that it is compared with; empty for a control.
	Control string
	// Grid are the rates from which one is chosen; Knob says what the rate is.
	Grid []float64
	Knob string

	open func(be compute.Backend, s Setting, train, test *dataset.Set) (trial, error)
}

// trial is a method on its data, ready for many runs.
type trial struct {
	// run trains anew and returns the accuracy on the test set.
	run   func(ctx context.Context, rate float64, seed uint64) (float64, error)
	close func()
}

// Methods returns the rows, part after part, each beginning with its controls.
func Methods() []Method {
	return append(append(aloneMethods(), hatMethods()...), twoPhaseMethods()...)
}
