package metalearning

import (
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// GPPrior draws functions from a Gaussian process on the unit cube with mean 0, variance 1 and a squared-exponential kernel, one lengthscale per axis drawn
// log-uniformly from [Shortest, Longest]. A drawn function is a sum of Features random cosines (Rahimi and Recht 2007),
//
//	f(x) = sqrt(2 / Features) sum over m of a_m cos(omega_m . x + phase_m)     a ~ N(0, 1), omega_m,j ~ N(0, 1) / lengthscale_j, phase ~ U(0, 2 pi)
//
// so that it can be built in a graph and differentiated, which the meta-gradient of Chen et al. 2017 needs.
type GPPrior struct {
	Dim               int
	Features          int
	Shortest, Longest float64
}

// Sample draws functions: omega [functions, Features, Dim], phase [functions, Features], a [functions, Features] with the factor in it.
func (p GPPrior) Sample(rng *rand.Rand, functions int) []*tensors.Tensor {
	omega := make([]float32, 0, functions*p.Features*p.Dim)
	phase := make([]float32, 0, functions*p.Features)
	for range functions {
		scale := make([]float64, p.Dim)
		for j := range scale {
			scale[j] = p.Shortest * math.Pow(p.Longest/p.Shortest, rng.Float64())
		}
		for range p.Features {
			for j := range scale {
				omega = append(omega, float32(rng.NormFloat64()/scale[j]))
			}
			phase = append(phase, float32(2*math.Pi*rng.Float64()))
		}
	}
	a := normal(rng, math.Sqrt(2/float64(p.Features)), functions*p.Features)
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(omega, functions, p.Features, p.Dim),
		tensors.FromFlatDataAndDimensions(phase, functions, p.Features),
		tensors.FromFlatDataAndDimensions(a, functions, p.Features),
	}
}

// Value builds f(x) [functions, 1] for x [functions, Dim] and the data of Sample.
func (p GPPrior) Value(x *Node, data []*Node) *Node {
	angle := Add(DotGeneral(data[0], []int{2}, []int{0}, x, []int{1}, []int{0}), data[1])
	return ExpandAxes(ReduceSum(Mul(data[2], Cos(angle)), -1), -1)
}
