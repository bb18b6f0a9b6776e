package rules

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// Ellipse returns n points in the plane, row-major [n, 2], centred: normal, with standard deviations 1.5 and 0.5 along
// axes turned by 30 degrees. The same seed gives the same points.
func Ellipse(seed uint64, n int) []float64 {
	rng := rand.New(rand.NewPCG(seed, 3))
	sin, cos := math.Sincos(math.Pi / 6)
	x := make([]float64, 2*n)
	for i := range n {
		long, short := 1.5*rng.NormFloat64(), 0.5*rng.NormFloat64()
		x[2*i], x[2*i+1] = cos*long-sin*short, sin*long+cos*short
	}
	centreColumns(x, 2)
	return x
}

// TwoSources returns n samples of two independent uniform sources of variance 1, [n, 2], and the same samples turned by
// 25 degrees: a mixture that is white already, so that only its shape, a square, still says where the sources are.
func TwoSources(seed uint64, n int) (sources, mixed []float64) {
	rng := rand.New(rand.NewPCG(seed, 4))
	sin, cos := math.Sincos(25 * math.Pi / 180)
	sources, mixed = make([]float64, 2*n), make([]float64, 2*n)
	for i := range n {
		a, b := math.Sqrt(3)*(2*rng.Float64()-1), math.Sqrt(3)*(2*rng.Float64()-1)
		sources[2*i], sources[2*i+1] = a, b
		mixed[2*i], mixed[2*i+1] = cos*a-sin*b, sin*a+cos*b
	}
	return sources, mixed
}

// Columns returns the columns of x, row-major [n, features], each as a slice.
func Columns(x []float64, features int) [][]float64 {
	columns := make([][]float64, features)
	for i, v := range x {
		columns[i%features] = append(columns[i%features], v)
	}
	return columns
}

// PrincipalComponents returns the eigenvectors of the covariance of x, row-major [n, features], largest variance first,
// and the variances, both by gonum: what PCA rules are compared with.
func PrincipalComponents(x []float64, features int) (components [][]float64, variances []float64, err error) {
	if features < 1 || len(x) == 0 || len(x)%features != 0 {
		return nil, nil, fmt.Errorf("principal components: %d numbers are not examples of %d features", len(x), features)
	}
	n := len(x) / features
	centred := append([]float64(nil), x...)
	centreColumns(centred, features)
	var covariance mat.SymDense
	covariance.SymOuterK(1/float64(n), mat.NewDense(n, features, centred).T())
	var eigen mat.EigenSym
	if !eigen.Factorize(&covariance, true) {
		return nil, nil, fmt.Errorf("principal components: the covariance of %d features has no eigenvectors (is a value not finite?)", features)
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil)
	for k := features - 1; k >= 0; k-- {
		components = append(components, mat.Col(nil, k, &vectors))
		variances = append(variances, values[k])
	}
	return components, variances, nil
}

// Length returns the Euclidean norm of w.
func Length(w []float64) float64 { return length(w) }

// Cosine returns the cosine of the angle between a and b, NaN when one of them is zero.
func Cosine(a, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum / (length(a) * length(b))
}

// centreColumns takes the mean from every column of x, row-major [n, features].
func centreColumns(x []float64, features int) {
	mean := make([]float64, features)
	for i, v := range x {
		mean[i%features] += v / float64(len(x)/features)
	}
	for i := range x {
		x[i] -= mean[i%features]
	}
}

// Float64s returns x in float64: data sets are float32, gonum is not.
func Float64s(x []float32) []float64 {
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	return wide
}
