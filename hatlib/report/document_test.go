package report

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib/internal/documenttest"
)

// TestDocument: VERDICTS.md and the verdicts of the README are what the committed runs say.
func TestDocument(t *testing.T) {
	r, err := OfCommitted()
	if err != nil {
		t.Fatal(err)
	}
	documenttest.Same(t, "../../notebooks/results/VERDICTS.md", r.Document())
	const page = "../../README.md"
	kept, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	want, err := r.IntoREADME(string(kept))
	if err != nil {
		t.Fatal(err)
	}
	documenttest.Same(t, page, want)
	if _, err := r.IntoREADME("no place"); err == nil {
		t.Error("a README without a place for the verdicts got them")
	}
}

// TestDocumentOfPlanted: every claim has its rows, with what was planted, and those without runs say so.
func TestDocumentOfPlanted(t *testing.T) {
	text := assemble(Source{}, []Source{simulated("wide", true, 30, stated)}).Document()
	if got := strings.Count(text, "**"+Replicates+"**"); got < 20 {
		t.Errorf("%d claims replicate of the 20 and more planted:\n%s", got, text)
	}
	bar := regexp.MustCompile(`(^|[^\\])\|`)
	for _, line := range strings.Split(text, "\n") {
		if n := len(bar.FindAllString(line, -1)); strings.HasPrefix(line, "|") && n != 10 {
			t.Errorf("%d bars, want 10 for 9 columns: %s", n, line)
		}
	}
	for _, e := range assemble(Source{}, nil).Entries {
		for _, want := range []string{fmt.Sprintf("[notebook](../%s.ipynb), [commands](#commands-%d)", e.Claim.Notebook, e.Number),
			fmt.Sprintf(`<a id="commands-%d"></a>`, e.Number), "report --claim " + e.Claim.ID + " --profile wide --out notebooks/results\n",
			"sweep " + e.Claim.Experiment + " --out out/store\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q", e.Claim.ID, want)
			}
		}
	}
	if text := assemble(Source{}, nil).Document(); strings.Count(text, "nothing committed") != len(assemble(Source{}, nil).Entries) {
		t.Errorf("without runs:\n%s", text)
	}
}
