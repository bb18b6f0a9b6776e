package experiment

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// bestTune searches for the best control and the best HAT, with the same number of settings for each, on examples held
// out of the training split and on seeds that are not reported.
var bestTune = Experiment{
	Name: "best-tune", Title: "Tuning control and HAT with the same budget",
	About: "the best honest HAT: the search",
	Grids: map[string][]Grid{
		"smoke": {tuning(with(smokeSize, "epochs=2", "eval_every=2"), 2, 200, 1)},
		"quick": {tuning(with(quickSize, "epochs=3", "eval_every=3"), 8, 5000, 2)},
		"wide":  {tuning(with(quickSize, "epochs=3", "eval_every=3"), 8, 5000, 2)},
		"paper": {tuning([]string{"epochs=10", "eval_every=5"}, 24, 5000, 3)},
	},
}

// best compares the two winners on the test split.
var best = Experiment{
	Name: "best", Title: "The best control and the best HAT",
	About: "does HAT help where both are tuned?",
	After: bestTune.Name,
	Choose: func(profile string, runs []Run) ([]Grid, error) {
		g := map[string]Grid{
			"smoke": {Set: smokeSize, Seeds: 3},
			"quick": {Set: quickSize, Seeds: 8},
			"wide":  {Set: quickSize, Seeds: wideSeeds},
			"paper": {Set: []string{"epochs=10", "eval_every=0.5"}, Seeds: 30},
		}[profile]
		g.Reading, g.Preset, g.FirstSeed = "tuned", "paper", reportedSeed
		for _, arm := range []string{ControlArm, HATArm} {
			set, err := winner(runs, arm)
			if err != nil {
				return nil, err
			}
			g.Arms = append(g.Arms, Arm{arm, set})
		}
		return []Grid{g}, nil
	},
}

// Seeds of the search are below reportedSeed, those of the comparison start there.
const reportedSeed = 100

// tuning tries budget settings of the control and as many of HAT.
func tuning(size []string, budget, heldOut, seeds int) Grid {
	g := Grid{Reading: "tuning", Preset: "paper", Set: with(size, "output_activation=linear"), HeldOut: heldOut, Seeds: seeds}
	for i, set := range search(budget, controlSpace) {
		g.Arms = append(g.Arms, Arm{fmt.Sprintf("%s #%d", ControlArm, i), with([]string{"rule=none", "output_activation=linear"}, set...)})
	}
	for i, set := range search(budget, hatSpace) {
		g.Arms = append(g.Arms, Arm{fmt.Sprintf("%s #%d", HATArm, i), with([]string{"rule=meta", "output_activation=linear"}, set...)})
	}
	return g
}

// dimension is one hyperparameter with the values that a search tries.
type dimension struct {
	field  string
	values []string
}

var (
	controlSpace = []dimension{
		{"lr_learner", []string{"0.001", "0.0003", "0.003", "0.0001", "0.002", "0.0005", "0.005", "0.0002"}},
		{"lr_schedule", []string{"constant", "cosine"}},
		{"output_activation", []string{"linear", "relu"}},
		{"batch", []string{"50", "25", "100"}},
	}
	hatSpace = []dimension{
		{"lr_learner", []string{"0.001", "0.0003", "0.003"}},
		{"lr_schedule", []string{"constant", "cosine"}},
		{"local_rate", []string{"0.001", "0.0001", "0.01", "0.00001"}},
		{"lr_meta", []string{"0.001", "0.0001", "0.01"}},
		{"meta_init_scale", []string{"1", "0", "0.1"}},
		{"local_rate_schedule", []string{"constant", "inverse_batch"}},
	}
)

// search lists budget different settings of a space: a low-discrepancy walk, so that few settings cover every dimension.
// The first has the first value of each, the defaults.
func search(budget int, space []dimension) [][]string {
	var settings [][]string
	seen := map[string]bool{}
	for i := 0; len(settings) < budget; i++ {
		var set []string
		for d, dim := range space {
			// Kronecker's sequence with square roots of primes, which no two dimensions share.
			_, fraction := math.Modf(float64(i) * math.Sqrt(float64([]int{2, 3, 5, 7, 11, 13}[d])))
			set = append(set, dim.field+"="+dim.values[int(fraction*float64(len(dim.values)))])
		}
		if name := strings.Join(set, " "); !seen[name] {
			seen[name] = true
			settings = append(settings, set)
		}
	}
	return settings
}

// winner returns the assignments of the arm of that name, control or HAT, with the highest mean accuracy at the end; the
// earlier setting where they are equal. A run that diverged counts with what it is left with.
func winner(runs []Run, arm string) ([]string, error) {
	sum, n := map[string]float64{}, map[string]int{}
	var order []string
	for _, r := range runs {
		if !strings.HasPrefix(r.Spec.Arm, arm+" #") {
			continue
		}
		if n[r.Spec.Arm] == 0 {
			order = append(order, r.Spec.Arm)
		}
		sum[r.Spec.Arm] += r.Final()
		n[r.Spec.Arm]++
	}
	if len(order) == 0 {
		return nil, fmt.Errorf("there are no tuning runs of %s", arm)
	}
	slices.SortStableFunc(order, func(a, b string) int {
		ma, mb := sum[a]/float64(n[a]), sum[b]/float64(n[b])
		switch {
		case ma > mb:
			return -1
		case ma < mb:
			return 1
		}
		return 0
	})
	var k int
	if _, err := fmt.Sscanf(strings.TrimPrefix(order[0], arm), " #%d", &k); err != nil {
		return nil, fmt.Errorf("arm %q has no number: %w", order[0], err)
	}
	// The assignments are found again from the number: the largest budget contains the smaller ones.
	if arm == ControlArm {
		return with([]string{"rule=none", "output_activation=linear"}, search(k+1, controlSpace)[k]...), nil
	}
	return with([]string{"rule=meta", "output_activation=linear"}, search(k+1, hatSpace)[k]...), nil
}
