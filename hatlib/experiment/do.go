package experiment

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/backend"
)

// DefaultDir is the folder of the store of this machine: results in HATLAB_HOME (see backend.Home).
func DefaultDir() (string, error) {
	home := backend.Home()
	if home == "" {
		return "", errors.New("there is no folder for results: set HATLAB_HOME, or HOME")
	}
	return filepath.Join(home, "results"), nil
}

// DoAll brings the runs that are missing into a store, for several experiments: first all that depend on nothing, together,
// since runs of different experiments share graphs, then those that are decided by others. title, when not empty, shows a
// progress bar.
func DoAll(ctx context.Context, be compute.Backend, store *Store, names []string, o Options, title string) (Summary, error) {
	var first, then []*Experiment
	for _, name := range names {
		e, err := Find(name)
		if err != nil {
			return Summary{}, err
		}
		if e.After == "" {
			first = append(first, e)
			continue
		}
		decides, err := Find(e.After)
		if err != nil {
			return Summary{}, err
		}
		first, then = append(first, decides), append(then, e)
	}
	var total Summary
	for _, part := range [][]*Experiment{first, then} {
		var specs []Spec
		for _, e := range part {
			more, err := e.SpecsAfter(store, o)
			if err != nil {
				return total, err
			}
			specs = append(specs, more...)
		}
		summary, err := (&Runner{Store: store, Backend: be, Title: title}).Run(ctx, specs)
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

// DefaultStore opens the store of this machine.
func DefaultStore() (*Store, error) {
	dir, err := DefaultDir()
	if err != nil {
		return nil, err
	}
	return OpenStore(dir)
}

// Do is what a notebook needs: the experiment's missing runs are computed into the store of this machine, with a
// progress bar, and all are read back. An experiment that depends on another runs that first.
func Do(ctx context.Context, be compute.Backend, name string, o Options) (*Found, error) {
	store, err := DefaultStore()
	if err != nil {
		return nil, err
	}
	e, err := Find(name)
	if err != nil {
		return nil, err
	}
	if e.After != "" {
		if _, err := Do(ctx, be, e.After, o); err != nil {
			return nil, err
		}
	}
	specs, err := e.SpecsAfter(store, o)
	if err != nil {
		return nil, err
	}
	if _, err := (&Runner{Store: store, Backend: be, Title: e.Title}).Run(ctx, specs); err != nil {
		return nil, err
	}
	return Collect(store, specs)
}
