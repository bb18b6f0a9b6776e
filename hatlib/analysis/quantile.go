package analysis

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Quantile is the p-quantile, p in [0,1], with linear interpolation between order statistics (type 7 of Hyndman and Fan
// 1996, numpy's default; gonum has other types). It is NaN for no values.
func Quantile(values []float64, p float64) float64 {
	return sortedQuantile(slices.Sorted(slices.Values(values)), p)
}

func sortedQuantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	low := min(int(at), len(sorted)-1)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (at-float64(low))*(sorted[high]-sorted[low])
}

// Median is the 0.5-quantile.
func Median(values []float64) float64 { return Quantile(values, 0.5) }

// Quartiles are the 0.25-, 0.5- and 0.75-quantile.
func Quartiles(values []float64) (q1, median, q3 float64) {
	sorted := slices.Sorted(slices.Values(values))
	return sortedQuantile(sorted, 0.25), sortedQuantile(sorted, 0.5), sortedQuantile(sorted, 0.75)
}

// Mean is the arithmetic mean, NaN for no values.
func Mean(values []float64) float64 { return stat.Mean(values, nil) }

// InterquartileMean is the mean of the middle half: a quarter of the values, rounded down, is cut off at each end. It
// uses more of the data than the median and is as little moved by runs that failed.
func InterquartileMean(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	cut := len(sorted) / 4
	return Mean(sorted[cut : len(sorted)-cut])
}
