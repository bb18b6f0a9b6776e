package metalearning

import "math"

// Benchmark is a classical function for global minimization (Dixon and Szego 1978) on the unit cube.
type Benchmark struct {
	Name  string
	Dim   int
	Value func(x []float64) float64 // x in [0,1]^Dim, mapped to the usual domain inside
	Min   float64                   // smallest value, published
	At    [][]float64               // where, in the unit cube

	// Seen is what an optimizer observes: a fixed increasing function of Value with about mean 0 and standard deviation 1 over the cube. The heavy tails of
	// Goldstein-Price and of the Hartmann functions are taken off by a logarithm, as Picheny et al. 2013 do for the first. Random search does not notice;
	// the others see the same values.
	Seen func(value float64) float64
}

// Regret returns how far the best of values lies above the minimum.
func (b Benchmark) Regret(values []float64) float64 {
	best := math.Inf(1)
	for _, v := range values {
		best = min(best, v)
	}
	return best - b.Min
}

// Benchmarks returns Branin, Goldstein-Price, Hartmann-3 and Hartmann-6, the four functions of Chen et al. 2017, figure 3.
func Benchmarks() []Benchmark {
	logNegative := func(mean, sd float64) func(float64) float64 {
		return func(v float64) float64 { return (-math.Log(-v) - mean) / sd }
	}
	return []Benchmark{
		{
			Name: "Branin", Dim: 2, Value: branin, Min: 0.39788735772973816,
			At:   [][]float64{{(5 - math.Pi) / 15, 12.275 / 15}, {(5 + math.Pi) / 15, 2.275 / 15}, {(5 + 3*math.Pi) / 15, 2.475 / 15}},
			Seen: func(v float64) float64 { return (v - 54.31) / 51.44 },
		},
		{
			Name: "Goldstein-Price", Dim: 2, Value: goldsteinPrice, Min: 3,
			At:   [][]float64{{0.5, 0.25}},
			Seen: func(v float64) float64 { return (math.Log(v) - 8.693) / 2.427 },
		},
		{
			Name: "Hartmann-3", Dim: 3, Value: hartmann(hartmann3A, hartmann3P), Min: -3.86278214782076,
			At:   [][]float64{{0.114614, 0.555649, 0.852547}},
			Seen: logNegative(0.8745, 1.693),
		},
		{
			Name: "Hartmann-6", Dim: 6, Value: hartmann(hartmann6A, hartmann6P), Min: -3.322368011415515,
			At:   [][]float64{{0.20168952, 0.15001069, 0.47687398, 0.27533243, 0.31165162, 0.65730054}},
			Seen: logNegative(2.5756, 1.9475),
		},
	}
}

// branin is (b - 5.1 a^2 / 4 pi^2 + 5 a / pi - 6)^2 + 10 (1 - 1 / 8 pi) cos a + 10 on a in [-5, 10], b in [0, 15].
func branin(x []float64) float64 {
	a, b := 15*x[0]-5, 15*x[1]
	q := b - 5.1*a*a/(4*math.Pi*math.Pi) + 5*a/math.Pi - 6
	return q*q + 10*(1-1/(8*math.Pi))*math.Cos(a) + 10
}

// goldsteinPrice is the product of two polynomials of degree 4 on [-2, 2]^2.
func goldsteinPrice(x []float64) float64 {
	a, b := 4*x[0]-2, 4*x[1]-2
	p, q := a+b+1, 2*a-3*b
	return (1 + p*p*(19-14*a+3*a*a-14*b+6*a*b+3*b*b)) * (30 + q*q*(18-32*a+12*a*a+48*b-36*a*b+27*b*b))
}

// hartmann is -sum over i of alpha_i exp(-sum over j of A_ij (x_j - P_ij)^2).
func hartmann(a, p [4][]float64) func([]float64) float64 {
	alpha := [4]float64{1, 1.2, 3, 3.2}
	return func(x []float64) float64 {
		sum := 0.0
		for i := range alpha {
			e := 0.0
			for j := range x {
				d := x[j] - 1e-4*p[i][j]
				e += a[i][j] * d * d
			}
			sum -= alpha[i] * math.Exp(-e)
		}
		return sum
	}
}

// The constants of the Hartmann functions; P is in units of 1e-4.
var (
	hartmann3A = [4][]float64{{3, 10, 30}, {0.1, 10, 35}, {3, 10, 30}, {0.1, 10, 35}}
	hartmann3P = [4][]float64{{3689, 1170, 2673}, {4699, 4387, 7470}, {1091, 8732, 5547}, {381.5, 5743, 8828}}
	hartmann6A = [4][]float64{{10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}}
	hartmann6P = [4][]float64{{1312, 1696, 5569, 124, 8283, 5886}, {2329, 4135, 8307, 3736, 1004, 9991},
		{2348, 1451, 3522, 2883, 3047, 6650}, {4047, 8828, 8732, 5743, 1091, 381}}
)
