package report

import (
	"slices"

	"github.com/hatlab/hatlab/hatlib/analysis/claims"
)

// Experiments are the names of the experiments that claims are judged on, in the order of the paper. experiment.DoAll
// brings their runs.
func Experiments() []string {
	var names []string
	for _, c := range claims.All {
		if !slices.Contains(names, c.Experiment) {
			names = append(names, c.Experiment)
		}
	}
	return names
}
