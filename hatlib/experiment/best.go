package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// bestTune searches for the best control and the best HAT, with the same number of settings for each, on examples held
// out of the training split, on seeds that are not reported, and for as long as the winners will train: a schedule, and how
// fast a rate should be, depend on the length.
var bestTune = Experiment{
	Name: "best-tune", Title: "Tuning control and HAT with the same budget",
	About: "the best honest HAT: the search",
	Grids: map[string][]Grid{
		"smoke": {tuning(with(smokeSize, "meta_hidden=4", "epochs=2", "eval_every=2"), 2, 200, 1)}, // two graphs of its own: a small M
		"quick": {tuning(with(quickSize, "eval_every=5"), 24, 5000, 2)},
		"wide":  {tuning(with(quickSize, "eval_every=5"), 24, 5000, 2)},
		"paper": {tuning([]string{"epochs=10", "eval_every=5"}, 24, 5000, 3)},
	},
}

// best compares the two winners on the test split. A third arm, the control with HAT's settings of L, tells the rule from
// what was tuned beside it.
var best = Experiment{
	Name: "best", Title: "The best control and the best HAT",
	About: "does HAT help where both are tuned?",
	After: bestTune.Name,
	Choose: func(profile string, runs []Run) ([]Grid, error) {
		g := map[string]Grid{
			"smoke": {Set: with(smokeSize, "meta_hidden=4"), Seeds: 3},
			"quick": {Set: quickSize, Seeds: 8},
			"wide":  {Set: quickSize, Seeds: wideSeeds},
			"paper": {Set: []string{"epochs=10", "eval_every=0.5"}, Seeds: 30},
		}[profile]
		g.Reading, g.Preset, g.FirstSeed = "tuned", "paper", reportedSeed
		for _, arm := range []string{ControlArm, HATArm} {
			set, err := winner(bestTune.Grids[profile], runs, arm)
			if err != nil {
				return nil, err
			}
			g.Arms = append(g.Arms, Arm{arm, set})
			if arm == HATArm {
				// A control never reads what the settings say about the rule.
				g.Arms = append(g.Arms, Arm{MatchedArm, with(set, "rule=none")})
			}
		}
		return []Grid{g}, nil
	},
}

// MatchedArm is the control with the settings of L that the best HAT has.
const MatchedArm = "control, HAT's settings"

// Seeds of the search are below reportedSeed, those of the comparison start there.
const reportedSeed = 100

// tuning tries budget settings of the control and as many of HAT. Whatever HAT tries of L the control tries too: in the
// first grid it did not, and the learning rate of the HAT that won was one that no control with linear outputs had been given.
// What is left of the budget, the control spends on the size of the batch, HAT on its rule.
func tuning(size []string, budget, heldOut, seeds int) Grid {
	g := Grid{Reading: "tuning", Preset: "paper", Set: with(size, "output_activation=linear"), HeldOut: heldOut, Seeds: seeds}
	learner, rule := every(learnerSpace)[:budget], search(budget, ruleSpace)
	for i, set := range learner {
		g.Arms = append(g.Arms, Arm{fmt.Sprintf("%s #%d", ControlArm, i), with([]string{"rule=none"}, set...)})
	}
	for i, set := range rule {
		g.Arms = append(g.Arms, Arm{fmt.Sprintf("%s #%d", HATArm, i), slices.Concat([]string{"rule=meta"}, learner[i%min(shared, budget)], set)})
	}
	return g
}

// dimension is one hyperparameter with the values that a search tries.
type dimension struct {
	field  string
	values []string
}

// The first value of each is the default. HAT has the default batch.
var (
	learnerSpace = []dimension{
		{"batch", []string{"50", "25", "100"}},
		{"lr_schedule", []string{"constant", "cosine"}},
		{"lr_learner", []string{"0.001", "0.002", "0.003", "0.005"}},
	}
	ruleSpace = []dimension{
		{"local_rate", []string{"0.001", "0.0001", "0.01", "0.00001"}},
		{"lr_meta", []string{"0.001", "0.0001", "0.01"}},
		{"local_rate_schedule", []string{"constant", "inverse_batch"}},
		{"meta_init_scale", []string{"1", "0", "0.1"}},
	}
)

// shared is how many settings of L both arms try: all those of learnerSpace with the default batch.
const shared = 8

// every lists all settings of a space; the last dimension changes fastest, the first setting has the defaults.
func every(space []dimension) [][]string {
	settings := [][]string{nil}
	for _, dim := range space {
		var longer [][]string
		for _, set := range settings {
			for _, v := range dim.values {
				longer = append(longer, with(set, dim.field+"="+v))
			}
		}
		settings = longer
	}
	return settings
}

// search lists budget different settings of a space: a low-discrepancy walk, so that few settings cover every dimension.
// The first has the defaults.
func search(budget int, space []dimension) [][]string {
	var settings [][]string
	seen := map[string]bool{}
	for i := 0; len(settings) < budget; i++ {
		var set []string
		for d, dim := range space {
			// Kronecker's sequence with square roots of primes, which no two dimensions share.
			_, fraction := math.Modf(float64(i) * math.Sqrt(float64([]int{2, 3, 5, 7}[d])))
			set = append(set, dim.field+"="+dim.values[int(fraction*float64(len(dim.values)))])
		}
		if name := strings.Join(set, " "); !seen[name] {
			seen[name] = true
			settings = append(settings, set)
		}
	}
	return settings
}

// winner returns the assignments of the arm of the grids, control or HAT, with the highest mean accuracy at the end; the
// earlier setting where they are equal. A run that diverged counts with what it is left with.
func winner(grids []Grid, runs []Run, arm string) ([]string, error) {
	sum, n := map[string]float64{}, map[string]int{}
	for _, r := range runs {
		sum[r.Spec.Arm] += r.Final()
		n[r.Spec.Arm]++
	}
	var won []string
	highest := math.Inf(-1)
	for _, g := range grids {
		for _, a := range g.Arms {
			if !strings.HasPrefix(a.Name, arm+" #") || n[a.Name] == 0 {
				continue
			}
			if mean := sum[a.Name] / float64(n[a.Name]); mean > highest {
				won, highest = a.Set, mean
			}
		}
	}
	if won == nil {
		return nil, fmt.Errorf("there are no tuning runs of %s", arm)
	}
	return with([]string{"output_activation=linear"}, won...), nil
}
