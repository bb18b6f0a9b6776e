package metalearning

import (
	"math"
	"math/rand/v2"
)

// FirstQueries draws the first query of each run, [runs][dim] uniform in the unit cube. Every method that is compared starts from them.
func FirstQueries(seed uint64, runs, dim int) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 0xf125))
	first := make([][]float64, runs)
	for r := range first {
		first[r] = point(rng, dim)
	}
	return first
}

// RandomSearch is the baseline that every search must beat: each query after the first is drawn uniformly. It returns the values found, [runs][horizon].
func RandomSearch(b Benchmark, seed uint64, first [][]float64, horizon int) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 0x4a2d))
	found := make([][]float64, len(first))
	for r, x := range first {
		for range horizon {
			found[r] = append(found[r], b.Value(x))
			x = point(rng, b.Dim)
		}
	}
	return found
}

// Regrets returns the simple regret after each query, [runs][horizon]: the best value so far less the minimum.
func Regrets(b Benchmark, found [][]float64) [][]float64 {
	out := make([][]float64, len(found))
	for r, values := range found {
		best := math.Inf(1)
		for _, v := range values {
			best = min(best, v)
			out[r] = append(out[r], best-b.Min)
		}
	}
	return out
}

// point draws one point of the unit cube.
func point(rng *rand.Rand, dim int) []float64 {
	x := make([]float64, dim)
	for j := range x {
		x[j] = rng.Float64()
	}
	return x
}

// unit draws n values from [0, 1).
func unit(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = rng.Float32()
	}
	return v
}
