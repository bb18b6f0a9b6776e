package rules

import (
	"fmt"
	"math"

	"github.com/hatlab/hatlab/hatlib/dataset"

	"gonum.org/v1/gonum/mat"
)

// Readout returns the test accuracy of a linear readout of a layer: what a rule without labels has made easy to say
// about the classes. Every unit is standardised on the training data, so that rules which let weights grow are not
// judged by their scale, passes through a ReLU, and ridge regression onto the one-hot labels (closed form, with a bias
// that is not penalised) reads the class off. ridge > 0 is the penalty per training example.
func Readout(layer *Layer, train, test *dataset.Set, ridge float64) (float64, error) {
	if !(ridge > 0) {
		return 0, fmt.Errorf("readout: ridge %g, want a positive number", ridge)
	}
	if features := layer.preparation.features; train.Features != features || test.Features != features {
		return 0, fmt.Errorf("readout: data with %d and %d features for a layer made for %d", train.Features, test.Features, features)
	}
	mean, scale := moments(layer.Activities(train.X), layer.Outputs)
	features := func(set *dataset.Set) *mat.Dense {
		y := layer.Activities(set.X)
		h := mat.NewDense(set.N, layer.Outputs+1, nil)
		for b := range set.N {
			for j := range layer.Outputs {
				h.Set(b, j, math.Max(0, (y[b*layer.Outputs+j]-mean[j])*scale[j]))
			}
			h.Set(b, layer.Outputs, 1)
		}
		return h
	}
	coefficients, err := ridgeRegression(features(train), oneHot(train), ridge)
	if err != nil {
		return 0, fmt.Errorf("readout: %w", err)
	}
	var scores mat.Dense
	scores.Mul(features(test), coefficients)
	correct := 0
	for b := range test.N {
		best := 0
		for c := range test.Classes {
			if scores.At(b, c) > scores.At(b, best) {
				best = c
			}
		}
		if int32(best) == test.Y[b] {
			correct++
		}
	}
	return float64(correct) / float64(test.N), nil
}

// moments returns the mean of every unit and one over its standard deviation; a unit that never moves gets scale 0.
func moments(y []float64, units int) (mean, scale []float64) {
	n := float64(len(y) / units)
	mean, scale = make([]float64, units), make([]float64, units)
	for i, v := range y {
		mean[i%units] += v / n
	}
	for i, v := range y {
		d := v - mean[i%units]
		scale[i%units] += d * d / n
	}
	for j, variance := range scale {
		if variance > 0 {
			scale[j] = 1 / math.Sqrt(variance)
		}
	}
	return mean, scale
}

func oneHot(set *dataset.Set) *mat.Dense {
	y := mat.NewDense(set.N, set.Classes, nil)
	for b, c := range set.Y {
		y.Set(b, int(c), 1)
	}
	return y
}

// ridgeRegression solves (H'H + n ridge R) B = H'Y, where R is the identity without the bias, the last column of H.
func ridgeRegression(h, y *mat.Dense, ridge float64) (*mat.Dense, error) {
	n, d := h.Dims()
	var gram mat.SymDense
	gram.SymOuterK(1, h.T())
	for j := range d - 1 {
		gram.SetSym(j, j, gram.At(j, j)+float64(n)*ridge)
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(&gram) {
		return nil, fmt.Errorf("the regression has no solution: activities are not finite, or ridge %g is too small", ridge)
	}
	var right, b mat.Dense
	right.Mul(h.T(), y)
	if err := cholesky.SolveTo(&b, &right); err != nil {
		return nil, fmt.Errorf("the regression is ill-conditioned: %w", err)
	}
	return &b, nil
}
