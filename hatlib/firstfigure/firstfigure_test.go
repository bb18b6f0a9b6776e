package firstfigure

import (
	"math"
	"strings"
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

func verdicts(t *testing.T, control, hat []*hatlib.Result) []string {
	t.Helper()
	claims, err := Claims(control, hat)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range claims {
		all = append(all, c.Verdict)
	}
	return all
}

func TestVerdicts(t *testing.T) {
	control := simulated(20, 0.8, 0)
	late := simulated(20, 0.8, 0.02)
	for _, r := range late {
		r.Points[1].Test.Accuracy -= 0.1 // behind at first
	}
	falling := simulated(20, 0.8, 0.02)
	for _, r := range falling {
		r.Points[20].Test.Accuracy = 0.65
	}
	for name, c := range map[string]struct {
		hat  []*hatlib.Result
		want [4]string
	}{
		"a planted gain":   {simulated(20, 0.8, 0.02), [4]string{"holds", "holds", "the same point", "holds"}},
		"a planted loss":   {simulated(20, 0.8, -0.02), [4]string{"the reverse", "the reverse", "the same point", "holds"}},
		"a tiny gain":      {simulated(20, 0.8, 0.001), [4]string{"not decided", "not decided", "the same point", "holds"}},
		"late":             {late, [4]string{"in part", "holds", "the same point", "holds"}},
		"falls at the end": {falling, [4]string{"in part", "", "the same point", "does not hold"}},
	} {
		for k, got := range verdicts(t, control, c.hat) {
			if !strings.HasPrefix(got, c.want[k]) {
				t.Errorf("%s, claim %d: %q, want %q", name, k, got, c.want[k])
			}
		}
	}
}

// TestPermutedArms: where arms are drawn by a coin, a sentence holds about as often as the level of the test says.
func TestPermutedArms(t *testing.T) {
	held := 0
	for trial := range 400 {
		control, hat := simulated(15, 0.8, 0), simulated(15, 0.8, 0.02)
		for k := range control {
			if math.Sin(float64(trial*31+k*17)*12.9898)*43758.5453-math.Floor(math.Sin(float64(trial*31+k*17)*12.9898)*43758.5453) < 0.5 {
				control[k], hat[k] = hat[k], control[k]
			}
		}
		if got := verdicts(t, control, hat)[1]; !strings.HasPrefix(got, "not decided") {
			held++
		}
	}
	if held > 400*7/100 {
		t.Errorf("%d of 400 permuted comparisons were decided; level %v", held, Level)
	}
}

func TestTooFewRuns(t *testing.T) {
	for k, got := range verdicts(t, simulated(3, 0.8, 0), simulated(3, 0.8, 0.05)) {
		if got != "too few runs (n = 3)" {
			t.Errorf("claim %d: %q", k, got)
		}
	}
}

func TestArmsMustBePaired(t *testing.T) {
	other := simulated(3, 0.8, 0)
	other[1].Config.Seed = 9
	for _, hat := range [][]*hatlib.Result{nil, simulated(2, 0.8, 0), other} {
		if _, err := Claims(simulated(3, 0.8, 0), hat); err == nil {
			t.Error("arms that are not paired were compared")
		}
	}
}

// TestSignTest: the probabilities of a fair coin, counted by hand.
func TestSignTest(t *testing.T) {
	for _, c := range []struct {
		d    []float64
		want float64
	}{
		{[]float64{1, 1, 1, 1, 1}, 2.0 / 32}, {[]float64{1, 1, 1, 1, -1}, 12.0 / 32}, {[]float64{0, 0}, 1}, {[]float64{1, -1, 0}, 1},
	} {
		if got := signTest(c.d); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v: %v, want %v", c.d, got, c.want)
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
		specs, err := Specs(profile, nil)
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
	specs, err := Specs("smoke", []string{"seeds=1", "epochs=1"})
	if err != nil || len(specs) != 3 || specs[0].Config.Epochs != 1 {
		t.Errorf("%d runs, %v", len(specs), err)
	}
	if _, err := Specs("huge", nil); err == nil {
		t.Error("an unknown profile was accepted")
	}
}
