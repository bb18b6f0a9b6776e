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

// TestGHASVD: both singular vectors of the first three pairs, their joint sign, order and singular values, from a
// stream of pairs, against gonum's SVD of the mean of a b'.
func TestGHASVD(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) { prove(t, be, checkGHASVD, GHASVD{Split: 6}.Update) })
}

func checkGHASVD(be compute.Backend, u update) error {
	const n, rows, columns, pairs, rate, unroll = 1000, 6, 5, 3, 0.03, 10
	rng := random(9)
	// a = M b + noise, with M of known singular values and b white: E[a b'] is close to M, and gonum knows it exactly.
	left, right := orthogonal(rng, rows), orthogonal(rng, columns)
	b := gaussian(rng, n, columns, 1)
	m := mat.NewDense(columns, rows, nil)
	for k, s := range []float64{4, 1.8, 0.8, 0.2, 0.1} {
		m.RankOne(m, s, right.ColView(k), left.ColView(k))
	}
	var a, cross mat.Dense
	a.Mul(b, m)
	a.Add(&a, gaussian(rng, n, rows, 0.3))
	cross.Mul(a.T(), b)
	cross.Scale(1.0/n, &cross)
	x := mat.NewDense(n, rows+columns, nil)
	for i := range n {
		copy(x.RawRowView(i), append(mat.Row(nil, i, &a), mat.Row(nil, i, b)...))
	}
	c := course{x: x, w: gaussian(rng, pairs, rows+columns, 0.1), rate: rate, batch: 10, steps: 4000, unroll: unroll}
	w, err := c.run(be, u)
	if err != nil {
		return err
	}
	// The singular values are read off the growth over the last whole passes through the data.
	const lastCalls = 200
	before := c.history[len(c.history)-1-lastCalls]
	values, err := GHASVD{Split: rows}.SingularValues(flat(before), flat(w), rows+columns, rate, lastCalls*unroll)
	if err != nil {
		return err
	}
	var svd mat.SVD
	if !svd.Factorize(&cross, mat.SVDThin) {
		return errors.New("gonum found no SVD")
	}
	var uWant, vWant mat.Dense
	svd.UTo(&uWant)
	svd.VTo(&vWant)
	var failures []error
	for k := range pairs {
		row := w.RawRowView(k)
		cosU := cosine(row[:rows], mat.Col(nil, k, &uWant))
		cosV := cosine(row[rows:], mat.Col(nil, k, &vWant))
		failures = append(failures,
			atLeast(fmt.Sprintf("|cos| of left vector %d", k), math.Abs(cosU), 0.99),
			atLeast(fmt.Sprintf("|cos| of right vector %d", k), math.Abs(cosV), 0.99),
			atLeast(fmt.Sprintf("joint sign of pair %d", k), cosU*cosV, 0),
			atMost(fmt.Sprintf("relative error of singular value %d", k), math.Abs(values[k]/svd.Values(nil)[k]-1), 0.03))
	}
	return errors.Join(failures...)
}

func TestGHASVDErrors(t *testing.T) {
	w := make([]float64, 6)
	for name, call := range map[string]func() error{
		"split":  func() error { _, err := GHASVD{Split: 3}.SingularValues(w, w, 3, 1, 1); return err },
		"length": func() error { _, err := GHASVD{}.SingularValues(w, w[:5], 3, 1, 1); return err },
		"rate":   func() error { _, err := GHASVD{}.SingularValues(w, w, 3, 0, 1); return err },
	} {
		if call() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
