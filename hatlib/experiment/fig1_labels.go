package experiment

// fig1Labels is Figure 1, right.
var fig1Labels = Experiment{
	Name: "fig1-labels", Title: "Figure 1, right: test accuracy by proportion of labels",
	About: "more effective with more labels; better only above 20% of labels; gains when labels are scarce",
	Grids: withWide(map[string][]Grid{
		"smoke": inReadings(Grid{Arms: []Arm{control, hat}, Set: smokeSize, Seeds: 3,
			Axis: "label_fraction", Values: []string{"0.05", "0.2", "1"}}, ReadingPaper),
		"quick": inReadings(Grid{Arms: []Arm{control, hat}, Set: with(quickSize, "epochs=2", "eval_every=1"), Seeds: 6,
			Axis: "label_fraction", Values: []string{"0.01", "0.05", "0.2", "0.5", "1"}}, ReadingPaper, ReadingReleased),
		"paper": append(inReadings(Grid{Arms: []Arm{control, hat}, Set: []string{"eval_every=5"}, Seeds: 100,
			Axis: "label_fraction", Values: labelFractions}, ReadingPaper, ReadingLinear),
			inReadings(Grid{Arms: []Arm{control, hat}, Set: []string{"curve=one_run", "eval_every=0.25"}, Seeds: 100,
				Axis: "label_fraction", Values: labelFractions}, ReadingReleased)...),
	}),
}

var labelFractions = []string{"0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.15", "0.2", "0.3", "0.5", "0.7", "1"}
