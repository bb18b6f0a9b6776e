package hatlib

import (
	"math"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// scaling is what is done to the inputs before a learner sees them: (x - shift) / scale.
type scaling struct{ shift, scale float32 }

// inputScale returns the scaling of Config.Inputs: none for unit, mean and standard deviation over all training inputs
// for standard.
func inputScale(inputs string, train *dataset.Set) scaling {
	if inputs != "standard" {
		return scaling{0, 1}
	}
	var sum, squares float64
	for _, x := range train.X {
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	mean := sum / float64(len(train.X))
	deviation := math.Sqrt(math.Max(squares/float64(len(train.X))-mean*mean, 1e-12))
	return scaling{float32(mean), float32(deviation)}
}

// tensor returns the scaled inputs of a set, [N, features].
func (s scaling) tensor(set *dataset.Set) *tensors.Tensor {
	x := set.X
	if s != (scaling{0, 1}) {
		x = make([]float32, len(set.X))
		for i, v := range set.X {
			x[i] = (v - s.shift) / s.scale
		}
	}
	return tensors.FromFlatDataAndDimensions(x, set.N, set.Features)
}
