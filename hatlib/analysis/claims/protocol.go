package claims

import (
	"fmt"
	"strings"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// power is the share of studies in which a gain of one point is found by so many pairs, as the protocol states it: TestPower
// measures it.
var power = []struct {
	pairs int
	share float64
}{{30, 0.49}, {50, 0.87}, {60, 0.93}}

// Protocol is the document PROTOCOL.md.
func Protocol() (string, error) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Protocol of the replication\n")
	line("Written from the table in claims.go; a test keeps both together. It was committed before the large runs, and a change after")
	line("them is a change of the protocol that its commit must justify.\n")
	line("- One endpoint for each sentence of the paper that states a result, by run or by pair of runs: the same seed gives both")
	line("  arms the same initial learner, batches and label mask (in the reading `released`, as in the authors' code, seeds are only")
	line("  matched by number).")
	line("- All claims in all readings are one family, of %d tests. Holm's correction over the family, alpha = %g, for the signed-rank tests of", FamilySize(), analysis.Alpha)
	line("  a difference, and once more for the equivalence tests (two one-sided t-tests against the smallest effect of interest).")
	line("- Verdicts. An *effect* is a corrected p below alpha and a median difference of at least the smallest effect: the claim")
	line("  *replicates* if the sign is the one it states, and is *reversed* otherwise. Without an effect it is *equivalent* where the")
	line("  corrected equivalence test is below alpha, else *inconclusive*. Where the claim is that nothing differs, equivalence")
	line("  replicates it. With fewer than %d pairs it is *not tested at this scale*.", analysis.MinPairs)
	line("- In such a family an effect needs at least %d pairs, even if all agree: with fewer, equivalence is all that can be", analysis.PairsNeeded(FamilySize()))
	line("  found. That is why the profile `wide` exists, with the sizes of `quick` and more seeds.")
	line("- Intervals (BCa bootstrap over seeds, 95%%) are shown beside every verdict and are not corrected.")
	line("- A run that diverged counts with the accuracy that it is left with; a loss that is no number, or above %d, counts as %d.", worstLoss, worstLoss)
	line("- Simulated families of %d tests: without a difference at most 5%% have a false verdict of an effect; a gain of one point in", FamilySize())
	line("  one of them, with a noise of 0.4 points in each arm and a tenth of the runs dead, is found by %d pairs in %.0f%% of studies,", power[0].pairs, 100*power[0].share)
	line("  by %d in %.0f%%, by %d in %.0f%%. So much noise have the runs of the reading `paper, linear outputs`; in those of `paper`", power[1].pairs, 100*power[1].share, power[2].pairs, 100*power[2].share)
	line("  and `released` it is several points and more, and only far larger gains are found in them.\n")
	line("## What was written down after the runs\n")
	line("These sentences came after the large runs. They say what the code does, and change no endpoint, no smallest effect, no test")
	line("and no seed. The power above is of this time too: what stood here before was that of families of 20 tests.\n")
	line("- A family is all claims in all readings of *one store at one profile*. Holm's correction is for each profile by itself, and")
	line("  the committed results and what a reader computes are two stores. Claims with fewer than %d pairs do not count in it.", analysis.MinPairs)
	line("- The verdict that stands first for a claim is that of one profile: the largest, in the order quick, wide, cpu, paper, at")
	line("  which some reading has enough pairs for an effect to be found in its family; where none has, the largest with %d pairs;", analysis.MinPairs)
	line("  where none has that, the largest with any. It hangs on numbers of pairs only, not on what was found.")
	line("- Over readings a claim *replicates* where at least one reading replicates it and none is reversed or equivalent; it *does not*")
	line("  where one is reversed or equivalent and none replicates it; it is *mixed* where readings contradict each other. Inconclusive")
	line("  and untested readings speak neither for nor against it, and are named beside the verdict.")
	line("- The readings. `paper`: Algorithm 1 as it is written, with ReLU on the last layer too. `paper, linear outputs`: the same")
	line("  without it on the last layer, where no output can die. `released`: what the authors' released code computes. `released, 10%%")
	line("  labels`: that, on a tenth of the labels for one epoch, as their Figure 2 was drawn. `paper, weights kept`: `paper` on other")
	line("  seeds, with all weights stored, so that the rule can be compared with what matters to the loss. `tuned`: both arms as the")
	line("  same budget of tuning left them; that question is ours, and no sentence of the paper.")
	line("- `released` at the profiles quick and wide is not trained as the authors did: each run is one training over several epochs,")
	line("  measured along the way (`curve=one_run`), with the sizes of the profile, where the authors train anew for every point of")
	line("  the curve and for one epoch at most (`curve=separate`). The profile paper has that, for Figure 1, left.")
	line("- A rule that diverged speaks for no claim: it counts as a share or slope of 0 (of 1 for little-of-vi-wij), before a threshold is subtracted. Some")
	line("  endpoints put 0 in place of the difference before; no rule of the committed results diverged, so none of their numbers changed.\n")
	line("## Seeds and sizes\n")
	line("Profiles: quick shows the effects; wide is quick with more seeds, of which the first are quick's; cpu has the paper's sizes")
	line("for as many epochs as a machine without accelerator has time for; paper has the paper's sizes and epochs (`long` a smaller")
	line("learner). Seeds are computed in order, so a sweep that has not come to its end has the first of them; a seed counts in a")
	line("reading once all of its runs there are in the store.\n")
	line("| experiment | profile | reading | seeds | runs |\n|---|---|---|---|---|")
	for _, name := range experiment.Names() {
		e, err := experiment.Find(name)
		if err != nil {
			return "", err
		}
		if e.Choose != nil {
			line("| %s | all | decided by %s, on seeds that it has not seen | | |", e.Name, e.After)
			continue
		}
		for _, profile := range experiment.Profiles[1:] {
			for _, g := range e.Grids[profile] {
				line("| %s | %s | %s | %d to %d | %d |", e.Name, profile, g.Reading, g.FirstSeed, g.FirstSeed+g.Seeds-1,
					g.Seeds*len(g.Arms)*max(1, len(g.Values)))
			}
		}
	}
	line("\n## Claims\n")
	line("| claim | the paper | endpoint | says | smallest effect | experiment | readings |\n|---|---|---|---|---|---|---|")
	for _, c := range All {
		line("| %s | %s (%s) | %s | %s | %g %s | %s | %s |", c.ID, c.Sentence, c.Where, c.Endpoint, c.Direction, c.Smallest, c.Unit,
			c.Experiment, strings.Join(c.Readings, "; "))
	}
	return b.String(), nil
}
