package report

import (
	"context"
	"slices"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/analysis/claims"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Experiments are the names of the experiments that a claim is judged on, with those that decide them, in the order in
// which they are computed.
func Experiments() ([]string, error) {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, c := range claims.All {
		e, err := experiment.Find(c.Experiment)
		if err != nil {
			return nil, err
		}
		if e.After != "" {
			add(e.After)
		}
		add(e.Name)
	}
	return names, nil
}

// Compute brings the runs that are missing into the store, for every experiment that a claim is judged on: first all that
// depend on nothing, together, since runs of different experiments share graphs, then those that were decided by them.
func Compute(ctx context.Context, be compute.Backend, store *experiment.Store, o experiment.Options, title string) (experiment.Summary, error) {
	names, err := Experiments()
	if err != nil {
		return experiment.Summary{}, err
	}
	var total experiment.Summary
	for _, dependent := range []bool{false, true} {
		var specs []experiment.Spec
		for _, name := range names {
			e, err := experiment.Find(name)
			if err != nil {
				return total, err
			}
			if (e.After != "") != dependent {
				continue
			}
			more, err := e.SpecsAfter(store, o)
			if err != nil {
				return total, err
			}
			specs = append(specs, more...)
		}
		summary, err := (&experiment.Runner{Store: store, Backend: be, Title: title}).Run(ctx, specs)
		total.Total += summary.Total
		total.Already += summary.Already
		total.Computed += summary.Computed
		total.Diverged += summary.Diverged
		total.Elsewhere = append(total.Elsewhere, summary.Elsewhere...)
		total.Took += summary.Took
		if err != nil {
			return total, err
		}
	}
	return total, nil
}
