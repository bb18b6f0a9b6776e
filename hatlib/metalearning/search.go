package metalearning

import (
	"math"
	"math/rand/v2"
)

// SearchTask is one run of a search: a function, and where to look first. Methods that are compared get the same tasks.
type SearchTask struct {
	Benchmark
	First []float64 // in the unit cube
}

// DrawSearches draws n tasks of b: the first query is uniform in the cube, and the axes of the function are permuted and reflected at random, because a search without
// chance of its own (the learned one) would otherwise be judged by little more than one trajectory.
func DrawSearches(b Benchmark, seed uint64, n int) []SearchTask {
	rng := rand.New(rand.NewPCG(seed, 0xf125))
	tasks := make([]SearchTask, n)
	for r := range tasks {
		axes, flip := rng.Perm(b.Dim), make([]bool, b.Dim)
		for j := range flip {
			flip[j] = rng.IntN(2) == 1
		}
		t := SearchTask{Benchmark: b, First: point(rng, b.Dim)}
		t.Value = func(x []float64) float64 {
			turned := make([]float64, b.Dim)
			for j, a := range axes {
				turned[a] = x[j]
				if flip[j] {
					turned[a] = 1 - x[j]
				}
			}
			return b.Value(turned)
		}
		tasks[r] = t
	}
	return tasks
}

// RandomSearch is the baseline that every search must beat: each query after the first is drawn uniformly. It returns the values found, [tasks][horizon].
func RandomSearch(tasks []SearchTask, seed uint64, horizon int) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 0x4a2d))
	found := make([][]float64, len(tasks))
	for r, t := range tasks {
		x := t.First
		for range horizon {
			found[r] = append(found[r], t.Value(x))
			x = point(rng, t.Dim)
		}
	}
	return found
}

// Regrets returns the simple regret after each query, [tasks][horizon]: the best value so far less the minimum.
func Regrets(tasks []SearchTask, found [][]float64) [][]float64 {
	out := make([][]float64, len(found))
	for r, values := range found {
		best := math.Inf(1)
		for _, v := range values {
			best = min(best, v)
			out[r] = append(out[r], best-tasks[r].Min)
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
