package figure

import (
	"fmt"
	"math"
	"sort"
)

// Band is a summary over runs: at X[t] the median and the quartiles of N[t] runs. All slices have one length.
type Band struct {
	Name           string
	X              []float64
	N              []int
	Median, Q1, Q3 []float64
}

// Summarize reduces runs [run][t] at x [t] to their median and quartiles. Numbers that are not finite are left out at
// their t, and counted in missing. Quantiles interpolate linearly between order statistics (type 7 of Hyndman and Fan
// 1996, the default of R and NumPy). It returns an error when there is no run or a run has not len(x) numbers.
func Summarize(name string, x []float64, runs [][]float64) (b Band, missing int, err error) {
	if len(runs) == 0 || len(x) == 0 {
		return Band{}, 0, fmt.Errorf("arm %q has %d runs of %d points: at least one of each is needed", name, len(runs), len(x))
	}
	b = Band{Name: name, X: x}
	for r, run := range runs {
		if len(run) != len(x) {
			return Band{}, 0, fmt.Errorf("arm %q: run %d has %d points, but X has %d", name, r, len(run), len(x))
		}
	}
	for t := range x {
		var vs []float64
		for _, run := range runs {
			if finite(run[t]) {
				vs = append(vs, run[t])
			}
		}
		missing += len(runs) - len(vs)
		sort.Float64s(vs)
		b.N = append(b.N, len(vs))
		b.Median = append(b.Median, quantile(vs, 0.5))
		b.Q1 = append(b.Q1, quantile(vs, 0.25))
		b.Q3 = append(b.Q3, quantile(vs, 0.75))
	}
	return b, missing, nil
}

// quantile of sorted numbers, type 7; NaN of none.
func quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	h := float64(len(sorted)-1) * p
	i := int(h)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (h-float64(i))*(sorted[i+1]-sorted[i])
}

// check says what is wrong with a band.
func (b Band) check() error {
	n := len(b.X)
	if n == 0 {
		return fmt.Errorf("curve %q has no points", b.Name)
	}
	if len(b.Median) != n || len(b.Q1) != n || len(b.Q3) != n || len(b.N) != n {
		return fmt.Errorf("curve %q: X has %d points, N %d, Median %d, Q1 %d, Q3 %d: they must agree",
			b.Name, n, len(b.N), len(b.Median), len(b.Q1), len(b.Q3))
	}
	return nil
}

// checkLogX refuses what a log axis cannot show, before it becomes a panic in the plotter.
func checkLogX(name string, x []float64) error {
	for i, v := range x {
		if v <= 0 {
			return fmt.Errorf("%q: X[%d] = %g cannot stand on a log axis: leave the point out, or set LogX to false", name, i, v)
		}
	}
	return nil
}

// minMax of integers; 0, 0 of none.
func minMax(ns []int) (lo, hi int) {
	for i, n := range ns {
		if i == 0 || n < lo {
			lo = n
		}
		if i == 0 || n > hi {
			hi = n
		}
	}
	return
}

// count writes "n = 5" or "n = 3 to 5".
func count(lo, hi int) string {
	if lo == hi {
		return fmt.Sprintf("n = %d", hi)
	}
	return fmt.Sprintf("n = %d to %d", lo, hi)
}
