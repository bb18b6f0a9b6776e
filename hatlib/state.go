package hatlib

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// The state of a member is every float32 variable of a population, cut at the population axis: L, M, the optimizer's
// state, what rules keep, the counters. The names are the paths of the variables without the leading slash. A member's
// state does not tell how large the population was, so a run can go on in another.

// memberStates returns the state of every member. Callers do not change the values.
func (p *Population) memberStates() ([]Arrays, error) {
	if p.states != nil {
		return p.states, nil
	}
	states := make([]Arrays, len(p.members))
	for i := range states {
		states[i] = Arrays{}
	}
	for v := range p.store.IterVariables() {
		if v.DType() != dtypes.Float32 || !v.HasValue() {
			continue
		}
		whole, err := arrayOf(v)
		if err != nil {
			return nil, err
		}
		size := len(whole.Values) / len(p.members)
		for i := range states {
			states[i][stateName(v)] = Array{Shape: p.memberShape(v), Values: whole.Values[i*size : (i+1)*size]}
		}
	}
	p.states = states
	return states, nil
}

// setStates replaces what the given states have, member by member; nil leaves a member as it is.
func (p *Population) setStates(states []Arrays) error {
	current, err := p.memberStates()
	if err != nil {
		return err
	}
	p.states = nil
	for v := range p.store.IterVariables() {
		name := stateName(v)
		parts := make([][]float32, len(states))
		changed := false
		for i, state := range states {
			a, ok := state[name]
			if changed = changed || ok; !ok {
				a = current[i][name]
			}
			parts[i] = a.Values
		}
		if !changed {
			continue
		}
		if err := setVariable(v, slices.Concat(parts...)); err != nil {
			return err
		}
	}
	return nil
}

// setState replaces what state has of one member.
func (t *Trainer) setState(state Arrays) error {
	states := make([]Arrays, len(t.population.members))
	states[t.index] = state
	return t.population.setStates(states)
}

// leaveDiverged puts the members that have diverged back to what they were left with: they go on in the graph with the
// others, to no purpose.
func (p *Population) leaveDiverged() error {
	states := make([]Arrays, len(p.members))
	for i, t := range p.members {
		states[i] = t.left
	}
	if !slices.ContainsFunc(states, func(a Arrays) bool { return a != nil }) {
		return nil
	}
	return p.setStates(states)
}

func stateName(v *model.Variable) string { return strings.TrimPrefix(v.Path(), "/") }

// memberShape is the shape of a variable for one member.
func (p *Population) memberShape(v *model.Variable) []int {
	return slices.Clone(v.Shape().Dimensions[len(p.dims()):])
}

// arrayOf copies the value of a float32 variable.
func arrayOf(v *model.Variable) (Array, error) {
	value, err := v.Value()
	if err != nil {
		return Array{}, fmt.Errorf("reading %s: %w", v.Path(), err)
	}
	values, err := tensors.CopyFlatData[float32](value)
	if err != nil {
		return Array{}, fmt.Errorf("reading %s: %w", v.Path(), err)
	}
	return Array{Shape: slices.Clone(value.Shape().Dimensions), Values: values}, nil
}

// setVariable replaces the value of a float32 variable, keeping its shape.
func setVariable(v *model.Variable, values []float32) error {
	dims := v.Shape().Dimensions
	if len(values) != v.Shape().Size() {
		return fmt.Errorf("setting %s: %d values for shape %v", v.Path(), len(values), dims)
	}
	value := tensors.FromFlatDataAndDimensions(slices.Clone(values), dims...)
	if err := v.SetValue(value); err != nil {
		return fmt.Errorf("setting %s: %w", v.Path(), err)
	}
	return nil
}
