package metalearning

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// GPEI is Bayesian optimization in its plainest form (Mockus 1974; Jones et al. 1998), the method beside which Chen et al. 2017 put the learned one: a Gaussian process with
// a squared-exponential kernel is fitted to what was seen so far, and the next query maximizes the expected improvement
//
//	EI(x) = (best - mu) Phi(z) + sigma phi(z)          z = (best - mu) / sigma
//
// The lengthscale (one for all axes) is the most likely of a grid; the mean and the variance are those of the observations. EI is maximized over Candidates
// points, half of them uniform and half around the best point so far.
type GPEI struct {
	Candidates int // per query
}

// Run searches for the minimum of each task and returns the values found, [tasks][horizon].
func (m GPEI) Run(tasks []SearchTask, seed uint64, horizon int) ([][]float64, error) {
	found := make([][]float64, len(tasks))
	for r, t := range tasks {
		rng := rand.New(rand.NewPCG(seed, uint64(r)))
		x := t.First
		var xs [][]float64
		var ys []float64
		for range horizon {
			v := t.Value(x)
			found[r] = append(found[r], v)
			xs, ys = append(xs, x), append(ys, t.Seen(v))
			next, err := m.next(rng, xs, ys)
			if err != nil {
				return nil, fmt.Errorf("metalearning: Gaussian process on %s, task %d, query %d: %w", t.Name, r, len(xs), err)
			}
			x = next
		}
	}
	return found, nil
}

// next returns the point of largest expected improvement.
func (m GPEI) next(rng *rand.Rand, xs [][]float64, ys []float64) ([]float64, error) {
	dim := len(xs[0])
	if len(xs) < 3 {
		return point(rng, dim), nil
	}
	mean, sd := meanSD(ys)
	sd = max(sd, 1e-6)
	y := make([]float64, len(ys))
	at := 0
	for i, v := range ys {
		y[i] = (v - mean) / sd
		if v < ys[at] {
			at = i
		}
	}
	var gp *gaussianProcess
	for _, scale := range []float64{0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.9} {
		g, err := newGaussianProcess(xs, y, scale)
		if err != nil {
			return nil, err
		}
		if gp == nil || g.logLikelihood > gp.logLikelihood {
			gp = g
		}
	}
	var best []float64
	bestEI := -1.0
	for c := range m.Candidates {
		x := point(rng, dim)
		if c%2 == 1 {
			spread := 0.3 * math.Pow(10, -2*rng.Float64())
			for j := range x {
				x[j] = min(max(xs[at][j]+spread*rng.NormFloat64(), 0), 1)
			}
		}
		mu, sigma := gp.predict(x)
		if ei := expectedImprovement(y[at], mu, sigma); ei > bestEI {
			best, bestEI = x, ei
		}
	}
	return best, nil
}

// expectedImprovement is E[max(best - Y, 0)] for Y ~ N(mu, sigma^2).
func expectedImprovement(best, mu, sigma float64) float64 {
	z := (best - mu) / sigma
	return (best-mu)*0.5*math.Erfc(-z/math.Sqrt2) + sigma*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)
}

// gaussianProcess is the posterior of a process with unit variance, k(x, x') = exp(-|x - x'|^2 / 2 scale^2), and noise of variance 1e-6.
type gaussianProcess struct {
	xs            [][]float64
	scale         float64
	chol          mat.Cholesky
	alpha         mat.VecDense // K^-1 y
	logLikelihood float64
}

func newGaussianProcess(xs [][]float64, y []float64, scale float64) (*gaussianProcess, error) {
	g := &gaussianProcess{xs: xs, scale: scale}
	n := len(xs)
	k := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i {
			k.SetSym(i, j, g.kernel(xs[i], xs[j]))
		}
		k.SetSym(i, i, 1+1e-6)
	}
	if !g.chol.Factorize(k) {
		return nil, fmt.Errorf("the kernel matrix of %d points at lengthscale %g is not positive definite", n, scale)
	}
	v := mat.NewVecDense(n, y)
	if err := g.chol.SolveVecTo(&g.alpha, v); err != nil {
		if _, ok := err.(mat.Condition); !ok {
			return nil, fmt.Errorf("solving for %d points: %w", n, err)
		}
	}
	g.logLikelihood = -0.5*mat.Dot(v, &g.alpha) - 0.5*g.chol.LogDet()
	return g, nil
}

func (g *gaussianProcess) kernel(a, b []float64) float64 {
	d := 0.0
	for j := range a {
		d += (a[j] - b[j]) * (a[j] - b[j])
	}
	return math.Exp(-d / (2 * g.scale * g.scale))
}

// predict returns the posterior mean and standard deviation at x.
func (g *gaussianProcess) predict(x []float64) (mu, sigma float64) {
	k := mat.NewVecDense(len(g.xs), nil)
	for i, xi := range g.xs {
		k.SetVec(i, g.kernel(x, xi))
	}
	var l mat.TriDense
	g.chol.LTo(&l)
	var s mat.VecDense
	// A badly conditioned factor still gives a usable direction; the variance is kept positive below.
	_ = s.SolveVec(&l, k)
	return mat.Dot(k, &g.alpha), math.Sqrt(max(1-mat.Dot(&s, &s), 1e-12))
}

// meanSD returns the mean and the standard deviation (divisor n - 1) of v.
func meanSD(v []float64) (mean, sd float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		sd += (x - mean) * (x - mean)
	}
	return mean, math.Sqrt(sd / float64(max(len(v)-1, 1)))
}
