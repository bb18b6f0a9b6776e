package analysis

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate with a confidence interval.
type Interval struct {
	Estimate, Lo, Hi float64
	// N is the number of runs, or pairs, behind it.
	N int
}

// Resamples is the number of bootstrap resamples where a caller does not choose.
const Resamples = 10000

// Bootstrap says how an interval is made.
type Bootstrap struct {
	// Level is the confidence level; 0 means 0.95.
	Level float64
	// Resamples is the number of resamples; 0 means Resamples.
	Resamples int
	Seed      uint64
	// BCa corrects the percentile interval for bias and skewness.
	BCa bool
}

// Interval resamples the indices 0..n-1 with replacement. statistic gets them, so that what belongs to a pair stays
// together. With fewer than 2 runs the interval is NaN.
func (b Bootstrap) Interval(n int, statistic func(indices []int) float64) Interval {
	return b.Stratified([]int{n}, statistic)
}

// Stratified is Interval where the indices belong to strata (values of an axis, tasks) of the given sizes, one after the
// other: each stratum is resampled within itself and keeps its size. With more than one stratum the interval is that of the
// percentiles, whatever BCa says: the acceleration is one of equal draws.
func (b Bootstrap) Stratified(sizes []int, statistic func(indices []int) float64) Interval {
	n := 0
	for _, size := range sizes {
		n += size
	}
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	result := Interval{Estimate: statistic(indices), Lo: math.NaN(), Hi: math.NaN(), N: n}
	if n < 2 {
		return result
	}
	level, resamples := b.Level, b.Resamples
	if level == 0 {
		level = 0.95
	}
	if resamples == 0 {
		resamples = Resamples
	}
	rng := rand.New(rand.NewPCG(b.Seed, 0x626f6f74)) // "boot"
	values := make([]float64, resamples)
	for r := range values {
		start := 0
		for _, size := range sizes {
			for i := start; i < start+size; i++ {
				indices[i] = start + rng.IntN(size)
			}
			start += size
		}
		values[r] = statistic(indices)
	}
	slices.Sort(values)
	lo, hi := (1-level)/2, (1+level)/2
	if b.BCa && len(sizes) == 1 {
		lo, hi = bca(values, result.Estimate, n, statistic, lo, hi)
	}
	result.Lo, result.Hi = sortedQuantile(values, lo), sortedQuantile(values, hi)
	return result
}

// bca moves the percentiles lo and hi by the bias z0 and the acceleration a:
//
//	z0 = Phi^-1(share of resamples below the estimate, ties by half)
//	a  = sum (m - s_i)^3 / (6 (sum (m - s_i)^2)^(3/2))     s_i: the statistic without run i, m their mean
//	p' = Phi(z0 + (z0 + z_p) / (1 - a (z0 + z_p)))
func bca(sorted []float64, estimate float64, n int, statistic func([]int) float64, lo, hi float64) (float64, float64) {
	below, equal := 0, 0
	for _, v := range sorted {
		if v < estimate {
			below++
		} else if v == estimate {
			equal++
		}
	}
	normal := distuv.UnitNormal
	z0 := normal.Quantile((float64(below) + float64(equal)/2) / float64(len(sorted)))
	jackknife := make([]float64, n)
	for i := range jackknife {
		var without []int
		for k := range n {
			if k != i {
				without = append(without, k)
			}
		}
		jackknife[i] = statistic(without)
	}
	mean := Mean(jackknife)
	var squares, cubes float64
	for _, s := range jackknife {
		squares += (mean - s) * (mean - s)
		cubes += (mean - s) * (mean - s) * (mean - s)
	}
	if squares == 0 || math.IsInf(z0, 0) {
		return lo, hi // all resamples agree
	}
	a := cubes / (6 * math.Pow(squares, 1.5))
	move := func(p float64) float64 {
		z := z0 + normal.Quantile(p)
		return normal.CDF(z0 + z/(1-a*z))
	}
	return move(lo), move(hi)
}

// of applies a statistic of values to indices.
func of(values []float64, statistic func([]float64) float64) func([]int) float64 {
	chosen := make([]float64, 0, len(values))
	return func(indices []int) float64 {
		chosen = chosen[:0]
		for _, i := range indices {
			chosen = append(chosen, values[i])
		}
		return statistic(chosen)
	}
}

// Of is the interval of a statistic of values.
func (b Bootstrap) Of(values []float64, statistic func([]float64) float64) Interval {
	return b.Interval(len(values), of(values, statistic))
}

// DifferenceOfMedians is the paper's statistic: median of treated minus median of control. Pairs are resampled whole.
func (b Bootstrap) DifferenceOfMedians(treated, control []float64) Interval {
	return b.Interval(len(treated), difference(treated, control, Median))
}

// difference applies a statistic to the treated and to the control of the same indices.
func difference(treated, control []float64, statistic func([]float64) float64) func([]int) float64 {
	t, c := of(treated, statistic), of(control, statistic)
	return func(indices []int) float64 { return t(indices) - c(indices) }
}

// StratifiedIQM is the interquartile mean over all runs of all strata, resampled within each: strata[s] are the runs of
// stratum s.
func (b Bootstrap) StratifiedIQM(strata [][]float64) Interval {
	return b.Stratified(sizes(strata), of(slices.Concat(strata...), InterquartileMean))
}

func sizes(strata [][]float64) []int {
	n := make([]int, len(strata))
	for s := range strata {
		n[s] = len(strata[s])
	}
	return n
}

// Text is the interval for people, "+0.42 [-0.10, +0.95]" with format "%+.2f"; without the bounds where there are none.
func (in Interval) Text(format string) string {
	if math.IsNaN(in.Lo) || math.IsNaN(in.Hi) {
		return fmt.Sprintf(format, in.Estimate)
	}
	return fmt.Sprintf(format+" ["+format+", "+format+"]", in.Estimate, in.Lo, in.Hi)
}
