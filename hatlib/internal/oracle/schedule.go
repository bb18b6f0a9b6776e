package oracle

import "math"

// Schedule is the factor on the optimizer's rate at a batch, counted from 0, of a run of total batches.
func Schedule(name string, batch, total int) float64 {
	t := float64(batch) / float64(total)
	switch name {
	case "cosine":
		return math.Pow(math.Cos(math.Pi*t/2), 2) // (1 + cos(pi t))/2 by the half-angle formula
	case "linear":
		return float64(total-batch) / float64(total)
	}
	return 1
}
