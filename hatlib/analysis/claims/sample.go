package claims

import (
	"math"

	"github.com/hatlab/hatlab/hatlib/analysis"
)

// Sample is what a claim measures in the runs of one reading.
type Sample struct {
	// Differences is the endpoint: one number for each pair of runs, or for each run.
	Differences []float64
	// Treated and Control are the measure in each arm, for each value of the experiment's axis (one where it has none):
	// Treated[s][k] and Control[s][k] are of pair k. They are nil where the endpoint is no difference of arms.
	Treated, Control [][]float64
}

// differenceOf is the sample of a measure of two arms, in pairs.
func differenceOf(treated, control []float64) Sample {
	s := Sample{Treated: [][]float64{treated}, Control: [][]float64{control}}
	for k := range treated {
		s.Differences = append(s.Differences, treated[k]-control[k])
	}
	return s
}

// settled leaves out pairs without a difference, as curves that have no early point, and rounds differences: accuracies
// are shares of whole examples, and rounding errors must not break ties. Arms that do not fit the differences, as of a
// sweep under way, are dropped.
func (s Sample) settled() Sample {
	out := Sample{}
	n := len(s.Differences)
	fits := func(arm [][]float64) bool {
		for _, values := range arm {
			if len(values) != n {
				return false
			}
		}
		return len(arm) > 0
	}
	if fits(s.Treated) && fits(s.Control) && n > 0 {
		out.Treated, out.Control = make([][]float64, len(s.Treated)), make([][]float64, len(s.Control))
	}
	for k, d := range s.Differences {
		if math.IsNaN(d) {
			continue
		}
		out.Differences = append(out.Differences, math.Round(d*1e9)/1e9)
		for i := range out.Treated {
			out.Treated[i], out.Control[i] = append(out.Treated[i], s.Treated[i][k]), append(out.Control[i], s.Control[i][k])
		}
	}
	return out
}

// HasArms says whether the endpoint is a difference of two arms.
func (s Sample) HasArms() bool { return len(s.Treated) > 0 && len(s.Differences) > 0 }

// Arms are the measure of each pair in both arms, mean over the values of the axis.
func (s Sample) Arms() (treated, control []float64) {
	mean := func(arm [][]float64) []float64 {
		out := make([]float64, len(s.Differences))
		for _, values := range arm {
			for k, v := range values {
				out[k] += v / float64(len(arm))
			}
		}
		return out
	}
	return mean(s.Treated), mean(s.Control)
}

// DifferenceOfMedians is the paper's statistic: the median of the treated arm minus that of the control, mean over the
// values of the axis, with a bootstrap interval over whole pairs. Its estimate is NaN without arms.
func (s Sample) DifferenceOfMedians() analysis.Interval {
	if !s.HasArms() {
		return analysis.Interval{Estimate: math.NaN(), Lo: math.NaN(), Hi: math.NaN()}
	}
	chosen := make([]float64, len(s.Differences))
	median := func(values []float64, indices []int) float64 {
		chosen = chosen[:0]
		for _, k := range indices {
			chosen = append(chosen, values[k])
		}
		return analysis.Median(chosen)
	}
	return analysis.Bootstrap{Resamples: resamples}.Interval(len(s.Differences), func(indices []int) float64 {
		sum := 0.0
		for i := range s.Treated {
			sum += median(s.Treated[i], indices) - median(s.Control[i], indices)
		}
		return sum / float64(len(s.Treated))
	})
}

// InterquartileMeans are those of the arms over all runs, with bootstrap intervals that resample within each value of
// the axis (Agarwal et al. 2021). Their estimates are NaN without arms.
func (s Sample) InterquartileMeans() (treated, control analysis.Interval) {
	b := analysis.Bootstrap{Resamples: resamples}
	return b.StratifiedIQM(s.Treated), b.StratifiedIQM(s.Control)
}

// resamples of the intervals that no verdict hangs on.
const resamples = 2000
