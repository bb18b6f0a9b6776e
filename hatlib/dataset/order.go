package dataset

import "math/rand/v2"

// Order returns a random permutation of 0..n-1: the order of one epoch. The same generator state gives the same order.
func Order(n int, rng *rand.Rand) []int { return rng.Perm(n) }
