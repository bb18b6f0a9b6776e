package rules

import (
	"errors"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"gonum.org/v1/gonum/mat"
)

// TestHebb: without a norm the batch rule is a power of (1 + eta C), computed here by gonum; it turns to the first
// component and grows without end.
func TestHebb(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) { prove(t, be, checkHebb, hatlib.Hebb().Update) })
}

func checkHebb(be compute.Backend, u update) error {
	const rate, steps = 0.05, 100
	rng := random(1)
	x := cloud(rng, 200, []float64{4, 2, 1, 0.5, 0.25})
	c := course{x: x, w: gaussian(rng, 3, 5, 0.1), rate: rate, steps: steps}
	w, err := c.run(be, u)
	if err != nil {
		return err
	}
	var step, power, want mat.Dense
	step.Scale(rate, covariance(x))
	for i := range 5 {
		step.Set(i, i, step.At(i, i)+1)
	}
	power.Pow(&step, steps)
	want.Mul(c.w, &power)
	first := principal(x)[0]
	failures := []error{atMost("relative distance to W0 (1 + eta C)^t", maxDifference(w, &want), 1e-10)}
	for j := range 3 {
		failures = append(failures,
			atLeast("|cos| with the first component", math.Abs(cosine(w.RawRowView(j), first)), 0.99),
			atLeast("growth of the length", length(w.RawRowView(j))/length(c.w.RawRowView(j)), 1e6))
	}
	return errors.Join(failures...)
}
