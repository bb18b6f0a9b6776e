package rules

import (
	"errors"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestOja: every unit finds the first principal component with length 1, from a stream of small batches.
func TestOja(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) { prove(t, be, checkOja, hatlib.Oja().Update) })
}

func checkOja(be compute.Backend, u update) error {
	rng := random(2)
	x := cloud(rng, 1000, []float64{3, 1.5, 0.8, 0.4, 0.2})
	c := course{x: x, w: gaussian(rng, 3, 5, 0.3), rate: 0.005, batch: 20, steps: 2000}
	w, err := c.run(be, u)
	if err != nil {
		return err
	}
	first := principal(x)[0]
	var failures []error
	for j := range 3 {
		failures = append(failures,
			atLeast("|cos| with the first component", math.Abs(cosine(w.RawRowView(j), first)), 0.99),
			atMost("|length - 1|", math.Abs(length(w.RawRowView(j))-1), 0.02))
	}
	return errors.Join(failures...)
}
