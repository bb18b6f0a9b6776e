package report

import (
	"fmt"
	"strings"

	"github.com/hatlab/hatlab/hatlib/analysis"
)

// The verdicts on a claim over its readings.
const (
	Replicates   = "replicates"
	DoesNot      = "does not replicate"
	Mixed        = "mixed"
	Inconclusive = "inconclusive"
	NotTested    = "not tested at this scale"
)

// Overall is the verdict on a claim over its readings:
//
//	replicates           in at least one, and none speaks against it
//	does not replicate   reversed, or too small to matter, in at least one, and it replicates in none
//	mixed                it replicates in one and is reversed or too small to matter in another
//	inconclusive         in every one that was tested
//	not tested           in any
//
// An inconclusive reading, or one without enough runs, says nothing for or against a claim, so it takes no verdict away that
// another reading gives. It is never hidden either: wherever the verdict stands, Detail stands beside it.
type Overall struct {
	Verdict string
	// Detail says what came in which reading: "in paper; inconclusive in released". It is empty where nothing was tested.
	Detail string
	// Everywhere says that every reading of the claim gave the same.
	Everywhere bool
}

// String is the verdict with its detail: "replicates (in paper; inconclusive in released)".
func (o Overall) String() string {
	if o.Detail == "" {
		return o.Verdict
	}
	return o.Verdict + " (" + o.Detail + ")"
}

func overall(rows []Row) Overall {
	by := map[analysis.Verdict][]string{}
	for _, r := range rows {
		by[r.Verdict] = append(by[r.Verdict], r.Reading)
	}
	found, refuted := len(by[analysis.Replicates]) > 0, len(by[analysis.Reversed])+len(by[analysis.Equivalent]) > 0
	o := Overall{Everywhere: len(by) == 1}
	switch {
	case found && refuted:
		o.Verdict = Mixed
	case found:
		o.Verdict = Replicates
	case refuted:
		o.Verdict = DoesNot
	case len(by[analysis.Inconclusive]) > 0:
		o.Verdict = Inconclusive
	default:
		return Overall{Verdict: NotTested, Everywhere: true}
	}
	var parts []string
	for _, v := range []analysis.Verdict{analysis.Replicates, analysis.Reversed, analysis.Equivalent, analysis.Inconclusive, analysis.NotTested} {
		readings := by[v]
		if len(readings) == 0 {
			continue
		}
		name := string(v) + " "
		switch {
		case string(v) == o.Verdict:
			name = "" // the verdict stands before the detail
		case v == analysis.NotTested:
			name = "not tested "
		}
		where := strings.Join(quoted(readings), ", ")
		if o.Everywhere && len(readings) > 1 {
			where = "every reading"
		}
		parts = append(parts, fmt.Sprintf("%sin %s", name, where))
	}
	o.Detail = strings.Join(parts, "; ")
	return o
}

// quoted puts names that hold a comma between quotation marks.
func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		if out[i] = n; strings.Contains(n, ",") {
			out[i] = "\u201c" + n + "\u201d"
		}
	}
	return out
}
