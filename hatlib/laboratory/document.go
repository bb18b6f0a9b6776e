package laboratory

import (
	"strings"

	"github.com/hatlab/hatlab/hatlib/metalearning"
	"github.com/hatlab/hatlab/hatlib/rules"
	"github.com/hatlab/hatlab/hatlib/twophase"
)

//go:generate go test -run TestDocument -update

// Document returns one page of Markdown with every family: the pages of their catalogues, one level deeper, behind a
// table of contents. METHODS.md is this text; `go test ./hatlib/laboratory -run TestDocument -update` writes it again.
func Document() string {
	var b, contents strings.Builder
	for _, page := range []string{rules.Document(), twophase.Document(), metalearning.Document()} {
		b.WriteString("\n")
		for line := range strings.Lines(page) {
			title, ok := strings.CutPrefix(line, "# ")
			if ok {
				title = strings.TrimSpace(title)
				contents.WriteString("- [" + title + "](#" + anchor(title) + ")\n")
			}
			if strings.HasPrefix(line, "#") {
				line = "#" + line
			}
			b.WriteString(line)
		}
	}
	return "# The rule laboratory\n\nThis page is written by `laboratory.Document` from the catalogues of its families; change it there. " +
		"How they compare on one learner is in [TABLE.md](TABLE.md) for the embedded digits and in [TABLE_fashion_mnist.md](TABLE_fashion_mnist.md).\n\n" + contents.String() + b.String()
}

// anchor is the name by which a heading can be linked to.
func anchor(title string) string { return strings.ReplaceAll(strings.ToLower(title), " ", "-") }
