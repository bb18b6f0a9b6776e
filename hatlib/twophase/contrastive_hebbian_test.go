package twophase

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
)

func contrastive(unit Unit) func(gamma float64) Method {
	return func(gamma float64) Method {
		return &ContrastiveHebbian{Unit: unit, Gamma: gamma, Dt: 1, Steps: 40}
	}
}

// TestContrastiveHebbian: as gamma goes to 0 every layer's update becomes backpropagation's, in direction and norm,
// with an error linear in gamma. The network has three layers of weights, so that gamma^(k-L) is 1, 1/gamma and
// 1/gamma^2. Float64.
func TestContrastiveHebbian(t *testing.T) {
	theory(t, func(t *testing.T, be compute.Backend, unit Unit) error {
		return checkBackpropagation(t.Logf, be, unit, contrastive(unit))
	})
}

// checkBackpropagation compares the update of make(gamma) with the gradient of the forward pass.
func checkBackpropagation(logf func(string, ...any), be compute.Backend, unit Unit, make func(gamma float64) Method) error {
	n := newNet(1, 1, 5, 6, 5, 4, 3)
	want, err := n.descent(be, unit)
	if err != nil {
		return err
	}
	var previous []float64
	for _, gamma := range []float64{0.01, 0.001} {
		got, err := n.update(be, make(gamma))
		if err != nil {
			return err
		}
		var errors []float64
		for i := range want {
			cos, ratio := cosine(got[i], want[i])
			wrong := relativeError(got[i], want[i])
			logf("gamma %g, %s: relative error %.5f, 1 - cosine %.1e, norm ratio %.5f", gamma, parameterName(i), wrong, 1-cos, ratio)
			if !(wrong < 4*gamma && 1-cos < 10*gamma*gamma && math.Abs(ratio-1) < 4*gamma) {
				return fmt.Errorf("gamma %g, %s: relative error %.4g, 1 - cosine %.2g, norm ratio %.5g", gamma, parameterName(i), wrong, 1-cos, ratio)
			}
			if previous != nil && !(math.Abs(previous[i]/wrong-10) < 1) {
				return fmt.Errorf("%s: the error falls by %.3g for a gamma 10 times smaller, want 10: it is not linear", parameterName(i), previous[i]/wrong)
			}
			errors = append(errors, wrong)
		}
		previous = errors
	}
	return nil
}
