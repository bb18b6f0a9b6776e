package rules

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Input says what a rule's theory asks of its data.
type Input int

const (
	// Centred: every feature has mean 0 (Hebb, Oja, GHA: components of the covariance, not of the mean).
	Centred Input = iota
	// UnitLength: mean 0, and then every example divided by its length (rules that compare inputs by their angle).
	// Uncentred images all point the same way, and one unit of a soft winner-take-all layer then wins them all.
	UnitLength
	// White: mean 0 and covariance 1, in as many coordinates as the data has directions above the noise (independent
	// components). The layer then has fewer inputs than the data has features.
	White
)

// String returns the name of the input as the documentation writes it.
func (in Input) String() string {
	switch in {
	case Centred:
		return "centred"
	case UnitLength:
		return "centred, unit length"
	case White:
		return "white"
	}
	return "unknown"
}

// whiteFloor is the variance, as a part of the largest, below which a direction counts as noise and is left out, as
// PCA before ICA does. Pixels at the edge of a digit must not be blown up to unit variance, and a direction without any
// variance must not stay: an anti-Hebbian rule would turn to it, since nothing is smaller than no activity.
const whiteFloor = 5e-2

// noVariance is what rounding leaves of a direction without variance, as a part of the largest.
const noVariance = 1e-6

// Preparation is an [Input] fitted on training data, to be applied to any data of the same features.
type Preparation struct {
	input    Input
	features int
	mean     []float64
	white    *mat.Dense // D^(-1/2) E', [inputs, features]; nil unless White
}

// Prepare fits input on x, row-major [n, features].
func Prepare(input Input, x []float32, features int) (*Preparation, error) {
	return prepare(input, x, features, 1)
}

// prepare is [Prepare] where white data keeps at least so many directions, as far as they vary at all.
func prepare(input Input, x []float32, features, least int) (*Preparation, error) {
	if features < 1 || len(x) == 0 || len(x)%features != 0 {
		return nil, fmt.Errorf("prepare %s input: %d numbers are not examples of %d features", input, len(x), features)
	}
	p := &Preparation{input: input, features: features}
	n := len(x) / features
	p.mean = make([]float64, features)
	for i, v := range x {
		p.mean[i%features] += float64(v) / float64(n)
	}
	if input != White {
		return p, nil
	}
	centred := mat.NewDense(n, features, nil)
	for i, v := range x {
		centred.Set(i/features, i%features, float64(v)-p.mean[i%features])
	}
	var covariance mat.SymDense
	covariance.SymOuterK(1/float64(n), centred.T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&covariance, true) {
		return nil, fmt.Errorf("prepare white input: the covariance of %d features has no eigenvectors (is a value not finite?)", features)
	}
	values := eigen.Values(nil)
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	var rows []float64
	floor := func(k int) float64 {
		if features-1-k < least {
			return noVariance
		}
		return whiteFloor
	}
	for k := features - 1; k >= 0 && values[k] > floor(k)*values[features-1]; k-- {
		for i := range features {
			rows = append(rows, vectors.At(i, k)/math.Sqrt(values[k]))
		}
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("prepare white input: all %d examples are equal", n)
	}
	p.white = mat.NewDense(len(rows)/features, features, rows)
	return p, nil
}

// Inputs is the number of inputs of a layer on prepared data: the number of features, or fewer when white.
func (p *Preparation) Inputs() int {
	if p.white == nil {
		return p.features
	}
	inputs, _ := p.white.Dims()
	return inputs
}

// Apply returns x, row-major [n, features], prepared, [n, Inputs]; x is not changed.
func (p *Preparation) Apply(x []float32) []float32 {
	out := make([]float32, 0, len(x)/p.features*p.Inputs())
	example := make([]float64, p.features)
	for start := 0; start < len(x); start += p.features {
		for i := range example {
			example[i] = float64(x[start+i])
			if p.mean != nil {
				example[i] -= p.mean[i]
			}
		}
		scale := 1.0
		if p.input == UnitLength {
			if l := length(example); l > 0 {
				scale = 1 / l
			}
		}
		prepared := example
		if p.white != nil {
			var white mat.VecDense
			white.MulVec(p.white, mat.NewVecDense(p.features, example))
			prepared = white.RawVector().Data
		}
		for _, v := range prepared {
			out = append(out, float32(scale*v))
		}
	}
	return out
}
