package twophase

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestConformance holds every method of the catalogue, with its default parameters, to what all owe.
func TestConformance(t *testing.T) {
	for _, e := range All() {
		t.Run(e.Name, func(t *testing.T) {
			m := e.New()
			if m.Name() != e.Name {
				t.Errorf("the method calls itself %q", m.Name())
			}
			if m.Locality() != hatlib.LocalityTwoPhase || e.Locality != m.Locality() {
				t.Errorf("locality %s in the catalogue, %s in the method, want two phases", e.Locality, m.Locality())
			}
			if m.Phases()[0].Beta != 0 {
				t.Errorf("the first phase is %+v, want a free one", m.Phases()[0])
			}
			be := backendtest.Go(t)
			n := newNet(3, 1, 4, 6, 5, 3)
			whole := must(t, n, be, m)
			for i, p := range whole {
				if len(p) != len(n.params[i]) {
					t.Errorf("%s has %d numbers, its update %d", parameterName(i), len(n.params[i]), len(p))
				}
			}
			if !different(whole, zeros(whole), 1e-6) {
				t.Error("nothing is learned")
			}

			t.Run("mean over the batch", func(t *testing.T) {
				mean := zeros(whole)
				for b := range n.batch {
					for i, p := range must(t, n.example(b), be, m) {
						for j, v := range p {
							mean[i][j] += v / float64(n.batch)
						}
					}
				}
				if different(whole, mean, 1e-9) {
					t.Error("the update of the batch is not the mean of those of its examples")
				}
			})
			t.Run("right answer", func(t *testing.T) {
				right := *n
				out, err := n.evaluate(be, func(p Params, x, _ *Node) []*Node { return []*Node{Free(m, p, x).Output()} })
				if err != nil {
					t.Fatal(err)
				}
				right.d = out[0]
				// The free phase need not have ended, so that the second one still moves a little.
				if got := must(t, &right, be, m); different(got, zeros(got), 2e-3) {
					t.Errorf("a network that answers rightly changes: %v", got)
				}
			})
			t.Run("no input", func(t *testing.T) {
				dark := *n
				dark.x = make([]float64, len(n.x))
				if got := must(t, &dark, be, m); different(got[:1], zeros(got[:1]), 0) {
					t.Errorf("W_1 changes by %v with no input", got[0])
				}
			})
			t.Run("backends agree", func(t *testing.T) {
				if got := must(t, n, backendtest.XLA(t), m); different(got, whole, 1e-9) {
					t.Error("XLA and pure Go give different updates")
				}
			})
		})
	}
}

// TestShapes: what does not fit panics with a message that says what.
func TestShapes(t *testing.T) {
	be := backendtest.Go(t)
	for _, c := range []struct {
		what, want string
		change     func(p *Params, x, d **Node)
	}{
		{"no layers", "at least one layer", func(p *Params, _, _ **Node) { *p = Params{} }},
		{"weights of another width", "W_2 is", func(p *Params, _, _ **Node) { p.W[1] = p.W[0] }},
		{"biases of another length", "b_1 is", func(p *Params, _, _ **Node) { p.B[0] = p.B[1] }},
		{"an answer of another batch", "the target", func(_ *Params, _, d **Node) { *d = Concatenate([]*Node{*d, *d}, 0) }},
	} {
		_, err := newNet(3, 1, 2, 6, 5, 3).evaluate(be, func(p Params, x, d *Node) []*Node {
			c.change(&p, &x, &d)
			delta, _ := Learn(All()[0].New(), p, x, d)
			return delta.list()
		})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a message with %q", c.what, err, c.want)
		}
	}
	_, err := newNet(3, 1, 2, 6, 5, 3).update(be, &ContrastiveHebbian{Unit: "relu", Gamma: 0.1, Dt: 1, Steps: 5})
	if err == nil || !strings.Contains(err.Error(), `unknown unit "relu"`) {
		t.Errorf("an unknown unit: %v", err)
	}
	_, err = newNet(3, 1, 2, 6, 5, 3).update(be, &ContrastiveHebbian{Unit: TanhUnit, Gamma: 0.1, Dt: 1})
	if err == nil || !strings.Contains(err.Error(), "0 steps") {
		t.Errorf("no steps: %v", err)
	}
}

// TestCatalogue: names are unique, named tests exist, and values out of range are refused.
func TestCatalogue(t *testing.T) {
	tests := testNames(t)
	seen := map[string]bool{}
	for _, e := range All() {
		if seen[e.Name] {
			t.Errorf("%s is there twice", e.Name)
		}
		seen[e.Name] = true
		if !tests[e.Test] {
			t.Errorf("%s: there is no test %s", e.Name, e.Test)
		}
		for _, p := range e.Parameters {
			bad := map[string]float64{p.Name: -1}
			if _, err := New(e.Name, bad); err == nil {
				t.Errorf("%s takes %v", e.Name, bad)
			}
			if _, err := New(e.Name, map[string]float64{p.Name: math.NaN()}); err == nil {
				t.Errorf("%s takes NaN for %s", e.Name, p.Name)
			}
			if _, err := New(e.Name, map[string]float64{p.Name: p.Default}); err != nil {
				t.Errorf("%s does not take its own default of %s: %v", e.Name, p.Name, err)
			}
		}
		if _, err := New(e.Name, map[string]float64{"colour": 1}); err == nil || !strings.Contains(err.Error(), "it takes") {
			t.Errorf("%s with an unknown parameter: %v", e.Name, err)
		}
	}
	if _, err := New("backpropagation", nil); err == nil || !strings.Contains(err.Error(), "contrastive_hebbian") {
		t.Errorf("an unknown method: %v", err)
	}
	if _, err := New("contrastive_hebbian", map[string]float64{"steps": 2.5}); err == nil {
		t.Error("2.5 steps are taken")
	}
	m, err := New("contrastive_hebbian", map[string]float64{"gamma": 0.25, "tanh": 1})
	if err != nil {
		t.Fatal(err)
	}
	if c := m.(*ContrastiveHebbian); c.Gamma != 0.25 || c.Unit != TanhUnit {
		t.Errorf("gamma 0.25 and tanh asked for, got %+v", c)
	}
}

// testNames are the tests of this package.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(f.Name.Name, "Test") {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

func must(t *testing.T, n *net, be compute.Backend, m Method) [][]float64 {
	t.Helper()
	got, err := n.update(be, m)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// example is the network with example b alone.
func (n *net) example(b int) *net {
	one := *n
	in, out := n.sizes[0], n.sizes[len(n.sizes)-1]
	one.batch, one.x, one.d = 1, n.x[b*in:(b+1)*in], n.d[b*out:(b+1)*out]
	return &one
}

// zeros is zero in the form of values.
func zeros(values [][]float64) [][]float64 {
	zero := make([][]float64, len(values))
	for i := range values {
		zero[i] = make([]float64, len(values[i]))
	}
	return zero
}

// different says whether any two numbers are further apart than tolerance.
func different(a, b [][]float64, tolerance float64) bool {
	for i := range a {
		for j := range a[i] {
			if !(math.Abs(a[i][j]-b[i][j]) <= tolerance) {
				return true
			}
		}
	}
	return false
}
