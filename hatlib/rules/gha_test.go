package rules

import (
	"errors"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestGHA: the first four components of eight, in order, orthonormal, from a stream of small batches.
func TestGHA(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) { prove(t, be, checkGHA, GHA{}.Update) })
}

func checkGHA(be compute.Backend, u update) error {
	rng := random(8)
	x := cloud(rng, 1000, []float64{6, 4, 2.5, 1.5, 0.6, 0.4, 0.2, 0.1})
	c := course{x: x, w: gaussian(rng, 4, 8, 0.2), rate: 0.003, batch: 20, steps: 4000}
	w, err := c.run(be, u)
	if err != nil {
		return err
	}
	failures := []error{atMost("max |WW' - I|", orthonormality(w), 0.05)}
	for k, component := range principal(x)[:4] {
		failures = append(failures, atLeast("|cos| with the component of the same rank", math.Abs(cosine(w.RawRowView(k), component)), 0.99))
	}
	return errors.Join(failures...)
}
