package report

import (
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/hatlab/hatlab/hatlib/analysis"
)

func itoa(n int) string { return strconv.Itoa(n) }

// missing stands for a number that there is none of.
const missing = "\u2013"

// number has three digits.
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return missing
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', 3, 64), "-", "\u2212", 1)
}

func intervalText(i analysis.Interval) string {
	switch {
	case math.IsNaN(i.Estimate):
		return missing
	case math.IsNaN(i.Lo) || math.IsNaN(i.Hi):
		return number(i.Estimate)
	}
	return fmt.Sprintf("%s [%s, %s]", number(i.Estimate), number(i.Lo), number(i.Hi))
}

func pText(p float64) string {
	switch {
	case math.IsNaN(p):
		return missing
	case p < 0.001:
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

func quartilesText(a Arm) string {
	return fmt.Sprintf("%s, %s, %s", number(a.Q1), number(a.Median), number(a.Q3))
}

// Text is the summary for a terminal.
func (r *Report) Text() string {
	var b strings.Builder
	for _, e := range r.Entries {
		from := "nothing committed"
		if e.From != nil {
			from = fmt.Sprintf("committed (%s): %s", e.From.Profile, e.Committed)
		}
		fmt.Fprintf(&b, "%2d. %s\n    %s; here (%s): %s\n", e.Number, e.Claim.Sentence, from, r.Here.Profile, e.Here)
	}
	return strings.TrimRight(b.String(), "\n")
}

// CSV is every row of every source: one line for each source, claim and reading.
func (r *Report) CSV() ([]byte, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	lines := [][]string{strings.Fields(`committed profile claim reading verdict unit direction smallest n above below
		median median_lo median_hi mean mean_lo mean_hi difference_of_medians difference_of_medians_lo difference_of_medians_hi
		control_q1 control_median control_q3 treated_q1 treated_median treated_q3
		control_iqm control_iqm_lo control_iqm_hi treated_iqm treated_iqm_lo treated_iqm_hi
		p_wilcoxon p_sign p_corrected p_equivalent p_equivalent_corrected command`)}
	for _, s := range r.Sources() {
		for _, row := range s.Rows {
			line := []string{strconv.FormatBool(s.Committed), s.Profile, row.Claim.ID, row.Reading, string(row.Verdict), row.Claim.Unit,
				row.Claim.Direction.String(), full(row.Claim.Smallest), itoa(len(row.Differences)), itoa(row.Above), itoa(row.Below)}
			for _, i := range []analysis.Interval{row.Median, row.Mean, row.DifferenceOfMedians} {
				line = append(line, full(i.Estimate), full(i.Lo), full(i.Hi))
			}
			for _, a := range []Arm{row.Control, row.Treated} {
				line = append(line, full(a.Q1), full(a.Median), full(a.Q3))
			}
			for _, i := range []analysis.Interval{row.Control.InterquartileMean, row.Treated.InterquartileMean} {
				line = append(line, full(i.Estimate), full(i.Lo), full(i.Hi))
			}
			for _, p := range []float64{row.P, row.Sign, row.Corrected, row.PEquivalent, row.CorrectedEquivalent} {
				line = append(line, full(p))
			}
			lines = append(lines, append(line, row.Command))
		}
	}
	if err := w.WriteAll(lines); err != nil {
		return nil, fmt.Errorf("writing the report as CSV: %w", err)
	}
	return []byte(b.String()), nil
}

// full has all digits; nothing stands for no number.
func full(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
