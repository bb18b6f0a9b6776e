package claims

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/hatlab/hatlab/hatlib/analysis"
)

// TestDifferenceOfMedians: on two arms it is that of package analysis; its sign may differ from the paired one.
func TestDifferenceOfMedians(t *testing.T) {
	s := differenceOf([]float64{1, 5, 6}, []float64{2, 3, 7}).settled() // paired -1, 2, -1
	if d := s.DifferenceOfMedians(); d.Estimate != 2 || analysis.Median(s.Differences) != -1 || d.N != 3 {
		t.Errorf("difference of medians %v, median of differences %v", d, analysis.Median(s.Differences))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var a, b []float64
	for range 30 {
		x := rng.NormFloat64()
		a, b = append(a, x+1+0.1*rng.NormFloat64()), append(b, x)
	}
	got, want := differenceOf(a, b).DifferenceOfMedians(), analysis.Bootstrap{Resamples: resamples}.DifferenceOfMedians(a, b)
	if got != want {
		t.Errorf("%+v, package analysis has %+v", got, want)
	}
	treated, control := differenceOf(a, b).InterquartileMeans()
	if treated.Estimate != analysis.InterquartileMean(a) || control.Estimate != analysis.InterquartileMean(b) || !(treated.Lo < treated.Estimate && treated.Estimate < treated.Hi) {
		t.Errorf("interquartile means %+v and %+v", treated, control)
	}
}

// TestStrata: over an axis the statistic is the mean of those at each value, and pairs that say nothing are left out of
// every arm.
func TestStrata(t *testing.T) {
	s := Sample{Differences: []float64{1, math.NaN(), 3}, Treated: [][]float64{{10, 11, 12}, {20, 21, 26}}, Control: [][]float64{{9, 0, 9}, {19, 0, 23}}}.settled()
	if len(s.Differences) != 2 || len(s.Treated[1]) != 2 || s.Treated[1][1] != 26 {
		t.Fatalf("settled: %+v", s)
	}
	if d := s.DifferenceOfMedians(); d.Estimate != ((11.0-9)+(23-21))/2 {
		t.Errorf("difference of medians %v", d.Estimate)
	}
	treated, control := s.Arms()
	if treated[1] != 19 || control[1] != 16 {
		t.Errorf("arms %v and %v", treated, control)
	}
	// Arms of a sweep under way do not fit.
	if s := (Sample{Differences: []float64{1, 2}, Treated: [][]float64{{1}}, Control: [][]float64{{1}}}).settled(); s.HasArms() || len(s.Differences) != 2 {
		t.Errorf("arms that do not fit: %+v", s)
	}
	for _, empty := range []Sample{{}, differenceOf(nil, nil)} {
		if d := empty.settled().DifferenceOfMedians(); !math.IsNaN(d.Estimate) {
			t.Errorf("nothing measured: %v", d)
		}
	}
}
