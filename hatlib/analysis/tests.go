package analysis

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// SignTest is the two-sided exact p-value of the hypothesis that a difference is as often above 0 as below. Zeros are
// left out. It is 1 when nothing is left.
func SignTest(differences []float64) float64 {
	above, n := 0, 0
	for _, d := range differences {
		if d != 0 {
			n++
		}
		if d > 0 {
			above++
		}
	}
	if n == 0 {
		return 1
	}
	tail := 0.0
	coin := distuv.Binomial{N: float64(n), P: 0.5}
	for k := 0; k <= min(above, n-above); k++ {
		tail += coin.Prob(float64(k))
	}
	return math.Min(1, 2*tail)
}

// Wilcoxon is the two-sided p-value of the signed-rank test of the hypothesis that differences are symmetric around 0.
// Zeros are left out, equal sizes share their mean rank, and the distribution is the exact one of the signs given those
// ranks, by dynamic programming. It is 1 when nothing is left.
func Wilcoxon(differences []float64) float64 {
	var d []float64
	for _, v := range differences {
		if v != 0 {
			d = append(d, v)
		}
	}
	if len(d) == 0 {
		return 1
	}
	slices.SortFunc(d, func(a, b float64) int {
		switch a, b := math.Abs(a), math.Abs(b); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	doubled := make([]int, len(d)) // twice the mid-ranks are whole numbers
	total := 0
	for i := 0; i < len(d); {
		j := i
		for j < len(d) && math.Abs(d[j]) == math.Abs(d[i]) {
			j++
		}
		for k := i; k < j; k++ {
			doubled[k] = i + j + 1
			total += doubled[k]
		}
		i = j
	}
	observed := 0
	for i, v := range d {
		if v > 0 {
			observed += doubled[i]
		}
	}
	probability := make([]float64, total+1)
	probability[0] = 1
	reached := 0
	for _, rank := range doubled {
		reached += rank
		for s := reached; s >= 0; s-- {
			probability[s] /= 2
			if s >= rank {
				probability[s] += probability[s-rank] / 2
			}
		}
	}
	tail := 0.0
	for s := 0; s <= min(observed, total-observed); s++ {
		tail += probability[s]
	}
	return math.Min(1, 2*tail)
}

// Equivalence is the p-value of two one-sided t-tests of the hypothesis that the mean of differences is outside
// (-margin, margin): small values say that the effect is too small to matter. It is 1 for fewer than 2 values.
func Equivalence(differences []float64, margin float64) float64 {
	if len(differences) < 2 {
		return 1
	}
	mean, deviation := stat.MeanStdDev(differences, nil)
	if !(deviation > 0) { // all are equal, or not numbers
		if math.Abs(mean) < margin {
			return 0
		}
		return 1
	}
	se := deviation / math.Sqrt(float64(len(differences)))
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(len(differences) - 1)}
	return math.Max(t.Survival((mean+margin)/se), t.CDF((mean-margin)/se))
}

// Holm returns the p-values corrected for their number (Holm 1979): rejecting those below alpha keeps the chance of any
// false rejection among them at most alpha, however they depend on each other.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	corrected := make([]float64, len(p))
	largest := 0.0
	for k, i := range order {
		largest = math.Max(largest, math.Min(1, float64(len(p)-k)*p[i]))
		corrected[i] = largest
	}
	return corrected
}
