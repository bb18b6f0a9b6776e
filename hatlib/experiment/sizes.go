package experiment

import "slices"

// Sizes of the profiles, which all experiments share, so that they share runs (at smoke, compiling a graph takes longer
// than training). Smoke is the embedded digits; quick is a part of Fashion-MNIST with a smaller learner; paper is what
// the presets say, the paper's sizes; cpu is those, with as few epochs as a machine without accelerator has time for.
var (
	smokeSize = []string{"data=digits", "sizes=64-32-16-10", "meta_hidden=16", "batch=25", "epochs=3", "eval_every=1", "curve=one_run"}
	quickSize = []string{"examples=8000", "sizes=784-64-32-10", "meta_hidden=32", "epochs=5", "eval_every=0.5", "curve=one_run"}
	cpuSize   = []string{"sizes=784-183-43-10", "meta_hidden=100", "epochs=3", "eval_every=0.25", "curve=one_run"}
	longSize  = []string{"sizes=784-64-32-10", "meta_hidden=32", "epochs=20", "eval_every=0.5"}
)

// wideSeeds is how many seeds the profile wide has, and wideWeights of runs that keep all weights, which are large.
const (
	wideSeeds   = 30
	wideWeights = 15
)

// withWide adds the profile wide: the grids of quick with more seeds. Its first seeds are the runs of quick.
func withWide(profiles map[string][]Grid) map[string][]Grid {
	for _, g := range profiles["quick"] {
		if g.Seeds = wideSeeds; g.KeepWeights {
			g.Seeds = wideWeights
		}
		profiles["wide"] = append(profiles["wide"], g)
	}
	return profiles
}

// with returns assignments followed by more, which win.
func with(set []string, more ...string) []string { return slices.Concat(set, more) }

// The two arms of the paper.
var (
	control = Arm{Name: "control", Set: []string{"rule=none"}}
	hat     = Arm{Name: "HAT", Set: []string{"rule=meta"}}
)

// Names of the arms that every comparison uses.
const (
	ControlArm = "control"
	HATArm     = "HAT"
)

// readings are the three ways to take the paper: Algorithm 1 as it is written, with sigma on the last layer too; the same
// without it, where no output unit can die; and what the authors' released code computes.
const (
	ReadingPaper    = "paper"
	ReadingLinear   = "paper, linear outputs"
	ReadingReleased = "released"
)

// inReadings makes one grid for each of the three readings from what they share.
func inReadings(g Grid, which ...string) []Grid {
	var grids []Grid
	for _, reading := range which {
		one := g
		one.Reading, one.Preset = reading, "paper"
		switch reading {
		case ReadingLinear:
			one.Set = with(g.Set, "output_activation=linear")
		case ReadingReleased:
			one.Preset = "released"
		}
		grids = append(grids, one)
	}
	return grids
}
