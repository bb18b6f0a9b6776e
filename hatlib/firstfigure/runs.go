package firstfigure

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// LiteralArm is Algorithm 1 with nothing added: the local rate is 1.
const LiteralArm = "literal"

// literalRuns is the most seeds that show what literal does.
const literalRuns = 20

// smokeSet makes the smoke profile of the experiment a small part of Fashion-MNIST, so that the figure is about the paper's
// data at every profile.
var smokeSet = []string{"data=fashion-mnist", "examples=2000", "sizes=784-32-16-10", "meta_hidden=8", "batch=50", "epochs=2", "eval_every=0.5"}

// Options are those of experiment fig1-epochs at a profile, with assignments name=value on top ("seeds=5" sets the number of
// seeds).
func Options(profile string, assignments []string) experiment.Options {
	set := assignments
	if profile == "smoke" {
		set = append(append([]string{}, smokeSet...), assignments...)
	}
	return experiment.Options{Profile: profile, Set: set}
}

// Specs returns the runs of the figure in the paper's reading: control and HAT for every seed, then literal for the first of
// them.
func Specs(o experiment.Options) ([]experiment.Spec, error) {
	e, err := experiment.Find("fig1-epochs")
	if err != nil {
		return nil, err
	}
	all, err := e.Specs(o)
	if err != nil {
		return nil, err
	}
	var specs, literal []experiment.Spec
	for _, s := range all {
		if s.Reading != experiment.ReadingPaper {
			continue
		}
		specs = append(specs, s)
		if s.Arm == experiment.HATArm && len(literal) < literalRuns {
			s.Arm = LiteralArm
			s.Config.LocalRate = 1
			literal = append(literal, s)
		}
	}
	if len(specs) == 0 {
		return nil, fmt.Errorf("%s has no runs of reading %q", e.Name, experiment.ReadingPaper)
	}
	return append(specs, literal...), nil
}

// Curves returns the results of one arm in one reading, in order of seed.
func Curves(runs []experiment.Run, reading, arm string) []*hatlib.Result {
	var results []*hatlib.Result
	for _, r := range experiment.Select(runs, reading, arm, "") {
		results = append(results, r.Result)
	}
	return results
}

// Fate counts what became of runs.
type Fate struct {
	N int
	// NotFinite runs had a loss that was NaN or infinite; Worse ended with a test loss above their first, and were finite.
	NotFinite, Worse int
	// AllDead runs ended without one output unit that is ever above 0: they answer the same class to everything.
	AllDead int
	// Chance runs ended within two points of the accuracy of one class for everything.
	Chance int
}

// Fates counts.
func Fates(results []*hatlib.Result) Fate {
	f := Fate{N: len(results)}
	for _, r := range results {
		last := r.Final().Test
		classes := len(last.ByClass)
		switch {
		case r.DivergedAt > 0:
			f.NotFinite++
		case r.Diverged():
			f.Worse++
		}
		if last.DeadOutputs == classes {
			f.AllDead++
		}
		if last.Accuracy < 1/float64(classes)+0.02 {
			f.Chance++
		}
	}
	return f
}

// FinalMedian is the median over runs of the accuracy at the end.
func FinalMedian(results []*hatlib.Result) float64 {
	m := Medians(results)
	return m[len(m)-1]
}
