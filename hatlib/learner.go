package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Learner is L, a multilayer perceptron: layer l has weights W_l [out, in] and biases b_l [out].
type Learner struct {
	// Sizes are the units of every layer, inputs first: 784-183-43-10 has three layers of weights.
	Sizes []int
	// Hidden and Output are sigma of the hidden layers and of the last one.
	Hidden, Output Activation
}

// Layers is the number of weight matrices, |L|.
func (l *Learner) Layers() int { return len(l.Sizes) - 1 }

// Sigma returns the activation of layer l, counted from 0.
func (l *Learner) Sigma(layer int) Activation {
	if layer == l.Layers()-1 {
		return l.Output
	}
	return l.Hidden
}

// Init creates the variables layer_0/w, layer_0/b, ... in scope, or gives them new values, from stream.
func (l *Learner) Init(scope *model.Scope, scheme Init, stream *Stream) error {
	for layer := range l.Layers() {
		in, out := l.Sizes[layer], l.Sizes[layer+1]
		s := scope.At("layer_%d", layer)
		if err := assign(s, "w", scheme.weights(out, in, stream), out, in); err != nil {
			return err
		}
		if err := assign(s, "b", scheme.biases(out, in, stream), out); err != nil {
			return err
		}
	}
	return nil
}

// assign creates a variable with the given values, or replaces its values.
func assign(scope *model.Scope, name string, values []float32, dims ...int) error {
	v := scope.VariableWithValue(name, tensors.FromFlatDataAndDimensions(values, dims...))
	return setVariable(v, values)
}

// variables returns the learner's variables, weights and biases by layer.
func (l *Learner) variables(scope *model.Scope) (w, b []*model.Variable) {
	for layer := range l.Layers() {
		s := scope.At("layer_%d", layer)
		w, b = append(w, s.GetVariable("w")), append(b, s.GetVariable("b"))
	}
	return w, b
}

// Weights are a learner's weights and biases as nodes of one graph: W[l] is [out, in], B[l] is [out].
type Weights struct{ W, B []*Node }

// Nodes returns the learner's current weights in graph g.
func (l *Learner) Nodes(scope *model.Scope, g *Graph) Weights {
	var weights Weights
	w, b := l.variables(scope)
	for layer := range w {
		weights.W = append(weights.W, w[layer].NodeValue(g))
		weights.B = append(weights.B, b[layer].NodeValue(g))
	}
	return weights
}

// Predict is the learner alone, v_l+1 = sigma(W_l v_l + b_l), without any local update: x [batch, in] -> v_L
// [batch, classes].
func (l *Learner) Predict(weights Weights, x *Node) *Node {
	v := x
	for layer := range l.Layers() {
		v = l.Sigma(layer).Apply(linear(v, weights.W[layer], weights.B[layer]))
	}
	return v
}
