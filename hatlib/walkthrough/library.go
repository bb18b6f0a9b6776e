package walkthrough

import (
	"fmt"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// StepResult is one step of Algorithm 1 as the library's graph computes it.
type StepResult struct {
	// Loss is H before the step.
	Loss float64
	// After are L and M after line 9, under the names of weight files.
	After hatlib.Arrays
}

// Step lets the library do one whole step on the example.
func (e Example) Step(be compute.Backend) (*StepResult, error) {
	c, err := hatlib.Preset("literal")
	if err != nil {
		return nil, err
	}
	err = c.SetAll([]string{"sizes=2-2-1", "meta_hidden=2", "batch=1", "shuffle=false", "loss=squared", "optimizer=sgd",
		fmt.Sprintf("local_rate=%v", e.LocalRate), fmt.Sprintf("lr_learner=%v", e.StepRate), fmt.Sprintf("lr_meta=%v", e.StepRate)})
	if err != nil {
		return nil, err
	}
	// One class: the target of label 0 is 1.
	set := &dataset.Set{Name: "by hand", X: narrow(e.X), Y: []int32{0}, N: 1, Features: len(e.X), Classes: 1, Height: 1, Width: len(e.X),
		ClassNames: []string{"wanted"}}
	t, err := hatlib.NewTrainer(be, c, set, set)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	if err := t.SetWeights(e.arrays()); err != nil {
		return nil, err
	}
	var result StepResult
	err = t.Train([][]int32{{0}}, nil, func(_ int, log hatlib.StepLog) error {
		result.Loss = float64(log.Loss[0])
		return nil
	})
	if err != nil {
		return nil, err
	}
	result.After, err = t.Weights()
	return &result, err
}

// arrays are L and M under the names of weight files.
func (e Example) arrays() hatlib.Arrays {
	arrays := hatlib.Arrays{
		"meta.hidden.weight": array(e.Hidden), "meta.hidden.bias": vector(e.HiddenBias),
		"meta.output.weight": array([][]float64{e.Out}), "meta.output.bias": vector([]float64{e.OutBias}),
	}
	for l := range e.W {
		arrays[fmt.Sprintf("learner.%d.weight", l)] = array(e.W[l])
		arrays[fmt.Sprintf("learner.%d.bias", l)] = vector(e.B[l])
	}
	return arrays
}

func vector(x []float64) hatlib.Array { return hatlib.Array{Shape: []int{len(x)}, Values: narrow(x)} }

func array(rows [][]float64) hatlib.Array {
	a := hatlib.Array{Shape: []int{len(rows), len(rows[0])}}
	for _, row := range rows {
		a.Values = append(a.Values, narrow(row)...)
	}
	return a
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i := range x {
		out[i] = float32(x[i])
	}
	return out
}
