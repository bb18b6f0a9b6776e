package labelsfigure

import (
	"fmt"
	"math"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/figure"
	"github.com/hatlab/hatlab/hatlib/internal/experimenttest"
)

// run is one that ended at an accuracy.
func run(arm, x string, seed int64, accuracy float64) experiment.Run {
	c := hatlib.Config{Seed: seed}
	return experiment.Run{
		Spec:   experiment.Spec{Reading: experiment.ReadingPaper, Arm: arm, X: x, Config: c},
		Result: &hatlib.Result{Config: c, Points: []hatlib.Point{{Test: hatlib.Evaluation{Accuracy: accuracy, ByClass: make([]float64, 10)}}}},
	}
}

// pairs are five seeds at two proportions: HAT loses with few labels and gains with all; seed 5 lacks a run.
func pairs() []experiment.Run {
	var runs []experiment.Run
	for seed, v := range [][4]float64{{0.50, 0.48, 0.80, 0.82}, {0.52, 0.49, 0.81, 0.81}, {0.48, 0.11, 0.79, 0.82}, {0.55, 0.56, 0.83, 0.84}, {0.51, 0.47, 0.80, 0.83}} {
		runs = append(runs, run("HAT", "1", int64(seed), v[3]), run("control", "1", int64(seed), v[2]),
			run("control", "0.05", int64(seed), v[0]), run("HAT", "0.05", int64(seed), v[1]))
	}
	return append(runs, run("control", "1", 5, 0.1), run("HAT", "1", 5, 0.9), run("frozen", "1", 5, 0.9))
}

// TestCurve: medians, quartiles and differences by hand (numpy's quantile gives the same).
func TestCurve(t *testing.T) {
	c, err := New(pairs(), experiment.ReadingPaper)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(c.Seeds, c.Proportions()) != "[0 1 2 3 4] [0.05 1]" {
		t.Errorf("seeds %v, proportions %v", c.Seeds, c.Proportions())
	}
	few, all := c.Points[0], c.Points[1]
	for _, w := range []struct {
		name      string
		got, want float64
	}{
		{"control, few, q1", few.Control.Q1, 50}, {"median", few.Control.Median, 51}, {"q3", few.Control.Q3, 52},
		{"HAT, few, median", few.Treated.Median, 48}, {"HAT, few, IQM", few.Treated.IQM.Estimate, 48},
		{"paired, few", few.PairedMedian.Estimate, -3}, {"medians, few", few.DifferenceOfMedians.Estimate, -3},
		{"paired, all", all.PairedMedian.Estimate, 2}, {"medians, all", all.DifferenceOfMedians.Estimate, 2},
		{"over both", c.All.PairedMedian.Estimate, 0.5},
	} {
		if math.Abs(w.got-w.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", w.name, w.got, w.want)
		}
	}
	if few.Chance != [2]int{0, 1} || few.Above != 1 || all.Below != 0 || c.All.N != 10 {
		t.Errorf("chance %v, above %d, below %d, n %d", few.Chance, few.Above, all.Below, c.All.N)
	}
	if !(few.PairedMedian.Lo < -3 && -3 < few.PairedMedian.Hi) {
		t.Errorf("interval %+v", few.PairedMedian)
	}
	for name, spec := range map[string]figure.Spec{
		"curves": figure.LabelCurves{Name: "a", Arms: c.Arms()}, "forest": figure.Forest{Name: "b", Rows: c.Intervals()}} {
		if _, err := spec.Figure(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a := c.Arms(); a[1].Runs[2][0] != 0.11 || a[0].Runs[2][1] != 0.79 {
		t.Errorf("arms %v", a)
	}
	header, rows := c.Table()
	if len(rows) != 2 || len(rows[0]) != len(header) || rows[0][2] != "50.0, 51.0, 52.0" {
		t.Errorf("%v", rows)
	}
}

func TestOnePair(t *testing.T) {
	c, err := New(pairs()[:4], experiment.ReadingPaper)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (figure.Forest{Name: "b", Rows: c.Intervals()}).Figure(); err != nil {
		t.Error(err)
	}
}

func TestNoPairs(t *testing.T) {
	if _, err := New(pairs()[:1], experiment.ReadingPaper); err == nil {
		t.Error("a run without a partner was compared")
	}
	if _, err := New(pairs(), experiment.ReadingLinear); err == nil {
		t.Error("runs of another reading were compared")
	}
	if _, err := New([]experiment.Run{run("HAT", "half", 1, 0.5)}, experiment.ReadingPaper); err == nil {
		t.Error("half is a proportion")
	}
}

// TestLeft: M moves by 3, then by 4 in another direction, then by 1.
func TestLeft(t *testing.T) {
	at := func(m, e float64) experiment.RuleParams {
		return experiment.RuleParams{A: []float64{1}, B: []float64{1}, C: []float64{1}, D: []float64{1}, M: []float64{m}, E: e}
	}
	got := Left(&experiment.Snapshots{Rules: []experiment.RuleParams{at(0, 0), at(3, 0), at(3, 4), at(3, 3)}})
	for k, want := range []float64{1, 5. / 8, 1. / 8, 0} {
		if math.Abs(got[k]-want) > 1e-12 {
			t.Fatalf("%v", got)
		}
	}
	if Left(&experiment.Snapshots{Rules: []experiment.RuleParams{at(1, 1), at(1, 1)}}) != nil ||
		Left(&experiment.Snapshots{Rules: []experiment.RuleParams{at(1, 1), at(math.NaN(), 1)}}) != nil {
		t.Error("an M that stands still, or diverged, has a way")
	}
}

// TestRests reads M from real runs of a fraction of a second.
func TestRests(t *testing.T) {
	runs := experimenttest.Run(t, experimenttest.Store(t, t.TempDir()), "fig1-labels", experiment.Options{Set: []string{"sizes=64-8-10", "meta_hidden=4", "examples=200", "epochs=2", "seeds=2"}}, nil)
	rests, err := Rests(runs, experiment.ReadingPaper)
	if err != nil || len(rests) != 3 {
		t.Fatalf("%d proportions, %v", len(rests), err)
	}
	for i, r := range rests {
		if r.N != 2 || r.Still != 0 || r.Left[1][0] != 1 || math.Abs(r.Left[1][len(r.Epochs)-1]) > 1e-12 || r.Proportion != []float64{0.05, 0.2, 1}[i] {
			t.Errorf("%+v", r)
		}
		if epoch, left := r.Half(); epoch != 1 || left != r.Left[1][1] || left <= 0 || left >= 1 {
			t.Errorf("half way: %v at epoch %v", left, epoch)
		}
	}
	if _, err := (figure.Lines{Name: "a", Series: Lines(rests)}).Figure(); err != nil {
		t.Error(err)
	}
	if _, err := Rests(runs, experiment.ReadingLinear); err == nil {
		t.Error("a reading without runs has an M")
	}
	if c, err := New(runs, experiment.ReadingPaper); err != nil || len(c.Points) != 3 || len(c.Seeds) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestLinesAreFew(t *testing.T) {
	var rests []Rest
	for k := range 13 {
		rests = append(rests, Rest{Proportion: float64(k+1) / 13})
	}
	lines := Lines(rests)
	if len(lines) != 5 || lines[0].Name != "7.69% of labels" || lines[4].Name != "100% of labels" {
		t.Errorf("%v", lines)
	}
	if one := Lines(rests[:1]); len(one) != 1 {
		t.Errorf("%v", one)
	}
}
