package firstfigure

import (
	"math"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// simulated makes n runs of 20 epochs: they rise to top within two epochs; noise differs by seed, and is shared by arms.
func simulated(n int, top, gain float64) []*hatlib.Result {
	var results []*hatlib.Result
	for seed := range n {
		r := &hatlib.Result{Config: hatlib.Config{Seed: int64(seed)}}
		for e := 0; e <= 20; e++ {
			a := top*math.Min(1, 0.1+0.45*float64(e)) + 0.01*math.Sin(float64(7*seed))
			if e > 0 {
				a += gain
			}
			r.Points = append(r.Points, hatlib.Point{Epoch: float64(e),
				Test: hatlib.Evaluation{Accuracy: a, Loss: 1 - a, ByClass: make([]float64, 10)}})
		}
		results = append(results, r)
	}
	return results
}

// TestCompare: a gain that differs by seed; medians and differences by hand.
func TestCompare(t *testing.T) {
	control, hat := simulated(5, 0.8, 0), simulated(5, 0.8, 0)
	for k, gain := range []float64{0.01, -0.02, 0.03, 0.04, 0.02} {
		hat[k].Points[20].Test.Accuracy += gain
	}
	control[1].Points[20].Test.Accuracy = 0.1 // a run that died counts
	c, err := Compare(control, hat)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(c.PairedMedian.Estimate-3) > 1e-9 || c.N != 5 || c.Above != 5 {
		t.Errorf("%+v", c)
	}
	lines, err := Differences(control, hat)
	if err != nil || len(lines) != 2 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	for _, l := range lines {
		if l.Y[3] != 0 || l.Lo[3] != 0 || l.Hi[3] != 0 || len(l.X) != 21 {
			t.Errorf("%s: %v where the arms are one", l.Name, l.Y)
		}
	}
	if m := Medians(hat)[20] - Medians(control)[20]; math.Abs(lines[1].Y[20]-100*m) > 1e-9 || lines[0].Y[20] != c.PairedMedian.Estimate {
		t.Errorf("at the end: %v, %v", lines[0].Y[20], lines[1].Y[20])
	}
	if one, err := Differences(control[:1], hat[:1]); err != nil || one[0].Lo != nil {
		t.Errorf("one pair: %v, %v", one, err)
	}
}

func TestArmsMustBePaired(t *testing.T) {
	other := simulated(3, 0.8, 0)
	other[1].Config.Seed = 9
	for _, hat := range [][]*hatlib.Result{nil, simulated(2, 0.8, 0), other} {
		if _, err := Compare(simulated(3, 0.8, 0), hat); err == nil {
			t.Error("arms that are not paired were compared")
		}
		if _, err := Differences(simulated(3, 0.8, 0), hat); err == nil {
			t.Error("arms that are not paired have differences")
		}
	}
}

func TestFates(t *testing.T) {
	runs := simulated(4, 0.8, 0)
	runs[0].DivergedAt = 7
	runs[1].Points[20].Test.Loss = 5
	runs[1].Points[20].Test.Accuracy = 0.1
	runs[2].Points[20].Test.DeadOutputs = 10
	if got := Fates(runs); got != (Fate{N: 4, NotFinite: 1, Worse: 1, AllDead: 1, Chance: 1}) {
		t.Errorf("%+v", got)
	}
}

func TestSpecs(t *testing.T) {
	for profile, seeds := range map[string]int{"smoke": 3, "quick": 10, "paper": 100} {
		specs, err := Specs(Options(profile, nil))
		if err != nil {
			t.Fatal(err)
		}
		arms := map[string]int{}
		for _, s := range specs {
			arms[s.Arm]++
			if s.Config.Data != "fashion-mnist" || s.Reading != experiment.ReadingPaper {
				t.Errorf("%s: %s on %s", profile, s, s.Config.Data)
			}
			if literal := s.Config.LocalRate == 1; literal != (s.Arm == LiteralArm) {
				t.Errorf("%s: %s has rate %v", profile, s, s.Config.LocalRate)
			}
			if err := s.Config.Validate(); err != nil {
				t.Error(err)
			}
		}
		if arms[experiment.ControlArm] != seeds || arms[experiment.HATArm] != seeds || arms[LiteralArm] != min(seeds, literalRuns) {
			t.Errorf("%s: runs %v", profile, arms)
		}
	}
	specs, err := Specs(Options("smoke", []string{"seeds=1", "epochs=1"}))
	if err != nil || len(specs) != 3 || specs[0].Config.Epochs != 1 {
		t.Errorf("%d runs, %v", len(specs), err)
	}
	if _, err := Specs(Options("huge", nil)); err == nil {
		t.Error("an unknown profile was accepted")
	}
}
