package laboratory

import (
	"os"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib/internal/documenttest"
	"github.com/hatlab/hatlab/hatlib/metalearning"
	"github.com/hatlab/hatlab/hatlib/rules"
	"github.com/hatlab/hatlab/hatlib/twophase"
)

// TestDocument: METHODS.md is what the catalogues say, and has every family.
func TestDocument(t *testing.T) {
	documenttest.Same(t, "METHODS.md", Document())
	var names []string
	names = append(append(names, rules.Names()...), twophase.Names()...)
	for _, e := range metalearning.All() {
		names = append(names, e.Name)
	}
	for _, n := range names {
		if !strings.Contains(Document(), "\n### "+n+"\n") {
			t.Errorf("no section about %s", n)
		}
	}
}

// TestKeptTables: each kept table has a line for every method, in the part where it belongs, with an accuracy and a gain,
// or the reason why there is none. Its numbers are those of the command that it names; only their form is held here.
func TestKeptTables(t *testing.T) {
	for _, file := range []string{"TABLE.md", "TABLE_fashion_mnist.md"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(text), "\n## ")
		if len(parts) != len(partTexts)+1 || !strings.Contains(parts[0], "`go run ./scripts/hatlab laboratory ") {
			t.Fatalf("%s: %d parts, want %d, and the command that made them", file, len(parts)-1, len(partTexts))
		}
		lines := 0
		for i, p := range partTexts {
			lines += strings.Count(parts[i+1], "\n| `")
			if !strings.HasPrefix(parts[i+1], p.title+"\n\n"+p.text) {
				t.Errorf("%s, %s: the text is not that of the code", file, p.part)
			}
			for _, m := range Methods() {
				if m.Part == p.part {
					checkLine(t, file, parts[i+1], m)
				}
			}
		}
		if lines != len(Methods()) {
			t.Errorf("%s: %d lines for %d methods", file, lines, len(Methods()))
		}
	}
}

// checkLine holds the line of a method in a part of a kept table to its form.
func checkLine(t *testing.T, file, part string, m Method) {
	t.Helper()
	_, line, found := strings.Cut(part, "\n| `"+m.Name+"` | "+m.Locality+" | ")
	line, _, _ = strings.Cut(line, "\n")
	cells := strings.Split(strings.TrimSuffix(line, " |"), " | ")
	if !found || len(cells) != 3 {
		t.Errorf("%s, %s: no line for %s with %s", file, m.Part, m.Name, m.Locality)
		return
	}
	failed := strings.HasPrefix(cells[1], "cannot run: ") || strings.HasPrefix(cells[1], "diverges")
	if !failed && (!strings.HasPrefix(cells[1], "0.") || (m.Control == "") != (cells[2] == "")) {
		t.Errorf("%s, %s, %s: %q is not an accuracy and a gain", file, m.Part, m.Name, line)
	}
}
