package hatlib

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Weight files hold L and M under the names, and in the layout, of PyTorch's linear layers, so that
// `torch.nn.Linear(...).state_dict()` and safetensors' numpy functions read and write them as they are:
//
//	learner.0.weight     [out, in]   W of the first layer
//	learner.0.bias       [out]
//	...
//	meta.hidden.weight   [H, 3]      columns a, b, c: weights of v_i, w_ij, v_j
//	meta.hidden.bias     [H]         d
//	meta.output.weight   [1, H]      m
//	meta.output.bias     [1]         e
//
// The meta-parameters of another rule stand as meta.NAME, with the names and shapes that the rule gives them.

// Weights returns the weights of L and, when the rule is M, of M.
func (t *Trainer) Weights() (Arrays, error) {
	states, err := t.population.memberStates()
	if err != nil {
		return nil, err
	}
	state, arrays := states[t.index], Arrays{}
	for name, path := range t.weightPaths() {
		arrays[name] = state[path].clone()
	}
	m, ok := t.population.hat.Rule.(*MetaLearner)
	if !ok {
		return arrays, nil
	}
	theta := make([]Array, len(thetaNames))
	for i, name := range thetaNames {
		theta[i] = arrays["meta."+name]
		delete(arrays, "meta."+name)
	}
	maps.Copy(arrays, m.arrays(theta))
	return arrays, nil
}

// weightPaths are the names in a member's state of everything that is trained, by names as in weight files; M's parameters
// are not yet laid out as there.
func (t *Trainer) weightPaths() map[string]string {
	scope, paths := t.population.store.RootScope(), map[string]string{}
	w, b := t.population.hat.Learner.variables(scope.At(learnerScope))
	for l := range w {
		paths[fmt.Sprintf("learner.%d.weight", l)] = stateName(w[l])
		paths[fmt.Sprintf("learner.%d.bias", l)] = stateName(b[l])
	}
	for v := range scope.At(metaScope).IterVariables() {
		if v.Trainable {
			paths["meta."+v.Name()] = stateName(v)
		}
	}
	return paths
}

// arrays lays theta out as weight files do.
func (r *MetaLearner) arrays(theta []Array) Arrays {
	hidden := make([]float32, 3*r.Hidden)
	for k := range r.Hidden {
		for column := range 3 {
			hidden[3*k+column] = theta[column].Values[k]
		}
	}
	return Arrays{
		"meta.hidden.weight": {[]int{r.Hidden, 3}, hidden},
		"meta.hidden.bias":   {[]int{r.Hidden}, theta[3].Values},
		"meta.output.weight": {[]int{1, r.Hidden}, theta[4].Values},
		"meta.output.bias":   {[]int{1}, theta[5].Values},
	}
}

// theta is the inverse of arrays; the shapes are known to be right.
func (r *MetaLearner) theta(arrays Arrays) [][]float32 {
	theta := make([][]float32, len(thetaNames))
	hidden := arrays["meta.hidden.weight"].Values
	for column := range 3 {
		theta[column] = make([]float32, r.Hidden)
		for k := range r.Hidden {
			theta[column][k] = hidden[3*k+column]
		}
	}
	theta[3] = arrays["meta.hidden.bias"].Values
	theta[4] = arrays["meta.output.weight"].Values
	theta[5] = arrays["meta.output.bias"].Values
	return theta
}

// SetWeights replaces the weights of L, and of M when arrays has them. Names and shapes are checked first: on an error
// nothing has changed. A missing or unknown name and a wrong shape are errors that say what is expected.
func (t *Trainer) SetWeights(arrays Arrays) error {
	arrays = maps.Clone(arrays)
	current, err := t.Weights()
	if err != nil {
		return err
	}
	hasMeta := slices.ContainsFunc(slices.Collect(maps.Keys(arrays)), isMeta)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		expected, known := current[name]
		if !known && isMeta(name) {
			return fmt.Errorf("weights: %q is M's, and the rule is %q", name, t.population.hat.Rule.Name())
		}
		if !known {
			return fmt.Errorf("weights: unknown name %q, did you mean %q?", name, Nearest(name, slices.Collect(maps.Keys(current))))
		}
		if !slices.Equal(arrays[name].Shape, expected.Shape) {
			return fmt.Errorf("weights: %q has shape %v, expected %v", name, arrays[name].Shape, expected.Shape)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(current)) {
		if _, given := arrays[name]; !given && (hasMeta || !isMeta(name)) {
			return fmt.Errorf("weights: %q is missing", name)
		}
	}
	if m, ok := t.population.hat.Rule.(*MetaLearner); ok && hasMeta {
		for i, theta := range m.theta(arrays) {
			arrays["meta."+thetaNames[i]] = Array{Values: theta}
		}
	}
	state := Arrays{}
	for name, path := range t.weightPaths() {
		if a, given := arrays[name]; given {
			state[path] = a
		}
	}
	return t.setState(state)
}

func isMeta(name string) bool { return strings.HasPrefix(name, "meta.") }
