package claims

import (
	"fmt"
	"strings"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

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
	line("- All claims in all readings are one family. Holm's correction over the family, alpha = %g, for the signed-rank tests of", analysis.Alpha)
	line("  a difference, and once more for the equivalence tests (two one-sided t-tests against the smallest effect of interest).")
	line("- Verdicts. An *effect* is a corrected p below alpha and a median difference of at least the smallest effect: the claim")
	line("  *replicates* if the sign is the one it states, and is *reversed* otherwise. Without an effect it is *equivalent* where the")
	line("  corrected equivalence test is below alpha, else *inconclusive*. Where the claim is that nothing differs, equivalence")
	line("  replicates it. With fewer than %d pairs it is *not tested at this scale*.", analysis.MinPairs)
	line("- In a family of 60 tests an effect needs at least %d pairs, even if all agree: with fewer, equivalence is all that can be", analysis.PairsNeeded(60))
	line("  found. That is why the profile `wide` exists, with the sizes of `quick` and more seeds.")
	line("- Intervals (BCa bootstrap over seeds, 95%%) are shown beside every verdict and are not corrected.")
	line("- A run that diverged counts with the accuracy that it is left with; a loss that is no number, or above %d, counts as %d.", worstLoss, worstLoss)
	line("- Simulated families of 20 claims: without a difference at most 5%% have a false verdict of an effect; a gain of one point")
	line("  with a noise of 0.4 points in each arm and a tenth of the runs dead is found by 30 pairs in 60%% or more of studies, by 50")
	line("  in 90%% or more.\n")
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
