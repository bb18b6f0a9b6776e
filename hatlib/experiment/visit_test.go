package experiment

import (
	"math"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// TestVisit: weights that say which pair they connect, and one example: every sampled pair has the v_i and the v_j of its
// weight, in both layers, with tanh below and a linear layer above.
func TestVisit(t *testing.T) {
	sizes := []int{3, 4, 2}
	c := tiny(t, "sizes=3-4-2", "hidden_activation=tanh", "output_activation=linear")
	weights := hatlib.Arrays{}
	name := []string{"learner.0", "learner.1"}
	for l := range name {
		in, out := sizes[l], sizes[l+1]
		w := make([]float32, in*out)
		for k := range w {
			w[k] = float32(k+1) / 64 // exact, and different for every pair
		}
		b := make([]float32, out)
		for j := range b {
			b[j] = -float32(j) / 4
		}
		weights[name[l]+".weight"] = hatlib.Array{Shape: []int{out, in}, Values: w}
		weights[name[l]+".bias"] = hatlib.Array{Shape: []int{out}, Values: b}
	}
	x := []float32{0.25, 0.5, 1}
	v := [][]float64{{0.25, 0.5, 1}}
	for l := range name {
		next := make([]float64, sizes[l+1])
		for j := range next {
			z := -float64(j) / 4
			for i := range v[l] {
				z += float64(j*sizes[l]+i+1) / 64 * v[l][i]
			}
			if next[j] = z; l == 0 {
				next[j] = math.Tanh(z)
			}
		}
		v = append(v, next)
	}
	train := &dataset.Set{X: x, Y: []int32{0}, N: 1, Features: 3, Classes: 2, Height: 1, Width: 3}
	seen := map[int]bool{}
	for l, pairs := range visit(c, weights, train, 7) {
		for p := 0; p < len(pairs.Values); p += 3 {
			k := int(pairs.Values[p+1]*64) - 1
			j, i := k/sizes[l], k%sizes[l]
			seen[100*l+k] = true
			if math.Abs(float64(pairs.Values[p])-v[l][i]) > 1e-6 || math.Abs(float64(pairs.Values[p+2])-v[l+1][j]) > 1e-6 {
				t.Fatalf("layer %d, weight from %d to %d: v_i %v, v_j %v, want %v, %v", l, i, j, pairs.Values[p], pairs.Values[p+2], v[l][i], v[l+1][j])
			}
		}
	}
	if len(seen) != 3*4+4*2 {
		t.Errorf("%d of 20 pairs were ever sampled", len(seen))
	}
	activity := visit(c, weights, train, 7)[0].Values
	c.PostSeen = "preactivation"
	for p, z := range visit(c, weights, train, 7)[0].Values {
		if p%3 == 2 && math.Abs(math.Tanh(float64(z))-float64(activity[p])) > 1e-6 {
			t.Fatalf("post_seen=preactivation shows %v where the activity is %v", z, activity[p])
		}
	}
}

// TestVisitShuffled: with shuffled pairs v_i and v_j of the sample come from different examples, so they are not related;
// as they are, v_j of a net with one input and positive weights grows with v_i.
func TestVisitShuffled(t *testing.T) {
	c := tiny(t, "sizes=1-1", "hidden_activation=linear", "output_activation=linear")
	train := &dataset.Set{N: 64, Features: 1, Classes: 1, X: make([]float32, 64), Y: make([]int32, 64)}
	for i := range train.X {
		train.X[i] = float32(i)
	}
	weights := hatlib.Arrays{"learner.0.weight": {Shape: []int{1, 1}, Values: []float32{1}}, "learner.0.bias": {Shape: []int{1}, Values: []float32{0}}}
	equal := func() (n int) {
		values := visit(c, weights, train, 3)[0].Values
		for p := 0; p < len(values); p += 3 {
			if values[p] == values[p+2] {
				n++
			}
		}
		return n
	}
	if n := equal(); n != visitedPairs {
		t.Errorf("%d of %d pairs have v_j = v_i", n, visitedPairs)
	}
	c.Pairing = hatlib.PairingShuffled
	if n := equal(); n > visitedPairs/8 {
		t.Errorf("shuffled, %d of %d pairs still have v_j = v_i", n, visitedPairs)
	}
}
