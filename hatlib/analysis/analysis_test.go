package analysis

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Samples and the numbers that scipy 1.17.1 and numpy give for them.
var (
	d = []float64{0.31, -0.12, 0.45, 0.88, -0.27, 1.10, 0.52, 0.09, 0.73, -0.05, 0.61, 0.29}
	e = []float64{1, 1, -2, 3, 0, 3, -1, 4, 2, 2}
	h = []float64{2.1, 1.9, 3.4, 2.8, 0.4, 2.2, 3.3, 2.5, 1.8, 2.9, 5.0}
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.12g, want %.12g", what, got, want)
	}
}

func TestAgainstScipy(t *testing.T) {
	near(t, "wilcoxon(d, method='exact')", Wilcoxon(d), 0.01220703125, 1e-12)
	near(t, "wilcoxon(e, PermutationMethod())", Wilcoxon(e), 0.078125, 1e-12)
	near(t, "binomtest(9, 12)", SignTest(d), 0.14599609375, 1e-12)
	near(t, "binomtest(7, 9)", SignTest(e), 0.1796875, 1e-12)
	near(t, "ttest_1samp(d, 0.5, 'less')", Equivalence(d, 0.5), 0.16753821271121044, 1e-9)
	near(t, "trim_mean(h, 0.25)", InterquartileMean(h), 2.5285714285714285, 1e-12)
	q1, median, q3 := Quartiles(h)
	for i, pair := range [][2]float64{{q1, 2}, {median, 2.5}, {q3, 3.1}, {Quantile(h, 0.1), 1.8}} {
		near(t, []string{"quantile 0.25", "0.5", "0.75", "0.1"}[i], pair[0], pair[1], 1e-12)
	}
	for i, want := range []float64{0.04, 0.09, 0.09, 0.025, 0.2} {
		near(t, "holm", Holm([]float64{0.01, 0.04, 0.03, 0.005, 0.2})[i], want, 1e-12)
	}
}

// TestBootstrapAgainstScipy: bootstrap(..., n_resamples=200000); the tolerance is the noise of 20000.
func TestBootstrapAgainstScipy(t *testing.T) {
	exp := make([]float64, len(h))
	for i, v := range h {
		exp[i] = math.Exp(v)
	}
	for _, c := range []struct {
		name              string
		values            []float64
		bca               bool
		lo, hi, tolerance float64
	}{
		{"percentile, h", h, false, 1.92727, 3.24545, 0.03},
		{"BCa, h", h, true, 1.96364, 3.28182, 0.03},
		{"percentile, exp h", exp, false, 9.68907, 52.29325, 1},
		{"BCa, exp h", exp, true, 11.65832, 73.5495, 1.5},
		{"percentile, d", d, false, 0.154167, 0.605, 0.01},
		{"BCa, d", d, true, 0.155833, 0.6075, 0.01},
	} {
		got := Bootstrap{BCa: c.bca, Resamples: 20000, Seed: 1}.Of(c.values, Mean)
		near(t, c.name+" lo", got.Lo, c.lo, c.tolerance)
		near(t, c.name+" hi", got.Hi, c.hi, c.tolerance)
	}
}

// TestCoverage: a 95% interval of the mean of 20 normal numbers covers the truth in about 95% of samples.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	covered := map[string]int{}
	const samples = 400
	for s := range samples {
		x, y := make([]float64, 20), make([]float64, 20)
		for i := range x {
			x[i] = rng.NormFloat64()
			y[i] = x[i] + 1 + rng.NormFloat64()
		}
		for name, in := range map[string]Interval{
			"percentile": Bootstrap{Resamples: 500, Seed: uint64(s)}.Of(x, Mean),
			"BCa":        Bootstrap{Resamples: 500, Seed: uint64(s), BCa: true}.Of(x, Mean),
			"IQM":        Bootstrap{Resamples: 500, Seed: uint64(s)}.StratifiedIQM([][]float64{x[:10], x[10:]}),
		} {
			if in.Lo <= 0 && 0 <= in.Hi {
				covered[name]++
			}
		}
		if in := (Bootstrap{Resamples: 500, Seed: uint64(s)}).DifferenceOfMedians(y, x); in.Lo <= 1 && 1 <= in.Hi {
			covered["medians"]++
		}
	}
	for name, n := range covered {
		if share := float64(n) / samples; share < 0.88 || share > 0.99 {
			t.Errorf("%s covers %.3f", name, share)
		}
	}
}

func TestSmallSamples(t *testing.T) {
	if p := Wilcoxon(nil); p != 1 {
		t.Errorf("Wilcoxon of nothing: %v", p)
	}
	if p := SignTest([]float64{0, 0}); p != 1 {
		t.Errorf("sign test of zeros: %v", p)
	}
	if p := Wilcoxon([]float64{1, 2, 3, 4, 5}); p != 1./16 {
		t.Errorf("five of five: %v", p)
	}
	if p := Equivalence([]float64{0.1, 0.1, 0.1}, 0.5); p != 0 {
		t.Errorf("three equal ones: %v", p)
	}
	if in := (Bootstrap{}).Of([]float64{1}, Mean); in.Estimate != 1 || !math.IsNaN(in.Lo) {
		t.Errorf("one value: %+v", in)
	}
	if v := Judge([]Test{{Differences: []float64{1, 1, 1, 1, 1}, Direction: Higher, Smallest: 0.5}})[0].Verdict; v != NotTested {
		t.Errorf("five pairs: %s", v)
	}
	ones := []float64{1, 1, 1, 1, 1, 1, 1, 1}
	for direction, want := range map[Direction]Verdict{Higher: Replicates, Lower: Reversed, NoEffect: Reversed} {
		if v := Judge([]Test{{Differences: ones, Direction: direction, Smallest: 0.5}})[0].Verdict; v != want {
			t.Errorf("direction %d: %s, want %s", direction, v, want)
		}
	}
	small := []float64{0.1, -0.1, 0.05, 0.02, -0.07, 0.1, 0.03, -0.02}
	for direction, want := range map[Direction]Verdict{Higher: Equivalent, Lower: Equivalent, NoEffect: Replicates} {
		if v := Judge([]Test{{Differences: small, Direction: direction, Smallest: 0.5}})[0].Verdict; v != want {
			t.Errorf("direction %d: %s, want %s", direction, v, want)
		}
	}
}

func TestRankCorrelation(t *testing.T) {
	near(t, "spearmanr", RankCorrelation([]float64{1, 2, 2, 5, 9, 4}, []float64{3, 1, 4, 4, 8, 2}), 0.5735294117647058, 1e-12)
}

// TestPairsNeeded: one pair fewer, and unanimous pairs give no verdict of an effect.
func TestPairsNeeded(t *testing.T) {
	for _, family := range []int{1, 7, 60} {
		n := PairsNeeded(family)
		verdict := func(pairs int) Verdict {
			tests := make([]Test, family)
			for i := range tests {
				for k := range pairs {
					tests[i].Differences = append(tests[i].Differences, 2+float64(k)/10)
				}
				tests[i].Direction, tests[i].Smallest = Higher, 1
			}
			return Verdicts(tests)[0].Verdict
		}
		if got := verdict(n); got != Replicates {
			t.Errorf("%d tests with %d pairs: %s", family, n, got)
		}
		if got := verdict(n - 1); n > MinPairs && got != Inconclusive {
			t.Errorf("%d tests with %d pairs: %s", family, n-1, got)
		}
	}
}
