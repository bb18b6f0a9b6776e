package labelsfigure

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Kept are the committed runs in one reading, at the largest profile of which there are whole seeds.
type Kept struct {
	// Text says what they are: profile, size, n.
	Text  string
	Curve *Curve
	Rests []Rest
}

// Committed returns what is committed of the figure, one entry for each reading; it is empty where nothing is.
func Committed() ([]Kept, error) {
	coverages, err := experiment.CommittedRuns("fig1-labels")
	if err != nil {
		return nil, fmt.Errorf("committed runs of fig1-labels: %w", err)
	}
	var all []Kept
	for _, reading := range []string{experiment.ReadingPaper, experiment.ReadingLinear, experiment.ReadingReleased} {
		c := experiment.Largest(coverages, reading)
		if c == nil {
			continue
		}
		k := Kept{Text: c.Describe(reading)}
		if k.Curve, err = New(c.Found.Complete(), reading); err != nil {
			return nil, err
		}
		if k.Rests, err = Rests(c.Found.Complete(), reading); err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, nil
}
