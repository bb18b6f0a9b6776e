package rules

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib/internal/documenttest"
)

// TestCatalogue: every entry is complete, builds with its defaults, and names a test of this package.
func TestCatalogue(t *testing.T) {
	sources, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	for _, e := range All() {
		if e.Name == "" || e.Title == "" || e.Formula == "" || e.Sees == "" || e.Citation == "" || e.Theory == "" || e.Layer.Rate <= 0 {
			t.Errorf("entry %q is not complete: %+v", e.Name, e)
		}
		if !strings.Contains(tests.String(), "func "+e.Test+"(t *testing.T)") {
			t.Errorf("rule %s names the test %s, which does not exist", e.Name, e.Test)
		}
		if rule, err := New(e.Name, nil); err != nil {
			t.Errorf("New(%q): %v", e.Name, err)
		} else if rule.Name() != e.Name {
			t.Errorf("New(%q) is called %q", e.Name, rule.Name())
		}
	}
	if names := Names(); len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Errorf("names are not unique: %v", names)
	}
}

// TestNew: parameters arrive, and errors name the nearest valid name and what is taken.
func TestNew(t *testing.T) {
	rule, err := New("abcd", map[string]float64{"A": -2, "D": 3})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := *rule.(*ABCD), (ABCD{A: -2, B: 0.1, C: 0.1, D: 3}); got != want {
		t.Errorf("abcd with A=-2, D=3 is %+v, want %+v", got, want)
	}
	poly, err := New("polynomial", map[string]float64{"102": 5, "101": 0, "size": 3})
	if err != nil {
		t.Fatal(err)
	}
	p := poly.(*Polynomial)
	if p.values[p.index(1, 0, 2)] != 5 || p.values[p.index(1, 0, 1)] != 0 || p.values[p.index(0, 1, 2)] != -1 {
		t.Errorf("polynomial with 102=5, 101=0 has coefficients %v", p.values)
	}
	for _, bad := range []struct {
		name   string
		params map[string]float64
		want   []string
	}{
		{"ohja", nil, []string{`"ohja"`, `did you mean "oja"`, "soft_wta"}},
		{"softwta", nil, []string{`did you mean "soft_wta"`}},
		{"soft_wta", map[string]float64{"temprature": 1}, []string{`did you mean "temperature"`}},
		{"hebb", map[string]float64{"rate": 1}, []string{"hebb", "takes none"}},
		{"soft_wta", map[string]float64{"temperature": -1}, []string{"positive"}},
		{"bcm", map[string]float64{"follow": 2}, []string{"(0,1]"}},
		{"ica", map[string]float64{"sign": 0.5}, []string{"sign", "whole number"}},
		{"ica", map[string]float64{"cube": 2}, []string{"cube"}},
		{"gha_svd", map[string]float64{"split": -1}, []string{"split"}},
		{"polynomial", map[string]float64{"size": 2}, []string{"power outside 0..1"}},
	} {
		_, err := New(bad.name, bad.params)
		if err == nil {
			t.Errorf("New(%q, %v) gave no error", bad.name, bad.params)
			continue
		}
		for _, part := range bad.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("New(%q, %v): the error %q does not say %q", bad.name, bad.params, err, part)
			}
		}
	}
}

// TestDocument keeps RULES.md equal to what the code says; -update writes it.
func TestDocument(t *testing.T) { documenttest.Same(t, "RULES.md", Document()) }
