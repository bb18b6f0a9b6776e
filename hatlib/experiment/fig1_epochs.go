package experiment

// fig1Epochs is Figure 1, left.
var fig1Epochs = Experiment{
	Name: "fig1-epochs", Title: "Figure 1, left: test accuracy by epochs",
	About: "higher median along the curve; higher asymptote; same inflection; stable after convergence",
	Grids: withWide(map[string][]Grid{
		"smoke": inReadings(Grid{Arms: []Arm{control, hat}, Set: smokeSize, Seeds: 3}, ReadingPaper, ReadingReleased),
		"quick": inReadings(Grid{Arms: []Arm{control, hat}, Set: quickSize, Seeds: 10}, ReadingPaper, ReadingLinear, ReadingReleased),
		"cpu":   inReadings(Grid{Arms: []Arm{control, hat}, Set: cpuSize, Seeds: 20}, ReadingPaper, ReadingLinear),
		"paper": inReadings(Grid{Arms: []Arm{control, hat}, Seeds: 100}, ReadingPaper, ReadingLinear, ReadingReleased),
	}),
}
