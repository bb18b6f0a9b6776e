package twophase

import (
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Relaxation is one phase, step by step, for pictures. Every slice has Phase.Steps + 1 entries, the state before the
// first step being number 0.
type Relaxation struct {
	Phase Phase
	// Energy is [Method.Energy] and Cost is C, both the mean over the examples.
	Energy, Cost []float64
	// Moves is the largest change that the next step makes to any unit of any example: 0 at the equilibrium.
	Moves []float64
	// Units are the activities for the first example of all units above the input, layer 1 first.
	Units [][]float64
}

// Follow runs the phases of m on the examples of data, as [Learn] does, and records each. It changes nothing in network.
func Follow(be compute.Backend, m Method, network *Network, data *dataset.Set) ([]Relaxation, error) {
	top := len(network.Sizes) - 1
	if data.N == 0 || data.Features != network.Sizes[0] || data.Classes != network.Sizes[top] {
		return nil, fmt.Errorf("follow %s: %s for a network of sizes %v", m.Name(), data, network.Sizes)
	}
	x, y := tensors.FromFlatDataAndDimensions(data.X, data.N, data.Features), tensors.FromFlatDataAndDimensions(data.Y, data.N)
	state, err := CallOnceN(be, func(in []*Node) []*Node { return m.Start(params(in[1:]), in[0]) }, network.arguments(x)...)
	if err != nil {
		return nil, fmt.Errorf("follow %s: %w", m.Name(), err)
	}
	var all []Relaxation
	var free []*tensors.Tensor
	for _, phase := range m.Phases() {
		if free != nil {
			state = free
		}
		r, last, err := follow(be, m, network, phase, y, state)
		if err != nil {
			return nil, fmt.Errorf("follow the %s phase of %s: %w", phase.Name, m.Name(), err)
		}
		if free == nil {
			free = last
		}
		all = append(all, r)
	}
	return all, nil
}

// follow takes the steps of one phase from state, and returns also the state after them.
func follow(be compute.Backend, m Method, network *Network, phase Phase, y *tensors.Tensor, state []*tensors.Tensor) (Relaxation, []*tensors.Tensor, error) {
	r := Relaxation{Phase: phase}
	layers := len(network.Sizes)
	step, err := NewExec(be, func(in []*Node) []*Node {
		s, p := State(in[1:1+layers]), params(in[1+layers:])
		target := OneHot(in[0], network.Sizes[layers-1], s[0].DType())
		next := m.Step(p, s, target, phase)
		var moves, units []*Node
		for k := 1; k < layers; k++ {
			moves = append(moves, Reshape(ReduceAllMax(Abs(Sub(next[k], s[k]))), 1))
			units = append(units, Reshape(Slice(s[k], AxisRange(0, 1)), -1))
		}
		record := []*Node{
			ReduceAllMean(m.Energy(p, s, target, phase)), ReduceAllMean(Cost(s, target)),
			ReduceAllMax(Concatenate(moves, 0)), Concatenate(units, 0),
		}
		return append(record, next...)
	})
	if err != nil {
		return r, nil, err
	}
	for i := 0; ; i++ {
		arguments := []any{y}
		for _, s := range state {
			arguments = append(arguments, s)
		}
		out, err := step.Call(network.arguments(arguments...)...)
		if err != nil {
			return r, nil, err
		}
		units, err := tensors.CopyFlatData[float32](out[3])
		if err != nil {
			return r, nil, err
		}
		wide := make([]float64, len(units))
		for j, u := range units {
			wide[j] = float64(u)
		}
		r.Energy = append(r.Energy, float64(tensors.ToScalar[float32](out[0])))
		r.Cost = append(r.Cost, float64(tensors.ToScalar[float32](out[1])))
		r.Moves = append(r.Moves, float64(tensors.ToScalar[float32](out[2])))
		r.Units = append(r.Units, wide)
		if i == phase.Steps {
			return r, state, nil
		}
		state = out[4:]
	}
}
