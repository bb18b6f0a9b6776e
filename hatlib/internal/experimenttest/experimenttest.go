// Package experimenttest makes real runs of a fraction of a second for the tests of what reads a store.
package experimenttest

import (
	"slices"
	"testing"

	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// Store opens an empty store in dir.
func Store(t *testing.T, dir string) *experiment.Store {
	t.Helper()
	store, err := experiment.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// Run runs an experiment into the store on the pure Go backend and returns its runs. Those that keep, if it is not nil,
// does not want are left out.
func Run(t *testing.T, store *experiment.Store, name string, o experiment.Options, keep func(experiment.Spec) bool) []experiment.Run {
	t.Helper()
	e, err := experiment.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	specs, err := e.Specs(o)
	if err != nil {
		t.Fatal(err)
	}
	if keep != nil {
		specs = slices.DeleteFunc(specs, func(s experiment.Spec) bool { return !keep(s) })
	}
	if _, err := (&experiment.Runner{Store: store, Backend: backendtest.Go(t)}).Run(t.Context(), specs); err != nil {
		t.Fatal(err)
	}
	found, err := experiment.Collect(store, specs)
	if err != nil {
		t.Fatal(err)
	}
	return found.Runs
}
