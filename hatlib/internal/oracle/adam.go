package oracle

import "math"

// Adam is the optimizer of Kingma and Ba (2014), for one list of numbers.
type Adam struct {
	Rate, Epsilon float64
	m, v          []float64
	steps         int
}

// Step changes values by one step against the gradient.
func (a *Adam) Step(values, gradient []float64) {
	if a.m == nil {
		a.m, a.v = make([]float64, len(values)), make([]float64, len(values))
	}
	a.steps++
	for i, g := range gradient {
		a.m[i] = 0.9*a.m[i] + 0.1*g
		a.v[i] = 0.999*a.v[i] + 0.001*g*g
		m := a.m[i] / (1 - math.Pow(0.9, float64(a.steps)))
		v := a.v[i] / (1 - math.Pow(0.999, float64(a.steps)))
		values[i] -= a.Rate * m / (math.Sqrt(v) + a.Epsilon)
	}
}
