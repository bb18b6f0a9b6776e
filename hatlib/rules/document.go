package rules

import (
	"fmt"
	"strings"
)

//go:generate go test -run TestDocument -update

// Document returns the catalogue as a page of Markdown: one table, then a section for each rule with its formula, what
// it may see, its parameters, its citation and the test that holds it to its theory. RULES.md is this text;
// `go test ./hatlib/rules -run TestDocument -update` writes it again.
func Document() string {
	var b strings.Builder
	b.WriteString("# Local learning rules\n\n")
	b.WriteString("This page is written by `rules.Document` from the catalogue in `all.go`; change it there.\n\n")
	b.WriteString("A connection has an input activity $v_i$, a weight $w_{ij}$ and an output activity $v_j$; $W$ is [out, in] and an update is the mean over the batch.\n")
	b.WriteString("Locality *pair*: the rule is a function of $(v_i, w_{ij}, v_j)$ alone, as the paper defines a local rule, so the meta-learner $M$ could express it. ")
	b.WriteString("Locality *layer*: it needs more, and no $M(v_i, w_{ij}, v_j)$ can express it.\n\n")
	b.WriteString("| rule | $\\Delta w$ | locality | proven by |\n|---|---|---|---|\n")
	for _, e := range All() {
		fmt.Fprintf(&b, "| [`%s`](#%s) | $%s$ | %s | `%s` |\n", e.Name, e.Name, strings.ReplaceAll(e.Formula, "|", `\vert`), e.Locality, e.Test)
	}
	for _, e := range All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.\n\n$$%s$$\n\n", e.Name, e.Title, e.Formula)
		fmt.Fprintf(&b, "- Locality: %s. It sees %s.\n", e.Locality, e.Sees)
		fmt.Fprintf(&b, "- Parameters: %s.\n", parameterText(e))
		fmt.Fprintf(&b, "- By itself on a layer: input %s, rate %g on the embedded digits.\n", e.Layer.Input, e.Layer.Rate)
		fmt.Fprintf(&b, "- Theory, `%s`: %s.\n", e.Test, e.Theory)
		fmt.Fprintf(&b, "- Reference: %s.\n", e.Citation)
	}
	return b.String()
}

// parameterText lists a rule's parameters; the coefficients of the polynomial would fill the page and are named by
// their pattern.
func parameterText(e Entry) string {
	if len(e.Parameters) == 0 {
		return "none"
	}
	var parts, coefficients []string
	for _, p := range e.Parameters {
		if p.Doc == "" {
			if p.Default != 0 {
				coefficients = append(coefficients, fmt.Sprintf("`%s` = %g", p.Name, p.Default))
			}
			continue
		}
		parts = append(parts, fmt.Sprintf("`%s` = %g (%s)", p.Name, p.Default, p.Doc))
	}
	if coefficients != nil {
		parts = append(parts, fmt.Sprintf("`abc` for powers a, b, c of $v_i$, $w_{ij}$, $v_j$, all 0 except %s", strings.Join(coefficients, " and ")))
	}
	return strings.Join(parts, "; ")
}
