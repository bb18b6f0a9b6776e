package metalearning

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// Objective is a family of functions to be minimized.
type Objective interface {
	Name() string
	// Dim is the number of coordinates of one function.
	Dim() int
	// Sample draws functions and starting points: x0 is [functions, Dim], and data holds arrays whose first axis is the function.
	Sample(rng *rand.Rand, functions int) (x0 *tensors.Tensor, data []*tensors.Tensor)
	// Batch draws what differs from step to step (minibatches): arrays whose first axis is the step. Nil for functions that stay the same.
	Batch(rng *rand.Rand, steps int) []*tensors.Tensor
	// Loss builds f(x) [functions] for x [functions, Dim], with the data of Sample and one step's part of Batch.
	Loss(x *Node, data, batch []*Node) *Node
}

// lossAndGradient builds f(x) [functions] and its gradient [functions, Dim].
func lossAndGradient(o Objective, x *Node, data, batch []*Node) (loss, grad *Node) {
	loss = o.Loss(x, data, batch)
	return loss, Gradient(ReduceAllSum(loss), x)[0]
}

// Problems is a drawn set of functions with starting points and, if the objective has them, the minibatches of every step: all optimizers that are
// compared meet the same ones.
type Problems struct {
	Objective Objective
	N, Steps  int
	x0        []float32
	data      []*tensors.Tensor
	batch     []*tensors.Tensor
}

// DrawProblems draws n functions of o, and minibatches for steps steps and the evaluation after the last.
func DrawProblems(o Objective, seed uint64, n, steps int) *Problems {
	rng := rand.New(rand.NewPCG(seed, 0x0b1ec7))
	x0, data := o.Sample(rng, n)
	return &Problems{Objective: o, N: n, Steps: steps, x0: tensors.MustCopyFlatData[float32](x0), data: data, batch: o.Batch(rng, steps+1)}
}

// Descent minimizes drawn problems with any Stepper; it holds the compiled loss and gradient, so that many optimizers and rates can be tried.
type Descent struct {
	p    *Problems
	exec *Exec
}

// NewDescent prepares the loss and the gradient of p on backend be.
func NewDescent(be compute.Backend, p *Problems) (*Descent, error) {
	nd := len(p.data)
	exec, err := NewExec(be, func(in []*Node) []*Node {
		loss, grad := lossAndGradient(p.Objective, in[0], in[1:1+nd], in[1+nd:])
		return []*Node{loss, grad}
	})
	if err != nil {
		return nil, fmt.Errorf("metalearning: preparing %s: %w", p.Objective.Name(), err)
	}
	return &Descent{p: p, exec: exec}, nil
}

// Close frees the compiled graph.
func (d *Descent) Close() { d.exec.Finalize() }

// Run minimizes every function from its starting point and returns the losses [Steps+1][N]: row t is after t steps.
func (d *Descent) Run(s Stepper) ([][]float64, error) {
	p, dim := d.p, d.p.Objective.Dim()
	x := append([]float32(nil), p.x0...)
	s.Reset(p.N, dim)
	curve := make([][]float64, p.Steps+1)
	for t := range curve {
		in := []any{tensors.FromFlatDataAndDimensions(append([]float32(nil), x...), p.N, dim)}
		for _, v := range p.data {
			in = append(in, v)
		}
		for _, v := range p.batch {
			in = append(in, row(v, t))
		}
		out, err := d.exec.Call(in...)
		if err != nil {
			return nil, fmt.Errorf("metalearning: %s with %s, step %d: %w", p.Objective.Name(), s.Name(), t, err)
		}
		curve[t] = make([]float64, p.N)
		for i, v := range tensors.MustCopyFlatData[float32](out[0]) {
			curve[t][i] = float64(v)
		}
		if t == p.Steps {
			break
		}
		if err := s.Step(x, tensors.MustCopyFlatData[float32](out[1])); err != nil {
			return nil, err
		}
	}
	return curve, nil
}

// row returns v[t] as a tensor of its own. Types: float32 and int32.
func row(v *tensors.Tensor, t int) *tensors.Tensor {
	dims := v.Shape().Dimensions[1:]
	n := 1
	for _, d := range dims {
		n *= d
	}
	var out *tensors.Tensor
	v.MustConstFlatData(func(flat any) {
		switch f := flat.(type) {
		case []float32:
			out = tensors.FromFlatDataAndDimensions(append([]float32(nil), f[t*n:(t+1)*n]...), dims...)
		case []int32:
			out = tensors.FromFlatDataAndDimensions(append([]int32(nil), f[t*n:(t+1)*n]...), dims...)
		default:
			panic(fmt.Sprintf("metalearning: no rows of %T", flat))
		}
	})
	return out
}
