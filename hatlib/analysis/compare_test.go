package analysis

import (
	"math"
	"testing"
)

// Two strata of pairs.
var (
	treated = [][]float64{
		{0.31, -0.12, 0.45, 0.88, -0.27, 1.10, 0.52, 0.09, 0.73, -0.05, 0.61, 0.29},
		{2.1, 1.9, 3.4, 2.8, 0.4, 2.2, 3.3, 2.5}}
	control = [][]float64{
		{0.11, -0.32, 0.50, 0.60, -0.20, 0.70, 0.55, 0.02, 0.40, -0.15, 0.66, 0.10},
		{1.7, 2.0, 2.9, 2.6, 0.9, 2.0, 2.7, 2.6}}
)

// TestCompareAgainstScipy: estimates by numpy 2 and scipy.stats.trim_mean; intervals from 400,000 resamples of numpy, pairs
// whole, within strata; tolerances are the noise of 20,000.
func TestCompareAgainstScipy(t *testing.T) {
	c, err := Bootstrap{Resamples: 20000, Seed: 3}.Compare(treated, control)
	if err != nil {
		t.Fatal(err)
	}
	if c.N != 20 || c.Above != 13 || c.Below != 7 {
		t.Errorf("%d pairs, %d above, %d below", c.N, c.Above, c.Below)
	}
	for i, pair := range [][2]float64{{c.Treated.Q1, 0.305}, {c.Treated.Median, 0.67}, {c.Treated.Q3, 2.125},
		{c.Control.Q1, 0.1075}, {c.Control.Median, 0.63}, {c.Control.Q3, 2}} {
		near(t, []string{"treated q1", "median", "q3", "control q1", "median", "q3"}[i], pair[0], pair[1], 1e-12)
	}
	for _, w := range []struct {
		name             string
		got              Interval
		estimate, lo, hi float64
	}{
		{"IQM of treated", c.Treated.IQM, 0.9, 0.516, 1.225},
		{"IQM of control", c.Control.IQM, 0.812, 0.553, 1.06},
		{"median of paired differences", c.PairedMedian, 0.195, -0.04, 0.24},
		{"difference of medians", c.DifferenceOfMedians, 0.04, -0.175, 0.4},
		{"difference of IQMs", c.DifferenceOfIQMs, 0.088, -0.076, 0.244},
	} {
		near(t, w.name, w.got.Estimate, w.estimate, 1e-12)
		near(t, w.name+" lo", w.got.Lo, w.lo, 0.02)
		near(t, w.name+" hi", w.got.Hi, w.hi, 0.02)
	}
	// scipy.stats.bootstrap(..., paired=True, method="percentile"), one stratum.
	one := Bootstrap{Resamples: 20000, Seed: 3}.DifferenceOfMedians(treated[0], control[0])
	near(t, "difference of medians, one stratum", one.Estimate, 0.125, 1e-12)
	near(t, "lo", one.Lo, -0.05, 0.011)
	near(t, "hi", one.Hi, 0.22, 0.011)
}

// TestStratifiedIQMAgainstRliable: get_interval_estimates of rliable 1.2 with aggregate_iqm, 50,000 resamples, on eight runs
// of two tasks.
func TestStratifiedIQMAgainstRliable(t *testing.T) {
	for _, w := range []struct {
		strata           [][]float64
		estimate, lo, hi float64
	}{
		{[][]float64{treated[0][:8], treated[1]}, 1.19375, 0.685, 1.64},
		{[][]float64{control[0][:8], control[1]}, 1.11875, 0.7825, 1.4625},
	} {
		got := Bootstrap{Resamples: 20000, Seed: 5}.StratifiedIQM(w.strata)
		near(t, "IQM", got.Estimate, w.estimate, 1e-9)
		near(t, "lo", got.Lo, w.lo, 0.02)
		near(t, "hi", got.Hi, w.hi, 0.02)
	}
}

// TestStrataAreKept: where the strata are constants, nothing varies.
func TestStrataAreKept(t *testing.T) {
	c, err := Bootstrap{Resamples: 100}.Compare([][]float64{{1, 1, 1}, {9, 9, 9, 9}}, [][]float64{{0, 0, 0}, {7, 7, 7, 7}})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []Interval{c.PairedMedian, c.DifferenceOfMedians, c.DifferenceOfIQMs, c.Treated.IQM} {
		if in.Lo != in.Estimate || in.Hi != in.Estimate || math.IsNaN(in.Estimate) {
			t.Errorf("%+v: want no width", in)
		}
	}
}

func TestCompareWantsPairs(t *testing.T) {
	for _, bad := range [][2][][]float64{
		{nil, nil}, {{{1}}, nil}, {{{1, 2}}, {{1}}}, {{{1}, {}}, {{1}, {}}},
	} {
		if _, err := (Bootstrap{}).Compare(bad[0], bad[1]); err == nil {
			t.Errorf("%v was compared", bad)
		}
	}
}

func TestIntervalText(t *testing.T) {
	if got := (Interval{Estimate: 1.234, Lo: -0.5, Hi: 2}).Text("%+.2f"); got != "+1.23 [-0.50, +2.00]" {
		t.Error(got)
	}
	if got := (Bootstrap{}).Of([]float64{1}, Mean).Text("%.1f"); got != "1.0" {
		t.Error(got)
	}
}
