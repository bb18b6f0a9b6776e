package experiment

// why asks what it is in HAT that helps, or does not.
var why = Experiment{
	Name: "why", Title: "Why HAT helps, or does not",
	About: "twice as many updates; dead output units; is it M, or any small change of the weights?",
	Grids: map[string][]Grid{
		"smoke": inReadings(Grid{Arms: []Arm{control, hat, frozen}, Set: smokeSize, Seeds: 2}, ReadingPaper),
		"quick": inReadings(Grid{Arms: whyArms("25"), Set: with(quickSize, "epochs=2", "eval_every=1"), Seeds: 4}, ReadingPaper, ReadingLinear),
		"paper": inReadings(Grid{Arms: whyArms("25"), Set: []string{"epochs=5", "eval_every=1", "curve=one_run"}, Seeds: 30},
			ReadingPaper, ReadingLinear, ReadingReleased),
	},
}

var (
	frozen = Arm{"HAT, M frozen at random", []string{"rule=meta", "meta_horizon=0"}}
	still  = Arm{"HAT, rate 0", []string{"rule=meta", "local_rate=0"}}
)

// whyArms are HAT with one thing taken away or changed, and controls with more steps or longer ones. halfBatch is half
// the batch size: the control then takes two steps where HAT takes one and updates twice.
func whyArms(halfBatch string) []Arm {
	return []Arm{
		control, hat, frozen, still,
		{"control, two steps per batch", []string{"rule=none", "batch=" + halfBatch}},
		{"control, twice the rate", []string{"rule=none", "lr_learner=0.002"}},
		{"HAT, M from zero", []string{"rule=meta", "meta_init_scale=0"}},
		{"HAT, M learns slowly", []string{"rule=meta", "lr_meta=0.0001"}},
		{"HAT, M learns fast", []string{"rule=meta", "lr_meta=0.01"}},
		{"HAT, rate 0.01", []string{"rule=meta", "local_rate=0.01"}},
		{"HAT, rate 1", []string{"rule=meta", "local_rate=1"}},
		{"HAT, rate 0.001 falling", []string{"rule=meta", "local_rate=0.001", "local_rate_schedule=inverse_batch"}},
		{"HAT, rate 0.001 constant", []string{"rule=meta", "local_rate=0.001", "local_rate_schedule=constant"}},
		{"Hebb", []string{"rule=hebb"}},
		{"Oja", []string{"rule=oja"}},
	}
}
