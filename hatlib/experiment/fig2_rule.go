package experiment

// fig2Rule is Figure 2: M after training, and along it. At every profile its runs are HAT's runs of fig1-epochs, and some
// more: as the authors drew the figure, on a tenth of the labels, and some that keep all weights, with which the rule can
// be compared with what matters to the loss.
var fig2Rule = Experiment{
	Name: "fig2-rule", Title: "Figure 2: the rule that M has become",
	About: "linear in v_j, little dependence on v_i and w_ij; the rule varies in time and degenerates; it preserves important weights",
	Grids: withWide(map[string][]Grid{
		"smoke": append(inReadings(Grid{Arms: []Arm{hat}, Set: smokeSize, Seeds: 3}, ReadingPaper, ReadingReleased),
			rulesWithWeights(smokeSize, 1)),
		"quick": append(inReadings(Grid{Arms: []Arm{hat}, Set: quickSize, Seeds: 8}, ReadingPaper, ReadingLinear, ReadingReleased),
			rulesAsDrawn(quickSize, 8), rulesWithWeights(quickSize, 6)),
		"cpu": inReadings(Grid{Arms: []Arm{hat}, Set: cpuSize, Seeds: 20}, ReadingPaper, ReadingLinear),
		"paper": append(inReadings(Grid{Arms: []Arm{hat}, Seeds: 100}, ReadingPaper, ReadingLinear, ReadingReleased),
			rulesAsDrawn(nil, 100), rulesWithWeights(nil, 10)),
	}),
}

// ReadingDrawn is what the authors' Figure 2 was drawn from.
const ReadingDrawn = "released, 10% labels"

func rulesAsDrawn(size []string, seeds int) Grid {
	return Grid{Reading: ReadingDrawn, Preset: "released", Arms: []Arm{hat}, Seeds: seeds,
		Set: with(size, "curve=one_run", "epochs=1", "eval_every=0.125", "label_fraction=0.1", "local_rate=0.001")}
}

// ReadingWeights are the runs that keep L and M.
const ReadingWeights = "paper, weights kept"

func rulesWithWeights(size []string, seeds int) Grid {
	return Grid{Reading: ReadingWeights, Preset: "paper", Arms: []Arm{hat}, Seeds: seeds, FirstSeed: 1000, Set: size, KeepWeights: true}
}
