package walkthrough

import (
	"context"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// Seeds trains the configuration with the seeds c.Seed, c.Seed+1, ..., n of them, with one compilation for all.
func Seeds(ctx context.Context, be compute.Backend, c hatlib.Config, train, test *dataset.Set, n int, title string) ([]*hatlib.Result, error) {
	t, err := hatlib.NewTrainer(be, c, train, test)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	var results []*hatlib.Result
	for range n {
		if err := t.Reset(c); err != nil {
			return nil, err
		}
		r, err := t.Run(ctx, hatlib.RunOptions{Title: title})
		if err != nil {
			return nil, err
		}
		results = append(results, r)
		c.Seed++
	}
	return results, nil
}

// Arm makes the curves of one arm from its runs: the test accuracy at every point.
func Arm(name string, results []*hatlib.Result) figure.Arm {
	arm := figure.Arm{Name: name}
	for _, r := range results {
		arm.X = r.Epochs()
		arm.Runs = append(arm.Runs, r.Accuracies())
	}
	return arm
}
