package rules

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// CoefficientsVariable is the name, in a rule's scope, of the trainable coefficients of [ABCD] and [Polynomial]. The
// rule makes it, as float32 [n], when it is not there; one that is there is used as it is, and may be [P, n], a set
// for each member of a population.
const CoefficientsVariable = "coefficients"

// coefficients returns a rule's coefficients as one node: the variable of scope, which starts at values, or float64
// constants when scope is nil.
func coefficients(scope *model.Scope, g *Graph, values []float64) []*Node {
	if scope == nil {
		return []*Node{Const(g, values)}
	}
	return []*Node{coefficientsVariable(scope, values).NodeValue(g)}
}

// coefficientsVariable returns the variable of scope, and makes it when it is not there.
func coefficientsVariable(scope *model.Scope, values []float64) *model.Variable {
	if variable := scope.GetVariable(CoefficientsVariable); variable != nil {
		return variable
	}
	start := make([]float32, len(values))
	for i, v := range values {
		start[i] = float32(v)
	}
	return scope.VariableWithValue(CoefficientsVariable, start)
}

// coefficient returns number i of theta[0] [n] or [P, n], in the dtype of like and with axes added behind, so that it
// meets like elementwise.
func coefficient(theta []*Node, i int, like *Node) *Node {
	one := Squeeze(SliceAxis(ConvertDType(theta[0], like.DType()), -1, AxisElem(i)), -1)
	for one.Rank() > 0 && one.Rank() < like.Rank() {
		one = InsertAxes(one, -1)
	}
	return one
}
