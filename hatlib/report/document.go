package report

import (
	"fmt"
	"strings"

	"github.com/hatlab/hatlab/hatlib/analysis"
)

// OfCommitted judges the committed results alone, with nothing computed here. It fails where a committed file is damaged.
func OfCommitted() (*Report, error) {
	kept, err := committed()
	if err != nil {
		return nil, err
	}
	return assemble(Source{}, kept), nil
}

// Document is the verdicts on the committed results as one Markdown page, notebooks/results/VERDICTS.md: for who reads the
// repository without running anything.
func (r *Report) Document() string {
	var b strings.Builder
	_, count := r.Count()
	_, ours := r.CountOurs()
	runs, diverged := r.judged()
	fmt.Fprintf(&b, `# Verdicts on the committed results

Written from the runs of this folder by package hatlib/report; a test keeps both together. Of %d sentences of the paper: %s.
Beside them %s of ours, which the paper does not answer: %s. The verdicts come from %d runs, of which %d diverged. The
folder holds others beside them: of other profiles, of seeds that are not complete yet, and of experiments on which no sentence is judged.

A sentence **replicates** where an effect of the size that counts is found in at least one reading and none speaks against it; it **does not replicate** where it is
reversed, or shown to be too small to count, in at least one and holds in none; it is **mixed** where it holds in one reading and is reversed or too small to count in another, and
**inconclusive** where no reading says anything. Brackets name the readings. What readings and endpoints are, and how verdicts are reached, is in the
[protocol](../../hatlib/analysis/claims/PROTOCOL.md).

Each row of the table is a sentence in one reading: the median over pairs of runs of HAT minus control, or over runs where no arms are compared, with its 95%% interval, which is
not corrected for the number of tests; the number of pairs or runs; p of the signed-rank test for a difference; and p of the test that any difference is too small to
count. Both p are corrected for all sentences in all readings at the same profile. A profile is a size of its own in each experiment, so the size stands beside it.

Every sentence has a link to the notebook that shows its figure, and one to the commands that judge its runs and compute them anew. All arms, curves and effects at every profile
are in the [replication report](../10_replication_report.ipynb), which judges your own runs beside these. Notebooks are committed without their outputs: run it in the lab, or by
`+"`scripts/reproduce --only 10`"+`.

| | sentence of the paper | reading | verdict | median [95%% interval] | n | p | p too small | how |
|---|---|---|---|---|---|---|---|---|
`, count.Claims, count, plural(ours.Claims, "question"), ours, runs, diverged)
	// A bar would end the cell.
	cell := strings.NewReplacer("|", `\|`).Replace
	for _, e := range r.Entries {
		head := fmt.Sprintf("%d | %s (%s) **%s**", e.Number, cell(e.Claim.Sentence), cell(e.Claim.Where), e.Committed.Verdict)
		how := fmt.Sprintf("[notebook](../%s.ipynb)", e.Claim.Notebook)
		if e.From == nil {
			fmt.Fprintf(&b, "| %s | | nothing committed | | | | | %s |\n", head, how)
			continue
		}
		how += fmt.Sprintf(", [commands](#commands-%d)", e.Number)
		if e.Committed.Detail != "" {
			head += fmt.Sprintf(" (%s)", cell(e.Committed.Detail))
		}
		head += fmt.Sprintf("<br>%s<br>measured: %s; counts from %s %s", cell(e.From.Scale(e.Claim)), cell(e.Claim.Endpoint), number(e.Claim.Smallest), e.Claim.Unit)
		for _, row := range e.From.Of(e.Claim.ID) {
			effect, p, equivalent := missing, missing, missing
			if len(row.Differences) > 0 {
				effect = intervalText(row.Median) + " " + row.Claim.Unit
			}
			if row.Verdict != analysis.NotTested {
				p, equivalent = pText(row.Corrected), pText(row.CorrectedEquivalent)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %d | %s | %s | %s |\n", head, row.Reading, row.Verdict, effect, len(row.Differences), p, equivalent, how)
			head, how = " | ", ""
		}
	}
	b.WriteString(r.howTo())
	return b.String()
}

// howTo lists, for every claim with committed runs, the command that judges them and the one that computes them anew.
func (r *Report) howTo() string {
	var b strings.Builder
	b.WriteString(`
## Commands

In the folder of the repository. The first line prints the verdict on the committed runs, in every reading; what follows computes those runs anew, in a store of their own, which
the first line can judge too (` + "`--out out/store`" + `). All sentences are corrected together, so p is only the same once the runs of all of them are there.
`)
	for _, e := range r.Entries {
		if e.From == nil {
			continue
		}
		fmt.Fprintf(&b, "\n<a id=\"commands-%d\"></a>%d. %s\n\n```sh\n%s\n%s\n```\n", e.Number, e.Number, e.Claim.Sentence,
			e.judge(*e.From, " --out notebooks/results"), strings.ReplaceAll(e.anew(), " && ", " &&\n  "))
	}
	return b.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
