package experiment

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
)

// Size is the size of a run in one line for people.
func Size(c hatlib.Config) string {
	text := fmt.Sprintf("learner %s", c.Sizes)
	if c.Rule == "meta" {
		text += fmt.Sprintf(", M 3-%d-1 at rate %g", c.MetaHidden, c.LocalRate)
	}
	text += fmt.Sprintf(", batches of %d, %g epochs of ", c.Batch, c.Epochs)
	if c.Examples > 0 {
		text += fmt.Sprintf("%d examples of ", c.Examples)
	}
	return text + c.Data
}

// Largest is the runs of a reading at the largest profile of all that has enough complete seeds of it for a verdict, else at
// the largest with any; nil when none has. The reading "" stands for any of them.
func Largest(all []Coverage, reading string) *Coverage {
	var best *Coverage
	for k := range all {
		if n := all[k].Seeds(reading); n >= analysis.MinPairs || n > 0 && (best == nil || best.Seeds(reading) < analysis.MinPairs) {
			best = &all[k]
		}
	}
	return best
}

// Describe says for people what the runs of a reading are: profile, size, and how many seeds.
func (c *Coverage) Describe(reading string) string {
	for _, r := range c.Readings {
		if runs := Select(c.Found.Complete(), reading, HATArm, ""); r.Reading == reading && len(runs) > 0 {
			return fmt.Sprintf("profile %s: %s, n = %d of %d planned seeds, made on %s", c.Profile, Size(runs[0].Spec.Config), r.Complete, r.Planned, c.Found.Machine)
		}
	}
	return fmt.Sprintf("profile %s: no complete seed of reading %q", c.Profile, reading)
}
