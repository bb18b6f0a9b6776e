package experiment

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
)

// timed is a run with the given cost whose accuracy grows by 1e-5 with every batch, with a point every so many batches.
func timed(t *testing.T, arm string, seed int64, batches, every int, seconds float64, change ...func(*Run)) Run {
	t.Helper()
	c := tiny(t)
	c.Seed = seed
	r := Run{Spec: spec(c, arm), Manifest: &Manifest{Made: Made{Seconds: seconds, Parallel: 2, Cores: 2, System: "linux/amd64"}},
		Result: &hatlib.Result{Config: c}}
	for b := 0; b <= batches; b += every {
		r.Result.Points = append(r.Result.Points, hatlib.Point{Epoch: float64(b) / 100, Batch: b,
			Test: hatlib.Evaluation{Accuracy: 0.1 + 1e-5*float64(b), Loss: 2 - 1e-5*float64(b)}})
	}
	for _, f := range change {
		f(&r)
	}
	return r
}

// TestAtEqualTime: costs of 20 ms and 1 ms a batch are found again, and the control is where its 200*20 = 4000 batches
// have brought it, though 4000 is not a point of its curve, HAT's first run compiled, and one was taken up.
func TestAtEqualTime(t *testing.T) {
	runs := []Run{
		timed(t, HATArm, 0, 200, 100, 34), // 30 s to compile
		timed(t, HATArm, 1, 200, 100, 4),
		timed(t, HATArm, 2, 200, 100, 0.5, func(r *Run) { r.Manifest.Made.Resumed = true }),
		timed(t, HATArm, 3, 100, 100, 4, func(r *Run) { r.Result.DivergedAt = 100 }),
		timed(t, HATArm, 4, 200, 100, 2, func(r *Run) { r.Manifest.Made.Cores = 64 }), // another machine
		timed(t, LongerArm, 0, 6000, 1500, 6.3),
		timed(t, LongerArm, 1, 6000, 1500, 6),
		timed(t, LongerArm, 2, 3000, 1500, 3.2), // too short
		timed(t, LongerArm, 3, 6000, 1500, 7),
		timed(t, LongerArm, 5, 6000, 1500, 6.5), // nobody's partner
	}
	e, err := AtEqualTime(runs, HATArm, LongerArm)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %g, want %g", what, got, want)
		}
	}
	near("HAT's cost", e.ArmSeconds, 0.02)
	near("the control's cost", e.ControlSeconds, 0.001)
	near("the ratio", e.Ratio(), 20)
	if len(e.Pairs) != 4 || e.Short() != 1 {
		t.Fatalf("%d pairs, %d short, want 4 and 1", len(e.Pairs), e.Short())
	}
	for i, p := range e.Pairs {
		near("seconds", p.Seconds, 4)
		epoch, accuracy := 40.0, 0.14
		if i == 2 {
			epoch, accuracy = 30, 0.13
		}
		near("epoch", p.Epoch, epoch)
		near("accuracy", p.Accuracy, accuracy)
		near("loss", p.Loss, 2.1-accuracy)
	}
	near("difference", e.Differences()[0], 100*(0.102-0.14))

	if _, err := AtEqualTime(runs[:5], HATArm, LongerArm); err == nil || !strings.Contains(err.Error(), LongerArm) {
		t.Errorf("without controls: %v", err)
	}
	for i := range runs {
		if runs[i].Spec.Arm == LongerArm {
			runs[i].Manifest.Made.Parallel = 1
		}
	}
	if _, err := AtEqualTime(runs, HATArm, LongerArm); err == nil || !strings.Contains(err.Error(), "same conditions") {
		t.Errorf("times under other conditions: %v", err)
	}
}

// TestLongerControl: the arm's real runs can be compared at equal time; its curve begins as the control's goes.
func TestLongerControl(t *testing.T) {
	store, be := newStore(t), goBackend(t)
	grid := Grid{Reading: ReadingPaper, Arms: []Arm{control, hat, longer(1, 4, 1)}, Seeds: 2,
		Set: []string{"data=digits", "sizes=64-8-10", "meta_hidden=3", "examples=200", "batch=25", "epochs=1", "eval_every=1", "curve=one_run"}}
	specs, err := (&Experiment{Name: "test"}).expand([]Grid{grid}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compute1(t, be, store, specs...)
	found, err := Collect(store, specs)
	if err != nil {
		t.Fatal(err)
	}
	e, err := AtEqualTime(found.Runs, HATArm, LongerArm)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Pairs) != 2 || !(e.Ratio() > 0) {
		t.Errorf("%d pairs, ratio %g", len(e.Pairs), e.Ratio())
	}
	short := Select(found.Runs, "", ControlArm, "")[0].Result.Accuracies()
	if long := Select(found.Runs, "", LongerArm, "")[0].Result.Accuracies(); !slices.Equal(short, long[:len(short)]) || len(long) != 5 {
		t.Errorf("the longer control's curve %v does not begin as the control's %v", long, short)
	}
}
