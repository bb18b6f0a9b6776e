package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/analysis/claims"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Report is all sources with an entry for each claim.
type Report struct {
	// Here are the runs that were computed here.
	Here Source
	// Committed are the results that come with the repository, by profile, small to large; it may be empty.
	Committed []Source
	// Entries are in the order of the paper.
	Entries []Entry
}

// Entry is a claim with its verdicts.
type Entry struct {
	Number int
	Claim  claims.Claim
	Here   Overall
	// Committed is the verdict of the largest profile at which an effect could be found (in some reading there are as many
	// pairs as the family needs), else of the largest at which the claim is tested, else of the largest with runs. From is
	// nil where nothing is committed on it.
	Committed Overall
	From      *Source
}

// Read judges the runs of a store, and the committed ones.
func Read(store *experiment.Store, o experiment.Options) (*Report, error) {
	here, err := Judge(store, o)
	if err != nil {
		return nil, err
	}
	kept, err := committed()
	if err != nil {
		return nil, err
	}
	return assemble(here, kept), nil
}

func assemble(here Source, kept []Source) *Report {
	r := &Report{Here: here, Committed: kept}
	for i, c := range claims.All {
		e := Entry{Number: i + 1, Claim: c, Here: overall(here.Of(c.ID)), Committed: Overall{Verdict: NotTested}}
		best := 0
		for k := range kept {
			if strength := kept[k].strength(c.ID); strength > 0 && strength >= best {
				best, e.Committed, e.From = strength, overall(kept[k].Of(c.ID)), &kept[k]
			}
		}
		r.Entries = append(r.Entries, e)
	}
	return r
}

// strength of a source on a claim: 0 without a number, 1 with too few pairs for a test, 2 with enough for one, 3 with
// enough for an effect to be found. It does not depend on what was found.
func (s Source) strength(claim string) int {
	most := 0
	for _, r := range s.Of(claim) {
		most = max(most, len(r.Differences))
	}
	switch {
	case most == 0:
		return 0
	case most < analysis.MinPairs:
		return 1
	case most < s.PairsNeeded():
		return 2
	}
	return 3
}

// Counts are the numbers of claims by verdict.
type Counts struct {
	// Claims is how many there are, By how many of them have each verdict, Everywhere how many of these in every reading.
	Claims         int
	By, Everywhere map[string]int
}

// Tested is the number of claims that were.
func (c Counts) Tested() int { return c.Claims - c.By[NotTested] }

// String names every verdict that came: "3 replicate (1 of them in every reading), 1 does not replicate (not in every
// reading), 1 is mixed".
func (c Counts) String() string {
	var parts []string
	for _, v := range []struct{ name, one, many string }{{Replicates, "replicates", "replicate"}, {DoesNot, "does not replicate", "do not replicate"},
		{Mixed, "is mixed", "are mixed"}, {Inconclusive, "is inconclusive", "are inconclusive"}, {NotTested, "is " + NotTested, "are " + NotTested}} {
		n := c.By[v.name]
		if n == 0 {
			continue
		}
		text := itoa(n) + " " + v.many
		if n == 1 {
			text = "1 " + v.one
		}
		if v.name == Replicates || v.name == DoesNot {
			switch everywhere := c.Everywhere[v.name]; {
			case everywhere == n:
				text += " (in every reading)"
			case n == 1:
				text += " (not in every reading)"
			case everywhere == 0:
				text += " (none of them in every reading)"
			default:
				text += fmt.Sprintf(" (%d of them in every reading)", everywhere)
			}
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func (c *Counts) add(o Overall) {
	if c.By == nil {
		c.By, c.Everywhere = map[string]int{}, map[string]int{}
	}
	c.Claims++
	c.By[o.Verdict]++
	if o.Everywhere {
		c.Everywhere[o.Verdict]++
	}
}

// Count counts the verdicts on the sentences of the paper, here and on the committed results.
func (r *Report) Count() (here, committed Counts) { return r.count(false) }

// CountOurs counts those on the questions that are ours.
func (r *Report) CountOurs() (here, committed Counts) { return r.count(true) }

func (r *Report) count(ours bool) (here, committed Counts) {
	for _, e := range r.Entries {
		if e.Claim.Ours == ours {
			here.add(e.Here)
			committed.add(e.Committed)
		}
	}
	return here, committed
}

// Diverged counts the runs behind the report, each once, and those of them that diverged.
func (r *Report) Diverged() (runs, diverged int) {
	var t tally
	for _, s := range r.Sources() {
		for _, c := range s.Covered {
			t.add(c.Found.Runs)
		}
	}
	return t.runs, t.diverged
}

// judged is Diverged for the runs that the committed verdicts come from: of each claim's profile, whole seeds, and its
// readings.
func (r *Report) judged() (runs, diverged int) {
	var t tally
	for _, e := range r.Entries {
		t.add(e.From.runs(e.Claim))
	}
	return t.runs, t.diverged
}

// tally counts runs, each once.
type tally struct {
	seen           map[string]bool
	runs, diverged int
}

func (t *tally) add(runs []experiment.Run) {
	if t.seen == nil {
		t.seen = map[string]bool{}
	}
	for _, run := range runs {
		if t.seen[run.Manifest.ID] {
			continue
		}
		t.seen[run.Manifest.ID] = true
		if t.runs++; run.Result.Diverged() {
			t.diverged++
		}
	}
}

// runs are those that a claim is judged on: whole seeds of its readings.
func (s *Source) runs(c claims.Claim) []experiment.Run {
	if s == nil {
		return nil
	}
	var runs []experiment.Run
	for _, covered := range s.Covered {
		if covered.Experiment.Name != c.Experiment {
			continue
		}
		for _, run := range covered.Found.Complete() {
			if slices.Contains(c.Readings, run.Spec.Reading) {
				runs = append(runs, run)
			}
		}
	}
	return runs
}

// Scale says of what size the runs are that a claim is judged on, since a profile is a size of its own in each experiment:
// "fig1-epochs at profile wide: L 784-64-32-10, M 3-32-1, 8000 examples of fashion-mnist, 5 epochs".
func (s *Source) Scale(c claims.Claim) string {
	text := fmt.Sprintf("%s at profile %s", c.Experiment, s.Profile)
	if runs := s.runs(c); len(runs) > 0 {
		text += ": " + size(runs)
	}
	return text
}

// Measured is the number of rows with a number.
func (s Source) Measured() int {
	n := 0
	for _, r := range s.Rows {
		if len(r.Differences) > 0 {
			n++
		}
	}
	return n
}

// Sources are all of them: here, then the committed ones from large to small.
func (r *Report) Sources() []Source {
	sources := []Source{r.Here}
	for i := len(r.Committed) - 1; i >= 0; i-- {
		sources = append(sources, r.Committed[i])
	}
	return sources
}
