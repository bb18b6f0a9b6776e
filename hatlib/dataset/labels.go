package dataset

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// LabelMask chooses which examples keep their label: of the n_c examples of class c exactly round(theta*n_c), halves away from zero, drawn without
// replacement. y is [N] with values in [0,classes), theta in [0,1]; the result is [N].
//
// The rounding is not helped: with theta*n_c < 0.5 a class has no label at all, and where that holds for every class the mask is all false (Fashion-MNIST has
// n_c = 6000, so theta below 1/12000). A caller who cannot train without labels checks for it.
//
// With the same generator state the mask of a smaller theta is a subset of that of a larger one, so that arms that differ in theta only stay comparable.
// LabelMask panics where theta is outside [0,1] or a label outside [0,classes): both are checked where configurations and files are read.
func LabelMask(y []int32, classes int, theta float64, rng *rand.Rand) []bool {
	checkTheta("LabelMask", theta)
	mask := make([]bool, len(y))
	for _, members := range byClass(y, classes) {
		rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		for _, i := range members[:int(math.Round(theta*float64(len(members))))] {
			mask[i] = true
		}
	}
	return mask
}

// LabelMaskByBatch tosses one coin per batch, which keeps the labels of the whole batch with probability theta in [0,1]; the result is [batches]. The number of
// labelled batches is therefore random, as in the code released with the paper. It panics where theta is outside [0,1].
func LabelMaskByBatch(batches int, theta float64, rng *rand.Rand) []bool {
	checkTheta("LabelMaskByBatch", theta)
	mask := make([]bool, batches)
	for i := range mask {
		mask[i] = rng.Float64() < theta
	}
	return mask
}

func checkTheta(where string, theta float64) {
	if !(theta >= 0 && theta <= 1) { // also refuses NaN
		panic(fmt.Sprintf("dataset.%s: theta is %v; it is a fraction of labels and must be in [0,1]", where, theta))
	}
}

// byClass returns the indices of each class in file order, [classes][n_c].
func byClass(y []int32, classes int) [][]int {
	members := make([][]int, classes)
	for i, c := range y {
		members[c] = append(members[c], i)
	}
	return members
}

// SplitHeldOut takes n examples out of train, on which hyperparameters can be chosen without looking at the test split. Each class gives its share of n in
// proportion to its size, to within one example; which ones is random and decided by seed. Both parts keep the file order. It returns the rest (N-n examples,
// split "train") and the held-out part (n examples, split "held-out"), or an error where n is not in [1, N-1].
func SplitHeldOut(train *Set, n int, seed uint64) (rest, heldOut *Set, err error) {
	if train == nil {
		return nil, nil, fmt.Errorf("dataset: SplitHeldOut needs a training split, and there is none")
	}
	if n < 1 || n >= train.N {
		return nil, nil, fmt.Errorf("dataset: cannot hold out %d of the %d examples of %s %s: choose 1 to %d", n, train.N, train.Name, train.Split, train.N-1)
	}
	rng := rand.New(rand.NewPCG(seed, 0x68656c642d6f7574)) // the stream is this function's own: "held-out" in ASCII
	out := make([]bool, train.N)
	classes := byClass(train.Y, train.Classes)
	for c, take := range shares(classes, n, train.N) {
		members := classes[c]
		rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
		for _, i := range members[:take] {
			out[i] = true
		}
	}
	var keep, held []int
	for i, o := range out {
		if o {
			held = append(held, i)
		} else {
			keep = append(keep, i)
		}
	}
	rest, heldOut = train.Subset(keep), train.Subset(held)
	heldOut.Split = "held-out"
	return rest, heldOut, nil
}

// shares divides n among the classes in proportion to their sizes by largest remainders, the lower class first where they are equal.
func shares(classes [][]int, n, total int) []int {
	take := make([]int, len(classes))
	order := make([]int, len(classes))
	left := n
	for c, members := range classes {
		take[c] = n * len(members) / total
		left -= take[c]
		order[c] = c
	}
	slices.SortStableFunc(order, func(a, b int) int { return n*len(classes[b])%total - n*len(classes[a])%total })
	for _, c := range order[:left] {
		take[c]++
	}
	return take
}
