package hatlib

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
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
	arrays := Arrays{}
	w, b := t.hat.Learner.variables(t.store.RootScope().At(learnerScope))
	for l := range w {
		for name, v := range map[string]*model.Variable{"weight": w[l], "bias": b[l]} {
			a, err := arrayOf(v)
			if err != nil {
				return nil, err
			}
			arrays[fmt.Sprintf("learner.%d.%s", l, name)] = a
		}
	}
	meta, err := t.metaArrays()
	if err != nil {
		return nil, err
	}
	maps.Copy(arrays, meta)
	return arrays, nil
}

// metaArrays returns the rule's meta-parameters under the names of weight files.
func (t *Trainer) metaArrays() (Arrays, error) {
	scope := t.store.RootScope().At(metaScope)
	byName := Arrays{}
	for v := range scope.IterVariables() {
		if !v.Trainable {
			continue
		}
		a, err := arrayOf(v)
		if err != nil {
			return nil, err
		}
		byName["meta."+v.Name()] = a
	}
	m, ok := t.hat.Rule.(*MetaLearner)
	if !ok {
		return byName, nil
	}
	theta := make([]Array, len(thetaNames))
	for i, name := range thetaNames {
		theta[i] = byName["meta."+name]
	}
	return m.arrays(theta), nil
}

// setMeta is the inverse of metaArrays; names and shapes are known to be right.
func (t *Trainer) setMeta(arrays Arrays) error {
	scope := t.store.RootScope().At(metaScope)
	values := map[string][]float32{}
	if m, ok := t.hat.Rule.(*MetaLearner); ok {
		for i, theta := range m.theta(arrays) {
			values[thetaNames[i]] = theta
		}
	} else {
		for name, a := range arrays {
			values[strings.TrimPrefix(name, "meta.")] = a.Values
		}
	}
	for name, v := range values {
		if err := setVariable(scope.GetVariable(name), v); err != nil {
			return err
		}
	}
	return nil
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
			return fmt.Errorf("weights: %q is M's, and the rule is %q", name, t.hat.Rule.Name())
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
	scope := t.store.RootScope()
	w, b := t.hat.Learner.variables(scope.At(learnerScope))
	for l := range w {
		if err := setVariable(w[l], arrays[fmt.Sprintf("learner.%d.weight", l)].Values); err != nil {
			return err
		}
		if err := setVariable(b[l], arrays[fmt.Sprintf("learner.%d.bias", l)].Values); err != nil {
			return err
		}
	}
	if !hasMeta {
		return nil
	}
	maps.DeleteFunc(arrays, func(name string, _ Array) bool { return !isMeta(name) })
	return t.setMeta(arrays)
}

func isMeta(name string) bool { return strings.HasPrefix(name, "meta.") }

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
