package experiment

// attribution goes from the paper's reading to the released code's by one choice at a time: which of them makes the
// difference? Each reading has its own control.
var attribution = Experiment{
	Name: "attribution", Title: "From paper to released, one choice at a time",
	About: "is the gain an effect of the released code's choices?",
	Grids: map[string][]Grid{
		"smoke": switches(smokeSize, 2, switchList[:2]),
		"quick": switches(with(quickSize, "epochs=2", "eval_every=1"), 4, switchList),
		"paper": switches([]string{"epochs=3", "eval_every=0.5", "curve=one_run"}, 30, switchList),
	},
}

// change is one choice in which the released code differs from the paper.
type change struct {
	name string
	set  []string
}

// switchList: choices that have a meaning only together are switched together.
var switchList = []change{
	{"nothing", nil},
	{"linear outputs", []string{"output_activation=linear"}},
	{"falling rate", []string{"local_rate=0.001", "local_rate_schedule=inverse_batch"}},
	{"update after sigma", []string{"update_entry=after_sigma", "gradient_at=in_place"}},
	{"M 3-50-1", []string{"meta_hidden=50"}},
	{"stored evaluation", []string{"evaluation=stored"}},
	{"labels by batch", []string{"label_draw=batch"}},
	{"independent arms", []string{"arms=independent"}},
	{"all of the released code's", []string{"local_rate=0.001", "local_rate_schedule=inverse_batch", "update_entry=after_sigma",
		"gradient_at=in_place", "meta_hidden=50", "evaluation=stored", "label_draw=batch", "arms=independent"}},
}

// switches makes a grid for each choice.
func switches(size []string, seeds int, list []change) []Grid {
	var grids []Grid
	for _, s := range list {
		grids = append(grids, Grid{Reading: "paper, switched: " + s.name, Preset: "paper", Set: with(size, s.set...),
			Arms: []Arm{control, hat}, Seeds: seeds})
	}
	return grids
}
