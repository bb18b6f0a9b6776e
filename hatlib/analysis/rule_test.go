package analysis

import (
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
	if g := GridPairs(3, 0.5, 2); len(g) != 27 || g[0] != [3]float64{0, -0.5, 0} || g[26] != [3]float64{1, 0.5, 2} {
		t.Errorf("grid %v", g)
	}
}
