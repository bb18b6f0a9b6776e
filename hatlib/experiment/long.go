package experiment

// long is small enough to decide the claims about long training on a CPU.
var long = Experiment{
	Name: "long", Title: "Twenty epochs with a smaller learner",
	About: "higher asymptotic accuracy and lower asymptotic loss; stable for 18 epochs after convergence; more robust",
	Grids: withWide(map[string][]Grid{
		"smoke": inReadings(Grid{Arms: []Arm{control, hat}, Set: with(smokeSize, "epochs=6"), Seeds: 2}, ReadingPaper),
		"quick": inReadings(Grid{Arms: []Arm{control, hat}, Set: with(quickSize, "epochs=10", "eval_every=0.5"), Seeds: 6}, ReadingPaper, ReadingLinear),
		"paper": inReadings(Grid{Arms: []Arm{control, hat}, Set: longSize, Seeds: 30}, ReadingPaper, ReadingLinear),
	}),
}
