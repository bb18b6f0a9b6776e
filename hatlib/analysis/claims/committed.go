package claims

import (
	"slices"

	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Judged is the protocol applied to the committed results at one profile.
type Judged struct {
	Profile string
	// Outcomes are those of one notebook's claims for which there are runs. The family that corrects them is all claims.
	Outcomes []Outcome
}

// JudgeCommitted judges the claims of a notebook on the results that come with the source, once for each profile of which
// there are runs, small to large; nothing where nothing is committed.
func JudgeCommitted(notebook string) ([]Judged, error) {
	profiles := map[string]bool{}
	seen := map[string]bool{}
	for _, c := range All {
		if c.Notebook != notebook || seen[c.Experiment] {
			continue
		}
		seen[c.Experiment] = true
		kept, err := experiment.CommittedRuns(c.Experiment)
		if err != nil {
			return nil, err
		}
		for _, k := range kept {
			profiles[k.Profile] = true
		}
	}
	if len(profiles) == 0 {
		return nil, nil
	}
	store, err := experiment.Committed()
	if err != nil {
		return nil, err
	}
	var judged []Judged
	for _, profile := range experiment.Profiles {
		if !profiles[profile] {
			continue
		}
		outcomes, err := Judge(store, experiment.Options{Profile: profile})
		if err != nil {
			return nil, err
		}
		outcomes = slices.DeleteFunc(OfNotebook(outcomes, notebook), func(o Outcome) bool { return len(o.Differences) == 0 })
		if len(outcomes) > 0 {
			judged = append(judged, Judged{Profile: profile, Outcomes: outcomes})
		}
	}
	return judged, nil
}
