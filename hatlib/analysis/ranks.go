package analysis

import (
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Ranks are the ranks of values from 1, equal values share their mean rank.
func Ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return 0
	})
	ranks := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			ranks[order[k]] = float64(i+j+1) / 2
		}
		i = j
	}
	return ranks
}

// RankCorrelation is Spearman's: the correlation of the ranks; NaN where one of both does not vary.
func RankCorrelation(x, y []float64) float64 { return stat.Correlation(Ranks(x), Ranks(y), nil) }
