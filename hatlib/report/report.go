package report

import (
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
	here, err := Judge(store, o, false)
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
type Counts map[string]int

// Tested is the number of claims that were.
func (c Counts) Tested() int {
	n := 0
	for verdict, k := range c {
		if verdict != NotTested {
			n += k
		}
	}
	return n
}

// String names every verdict that came: "3 replicates, 1 mixed".
func (c Counts) String() string {
	var parts []string
	for _, v := range []string{Replicates, DoesNot, Mixed, Inconclusive, NotTested} {
		if c[v] > 0 {
			parts = append(parts, itoa(c[v])+" "+v)
		}
	}
	return strings.Join(parts, ", ")
}

// Count counts the verdicts of the entries, here and on the committed results.
func (r *Report) Count() (here, committed Counts) {
	here, committed = Counts{}, Counts{}
	for _, e := range r.Entries {
		here[e.Here.Verdict]++
		committed[e.Committed.Verdict]++
	}
	return here, committed
}

// Sources are all of them: here, then the committed ones from large to small.
func (r *Report) Sources() []Source {
	sources := []Source{r.Here}
	for i := len(r.Committed) - 1; i >= 0; i-- {
		sources = append(sources, r.Committed[i])
	}
	return sources
}
