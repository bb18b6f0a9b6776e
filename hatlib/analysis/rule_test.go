package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// randomPairs are pairs as training visits them.
func randomPairs(n int) [][3]float64 {
	rng := rand.New(rand.NewPCG(8, 9))
	pairs := make([][3]float64, n)
	for i := range pairs {
		pairs[i] = [3]float64{rng.Float64(), 0.2 * rng.NormFloat64(), math.Max(0, rng.NormFloat64())}
	}
	return pairs
}

// TestDependence: a rule whose coefficients are known.
func TestDependence(t *testing.T) {
	d, err := Sample(func(vi, wij, vj float64) float64 { return 2.13*vj - 0.42 + 0.1*vi - 0.3*wij }, randomPairs(2000)).Dependence()
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{0.1, -0.3, 2.13} {
		near(t, "joint slope", d.Slopes[k], want, 1e-6)
	}
	near(t, "joint R2", d.JointR2, 1, 1e-9)
	near(t, "slope on v_j", d.Slope, 2.13, 0.02)
	if d.R2 < 0.99 || d.R2 > 0.9999 || d.Unique[2] < 0.95 || d.Unique[0] > 0.01 {
		t.Errorf("%+v", d)
	}
	// Shares of variance are of the rule and the range: the same rule where v_j hardly varies.
	narrow := randomPairs(2000)
	for i := range narrow {
		narrow[i][2] *= 0.01
	}
	n, err := Sample(func(vi, wij, vj float64) float64 { return 2.13*vj - 0.42 + 0.1*vi - 0.3*wij }, narrow).Dependence()
	if err != nil {
		t.Fatal(err)
	}
	if near(t, "slope of a narrow range", n.Slopes[2], 2.13, 1e-3); n.R2 > 0.2 {
		t.Errorf("R2 %v although v_j hardly varies", n.R2)
	}
	// An input that does not vary has no slope, and no NaN.
	for i := range narrow {
		narrow[i][2] = 0
	}
	if n, err = Sample(func(vi, _, vj float64) float64 { return vi + 5*vj }, narrow).Dependence(); err != nil || n.Slopes[2] != 0 || math.Abs(n.Slopes[0]-1) > 1e-6 {
		t.Errorf("%+v, %v", n, err)
	}
}

// TestPolynomials: a cubic is explained from degree 3 on, and not before; noise never is.
func TestPolynomials(t *testing.T) {
	shares, err := Sample(func(vi, wij, vj float64) float64 { return vi*vi*vj - wij*vj + 1 }, randomPairs(1200)).Polynomials(1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "degree 0", shares[0], 0, 0.02)
	near(t, "degree 3", shares[3], 1, 1e-6)
	if shares[1] > 0.95 || shares[2] > 0.999 || shares[1] < 0.3 || shares[2] < shares[1] {
		t.Errorf("%v", shares)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	if shares, err = Sample(func(_, _, _ float64) float64 { return rng.NormFloat64() }, randomPairs(1200)).Polynomials(1); err != nil {
		t.Fatal(err)
	}
	for degree, share := range shares {
		if share > 0.03 {
			t.Errorf("degree %d explains %v of noise on points it has not seen", degree, share)
		}
	}
}

func TestRuleSamplesWithoutNumbers(t *testing.T) {
	nan := Sample(func(_, _, _ float64) float64 { return math.NaN() }, randomPairs(50))
	if _, err := nan.Dependence(); err == nil {
		t.Error("a rule that diverged has a dependence")
	}
	if _, err := nan.Polynomials(1); err == nil {
		t.Error("a rule that diverged has polynomials")
	}
	constant := Sample(func(_, _, _ float64) float64 { return 3 }, randomPairs(50))
	if d, err := constant.Dependence(); err != nil || d.R2 != 0 || d.Mean != 3 {
		t.Errorf("%+v, %v", d, err)
	}
	mean := MeanRule([]RuleFn{func(vi, _, _ float64) float64 { return vi }, func(_, _, vj float64) float64 { return vj }})
	near(t, "mean rule", mean(1, 9, 2), 1.5, 1e-12)
	if g := GridPairs(3, [3]float64{0, -0.5, 0}, [3]float64{1, 0.5, 2}); len(g) != 27 || g[0] != [3]float64{0, -0.5, 0} || g[26] != [3]float64{1, 0.5, 2} {
		t.Errorf("grid %v", g)
	}
}

// lattice are points of a rank-1 lattice, which numpy makes the same: v_i in [0,1], w_ij in [-0.3, 0.3], v_j in [0,2].
func lattice(n int) [][3]float64 {
	pairs := make([][3]float64, n)
	for i := range pairs {
		at := func(a float64) float64 { return math.Mod(float64(i)*a, 1) }
		pairs[i] = [3]float64{at(0.8191725134), 0.6*at(0.6710436067) - 0.3, 2 * at(0.5497004779)}
	}
	return pairs
}

// kinked is a rule with a kink, a product and a curve in it.
func kinked(vi, wij, vj float64) float64 {
	return math.Max(0, vj-0.5) + 0.3*vi*vj - 2*wij*wij + 0.1*math.Sin(6*vi)
}

// TestDependenceAgainstNumpy: numpy.linalg.lstsq, numpy.corrcoef and scipy.stats.linregress on the same 500 points.
func TestDependenceAgainstNumpy(t *testing.T) {
	d, err := Sample(kinked, lattice(500)).Dependence()
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{0.6497078985011311, 0.5882297148220174, 0.05587955105042075, -0.00046061975901579694, 0.9763300802529383, 0.6990975239266156, 0.9932693785025227, -0.3401232503354815, 0.9532204256067087, 0.08427944352530103, 0.006266046636380478, 0.9926539163286652, 0.9549467998358259, 0.0017196448282752463, 3.4167524277650685e-06, 0.9518221370143594, 0.28950888969233735, 0.17355309415149972, 0.5781979965446852} {
		got := []float64{d.Mean, d.Deviation, d.Correlation[0], d.Correlation[1], d.Correlation[2], d.Correlation[3], d.Slope, d.Intercept, d.R2,
			d.Slopes[0], d.Slopes[1], d.Slopes[2], d.JointR2, d.Unique[0], d.Unique[1], d.Unique[2],
			d.InputDeviation[0], d.InputDeviation[1], d.InputDeviation[2]}[k]
		near(t, fmt.Sprintf("number %d", k), got, want, 1e-8)
	}
}

// TestPolynomialsAgainstNumpy: held-out shares of a least-squares fit of all monomials (numpy.linalg.lstsq) over five random
// folds of 3600 points; the tolerance is what they vary by between draws of the folds.
func TestPolynomialsAgainstNumpy(t *testing.T) {
	linear := func(vi, wij, vj float64) float64 { return 2.13*vj - 0.42 }
	shares, err := PolynomialsOf([]RuleFn{kinked, linear}, lattice(3600), 4)
	if err != nil {
		t.Fatal(err)
	}
	for degree, want := range []float64{0, 0.954737, 0.987635, 0.998597, 0.99913, 0.999345, 0.999729, 0.999799, 0.999815, 0.999897} {
		near(t, fmt.Sprintf("degree %d", degree), shares[0][degree], want, 1e-4)
	}
	alone, err := Sample(kinked, lattice(3600)).Polynomials(4)
	if err != nil {
		t.Fatal(err)
	}
	for degree := range alone {
		near(t, fmt.Sprintf("alone, degree %d", degree), alone[degree], shares[0][degree], 1e-9)
		if degree > 0 {
			near(t, fmt.Sprintf("a line, degree %d", degree), shares[1][degree], 1, 1e-9)
		}
	}
	if _, err := PolynomialsOf([]RuleFn{kinked, func(_, _, _ float64) float64 { return math.Inf(1) }}, lattice(50), 1); err == nil {
		t.Error("a rule that is not finite has polynomials")
	}
}
