package rules

import (
	"errors"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"gonum.org/v1/gonum/mat"
)

// TestBCMFixed: one pattern, one linear unit. In small steps the activity follows the solution of
// y' = |x|^2 y (y - theta), which is theta / (1 + (theta/y0 - 1) exp(|x|^2 theta t)); from above theta it has a pole.
func TestBCMFixed(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) { prove(t, be, checkBCMFixed, BCMFixed(0.8).Update) })
}

func checkBCMFixed(be compute.Backend, u update) error {
	const theta, rate, steps = 0.8, 0.002, 1000
	x := mat.NewDense(1, 3, []float64{0.6, 0.8, 0.5})
	power := dot(x.RawRowView(0), x.RawRowView(0))
	activity := func(start float64) (float64, error) {
		w := mat.NewDense(1, 3, nil)
		w.Scale(start/power, x)
		c := course{x: x, w: w, rate: rate, steps: steps, unroll: 20}
		end, err := c.run(be, u)
		if err != nil {
			return 0, err
		}
		return dot(end.RawRowView(0), x.RawRowView(0)), nil
	}
	below, err := activity(0.7 * theta)
	if err != nil {
		return err
	}
	above, err := activity(1.5 * theta)
	if err != nil {
		return err
	}
	want := theta / (1 + (1/0.7-1)*math.Exp(power*theta*rate*steps))
	if math.IsNaN(above) {
		above = math.Inf(1)
	}
	return errors.Join(
		atMost("relative distance to the logistic curve below the threshold", math.Abs(below/want-1), 0.01),
		atLeast("activity from above the threshold", above, 1e3))
}

// TestBCM: selectivity, with the exact fixed points. K linearly independent patterns of equal frequency: every unit
// answers to one pattern with K and to the others with 0.
func TestBCM(t *testing.T) {
	rule, err := NewBCM(0.1, 1)
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) { prove(t, be, checkBCM, rule.Update) })
}

func checkBCM(be compute.Backend, u update) error {
	const patterns, units = 4, 6
	rng := random(6)
	x := gaussian(rng, patterns, 5, 0.2)
	for k := range patterns {
		x.Set(k, k, x.At(k, k)+1)
	}
	w := gaussian(rng, units, 5, 0.2)
	for j := range units {
		for i := range 5 {
			w.Set(j, i, w.At(j, i)+0.3)
		}
	}
	c := course{x: x, w: w, rate: 0.02, steps: 8000, unroll: 20}
	end, err := c.run(be, u)
	if err != nil {
		return err
	}
	var y mat.Dense
	y.Mul(x, end.T())
	var failures []error
	winners := map[int]bool{}
	for j := range units {
		answers := mat.Col(nil, j, &y)
		winner := 0
		for k, a := range answers {
			if a > answers[winner] {
				winner = k
			}
		}
		winners[winner] = true
		for k, a := range answers {
			want := 0.0
			if k == winner {
				want = patterns
			}
			failures = append(failures, atMost("|answer - fixed point|", math.Abs(a-want), 0.05))
		}
	}
	return errors.Join(append(failures, atLeast("number of patterns with a unit", float64(len(winners)), 2))...)
}

func TestBCMErrors(t *testing.T) {
	for _, follow := range []float64{0, -1, 1.5, math.NaN()} {
		if _, err := NewBCM(follow, 1); err == nil {
			t.Errorf("NewBCM(%g, 1) gave no error", follow)
		}
	}
}
