package claims

import (
	"errors"
	"fmt"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Outcome is a claim in one reading, with its finding.
type Outcome struct {
	Claim   Claim
	Reading string
	analysis.Finding
	// Sample is what was measured; its Differences are those of the finding.
	Sample Sample
	// Command computes its runs.
	Command string
}

// command is the line that computes the runs of a claim.
func command(c Claim, o experiment.Options) string {
	profile := o.Profile
	if profile == "" {
		profile = experiment.Profiles[0]
	}
	line := func(name string) string {
		line := fmt.Sprintf("go run ./scripts/hatlab sweep %s --profile %s", name, profile)
		for _, assignment := range o.Set {
			line += " --set '" + assignment + "'"
		}
		return line
	}
	text := line(c.Experiment)
	if e, err := experiment.Find(c.Experiment); err == nil && e.After != "" {
		text = line(e.After) + " && " + text
	}
	return text
}

// Judge applies the protocol to the runs of a store at one profile. All claims in all readings are one family: Holm's
// correction is over those for which there are enough runs. Seeds that lack a run in a reading wait until they have it.
func Judge(store *experiment.Store, o experiment.Options) ([]Outcome, error) {
	byExperiment := map[string][]experiment.Run{}
	for _, c := range All {
		if _, done := byExperiment[c.Experiment]; done {
			continue
		}
		e, err := experiment.Find(c.Experiment)
		if err != nil {
			return nil, err
		}
		byExperiment[c.Experiment] = nil
		specs, err := e.SpecsAfter(store, o)
		if errors.Is(err, experiment.ErrWaits) || errors.Is(err, experiment.ErrNoProfile) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found, err := experiment.Collect(store, specs)
		if err != nil {
			return nil, err
		}
		byExperiment[c.Experiment] = found.Complete()
	}
	return JudgeRuns(byExperiment, o)
}

// JudgeRuns is Judge for runs that were read already, by the name of their experiment; they must be of complete seeds, see
// experiment.Found.
func JudgeRuns(runs map[string][]experiment.Run, o experiment.Options) ([]Outcome, error) {
	return judge(All, runs, o)
}

// FamilySize is the number of tests in the protocol's family: all claims in all of their readings.
func FamilySize() int {
	n := 0
	for _, c := range All {
		n += len(c.Readings)
	}
	return n
}

func judge(all []Claim, runs map[string][]experiment.Run, o experiment.Options) ([]Outcome, error) {
	outcomes, tests, err := measure(all, runs, o)
	if err != nil {
		return nil, err
	}
	for i, f := range analysis.Judge(tests) {
		outcomes[i].Finding = f
	}
	return outcomes, nil
}

// measure is judge without the findings, and the tests that give them.
func measure(all []Claim, runs map[string][]experiment.Run, o experiment.Options) (outcomes []Outcome, tests []analysis.Test, err error) {
	for _, c := range all {
		for _, reading := range c.Readings {
			sample, err := c.measure(experiment.Select(runs[c.Experiment], reading, "", ""))
			if err != nil {
				return nil, nil, fmt.Errorf("claim %s, %s: %w", c.ID, reading, err)
			}
			sample = sample.settled()
			tests = append(tests, analysis.Test{Name: c.ID + ", " + reading, Differences: sample.Differences, Direction: c.Direction, Smallest: c.Smallest})
			outcomes = append(outcomes, Outcome{Claim: c, Reading: reading, Sample: sample, Command: command(c, o)})
		}
	}
	return outcomes, tests, nil
}
