package claims

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/internal/experimenttest"
)

// TestProtocolIsWritten: PROTOCOL.md says what the code does. HATLAB_UPDATE=1 writes it anew.
func TestProtocolIsWritten(t *testing.T) {
	want, err := Protocol()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("HATLAB_UPDATE") == "1" {
		if err := os.WriteFile("PROTOCOL.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile("PROTOCOL.md"); err != nil || string(got) != want {
		t.Errorf("PROTOCOL.md is not what claims.go says (%v): HATLAB_UPDATE=1 go test ./hatlib/analysis/claims writes it, and the commit must say why the protocol changes", err)
	}
}

func TestTableIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range All {
		if seen[c.ID] || c.ID == "" {
			t.Errorf("claim %q is there twice, or has no name", c.ID)
		}
		seen[c.ID] = true
		if c.Sentence == "" || c.Where == "" || c.Endpoint == "" || c.Unit == "" || c.Notebook == "" || c.measure == nil || !(c.Smallest > 0) || len(c.Readings) == 0 {
			t.Errorf("claim %s is incomplete", c.ID)
		}
		e, err := experiment.Find(c.Experiment)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, reading := range c.Readings {
			known := e.Choose != nil
			for _, g := range e.Grids["paper"] {
				known = known || g.Reading == reading
			}
			if !known {
				t.Errorf("claim %s is judged in reading %q, which %s does not have", c.ID, reading, e.Name)
			}
		}
	}
}

// TestImportanceGradient: the derivatives are those of the loss, by finite differences; Fisher's sums are of their squares.
func TestImportanceGradient(t *testing.T) {
	for _, a := range []hatlib.Activation{hatlib.ActivationReLU, hatlib.ActivationTanh, hatlib.ActivationSigmoid, hatlib.ActivationLinear} {
		rng := rand.New(rand.NewPCG(1, 2))
		n := &net{sizes: []int{4, 5, 3}, hidden: a, output: a}
		for l := range 2 {
			w, b := make([]float64, n.sizes[l]*n.sizes[l+1]), make([]float64, n.sizes[l+1])
			for i := range w {
				w[i] = rng.NormFloat64()
			}
			for i := range b {
				b[i] = rng.NormFloat64()
			}
			n.w, n.b = append(n.w, w), append(n.b, b)
		}
		x := []float64{0.2, 0.9, 0.4, 0.7}
		gradients := n.backward(n.forward(x), 1)
		for l := range n.w {
			for k := range n.w[l] {
				const h = 1e-6
				old := n.w[l][k]
				n.w[l][k] = old + h
				up := n.loss(n.forward(x), 1)
				n.w[l][k] = old - h
				down := n.loss(n.forward(x), 1)
				n.w[l][k] = old
				if want := (up - down) / (2 * h); math.Abs(gradients[l][k]-want) > 1e-7 {
					t.Fatalf("%s, layer %d, weight %d: %v, finite difference %v", a, l, k, gradients[l][k], want)
				}
			}
		}
	}
}

// TestSmoke: the protocol on real runs of a fraction of a second, all the way from the store.
func TestSmoke(t *testing.T) {
	store := experimenttest.Store(t, t.TempDir())
	o := experiment.Options{Set: []string{"sizes=64-8-10", "meta_hidden=4", "examples=300", "epochs=2", "seeds=2"}}
	for _, name := range []string{"fig1-labels", "fig2-rule"} {
		experimenttest.Run(t, store, name, o, nil)
	}
	outcomes, err := Judge(store, o)
	if err != nil {
		t.Fatal(err)
	}
	measured := map[string]int{}
	for _, o := range outcomes {
		if o.Verdict != analysis.NotTested {
			t.Errorf("%s, %s: %s with %d pairs", o.Claim.ID, o.Reading, o.Verdict, len(o.Differences))
		}
		measured[o.Claim.ID] += len(o.Differences)
	}
	for id, want := range map[string]int{"scarce-labels": 2, "slow-with-few-labels": 2, "linear-in-vj": 4, "preserves-weights": 2} {
		if measured[id] != want {
			t.Errorf("%s: %d numbers, want %d: %s", id, measured[id], want, fmt.Sprint(measured))
		}
	}
}

// TestTable: one row for each reading with runs, one for a claim without any, and the sentence once.
func TestTable(t *testing.T) {
	with := func(claim int, reading string, d ...float64) Outcome {
		o := Outcome{Claim: All[claim], Reading: reading}
		o.Finding = analysis.Judge([]analysis.Test{{Differences: d, Direction: o.Claim.Direction, Smallest: 0.5}})[0]
		return o
	}
	outcomes := []Outcome{with(0, "a", 1, 2, 3, 4, 5, 6, 7), with(0, "b", 1, -1), with(0, "c"), with(1, "a"), with(1, "b")}
	header, rows := Table(outcomes)
	want := [][]string{
		{All[0].Sentence, All[0].Endpoint, "a", "7", "7 of 7", "", "0.016", "replicates"},
		{"", "", "b", "2", "1 of 2", "", "-", "not tested at this scale"},
		{All[1].Sentence, All[1].Endpoint, "-", "0", "-", "-", "-", "not tested at this scale: no runs of fig1-epochs"},
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows: %v", len(rows), rows)
	}
	for r := range want {
		for c := range header {
			if c != 5 && rows[r][c] != want[r][c] {
				t.Errorf("row %d, %s: %q, want %q", r, header[c], rows[r][c], want[r][c])
			}
		}
	}
	if !strings.HasPrefix(rows[0][5], "+4 [") || !strings.HasSuffix(rows[0][5], "] points") {
		t.Errorf("difference %q", rows[0][5])
	}
	if got := Correction(outcomes); !strings.HasPrefix(got, "Tests that share the correction: 1.") || !strings.Contains(got, "with 6 pairs") {
		t.Error(got)
	}
	if got := Correction(outcomes[1:]); got != "No claim has the 6 pairs below which none is judged." {
		t.Error(got)
	}
	for _, o := range OfNotebook(outcomes, "04_figure_1_labels") {
		t.Errorf("%s is not of notebook 04", o.Claim.ID)
	}
}

// TestJudgeCommitted: a committed store with one run that keeps its weights, of which two claims are; those of other
// notebooks have none.
func TestJudgeCommitted(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HATLAB_RESULTS", dir)
	store := experimenttest.Store(t, dir)
	if judged, err := JudgeCommitted("05_figure_2_rule"); err != nil || len(judged) != 0 {
		t.Errorf("an empty store: %v, %v", judged, err)
	}
	experimenttest.Run(t, store, "fig2-rule", experiment.Options{}, func(s experiment.Spec) bool { return s.KeepWeights })
	judged, err := JudgeCommitted("05_figure_2_rule")
	if err != nil || len(judged) != 1 || judged[0].Profile != "smoke" || len(judged[0].Outcomes) != 2 ||
		judged[0].Outcomes[0].Claim.ID != "preserves-weights" || judged[0].Outcomes[1].Claim.ID != "undisturbed" || len(judged[0].Outcomes[0].Differences) != 1 {
		t.Errorf("%+v, %v", judged, err)
	}
	if judged, err := JudgeCommitted("03_figure_1_epochs"); err != nil || len(judged) != 0 {
		t.Errorf("%+v, %v", judged, err)
	}
}

// TestByTenth: sizes that fall with importance; weights of one importance share a tenth and leave others empty.
func TestByTenth(t *testing.T) {
	var sizes, importance []float64
	for k := range 40 {
		sizes, importance = append(sizes, float64(40-k)), append(importance, float64(k*k))
	}
	got := byTenth(sizes, importance)
	for k := range got {
		if want := (38.5 - 4*float64(k)) / 20.5; math.Abs(got[k]-want) > 1e-12 {
			t.Errorf("tenth %d: %v, want %v", k, got[k], want)
		}
	}
	for k := range 20 {
		importance[k] = 0
	}
	got = byTenth(sizes, importance)
	for k := range got {
		if empty := k < 5 && k != 2; empty != math.IsNaN(got[k]) { // the twenty share rank 10.5
			t.Errorf("tenth %d: %v", k, got[k])
		}
	}
}

// TestMoved: a step against the gradient lowers the loss by the rate times its squared length, to first order.
func TestMoved(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	n := &net{sizes: []int{6, 5, 3}, hidden: hatlib.ActivationTanh, output: hatlib.ActivationLinear}
	for l := range 2 {
		w := make([]float64, n.sizes[l]*n.sizes[l+1])
		for i := range w {
			w[i] = rng.NormFloat64()
		}
		n.w, n.b = append(n.w, w), append(n.b, make([]float64, n.sizes[l+1]))
	}
	one := &dataset.Set{X: []float32{0.5, 0.1, 0.9, 0, 0.3, 0.7}, Y: []int32{2}, N: 1, Features: 6, Classes: 3}
	gradient := n.backward(n.forward(row(one, 0)), 2)
	fisher := n.fisher(one)
	squares := 0.0
	for l := range gradient {
		for k, g := range gradient[l] {
			squares += g * g
			if math.Abs(fisher[l][k]-g*g) > 1e-15 {
				t.Fatalf("Fisher %v, derivative %v", fisher[l][k], g)
			}
		}
	}
	const rate = 1e-6
	if drop := n.meanLoss(one) - n.moved(gradient, -rate).meanLoss(one); math.Abs(drop/(rate*squares)-1) > 1e-4 {
		t.Errorf("the loss falls by %v, want %v", drop, rate*squares)
	}
	rule := experiment.RuleParams{A: []float64{0}, B: []float64{1}, C: []float64{2}, D: []float64{0}, M: []float64{1}, Activation: hatlib.ActivationLinear}
	u := n.updates(&rule, one)
	if v := n.forward(row(one, 0)); math.Abs(u[1][5]-(n.w[1][5]+2*v[2][1])) > 1e-12 {
		t.Errorf("update %v, want w + 2 v_j = %v", u[1][5], n.w[1][5]+2*v[2][1])
	}
}

// TestSlowness: with two snapshots M's way has no second half, and the claim no number; with three it has one for each seed.
func TestSlowness(t *testing.T) {
	store := experimenttest.Store(t, t.TempDir())
	for every, want := range map[string]int{"1": 0, "0.5": 2} {
		o := experiment.Options{Set: []string{"sizes=64-8-10", "meta_hidden=4", "examples=200", "epochs=1", "eval_every=" + every, "seeds=2"}}
		if d, err := slowness(experimenttest.Run(t, store, "fig1-labels", o, nil)); err != nil || len(d) != want {
			t.Errorf("eval_every=%s: %v, %v; want %d numbers", every, d, err, want)
		}
	}
}

// TestDivergedRule: a rule that diverged speaks for no claim.
func TestDivergedRule(t *testing.T) {
	o := experiment.Options{Set: []string{"sizes=64-8-10", "meta_hidden=4", "examples=200", "epochs=1", "eval_every=0.25", "seeds=1", "output_activation=linear", "meta_activation=linear", "lr_meta=1e38"}}
	runs := experimenttest.Run(t, experimenttest.Store(t, t.TempDir()), "fig2-rule", o, func(s experiment.Spec) bool { return s.Reading == experiment.ReadingPaper })
	if len(runs) != 1 || !runs[0].Result.Diverged() {
		t.Fatalf("%d runs, of which the first should diverge", len(runs))
	}
	for id, want := range map[string]float64{"linear-in-vj": -0.9, "little-of-vi-wij": 0.9, "rich-get-richer": 0, "varies-in-time": -0.1} {
		c, err := Find(id)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := c.measure(runs); err != nil || len(s.Differences) != 1 || s.Differences[0] != want {
			t.Errorf("%s: %v, %v; want %v", id, s.Differences, err, want)
		}
	}
}
