package metalearning

import (
	"os"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib/internal/documenttest"
)

// TestDocument: METHODS.md is what the catalogue says.
func TestDocument(t *testing.T) { documenttest.Same(t, "METHODS.md", Document()) }

// TestCatalogue holds every entry to be complete, its test to exist, and every reference run to be named once and to have kept parameters.
func TestCatalogue(t *testing.T) {
	var tests strings.Builder
	for _, file := range []string{"learned_gradient_test.go", "search_test.go", "unsupervised_rule_test.go"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(src)
	}
	named := map[string]int{}
	for _, e := range All() {
		if e.Name == "" || e.Title == "" || e.Formula == "" || e.Sees == "" || e.Differs == "" || e.Citation == "" || e.Theory == "" || e.Measured == "" || len(e.Parameters) == 0 {
			t.Errorf("entry %q is not complete", e.Name)
		}
		if !strings.Contains(tests.String(), "func "+e.Test+"(t *testing.T)") {
			t.Errorf("%s: no test %s", e.Name, e.Test)
		}
		for _, r := range e.Runs {
			named[r]++
		}
	}
	for _, r := range References() {
		if named[r.Name] != 1 {
			t.Errorf("reference run %s is named by %d entries", r.Name, named[r.Name])
		}
		p, err := r.Params()
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Size() != r.Untrained().Size() || p.Size() == 0 {
			t.Errorf("reference run %s keeps %d numbers, its method has %d", r.Name, p.Size(), r.Untrained().Size())
		}
	}
	if len(named) != len(References()) {
		t.Errorf("entries name %d reference runs, there are %d", len(named), len(References()))
	}
	if _, err := FindReference("gradeint"); err == nil {
		t.Error("an unknown reference run was found")
	}
}
