package experiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// ErrNoCommitted is wrapped by the error of Committed where there are no committed results.
var ErrNoCommitted = errors.New("no committed results")

// Committed returns the store of the results that come with the source: that of the folder HATLAB_RESULTS where it is set,
// else notebooks/results of the repository that this program was compiled from. It is for reading only. The error
// wraps ErrNoCommitted where there is none, as in a copy of the module without the notebooks; see [CommittedRuns].
func Committed() (*Store, error) {
	if dir := os.Getenv("HATLAB_RESULTS"); dir != "" {
		store, err := ExistingStore(dir)
		if err != nil {
			return nil, fmt.Errorf("HATLAB_RESULTS: %w: %w", err, ErrNoCommitted)
		}
		return store, nil
	}
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return nil, fmt.Errorf("this program does not know its source: %w; set HATLAB_RESULTS", ErrNoCommitted)
	}
	store, err := ExistingStore(filepath.Join(filepath.Dir(file), "..", "..", "notebooks", "results"))
	if err != nil {
		return nil, fmt.Errorf("%w: %w; set HATLAB_RESULTS", err, ErrNoCommitted)
	}
	return store, nil
}

// CommittedRuns returns what the committed results hold of an experiment, one entry for each profile of which there are
// runs, in the order of Profiles. It is empty, without an error, where nothing is committed. A HATLAB_RESULTS that names no
// store is an error.
//
//	kept, err := experiment.CommittedRuns("long")
//	for _, k := range kept {
//		runs := k.Found.Complete()               // whole seeds; k.Readings counts them
//		pairs, _ := experiment.Pairs(runs, experiment.HATArm, experiment.ControlArm)
//	}
func CommittedRuns(name string) ([]Coverage, error) {
	store, err := Committed()
	if errors.Is(err, ErrNoCommitted) && os.Getenv("HATLAB_RESULTS") == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return Coverages(store, name)
}
