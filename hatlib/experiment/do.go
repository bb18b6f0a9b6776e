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
