package twophase

import (
	"fmt"
	"strings"
)

//go:generate go test -run TestDocument -update

// Document returns the catalogue as a page of Markdown: one table, then a section for each method with its formula,
// what it may see, its parameters, its citation and the test that holds it to its theory. METHODS.md is this text;
// `go test ./hatlib/twophase -run TestDocument -update` writes it again.
func Document() string {
	var b strings.Builder
	b.WriteString("# Two-phase methods\n\n")
	b.WriteString("This page is written by `twophase.Document` from `catalogue.go`; change it there.\n\n")
	b.WriteString("A network has an input $x = s_0$, layers $s_1$ to $s_L$ with weights $W_k$ [n_k, n_k-1] and biases $b_k$, and an answer $d$; its cost is $C = \\frac12 |s_L - d|^2$. ")
	b.WriteString("It relaxes twice, free and drawn to the answer, and an update is the mean over the batch of a difference of correlations; biases learn alike, with 1 for the activity below.\n")
	b.WriteString("Locality *two phases*: a connection sees its own two activities, but in both relaxations, so no $M(v_i, w_{ij}, v_j)$ of one forward pass can express it.\n\n")
	b.WriteString("| method | $\\Delta W_k$ | locality | proven by |\n|---|---|---|---|\n")
	for _, e := range All() {
		fmt.Fprintf(&b, "| [`%s`](#%s) | $%s$ | %s | `%s` |\n", e.Name, e.Name, e.Formula, e.Locality, e.Test)
	}
	for _, e := range All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n$$%s$$\n\n$$%s$$\n\n", e.Name, e.Title, e.Relaxation, e.Formula)
		fmt.Fprintf(&b, "- Locality: %s. It sees %s.\n", e.Locality, e.Sees)
		var parameters []string
		for _, p := range e.Parameters {
			parameters = append(parameters, fmt.Sprintf("`%s` = %g (%s)", p.Name, p.Default, p.Doc))
		}
		fmt.Fprintf(&b, "- Parameters: %s.\n", strings.Join(parameters, "; "))
		fmt.Fprintf(&b, "- By itself on the embedded digits: hidden layers %v, batch %d, %d epochs, rate %g: more than %g of the test set, which `TestTrain` checks.\n",
			e.Training.Hidden, e.Training.Batch, e.Training.Epochs, e.Training.Rate, e.Digits)
		fmt.Fprintf(&b, "- Theory, `%s`: %s.\n", e.Test, e.Theory)
		fmt.Fprintf(&b, "- Reference: %s.\n", e.Citation)
	}
	return b.String()
}
