package claims

import (
	"fmt"
	"math"
	"slices"
)

// OfNotebook are the outcomes of the claims whose figure a notebook shows.
func OfNotebook(outcomes []Outcome, notebook string) []Outcome {
	return slices.DeleteFunc(slices.Clone(outcomes), func(o Outcome) bool { return o.Claim.Notebook != notebook })
}

// Table is outcomes as rows for a notebook, one for each reading that has runs. A claim without any has one row that says
// so. Intervals are of the median paired difference, 95%, not corrected; p is corrected over the family.
func Table(outcomes []Outcome) (header []string, rows [][]string) {
	header = []string{"the paper", "measured", "reading", "n", "above 0", "median difference", "p", "verdict"}
	tested := map[string]bool{}
	for _, o := range outcomes {
		tested[o.Claim.ID] = tested[o.Claim.ID] || len(o.Differences) > 0
	}
	named := map[string]bool{}
	for _, o := range outcomes {
		n := len(o.Differences)
		if n == 0 && (tested[o.Claim.ID] || named[o.Claim.ID]) {
			continue
		}
		row := []string{o.Claim.Sentence, o.Claim.Endpoint, o.Reading, fmt.Sprint(n), fmt.Sprintf("%d of %d", o.Above, n),
			o.Median.Text("%+.2f") + " " + o.Claim.Unit, "-", string(o.Verdict)}
		if !math.IsNaN(o.Corrected) {
			row[6] = fmt.Sprintf("%.2g", o.Corrected)
		}
		if n == 0 {
			row[2], row[4], row[5], row[7] = "-", "-", "-", fmt.Sprintf("%s: no runs of %s", o.Verdict, o.Claim.Experiment)
		}
		if named[o.Claim.ID] {
			row[0], row[1] = "", ""
		}
		named[o.Claim.ID] = true
		rows = append(rows, row)
	}
	return header, rows
}
