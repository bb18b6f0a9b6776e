package dataset

import "math/rand/v2"

// Order returns a random permutation of 0..n-1: the order of one epoch. The same generator state gives the same order.
func Order(n int, rng *rand.Rand) []int { return rng.Perm(n) }

// FirstN returns 0..min(n,total)-1: the first n examples in file order, without shuffling.
func FirstN(n, total int) []int {
	idx := make([]int, max(0, min(n, total)))
	for i := range idx {
		idx[i] = i
	}
	return idx
}
