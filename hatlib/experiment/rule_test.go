package experiment

import (
	"math"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
)

// TestUpdate: M of two hidden units by hand, one of them silent; a diverged M stays one.
func TestUpdate(t *testing.T) {
	r := RuleParams{A: []float64{1, -2}, B: []float64{0.5, 1}, C: []float64{2, 0}, D: []float64{-0.5, 0.25}, M: []float64{3, 5}, E: 0.125}
	z := [2]float64{1*0.5 + 0.5*0.4 + 2*0.3 - 0.5, -2*0.5 + 0.4 + 0.25}
	for activation, want := range map[hatlib.Activation]float64{
		hatlib.ActivationReLU:    3*z[0] + 0.125,
		hatlib.ActivationTanh:    3*math.Tanh(z[0]) + 5*math.Tanh(z[1]) + 0.125,
		hatlib.ActivationLinear:  3*z[0] + 5*z[1] + 0.125,
		hatlib.ActivationSigmoid: 3/(1+math.Exp(-z[0])) + 5/(1+math.Exp(-z[1])) + 0.125,
	} {
		r.Activation = activation
		if got := r.Update(0.5, 0.4, 0.3); math.Abs(got-want) > 1e-12 {
			t.Errorf("%s: %v, want %v", activation, got, want)
		}
		if got := r.Update(math.NaN(), 0.4, 0.3); !math.IsNaN(got) {
			t.Errorf("%s of NaN: %v", activation, got)
		}
	}
	other := r
	other.E, other.M = 4.125, []float64{3, 8}
	if got := r.Distance(&other); math.Abs(got-5) > 1e-12 {
		t.Errorf("distance %v, want 5", got)
	}
}
