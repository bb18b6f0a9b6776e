package rules

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"gonum.org/v1/gonum/mat"
)

// TestRichGetRicher: for a linear unit the rule has a closed form. With m the mean input and r = 1 + eta s sum(m), all
// weights of unit j move by the same (r^t - 1)/(r - 1) eta (s w_j(0).m + intercept). So it cannot tell one input from
// another, and it grows geometrically.
func TestRichGetRicher(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		prove(t, be, checkRichGetRicher(2, 0), hatlib.RichGetRicher(2, 0).Update)
		prove(t, be, checkRichGetRicher(2.13, -0.42), hatlib.RichGetRicher(2.13, -0.42).Update)
	})
}

func checkRichGetRicher(slope, intercept float64) func(be compute.Backend, u update) error {
	return func(be compute.Backend, u update) error {
		const rate, steps = 0.02, 40
		rng := random(3)
		x := gaussian(rng, 50, 4, 1)
		mean := make([]float64, 4)
		for i := range 50 {
			for j := range 4 {
				x.Set(i, j, math.Abs(x.At(i, j)))
				mean[j] += x.At(i, j) / 50
			}
		}
		c := course{x: x, w: gaussian(rng, 3, 4, 1), rate: rate, steps: steps}
		w, err := c.run(be, u)
		if err != nil {
			return err
		}
		growth := 1 + rate*slope*dot(mean, []float64{1, 1, 1, 1})
		want := mat.NewDense(3, 4, nil)
		for j := range 3 {
			shift := (math.Pow(growth, steps) - 1) / (growth - 1) * rate * (slope*dot(c.w.RawRowView(j), mean) + intercept)
			for i := range 4 {
				want.Set(j, i, c.w.At(j, i)+shift)
			}
		}
		return atMost("relative distance to the closed form", maxDifference(w, want), 1e-10)
	}
}
