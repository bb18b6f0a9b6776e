package analysis

import "fmt"

// Summary describes the runs of one arm.
type Summary struct {
	Q1, Median, Q3 float64
	// IQM is the interquartile mean with its stratified bootstrap interval.
	IQM Interval
}

// Comparison is two arms of paired runs beside each other, in the unit of the runs.
type Comparison struct {
	// N is the number of pairs, Above and Below of those in which treated is above and below control.
	N, Above, Below  int
	Treated, Control Summary
	// PairedMedian is the median of the paired differences; DifferenceOfMedians, the paper's statistic, and DifferenceOfIQMs
	// compare the arms' summaries. All resample pairs whole.
	PairedMedian, DifferenceOfMedians, DifferenceOfIQMs Interval
}

// Compare summarizes and compares two arms: treated[s][k] and control[s][k] are pair k of stratum s (one stratum where there
// is no axis). It returns an error where the arms do not pair up, or are empty.
func (b Bootstrap) Compare(treated, control [][]float64) (Comparison, error) {
	if len(treated) != len(control) {
		return Comparison{}, fmt.Errorf("comparing arms: %d and %d strata", len(treated), len(control))
	}
	var c Comparison
	var t, u, d []float64
	for s := range treated {
		if len(treated[s]) != len(control[s]) || len(treated[s]) == 0 {
			return Comparison{}, fmt.Errorf("comparing arms: %d and %d runs in stratum %d: want pairs", len(treated[s]), len(control[s]), s)
		}
		for k, v := range treated[s] {
			t, u, d = append(t, v), append(u, control[s][k]), append(d, v-control[s][k])
		}
	}
	if len(d) == 0 {
		return Comparison{}, fmt.Errorf("comparing arms: no pairs")
	}
	c.N = len(d)
	for _, v := range d {
		if v > 0 {
			c.Above++
		} else if v < 0 {
			c.Below++
		}
	}
	n := sizes(treated)
	c.Treated, c.Control = b.summary(t, n), b.summary(u, n)
	c.PairedMedian = b.Stratified(n, of(d, Median))
	c.DifferenceOfMedians = b.Stratified(n, difference(t, u, Median))
	c.DifferenceOfIQMs = b.Stratified(n, difference(t, u, InterquartileMean))
	return c, nil
}

func (b Bootstrap) summary(values []float64, strata []int) Summary {
	q1, median, q3 := Quartiles(values)
	return Summary{Q1: q1, Median: median, Q3: q3, IQM: b.Stratified(strata, of(values, InterquartileMean))}
}
