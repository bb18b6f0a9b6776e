package report

import (
	"fmt"
	"strings"
)

// headlines are the claims that the README shows: one for each thing that the paper is about.
var headlines = []string{"higher-median", "above-a-fifth", "stable", "asymptote", "linear-in-vj", "rich-get-richer", "best-against-best"}

// The lines of the README between which its verdicts stand.
const (
	readmeStart = "<!-- hatlib/report writes what follows -->\n"
	readmeEnd   = "<!-- to here, from the committed results -->"
)

// IntoREADME puts the verdicts of the committed results on some of the paper's sentences between their marks in the text of
// the README. It fails where a mark is missing.
func (r *Report) IntoREADME(text string) (string, error) {
	before, rest, begins := strings.Cut(text, readmeStart)
	_, after, ends := strings.Cut(rest, readmeEnd)
	if !begins || !ends {
		return "", fmt.Errorf("the README has no place for the verdicts: want the lines %q and %q", strings.TrimSpace(readmeStart), readmeEnd)
	}
	return before + readmeStart + r.headlines() + readmeEnd + after, nil
}

func (r *Report) headlines() string {
	var b strings.Builder
	_, count := r.Count()
	fmt.Fprintf(&b, "Of %d sentences of the paper: %s. Some of them, with the median over pairs of runs and its 95%% interval:\n\n", count.Claims, count)
	b.WriteString("| sentence | verdict | by reading of the paper |\n|---|---|---|\n")
	for _, id := range headlines {
		for _, e := range r.Entries {
			if e.Claim.ID != id || e.From == nil {
				continue
			}
			var readings []string
			for _, row := range e.From.Of(id) {
				if len(row.Differences) > 0 {
					readings = append(readings, fmt.Sprintf("%s: %s, %s %s, n = %d", row.Reading, row.Verdict, intervalText(row.Median), row.Claim.Unit, len(row.Differences)))
				}
			}
			fmt.Fprintf(&b, "| %s<br>measured: %s; %s | **%s** | %s |\n", e.Claim.Sentence, e.Claim.Endpoint, e.From.Scale(e.Claim), e.Committed.Verdict, strings.Join(readings, "<br>"))
		}
	}
	return b.String()
}
