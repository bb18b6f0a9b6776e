package dataset

import (
	"fmt"
	"math/rand/v2"
	"strconv"
)

// Synthetic describes Gaussian clusters, one per class:
//
//	mu_c ~ Uniform[0.2, 0.8]^Features,    x = clip(mu_y + Noise*eps, 0, 1),  eps ~ Normal(0, 1)
//
// with labels 0, 1, ..., Classes-1, 0, 1, ... in turn, so every class has its share. The same fields give the same set on the same processor family (the logarithm in
// the normal generator may differ in its last bit between families).
type Synthetic struct {
	Seed        uint64  // of the generator (PCG)
	Train, Test int     // number of examples, each at least 1
	Features    int     // at least 1
	Classes     int     // at least 2
	Noise       float64 // standard deviation of a cluster in every direction, at least 0
}

// DefaultSynthetic is small enough to train on in a second and, with 16 features, easy: nearest centres are right on nearly all examples.
func DefaultSynthetic() Synthetic {
	return Synthetic{Seed: 1, Train: 2000, Test: 500, Features: 16, Classes: 10, Noise: 0.1}
}

// Make draws both splits, or says which field is out of range. The image size is 1 x Features.
func (c Synthetic) Make() (train, test *Set, err error) {
	if c.Train < 1 || c.Test < 1 || c.Features < 1 || c.Classes < 2 || !(c.Noise >= 0) {
		return nil, nil, fmt.Errorf("dataset: synthetic %+v: Train, Test and Features must be at least 1, Classes at least 2, Noise at least 0", c)
	}
	rng := rand.New(rand.NewPCG(c.Seed, 0x73796e7468657469)) // the stream is this set's own: "syntheti" in ASCII
	centres := make([]float64, c.Classes*c.Features)
	for i := range centres {
		centres[i] = 0.2 + 0.6*rng.Float64()
	}
	train = c.draw("train", c.Train, centres, rng)
	test = c.draw("test", c.Test, centres, rng)
	return train, test, nil
}

func (c Synthetic) draw(split string, n int, centres []float64, rng *rand.Rand) *Set {
	s := &Set{Name: SyntheticName, Split: split, N: n, Features: c.Features, Classes: c.Classes, Height: 1, Width: c.Features,
		X: make([]float32, n*c.Features), Y: make([]int32, n)}
	for class := range c.Classes {
		s.ClassNames = append(s.ClassNames, "cluster "+strconv.Itoa(class))
	}
	for i := range s.Y {
		class := i % c.Classes
		s.Y[i] = int32(class)
		for k, mu := range centres[class*c.Features : (class+1)*c.Features] {
			s.X[i*c.Features+k] = float32(min(max(mu+float64(c.Noise*rng.NormFloat64()), 0), 1))
		}
	}
	return s
}
