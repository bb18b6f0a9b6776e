package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// steps is training as every run of hatlib does it, by its trainer, on examples x [N, in] and labels y [N]; one run takes s.Steps steps,
// in file order. Weights come from files named as in hatlib's weight files, where there are any, else from the seed.
func steps(be compute.Backend, s spec) (work, error) {
	config, err := hatlib.Preset(s.Preset)
	if err != nil {
		return work{}, err
	}
	if err := config.SetAll(s.Set); err != nil {
		return work{}, err
	}
	set, err := examples(s.Inputs, config.Sizes)
	if err != nil {
		return work{}, err
	}
	t, err := hatlib.NewTrainer(be, config, set, set.Head(config.BatchSize()))
	if err != nil {
		return work{}, err
	}
	weights, err := t.Weights()
	if err != nil {
		return work{}, err
	}
	for name, a := range weights {
		path := filepath.Join(s.Inputs, name)
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if a.Values, err = readFloats(path); err != nil {
			return work{}, err
		}
		weights[name] = a
	}
	if err := t.SetWeights(weights); err != nil {
		return work{}, err
	}
	var losses []float32
	return work{
		run: func() error {
			plan, batch := make([][]int32, s.Steps), config.BatchSize()
			for i := range plan {
				first := (t.Batches() + i) * batch % set.N
				for row := range batch {
					plan[i] = append(plan[i], int32(first+row))
				}
			}
			err := t.Train(plan, nil, func(_ int, log hatlib.StepLog) error {
				losses = append(losses, log.Loss...)
				return nil
			})
			if err == nil && t.Diverged() > 0 {
				err = fmt.Errorf("the loss of batch %d is not finite", t.Diverged())
			}
			return err
		},
		export: func() (map[string][]float32, error) {
			weights, err := t.Weights()
			if err != nil {
				return nil, err
			}
			arrays := map[string][]float32{"loss": losses}
			for name, a := range weights {
				arrays[name] = a.Values
			}
			return arrays, nil
		},
	}, nil
}

// examples reads a training set whose number of examples is a multiple of the batch.
func examples(folder string, sizes hatlib.Sizes) (*dataset.Set, error) {
	x, err := readFloats(filepath.Join(folder, "x"))
	if err != nil {
		return nil, err
	}
	labels, err := read32(filepath.Join(folder, "y"))
	if err != nil {
		return nil, err
	}
	set := &dataset.Set{Name: "benchmark", Split: "train", X: x, N: len(labels), Features: sizes[0], Classes: sizes[len(sizes)-1], Height: 1, Width: sizes[0]}
	for _, y := range labels {
		set.Y = append(set.Y, int32(y))
	}
	for c := range set.Classes {
		set.ClassNames = append(set.ClassNames, fmt.Sprint(c))
	}
	return set, nil
}
