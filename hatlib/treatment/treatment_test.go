package treatment

import (
	"math"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// run is one that nobody computed: it ends with an accuracy and some dead outputs.
func run(reading, arm string, seed int64, accuracy float64, dead int) experiment.Run {
	c := hatlib.Config{Seed: seed, OutputActivation: hatlib.ActivationReLU}
	points := []hatlib.Point{{Test: hatlib.Evaluation{Accuracy: 0.1, Loss: 2.3}},
		{Epoch: 1, TrainLoss: 1, Test: hatlib.Evaluation{Accuracy: accuracy, Loss: 1, DeadOutputs: dead, ByClass: make([]float64, 10)}}}
	return experiment.Run{Spec: experiment.Spec{Reading: reading, Arm: arm, Config: c}, Result: &hatlib.Result{Config: c, Points: points}}
}

func five() []experiment.Run {
	var runs []experiment.Run
	for seed, accuracy := range []float64{0.60, 0.62, 0.64, 0.66, 0.10} {
		runs = append(runs, run("paper", "control", int64(seed), accuracy, seed))
		runs = append(runs, run("paper", "HAT", int64(seed), accuracy+[]float64{0.02, 0.01, 0.03, -0.01, 0}[seed], 2*seed))
	}
	return append(runs, run("paper", "alone", 9, 0.5, 0))
}

// TestCompare: numbers that can be checked by hand.
func TestCompare(t *testing.T) {
	rows := Compare(five(), "control")
	if len(rows) != 3 {
		t.Fatalf("%d rows", len(rows))
	}
	control, hat, alone := rows[0], rows[1], rows[2]
	if control.Difference.N != 0 || control.Median != 62 || control.Q1 != 60 || control.Dead != 2 || control.AtChance != 1 || control.N != 5 {
		t.Errorf("control %+v", control)
	}
	if hat.Difference.N != 5 || hat.Ahead != 3 || math.Abs(hat.Difference.Estimate-1) > 1e-9 || math.Abs(hat.OfMedians.Estimate-1) > 1e-9 || hat.Dead != 4 ||
		!(hat.Difference.Lo <= 0 && hat.Difference.Hi >= 2) {
		t.Errorf("HAT %+v", hat)
	}
	if alone.Difference.N != 0 {
		t.Errorf("a run without a partner was compared: %+v", alone)
	}
	if rows := Compare(five(), "HAT"); math.Abs(rows[0].Difference.Estimate+1) > 1e-9 {
		t.Errorf("the other way round %+v", rows[0].Difference)
	}
	if r, err := Of(rows, "paper", "HAT"); err != nil || r != hat {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := Of(rows, "released", "HAT"); err == nil {
		t.Error("an arm that is not there")
	}
	header, cells := Table(rows)
	if len(cells) != 3 || len(cells[0]) != len(header) || cells[1][7] != "3 of 5" || cells[0][5] != "" || !strings.HasPrefix(cells[1][5], "+1.00 [") {
		t.Errorf("%q", cells)
	}
	f := Forest("x", "", rows)
	if len(f.Rows) != 1 || f.Rows[0].Label != "HAT" || f.XLabel != "accuracy at the end minus control (points)" {
		t.Errorf("%+v", f)
	}
	if _, err := f.Figure(); err != nil {
		t.Error(err)
	}
	// One pair has an estimate and no interval.
	f = Forest("x", "", Compare(five()[:2], "control"))
	if len(f.Rows) != 1 || !math.IsInf(f.Rows[0].Hi, 1) {
		t.Errorf("%+v", f.Rows)
	}
	if _, err := f.Figure(); err != nil {
		t.Error(err)
	}
	if kept := Only(rows, func(r Row) bool { return r.Arm == "HAT" }); len(kept) != 1 {
		t.Errorf("%+v", kept)
	}
}

func TestByDead(t *testing.T) {
	runs := five()
	linear := run("paper, linear outputs", "HAT", 1, 0.9, 3)
	linear.Spec.Config.OutputActivation = hatlib.ActivationLinear
	rows := ByDead(append(runs, linear))
	want := []DeadRow{{0, 3, 55, 60, 61, 100}, {1, 1, 62, 62, 62, 100}, {2, 2, 63.25, 63.5, 63.75, 90}, {3, 1, 66, 66, 66, 80}, {4, 2, 24.25, 38.5, 52.75, 70},
		{6, 1, 65, 65, 65, 50}, {8, 1, 10, 10, 10, 30}}
	if len(rows) != len(want) {
		t.Fatalf("%+v", rows)
	}
	for i, w := range want {
		r := rows[i]
		if r.Dead != w.Dead || r.N != w.N || math.Abs(r.Median-w.Median) > 1e-9 || math.Abs(r.Q1-w.Q1) > 1e-9 || math.Abs(r.Q3-w.Q3) > 1e-9 || r.Ceiling != w.Ceiling {
			t.Errorf("%+v, want %+v", r, w)
		}
	}
}

// TestRevived: one run in which three of four dead units come back, one in which another dies, one without any.
func TestRevived(t *testing.T) {
	with := func(arm string, dead ...int) experiment.Run {
		r := run("paper", arm, 0, 0, 0)
		r.Result.Points = nil
		for _, d := range dead {
			r.Result.Points = append(r.Result.Points, hatlib.Point{Test: hatlib.Evaluation{DeadOutputs: d}})
		}
		return r
	}
	runs := []experiment.Run{with("HAT", 0, 4, 1), with("HAT", 1, 1, 2), with("HAT", 0, 0, 0), with("control", 5, 5, 5)}
	if r, want := Revived(runs, "paper", "HAT"), (Revival{N: 3, Worst: 2, End: 1, Runs: 1}); r != want {
		t.Errorf("%+v, want %+v", r, want)
	}
	if r := Revived(runs, "released", "HAT"); r != (Revival{}) {
		t.Errorf("without runs %+v", r)
	}
}

func TestCurves(t *testing.T) {
	a := Curves(five(), "paper", "HAT", 1, DeadOutputs)
	if len(a.Runs) != 5 || len(a.X) != 1 || a.X[0] != 1 || a.Runs[3][0] != 6 {
		t.Errorf("%+v", a)
	}
	if a := Curves(five(), "paper", "HAT", 0, TrainLoss); len(a.X) != 2 || a.Runs[0][1] != 1 {
		t.Errorf("%+v", a)
	}
}

// TestAtEqualTime: a control that is twenty times as cheap, and a reading in which times cannot be compared.
func TestAtEqualTime(t *testing.T) {
	timed := func(reading, arm string, seed int64, batches int, seconds float64, accuracy float64) experiment.Run {
		r := run(reading, arm, seed, accuracy, 0)
		r.Result.Points[1].Batch = batches
		r.Manifest = &experiment.Manifest{Made: experiment.Made{Seconds: seconds}}
		return r
	}
	var runs []experiment.Run
	for seed := range int64(3) {
		runs = append(runs, timed("paper", experiment.HATArm, seed, 100, 20, 0.6), timed("paper", experiment.LongerArm, seed, 4000, 40, 0.9),
			timed("released", experiment.LongerArm, seed, 4000, 40, 0.9))
	}
	rows := AtEqualTime(runs)
	if len(rows) != 2 || rows[1].Problem == "" {
		t.Fatalf("%+v", rows)
	}
	// 100 batches of HAT cost 20 s, as 2000 of the control, half of its way from 0.1 to 0.9.
	if r := rows[0]; math.Abs(r.Ratio-20) > 1e-9 || math.Abs(r.Epoch-0.5) > 1e-9 || math.Abs(r.Difference.Estimate-10) > 1e-9 || r.Ahead != 3 || r.Short != 0 {
		t.Errorf("%+v", r)
	}
	header, cells := TimeTable(rows)
	if len(cells) != 2 || len(cells[0]) != len(header) || len(cells[1]) != len(header) || cells[0][2] != "20.0" {
		t.Errorf("%q", cells)
	}
	if f := TimeForest("x", "", rows); len(f.Rows) != 1 || f.Rows[0].N != 3 {
		t.Errorf("%+v", f)
	}
}

// TestLargest: the largest profile that can decide something.
func TestLargest(t *testing.T) {
	kept := func(complete ...int) []experiment.Coverage {
		var all []experiment.Coverage
		for i, n := range complete {
			all = append(all, experiment.Coverage{Profile: experiment.Profiles[i], Readings: []experiment.ReadingCoverage{{Reading: "paper", Complete: n}}})
		}
		return all
	}
	for _, c := range []struct {
		complete []int
		want     string
	}{{[]int{3, 8, 6, 2}, "wide"}, {[]int{3, 2, 1, 0}, "wide"}, {[]int{6}, "smoke"}, {[]int{2, 9, 5}, "quick"}} {
		if got := experiment.Largest(kept(c.complete...), ""); got.Profile != c.want {
			t.Errorf("%v: %s, want %s", c.complete, got.Profile, c.want)
		}
	}
	if experiment.Largest(kept(0), "") != nil || experiment.Largest(nil, "") != nil {
		t.Error("nothing is something")
	}
}

// TestSources: from a store, with and without committed results.
func TestSources(t *testing.T) {
	store, err := experiment.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := experiment.Options{Set: []string{"sizes=64-6-10", "meta_hidden=2", "examples=100", "epochs=1", "seeds=1"}}
	if _, err := experiment.DoAll(t.Context(), backendtest.Go(t), store, []string{"why"}, o, ""); err != nil {
		t.Fatal(err)
	}
	empty, err := experiment.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HATLAB_RESULTS", empty.Dir())
	sources, err := Sources(store, "why", o)
	if err != nil || len(sources) != 1 || sources[0].Key != "here" || len(sources[0].Runs) < 3 || sources[0].Title != "computed here, smoke" {
		t.Fatalf("%+v, %v", sources, err)
	}
	for _, r := range Compare(sources[0].Runs, experiment.ControlArm) {
		if r.N != 1 || r.Median < 0 || r.Median > 100 {
			t.Errorf("%+v", r)
		}
	}
}

// TestLast: one run that falls by 50 points, one that stays; and norms by hand.
func TestLast(t *testing.T) {
	at := func(accuracies ...float64) experiment.Run {
		r := run("paper", "HAT", 0, 0, 0)
		r.Result.Points = nil
		for i, a := range accuracies {
			r.Result.Points = append(r.Result.Points, hatlib.Point{Epoch: float64(i), Test: hatlib.Evaluation{Accuracy: a}})
		}
		return r
	}
	runs := []experiment.Run{at(0.1, 0.8, 0.8, 0.3), at(0.1, 0.6, 0.7, 0.7)}
	if l := Last(runs, "paper", "HAT"); l.N != 2 || math.Abs(l.Best-75) > 1e-9 || l.BestEpoch != 1.5 || math.Abs(l.End-50) > 1e-9 || l.Fell != 1 {
		t.Errorf("%+v", l)
	}
	if l := Last(runs, "paper", "control"); l.N != 0 {
		t.Errorf("%+v", l)
	}
	if got := LocalShare(hatlib.Point{LocalNorm: 10, StepNorm: 0.1}); got != 2 {
		t.Errorf("LocalShare %v, want 2", got)
	}
	if got := LocalShare(hatlib.Point{StepNorm: 0.1}); !math.IsNaN(got) {
		t.Errorf("LocalShare without a local update: %v", got)
	}
	if got := Accuracy(hatlib.Point{Test: hatlib.Evaluation{Accuracy: 0.5}}); got != 50 {
		t.Errorf("Accuracy %v", got)
	}
}
