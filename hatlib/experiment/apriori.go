package experiment

// apriori applies the converged rule without meta-learning.
var apriori = Experiment{
	Name: "apriori", Title: "The converged rule applied a priori",
	About: "the a priori application of HAT's update rule decreases the accuracy",
	Grids: withWide(map[string][]Grid{
		"smoke": inReadings(Grid{Arms: aprioriArms, Set: smokeSize, Seeds: 2}, ReadingPaper),
		"quick": inReadings(Grid{Arms: aprioriArms, Set: quickSize, Seeds: 8}, ReadingPaper, ReadingLinear, ReadingReleased),
		"paper": inReadings(Grid{Arms: aprioriArms, Set: []string{"epochs=5", "curve=one_run"}, Seeds: 100}, ReadingPaper, ReadingLinear, ReadingReleased),
	}),
}

// aprioriArms are control and HAT, and the rule in the forms that the paper and the authors' code give it. Those without
// a rate of their own take the reading's.
var aprioriArms = []Arm{
	control,
	hat,
	{"2 v_j, rate 1", []string{"rule=rich_get_richer", "rule_slope=2", "local_rate=1", "local_rate_schedule=constant"}},
	{"2 v_j", []string{"rule=rich_get_richer", "rule_slope=2"}},
	{"v_j / 5", []string{"rule=rich_get_richer", "rule_slope=0.2"}},
	{"2.13 v_j - 0.42", []string{"rule=rich_get_richer", "rule_slope=2.13", "rule_intercept=-0.42"}},
}
