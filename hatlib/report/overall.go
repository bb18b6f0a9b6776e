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

// Overall is the verdict on a claim over its readings that were tested:
//
//	replicates           in every one
//	does not replicate   reversed, or too small to matter, in every one
//	inconclusive         in every one
//	mixed                anything else: Detail says which reading gave what
//
// It is not tested where no reading was.
type Overall struct {
	Verdict string
	// Detail names the readings by verdict; those without enough runs come last.
	Detail string
}

func overall(rows []Row) Overall {
	by := map[analysis.Verdict][]string{}
	for _, r := range rows {
		by[r.Verdict] = append(by[r.Verdict], r.Reading)
	}
	tested := len(rows) - len(by[analysis.NotTested])
	refuted := len(by[analysis.Reversed]) + len(by[analysis.Equivalent])
	o := Overall{Verdict: Mixed}
	switch tested {
	case 0:
		o.Verdict = NotTested
	case len(by[analysis.Replicates]):
		o.Verdict = Replicates
	case refuted:
		o.Verdict = DoesNot
	case len(by[analysis.Inconclusive]):
		o.Verdict = Inconclusive
	}
	var parts []string
	for _, v := range []analysis.Verdict{analysis.Replicates, analysis.Reversed, analysis.Equivalent, analysis.Inconclusive, analysis.NotTested} {
		if readings := by[v]; len(readings) > 0 {
			name := string(v)
			if v == analysis.NotTested {
				name = "not tested"
			}
			parts = append(parts, fmt.Sprintf("%s: %s", name, strings.Join(quoted(readings), ", ")))
		}
	}
	if tested > 0 {
		o.Detail = strings.Join(parts, "; ")
	}
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
