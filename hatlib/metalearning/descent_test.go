package metalearning

import (
	"math"
	"testing"
)

// path minimizes x^2 + 10 y^2 from (1, 1), and returns where s comes to in steps steps.
func path(t *testing.T, s Stepper, steps int) []float64 {
	t.Helper()
	x := []float32{1, 1}
	s.Reset(1, 2)
	for range steps {
		if err := s.Step(x, []float32{2 * x[0], 20 * x[1]}); err != nil {
			t.Fatal(err)
		}
	}
	return []float64{float64(x[0]), float64(x[1])}
}

func near(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range got {
		if math.Abs(got[i]-want[i]) > 1e-5 {
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

// TestSGD: on a quadratic each coordinate shrinks by 1 - rate times its curvature.
func TestSGD(t *testing.T) {
	near(t, "SGD", path(t, &SGD{Rate: 0.03}, 7), []float64{math.Pow(1-0.06, 7), math.Pow(1-0.6, 7)})
}

// TestNAG compares with Nesterov's own form, which keeps the point and its look-ahead apart: w' = y - rate g(y), y' = w' + mu (w' - w).
func TestNAG(t *testing.T) {
	const rate, mu = 0.02, 0.9
	var want []float64
	for _, curvature := range []float64{2, 20} {
		// The form that starts from velocity 0 looks ahead by the first step already: y_1 = w_1 + mu (w_1 - w_0), with w_0 = y_0.
		w, y := 1.0, 1.0
		for range 9 {
			next := y - rate*curvature*y
			w, y = next, next+mu*(next-w)
		}
		want = append(want, y)
	}
	near(t, "NAG", path(t, &NAG{Rate: rate, Momentum: mu}, 9), want)
}

// TestRMSprop and TestAdam hold the first steps to their closed forms: RMSprop's first is rate sign(g) / sqrt(1 - decay); Adam's is rate sign(g), and
// with a constant gradient so is every other.
func TestRMSprop(t *testing.T) {
	d := 0.01 / math.Sqrt(0.1)
	near(t, "RMSprop", path(t, &RMSprop{Rate: 0.01, Decay: 0.9}, 1), []float64{1 - d, 1 - d})
	// With a constant gradient the mean square after t steps is g^2 (1 - decay^t).
	x, s, want := []float32{0}, &RMSprop{Rate: 0.01, Decay: 0.9}, 0.0
	s.Reset(1, 1)
	for k := range 5 {
		if err := s.Step(x, []float32{-3}); err != nil {
			t.Fatal(err)
		}
		want += 0.01 / math.Sqrt(1-math.Pow(0.9, float64(k+1)))
	}
	near(t, "RMSprop with a constant gradient", []float64{float64(x[0])}, []float64{want})
}

func TestAdam(t *testing.T) {
	near(t, "Adam", path(t, NewAdam(0.01), 1), []float64{0.99, 0.99})
	x, s := []float32{0, 0}, NewAdam(0.01)
	for range 50 {
		if err := s.Step(x, []float32{-3, 0.002}); err != nil {
			t.Fatal(err)
		}
	}
	near(t, "Adam with a constant gradient", []float64{float64(x[0]), float64(x[1])}, []float64{0.5, -0.5})
	// A second moment that decays: after a gradient of 1 and one of 0, m = 0.09, v = 0.000999, both with their corrections.
	x, s = []float32{0}, NewAdam(0.01)
	for _, g := range []float32{1, 0} {
		if err := s.Step(x, []float32{g}); err != nil {
			t.Fatal(err)
		}
	}
	second := 0.01 * (0.09 / (1 - 0.81)) / math.Sqrt(0.000999/(1-0.999*0.999))
	near(t, "Adam after 1 and 0", []float64{float64(x[0])}, []float64{-0.01 - second})
}

// TestIntervals compares with a published table: the 97.5% quantile of Student's t with 4 degrees of freedom is 2.776.
func TestIntervals(t *testing.T) {
	i := MeanInterval([]float64{1, 2, 3, 4, 5})
	half := 2.776 * math.Sqrt(2.5/5)
	if math.Abs(i.Mean-3) > 1e-12 || math.Abs(i.High-3-half) > 1e-3 || math.Abs(3-i.Low-half) > 1e-3 {
		t.Errorf("interval %v, want 3 +- %.4f", i, half)
	}
	if d := Paired([]float64{2, 4, 6}, []float64{1, 3, 5}); d.Mean != 1 || d.Low != 1 || d.High != 1 {
		t.Errorf("paired difference %v, want 1", d)
	}
}
