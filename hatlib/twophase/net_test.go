package twophase

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// net is a network with its data in float64, on the side of the tests: params are W_1, b_1, W_2, b_2, ... row-major.
type net struct {
	sizes  []int
	params [][]float64
	x, d   []float64
	batch  int
}

// newNet draws weights with deviation scale/sqrt(fan in), inputs in [0,1] and answers in [-0.8, 0.8].
func newNet(seed uint64, scale float64, batch int, sizes ...int) *net {
	rng := rand.New(rand.NewPCG(seed, 7))
	n := &net{sizes: sizes, batch: batch}
	normal := func(count int, deviation float64) []float64 {
		values := make([]float64, count)
		for i := range values {
			values[i] = deviation * rng.NormFloat64()
		}
		return values
	}
	for k := 1; k < len(sizes); k++ {
		n.params = append(n.params, normal(sizes[k]*sizes[k-1], scale/math.Sqrt(float64(sizes[k-1]))), normal(sizes[k], 0.1))
	}
	for range batch * sizes[0] {
		n.x = append(n.x, rng.Float64())
	}
	for range batch * sizes[len(sizes)-1] {
		n.d = append(n.d, 1.6*rng.Float64()-0.8)
	}
	return n
}

// tensors returns x, d, W_1, b_1, ...
func (n *net) tensors() []any {
	all := []any{
		tensors.FromFlatDataAndDimensions(n.x, n.batch, n.sizes[0]),
		tensors.FromFlatDataAndDimensions(n.d, n.batch, n.sizes[len(n.sizes)-1]),
	}
	for i, p := range n.params {
		if i%2 == 0 {
			all = append(all, tensors.FromFlatDataAndDimensions(p, n.sizes[i/2+1], n.sizes[i/2]))
		} else {
			all = append(all, tensors.FromFlatDataAndDimensions(p, n.sizes[i/2+1]))
		}
	}
	return all
}

// evaluate runs a graph function of the network and returns the values of what it returns.
func (n *net) evaluate(be compute.Backend, fn func(p Params, x, d *Node) []*Node) ([][]float64, error) {
	f, err := n.compile(be, fn)
	if err != nil {
		return nil, err
	}
	return f()
}

// compile is evaluate for a function that is called many times, each time with the present numbers of n.
func (n *net) compile(be compute.Backend, fn func(p Params, x, d *Node) []*Node) (func() ([][]float64, error), error) {
	exec, err := NewExec(be, func(in []*Node) []*Node { return fn(params(in[2:]), in[0], in[1]) })
	if err != nil {
		return nil, err
	}
	return func() ([][]float64, error) {
		out, err := exec.Call(n.tensors()...)
		if err != nil {
			return nil, err
		}
		values := make([][]float64, len(out))
		for i, t := range out {
			if values[i], err = tensors.CopyFlatData[float64](t); err != nil {
				return nil, err
			}
		}
		return values, nil
	}, nil
}

// update returns what m changes, W_1, b_1, ...
func (n *net) update(be compute.Backend, m Method) ([][]float64, error) {
	return n.evaluate(be, func(p Params, x, d *Node) []*Node {
		delta, _ := Learn(m, p, x, d)
		return delta.list()
	})
}

// descent is minus the gradient of the mean cost of the forward pass, by backpropagation.
func (n *net) descent(be compute.Backend, unit Unit) ([][]float64, error) {
	return n.evaluate(be, func(p Params, x, d *Node) []*Node {
		s := (&ContrastiveHebbian{Unit: unit, Gamma: 1, Dt: 1, Steps: 1}).Start(p, x)
		gradients := Gradient(ReduceAllMean(Cost(s, d)), p.list()...)
		for i := range gradients {
			gradients[i] = Neg(gradients[i])
		}
		return gradients
	})
}

// differences is minus the gradient of the mean cost of m's free equilibrium, by central differences of fourth order
// in every parameter.
func (n *net) differences(be compute.Backend, m Method) ([][]float64, error) {
	cost, err := n.compile(be, func(p Params, x, d *Node) []*Node { return []*Node{ReduceAllMean(Cost(Free(m, p, x), d))} })
	if err != nil {
		return nil, err
	}
	const h = 2e-3
	descent := make([][]float64, len(n.params))
	for i, p := range n.params {
		descent[i] = make([]float64, len(p))
		for j, middle := range p {
			for _, point := range []struct{ at, weight float64 }{{-2, 1}, {-1, -8}, {1, 8}, {2, -1}} {
				p[j] = middle + point.at*h
				c, err := cost()
				if err != nil {
					return nil, err
				}
				descent[i][j] -= point.weight * c[0][0] / (12 * h)
			}
			p[j] = middle
		}
	}
	return descent, nil
}

// relativeError is |got - want| / |want|.
func relativeError(got, want []float64) float64 {
	var difference, norm float64
	for i := range want {
		difference += (got[i] - want[i]) * (got[i] - want[i])
		norm += want[i] * want[i]
	}
	return math.Sqrt(difference / norm)
}

// cosine is the cosine of the angle between a and b, and ratio |a| / |b|.
func cosine(a, b []float64) (cos, ratio float64) {
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+a[i]*b[i], aa+a[i]*a[i], bb+b[i]*b[i]
	}
	return ab / math.Sqrt(aa*bb), math.Sqrt(aa / bb)
}

// parameterName is the name of the i-th of W_1, b_1, W_2, ...
func parameterName(i int) string {
	return fmt.Sprintf("%c_%d", "Wb"[i%2], i/2+1)
}

// theory runs check for tanh on both backends, and for the logistic unit in pure Go: compiling takes XLA a second for
// every graph.
func theory(t *testing.T, check func(t *testing.T, be compute.Backend, unit Unit) error) {
	t.Run("tanh", func(t *testing.T) {
		backendtest.Each(t, func(t *testing.T, be compute.Backend) {
			if err := check(t, be, TanhUnit); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("logistic", func(t *testing.T) {
		if err := check(t, backendtest.Go(t), LogisticUnit); err != nil {
			t.Error(err)
		}
	})
}
