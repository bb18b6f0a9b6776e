package experiment

import (
	"fmt"
	"slices"
)

// why asks what it is in HAT that helps, or does not.
var why = Experiment{
	Name: "why", Title: "Why HAT helps, or does not",
	About: "twice as many updates; dead output units; is it M, or any small change of the weights?",
	Grids: map[string][]Grid{
		"smoke": inReadings(Grid{Arms: []Arm{control, hat, frozen, shuffled, noise, twoSteps, longer(3, 40, 12)}, Set: smokeSize, Seeds: 2}, ReadingPaper),
		"quick": whyGrids(Grid{Set: with(quickSize, "epochs=2", "eval_every=1"), Seeds: 4}, longer(2, 128, 16)),
		"paper": whyGrids(Grid{Set: []string{"epochs=5", "eval_every=1", "curve=one_run"}, Seeds: 30}, longer(5, 200, 25)),
	},
}

// Names of arms of the experiment why that figures and tables ask for.
const (
	// LongerArm is the control that trains on, for [AtEqualTime].
	LongerArm = "control, longer"
	// TwoStepsArm is the control with as many updates as HAT.
	TwoStepsArm = "control, two steps per batch"
	// ShuffledArm and NoiseArm are HAT with what M could use taken from it.
	ShuffledArm = "HAT, v_i shuffled"
	NoiseArm    = "HAT, noise of the same norm"
)

var (
	frozen   = Arm{"HAT, M frozen at random", []string{"rule=meta", "meta_horizon=0"}}
	still    = Arm{"HAT, rate 0", []string{"rule=meta", "local_rate=0"}}
	shuffled = Arm{ShuffledArm, []string{"rule=meta", "pairing=shuffled"}}
	noise    = Arm{NoiseArm, []string{"rule=meta", "local_update=noise"}}
	twoSteps = Arm{TwoStepsArm, []string{"rule=none", "gradient_steps=2"}}
	falling  = Arm{"HAT, rate 0.001 falling", []string{"rule=meta", "local_rate=0.001", "local_rate_schedule=inverse_batch"}}
)

// longer is the control for times as many epochs as HAT, with a point of the curve every so many epochs. [AtEqualTime]
// finds on its curve where it is when HAT is done, so times must be at least the ratio of the costs of a batch (it says
// where it was not). By processor time on a CPU a batch of HAT was about 100 of the control's at the size of quick, and up to
// 200 at the paper's; on a GPU it is less.
func longer(epochs, times, every int) Arm {
	return Arm{LongerArm, []string{"rule=none", fmt.Sprintf("epochs=%d", times*epochs), fmt.Sprintf("eval_every=%d", every)}}
}

// whyGrids asks in all readings. Two arms say nothing in the released code's: the rate that falls is HAT's own there; and at
// equal time one would compare evaluations, since those of HAT apply M to every test batch and cost as much as training.
func whyGrids(g Grid, longer Arm) []Grid {
	g.Arms = whyArms(longer)
	grids := inReadings(g, ReadingPaper, ReadingLinear)
	g.Arms = slices.DeleteFunc(whyArms(longer), func(a Arm) bool { return a.Name == longer.Name || a.Name == falling.Name })
	return append(grids, inReadings(g, ReadingReleased)...)
}

// whyArms are HAT with one thing taken away or changed, and controls with more steps, another rate or more time.
func whyArms(longer Arm) []Arm {
	return []Arm{
		control, hat, frozen, still, shuffled, noise, twoSteps, longer,
		{"control, half the batch", []string{"rule=none", "batch=25"}},
		{"control, twice the rate", []string{"rule=none", "lr_learner=0.002"}},
		{"HAT, twice the rate", []string{"rule=meta", "lr_learner=0.002"}},
		{"control, cosine", []string{"rule=none", "lr_schedule=cosine"}},
		{"HAT, cosine", []string{"rule=meta", "lr_schedule=cosine"}},
		{"HAT, M from zero", []string{"rule=meta", "meta_init_scale=0"}},
		{"HAT, M learns slowly", []string{"rule=meta", "lr_meta=0.0001"}},
		{"HAT, M learns fast", []string{"rule=meta", "lr_meta=0.01"}},
		{"HAT, rate 0.01", []string{"rule=meta", "local_rate=0.01"}},
		{"HAT, rate 1", []string{"rule=meta", "local_rate=1"}},
		falling,
		{"HAT, rate 0.001 constant", []string{"rule=meta", "local_rate=0.001", "local_rate_schedule=constant"}},
		{"Hebb", []string{"rule=hebb"}},
		{"Oja", []string{"rule=oja"}},
	}
}
