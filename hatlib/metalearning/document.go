package metalearning

import (
	"fmt"
	"strings"
)

//go:generate go test -run TestDocument -update

// Document returns the catalogue as a page of Markdown: one table, then a section for each method with its formula, what it sees, where it differs from its
// paper, its settings, what was measured, and its citation. METHODS.md is this text; `go test ./hatlib/metalearning -run TestDocument -update` writes it again.
func Document() string {
	var b strings.Builder
	b.WriteString("# Meta-learning relatives of HAT\n\n")
	b.WriteString("This page is written by `metalearning.Document` from the catalogue in `catalogue.go`; change it there.\n\n")
	b.WriteString("Section 1.2 of the paper names three methods in which one model learns how another one learns. Each is here in its essential form, trained from a seed; ")
	b.WriteString("the trained parameters are kept in the program, and `go test ./hatlib/metalearning -run 'TestRetrain$' -retrain=NAME -timeout 3h` trains them again.\n\n")
	b.WriteString("| method | sees | proven by |\n|---|---|---|\n")
	for _, e := range All() {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | `%s` |\n", e.Name, e.Name, e.Sees, e.Test)
	}
	for _, e := range All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n$$%s$$\n\n", e.Name, e.Title, e.Formula)
		fmt.Fprintf(&b, "- It sees %s.\n", e.Sees)
		fmt.Fprintf(&b, "- Where this is not the paper's form: %s.\n", e.Differs)
		var settings []string
		for _, s := range e.Parameters {
			settings = append(settings, fmt.Sprintf("`%s` = %g (%s)", s.Name, s.Value, s.Doc))
		}
		fmt.Fprintf(&b, "- Settings: %s.\n", strings.Join(settings, "; "))
		for _, name := range e.Runs {
			r, err := FindReference(name)
			if err != nil {
				panic(err) // TestCatalogue holds every name to be known
			}
			fmt.Fprintf(&b, "- Reference run `%s`: %s; %d numbers, %d meta-updates of %d, Adam at %g, seed %d.\n", name, r.What, r.Untrained().Size(), r.cfg.Steps, r.cfg.Batch, r.cfg.Rate, r.cfg.Seed)
		}
		fmt.Fprintf(&b, "- Claim, `%s`: %s.\n", e.Test, e.Theory)
		fmt.Fprintf(&b, "- Measured: %s.\n", e.Measured)
		fmt.Fprintf(&b, "- Reference: %s.\n", e.Citation)
	}
	return b.String()
}
