package treatment

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Source is the runs of one experiment in one store at one profile.
type Source struct {
	// Key is "committed" or "here", for names of figures; Title says the same to people, with the profile.
	Key, Title string
	Profile    string
	// Runs are of complete seeds; Coverage counts them.
	Runs     []experiment.Run
	Coverage experiment.Coverage
}

// Sources returns the committed results of an experiment, if there are any, and those of a store at the profile of o. Of
// the committed profiles it takes the largest with enough seeds for a verdict in some reading, else the largest.
func Sources(store *experiment.Store, name string, o experiment.Options) ([]Source, error) {
	e, err := experiment.Find(name)
	if err != nil {
		return nil, err
	}
	kept, err := experiment.CommittedRuns(name)
	if err != nil {
		return nil, err
	}
	var sources []Source
	if k := experiment.Largest(kept, ""); k != nil {
		sources = append(sources, Source{Key: "committed", Title: "committed results, " + k.Profile, Profile: k.Profile,
			Runs: k.Found.Complete(), Coverage: *k})
	}
	c, err := experiment.Cover(store, e, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return append(sources, Source{Key: "here", Title: "computed here, " + c.Profile, Profile: c.Profile, Runs: c.Found.Complete(), Coverage: *c}), nil
}
