package rulefigure

import (
	"context"
	"fmt"
	"slices"

	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Kept are committed runs at the largest profile of which there are some.
type Kept struct {
	// Text says what they are: profile, size, n.
	Text string
	// Rules are those of a reading; Spared, in the reading that keeps weights, is there instead.
	Rules  *Rules
	Spared *Spared
}

// Committed returns what is committed of the figure, one entry for each reading, the one that keeps weights last; it is
// empty where nothing is.
func Committed(ctx context.Context) ([]Kept, error) {
	coverages, err := experiment.CommittedRuns("fig2-rule")
	if err != nil {
		return nil, fmt.Errorf("committed runs of fig2-rule: %w", err)
	}
	var all []Kept
	for _, reading := range append(slices.Clone(readings), experiment.ReadingWeights) {
		c := experiment.Largest(coverages, reading)
		if c == nil {
			continue
		}
		k := Kept{Text: c.Describe(reading)}
		if reading == experiment.ReadingWeights {
			k.Spared, err = MeasureSpared(ctx, c.Found.Complete())
		} else {
			k.Rules, err = Read(c.Found.Complete(), reading)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, nil
}
