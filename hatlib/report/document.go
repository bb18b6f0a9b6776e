package report

import (
	"fmt"
	"strings"

	"github.com/hatlab/hatlab/hatlib/analysis"
)

// Document is the verdicts on the committed results as one Markdown page, notebooks/results/VERDICTS.md: for who reads the
// repository without running anything. It fails where a committed file is damaged.
func Document() (string, error) {
	kept, err := committed()
	if err != nil {
		return "", err
	}
	return assemble(Source{}, kept).document(), nil
}

func (r *Report) document() string {
	var b strings.Builder
	_, count := r.Count()
	runs, diverged := r.Diverged()
	fmt.Fprintf(&b, `# Verdicts on the committed results

Written from the runs of this folder by package hatlib/report; a test keeps both together. Of %d sentences of the paper: %s. %d runs, of which %d diverged.

Each row is a sentence in one reading of the paper, with the median over pairs of runs (or over runs), its 95%% interval, which is not corrected, and two p,
corrected for all sentences and readings of its profile: of the signed-rank test for a difference, and of the test for equivalence, that what is left does not count. What the readings, endpoints and verdicts are says the
[protocol](../../hatlib/analysis/claims/PROTOCOL.md); curves, effects on every profile and commands are in the
[replication report](../10_replication_report.ipynb), which judges your own runs beside these. A median difference is of HAT minus control where there are two arms.

| | sentence of the paper | reading | verdict | median [95%% interval] | n | p | p equivalent |
|---|---|---|---|---|---|---|---|
`, len(r.Entries), count, runs, diverged)
	for _, e := range r.Entries {
		// A bar would end the cell.
		cell := strings.NewReplacer("|", `\|`).Replace
		head := fmt.Sprintf("%d | %s (%s) **%s**", e.Number, cell(e.Claim.Sentence), cell(e.Claim.Where), e.Committed.Verdict)
		if e.From == nil {
			fmt.Fprintf(&b, "| %s | | nothing committed | | | | |\n", head)
			continue
		}
		head += fmt.Sprintf(" (profile `%s`; %s, counts from %s %s)", e.From.Profile, cell(e.Claim.Endpoint), number(e.Claim.Smallest), e.Claim.Unit)
		for _, row := range e.From.Of(e.Claim.ID) {
			effect, p, equivalent := missing, missing, missing
			if len(row.Differences) > 0 {
				effect = intervalText(row.Median) + " " + row.Claim.Unit
			}
			if row.Verdict != analysis.NotTested {
				p, equivalent = pText(row.Corrected), pText(row.CorrectedEquivalent)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %d | %s | %s |\n", head, row.Reading, row.Verdict, effect, len(row.Differences), p, equivalent)
			head = " | "
		}
	}
	return b.String()
}
