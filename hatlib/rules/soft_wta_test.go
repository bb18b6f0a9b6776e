package rules

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"gonum.org/v1/gonum/mat"
)

// TestSoftWTA: inputs of length 1 in four clusters, units that start nearer to one cluster each than to the others: the
// weights end with length 1 at the direction of the cluster's mean, one each.
func TestSoftWTA(t *testing.T) {
	rule, err := NewSoftWTA(0.1)
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) { prove(t, be, checkSoftWTA, rule.Update) })
}

func checkSoftWTA(be compute.Backend, u update) error {
	const clusters, each, in = 4, 100, 8
	rng := random(10)
	directions := orthogonal(rng, in)
	x := mat.NewDense(clusters*each, in, nil)
	centres := make([][]float64, clusters)
	for k := range clusters {
		centres[k] = make([]float64, in)
	}
	for b := range clusters * each {
		k := b % clusters
		example := x.RawRowView(b)
		for i := range in {
			example[i] = directions.At(k, i) + 0.15*rng.NormFloat64()
		}
		l := length(example)
		for i := range in {
			example[i] /= l
			centres[k][i] += example[i] / each
		}
	}
	w := gaussian(rng, clusters, in, 0.15)
	for k := range clusters {
		for i := range in {
			w.Set(k, i, w.At(k, i)+0.6*directions.At(k, i))
		}
	}
	c := course{x: x, w: w, rate: 0.1, batch: 40, steps: 2000}
	end, err := c.run(be, u)
	if err != nil {
		return err
	}
	var failures []error
	for k := range clusters {
		failures = append(failures,
			atLeast(fmt.Sprintf("cos of unit %d with its centre", k), cosine(end.RawRowView(k), centres[k]), 0.99),
			atMost(fmt.Sprintf("|length - 1| of unit %d", k), math.Abs(length(end.RawRowView(k))-1), 0.02))
	}
	return errors.Join(failures...)
}

func TestSoftWTAErrors(t *testing.T) {
	for _, temperature := range []float64{0, -1, math.NaN()} {
		if _, err := NewSoftWTA(temperature); err == nil {
			t.Errorf("NewSoftWTA(%g) gave no error", temperature)
		}
	}
}
