package metalearning

import (
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// GPPrior draws functions on the unit cube from a Gaussian process with a random mean:
//
//	f(x) = w q(x) + sqrt(1 - w^2) g(x)          w ~ U(0, Bowl)
//
// q is a bowl, sum over j of a_j (x_j - c_j)^2 with c ~ U(0, 1) and log a_j ~ U(log 0.1, 0), shifted and scaled to mean 0 and variance 1 over the cube. g has
// mean 0, variance 1 and a squared-exponential kernel, with one lengthscale per axis drawn log-uniformly from [Shortest, Longest]; it is a sum of Features
// random cosines (Rahimi and Recht 2007),
//
//	g(x) = sqrt(2 / Features) sum over m of b_m cos(omega_m . x + phase_m)     b ~ N(0, 1), omega_m,j ~ N(0, 1) / lengthscale_j, phase ~ U(0, 2 pi)
//
// so that it can be built in a graph and differentiated, which the meta-gradient of Chen et al. 2017 needs. They draw from a process with mean 0, which is Bowl = 0.
type GPPrior struct {
	Dim               int
	Features          int
	Shortest, Longest float64
	Bowl              float64 // in [0, 1]
}

// Sample draws functions: omega [functions, Features, Dim], phase [functions, Features], b [functions, Features] with its factors in it; then the bowl's c and a
// [functions, Dim] and shift [functions], with their factors in them.
func (p GPPrior) Sample(rng *rand.Rand, functions int) []*tensors.Tensor {
	var omega, phase, b, centre, slope, shift []float32
	for range functions {
		w := p.Bowl * rng.Float64()
		scale := make([]float64, p.Dim)
		for j := range scale {
			scale[j] = p.Shortest * math.Pow(p.Longest/p.Shortest, rng.Float64())
		}
		for range p.Features {
			for j := range scale {
				omega = append(omega, float32(rng.NormFloat64()/scale[j]))
			}
			phase = append(phase, float32(2*math.Pi*rng.Float64()))
			b = append(b, float32(math.Sqrt((1-w*w)*2/float64(p.Features))*rng.NormFloat64()))
		}
		a := make([]float64, p.Dim)
		mean, variance := 0.0, 0.0
		for j := range a {
			c := rng.Float64()
			a[j] = math.Pow(0.1, rng.Float64())
			centre = append(centre, float32(c))
			// Moments of (x - c)^2 for x uniform in [0, 1].
			off := (c - 0.5) * (c - 0.5)
			mean += a[j] * (1.0/12 + off)
			variance += a[j] * a[j] * (1.0/180 + off/3)
		}
		for j := range a {
			slope = append(slope, float32(w*a[j]/math.Sqrt(variance)))
		}
		shift = append(shift, float32(-w*mean/math.Sqrt(variance)))
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(omega, functions, p.Features, p.Dim),
		tensors.FromFlatDataAndDimensions(phase, functions, p.Features),
		tensors.FromFlatDataAndDimensions(b, functions, p.Features),
		tensors.FromFlatDataAndDimensions(centre, functions, p.Dim),
		tensors.FromFlatDataAndDimensions(slope, functions, p.Dim),
		tensors.FromFlatDataAndDimensions(shift, functions),
	}
}

// Value builds f(x) [functions, 1] for x [functions, Dim] and the data of Sample.
func (p GPPrior) Value(x *Node, data []*Node) *Node {
	angle := Add(DotGeneral(data[0], []int{2}, []int{0}, x, []int{1}, []int{0}), data[1])
	waves := ReduceSum(Mul(data[2], Cos(angle)), -1)
	bowl := Add(ReduceSum(Mul(data[4], Square(Sub(x, data[3]))), -1), data[5])
	return ExpandAxes(Add(waves, bowl), -1)
}
