package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// RuleSample is a rule at some neuron pairs: what it saw, and its update before any rate. All slices have one length.
type RuleSample struct{ Vi, Wij, Vj, Update []float64 }

// RuleFn is a pointwise rule.
type RuleFn func(vi, wij, vj float64) float64

// Sample evaluates a rule at pairs of v_i, w_ij, v_j, for example those that training visited.
func Sample(rule RuleFn, pairs [][3]float64) RuleSample {
	var s RuleSample
	for _, p := range pairs {
		s.Vi, s.Wij, s.Vj = append(s.Vi, p[0]), append(s.Wij, p[1]), append(s.Vj, p[2])
		s.Update = append(s.Update, rule(p[0], p[1], p[2]))
	}
	return s
}

// GridPairs are n x n x n points with equal steps in v_i, w_ij and v_j, from low to high.
func GridPairs(n int, low, high [3]float64) [][3]float64 {
	var pairs [][3]float64
	at := func(input, k int) float64 {
		return low[input] + (high[input]-low[input])*float64(k)/float64(max(n-1, 1))
	}
	for i := range n {
		for j := range n {
			for k := range n {
				pairs = append(pairs, [3]float64{at(0, i), at(1, j), at(2, k)})
			}
		}
	}
	return pairs
}

// MeanRule is the pointwise mean of rules, the paper's M-bar.
func MeanRule(rules []RuleFn) RuleFn {
	return func(vi, wij, vj float64) float64 {
		sum := 0.0
		for _, r := range rules {
			sum += r(vi, wij, vj)
		}
		return sum / float64(len(rules))
	}
}

// Join puts samples behind each other.
func Join(samples ...RuleSample) RuleSample {
	var all RuleSample
	for _, s := range samples {
		all.Vi, all.Wij = append(all.Vi, s.Vi...), append(all.Wij, s.Wij...)
		all.Vj, all.Update = append(all.Vj, s.Vj...), append(all.Update, s.Update...)
	}
	return all
}

// Dependence is how a rule's update depends on each input, linearly.
type Dependence struct {
	N int
	// Mean and Deviation are of the update, InputDeviation of v_i, w_ij and v_j: a slope times it is what the input moves.
	Mean, Deviation float64
	InputDeviation  [3]float64
	// Correlation of the update with v_i, w_ij, v_j and v_i v_j; NaN for an input that does not vary.
	Correlation [4]float64
	// Slope and Intercept are of the least-squares line on v_j alone, R2 its share of variance.
	Slope, Intercept, R2 float64
	// Slopes are those of the regression on v_i, w_ij and v_j together, JointR2 its share of variance. A slope is the
	// rule's; a share of variance is the rule's and the range's of the input.
	Slopes  [3]float64
	JointR2 float64
	// Unique is the share of variance that the joint regression loses without v_i, w_ij, v_j.
	Unique [3]float64
}

// Dependence computes the linear dependences of a sample. A sample without two finite points is an error.
func (s RuleSample) Dependence() (Dependence, error) {
	s = s.finite()
	d := Dependence{N: len(s.Update)}
	if d.N < 2 {
		return d, fmt.Errorf("rule sample: %d finite points, want at least 2", d.N)
	}
	d.Mean, d.Deviation = stat.MeanStdDev(s.Update, nil)
	product := make([]float64, d.N)
	for i := range product {
		product[i] = s.Vi[i] * s.Vj[i]
	}
	for k, x := range [][]float64{s.Vi, s.Wij, s.Vj, product} {
		d.Correlation[k] = stat.Correlation(x, s.Update, nil)
	}
	inputs := [][]float64{s.Vi, s.Wij, s.Vj}
	for k, x := range inputs {
		d.InputDeviation[k] = stat.StdDev(x, nil)
	}
	line := leastSquares(inputs[2:], s.Update)
	d.Intercept, d.Slope, d.R2 = line.intercept, line.slopes[0], line.r2
	joint := leastSquares(inputs, s.Update)
	copy(d.Slopes[:], joint.slopes)
	d.JointR2 = joint.r2
	for k := range inputs {
		var others [][]float64
		for o, x := range inputs {
			if o != k {
				others = append(others, x)
			}
		}
		d.Unique[k] = joint.r2 - leastSquares(others, s.Update).r2
	}
	return d, nil
}

// finite leaves out points that are not numbers: a diverged run has such rules.
func (s RuleSample) finite() RuleSample {
	var kept RuleSample
	for i := range s.Update {
		if sum := s.Vi[i] + s.Wij[i] + s.Vj[i] + s.Update[i]; !math.IsNaN(sum) && !math.IsInf(sum, 0) {
			kept.Vi, kept.Wij = append(kept.Vi, s.Vi[i]), append(kept.Wij, s.Wij[i])
			kept.Vj, kept.Update = append(kept.Vj, s.Vj[i]), append(kept.Update, s.Update[i])
		}
	}
	return kept
}

type fit struct {
	intercept float64
	slopes    []float64
	r2        float64
}

// leastSquares regresses y on the inputs with an intercept. An input that does not vary, or that follows from others,
// gets a slope near 0 instead of none: the normal equations of standardized inputs have a trace of ridge.
func leastSquares(inputs [][]float64, y []float64) fit {
	n, k := len(y), len(inputs)
	x := mat.NewDense(n, k, nil)
	centres, scales := make([]float64, k), make([]float64, k)
	for c, input := range inputs {
		centres[c], scales[c] = stat.MeanStdDev(input, nil)
		for i, v := range input {
			if scales[c] > 0 {
				x.Set(i, c, (v-centres[c])/scales[c])
			}
		}
	}
	mean := Mean(y)
	centred := make([]float64, n)
	for i, v := range y {
		centred[i] = v - mean
	}
	beta := ridge(x, centred)
	f := fit{intercept: mean, slopes: make([]float64, k), r2: r2(x, beta, centred)}
	for c := range inputs {
		if scales[c] > 0 {
			f.slopes[c] = beta[c] / scales[c]
			f.intercept -= f.slopes[c] * centres[c]
		}
	}
	return f
}

// ridgeShare is the ridge beside the mean diagonal of x'x: enough for a stable solution, too little to be seen.
const ridgeShare = 1e-10

// ridge solves (x'x + small I) beta = x'y.
func ridge(x *mat.Dense, y []float64) []float64 {
	return ridges(x, mat.NewDense(len(y), 1, y)).RawMatrix().Data
}

// ridges is ridge for each column of y.
func ridges(x, y *mat.Dense) *mat.Dense {
	n, k := x.Dims()
	_, targets := y.Dims()
	var gram mat.SymDense
	gram.SymOuterK(1, x.T())
	for c := range k {
		gram.SetSym(c, c, gram.At(c, c)+ridgeShare*float64(n))
	}
	var right, beta mat.Dense
	right.Mul(x.T(), y)
	var cholesky mat.Cholesky
	if !cholesky.Factorize(&gram) {
		return mat.NewDense(k, targets, nil)
	}
	if err := cholesky.SolveTo(&beta, &right); err != nil {
		if _, poor := err.(mat.Condition); !poor { // a poor condition still gives a fit, which held-out data judge
			return mat.NewDense(k, targets, nil)
		}
	}
	return &beta
}

// r2 is 1 - residual / total sum of squares of y around 0; 0 when y does not vary.
func r2(x *mat.Dense, beta, y []float64) float64 {
	var predicted mat.VecDense
	predicted.MulVec(x, mat.NewVecDense(len(beta), beta))
	var residual, total float64
	for i, v := range y {
		residual += (v - predicted.AtVec(i)) * (v - predicted.AtVec(i))
		total += v * v
	}
	if total == 0 {
		return 0
	}
	return 1 - residual/total
}

// MaxDegree is the highest degree of the polynomials.
const MaxDegree = 9

// folds of the cross-validation of polynomials.
const folds = 5

// Polynomials returns, for the degrees 0 to MaxDegree, the share of variance of the update that a polynomial in v_i,
// w_ij and v_j of that total degree explains on points that it was not fitted to: 1 - residual/total over five folds,
// with the variance around the mean of the fitted points. It is below 0 where a polynomial does worse than that mean.
// The terms are products of Legendre polynomials of the inputs scaled to [-1, 1].
func (s RuleSample) Polynomials(seed uint64) ([]float64, error) {
	s = s.finite()
	shares, err := polynomials(s, [][]float64{s.Update}, seed)
	if err != nil {
		return nil, err
	}
	return shares[0], nil
}

// PolynomialsOf is Polynomials for several rules at the same pairs, [rule][degree], at little more than the cost of one. Pairs
// and updates must be finite.
func PolynomialsOf(rules []RuleFn, pairs [][3]float64, seed uint64) ([][]float64, error) {
	var s RuleSample
	var updates [][]float64
	for _, rule := range rules {
		s = Sample(rule, pairs)
		if len(s.finite().Update) < len(pairs) {
			return nil, fmt.Errorf("polynomials: a rule or an input is not finite")
		}
		updates = append(updates, s.Update)
	}
	return polynomials(s, updates, seed)
}

// polynomials is Polynomials of several updates of the inputs of s.
func polynomials(s RuleSample, updates [][]float64, seed uint64) ([][]float64, error) {
	n := len(s.Vi)
	if n < 2*folds {
		return nil, fmt.Errorf("rule sample: %d finite points, want at least %d", n, 2*folds)
	}
	basis := [3][][]float64{legendre(s.Vi), legendre(s.Wij), legendre(s.Vj)}
	order := rand.New(rand.NewPCG(seed, 0x706f6c79)).Perm(n) // "poly"
	shares := make([][]float64, len(updates))
	for r := range shares {
		shares[r] = make([]float64, MaxDegree+1)
	}
	for degree := range MaxDegree + 1 {
		terms := monomials(degree)
		design := func(rows []int) *mat.Dense {
			x := mat.NewDense(len(rows), len(terms), nil)
			for r, i := range rows {
				for t, p := range terms {
					x.Set(r, t, basis[0][p[0]][i]*basis[1][p[1]][i]*basis[2][p[2]][i])
				}
			}
			return x
		}
		residual, total := make([]float64, len(updates)), make([]float64, len(updates))
		for fold := range folds {
			var fitted, held []int
			for k, i := range order {
				if k%folds == fold {
					held = append(held, i)
				} else {
					fitted = append(fitted, i)
				}
			}
			y := mat.NewDense(len(fitted), len(updates), nil)
			means := make([]float64, len(updates))
			for u, update := range updates {
				for _, i := range fitted {
					means[u] += update[i] / float64(len(fitted))
				}
				for r, i := range fitted {
					y.Set(r, u, update[i]-means[u])
				}
			}
			var predicted mat.Dense
			predicted.Mul(design(held), ridges(design(fitted), y))
			for u, update := range updates {
				for r, i := range held {
					v := update[i] - means[u]
					residual[u] += (v - predicted.At(r, u)) * (v - predicted.At(r, u))
					total[u] += v * v
				}
			}
		}
		for u := range updates {
			if total[u] > 0 {
				shares[u][degree] = 1 - residual[u]/total[u]
			}
		}
	}
	return shares, nil
}

// monomials are the exponents of v_i, w_ij and v_j in the terms up to a total degree.
func monomials(degree int) [][3]int {
	var terms [][3]int
	for a := 0; a <= degree; a++ {
		for b := 0; a+b <= degree; b++ {
			for c := 0; a+b+c <= degree; c++ {
				terms = append(terms, [3]int{a, b, c})
			}
		}
	}
	return terms
}

// legendre returns P_0..P_MaxDegree of x scaled to [-1, 1], [degree][point]; a constant x is 0 everywhere.
func legendre(x []float64) [][]float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range x {
		low, high = math.Min(low, v), math.Max(high, v)
	}
	p := make([][]float64, MaxDegree+1)
	for k := range p {
		p[k] = make([]float64, len(x))
		for i, v := range x {
			u := 0.0
			if high > low {
				u = 2*(v-low)/(high-low) - 1
			}
			switch k {
			case 0:
				p[k][i] = 1
			case 1:
				p[k][i] = u
			default:
				d := float64(k)
				p[k][i] = ((2*d-1)*u*p[k-1][i] - (d-1)*p[k-2][i]) / d
			}
		}
	}
	return p
}
