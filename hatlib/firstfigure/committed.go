package firstfigure

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Kept are the committed runs of one experiment in one reading, at the largest profile of which there are pairs.
type Kept struct {
	Experiment, Reading string
	// Text says what they are: profile, size, n.
	Text         string
	Control, HAT []*hatlib.Result
}

// Committed returns the committed learning curves: those of the figure, and the long ones of a smaller learner. It is
// empty where nothing is committed.
func Committed() ([]Kept, error) {
	var all []Kept
	for _, name := range []string{"fig1-epochs", "long"} {
		coverages, err := experiment.CommittedRuns(name)
		if err != nil {
			return nil, fmt.Errorf("committed runs of %s: %w", name, err)
		}
		for _, reading := range []string{experiment.ReadingPaper, experiment.ReadingLinear, experiment.ReadingReleased} {
			c := experiment.Largest(coverages, reading)
			if c == nil {
				continue
			}
			runs := c.Found.Complete()
			all = append(all, Kept{Experiment: name, Reading: reading, Text: c.Describe(reading),
				Control: Curves(runs, reading, experiment.ControlArm), HAT: Curves(runs, reading, experiment.HATArm)})
		}
	}
	return all, nil
}
