package hatlib

import (
	"strings"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
)

// The decays of Adam's moments. No paper and no code that is compared here uses others.
const adamBeta1, adamBeta2 = 0.9, 0.999

// optimize is lines 8 and 9 for the trainable variables of scope, in their order: the optimizer A takes its step, at the
// rate that the variable of that name holds, [] or [P], times the factor of the schedule. Where labelled, [] or [P], is false, variables and optimizer state stay as they are: Adam would move under zero
// gradients.
//
// GoMLX's optimizers count steps once for everything that they train. Here each member of a population counts its own,
// because its batches without labels do not count. For a single pair the bits are those of GoMLX's optimizers.
func (c *Config) optimize(scope *model.Scope, gradients []*Node, rateName string, labelled *Node) {
	g, root := labelled.Graph(), scope.Store().RootScope()
	rate := root.GetVariable(rateName).NodeValue(g)
	if c.LRSchedule != "constant" {
		rate = Mul(rate, c.rateFactor(root.GetVariable(batchCounter).NodeValue(g), root.GetVariable(runBatches).NodeValue(g)))
	}
	step := c.sgd(rate)
	if c.Optimizer == "adam" {
		step = c.adam(scope, rate, labelled)
	}
	for v := range scope.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			c.replace(v, Sub(v.NodeValue(g), step(v, gradients[0])), labelled)
			gradients = gradients[1:]
		}
	}
}

// replace gives a variable a new value, but not where labelled is false. With all labels there the choice is left out.
func (c *Config) replace(v *model.Variable, value, labelled *Node) {
	if c.LabelFraction < 1 {
		value = Where(perMember(labelled, value), value, v.NodeValue(value.Graph()))
	}
	v.SetNodeValue(value)
}

// sgd is rate * gradient.
func (c *Config) sgd(rate *Node) func(v *model.Variable, gradient *Node) *Node {
	return func(_ *model.Variable, gradient *Node) *Node { return Mul(gradient, perMember(rate, gradient)) }
}

// adam is Adam's step (Kingma and Ba 2015, algorithm 1),
//
//	m = beta1 m + (1 - beta1) gradient            v = beta2 v + (1 - beta2) gradient^2
//	rate * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon)
//
// with t, [] or [P], the number of steps so far. Every operation is elementwise, so members of a population share nothing.
func (c *Config) adam(scope *model.Scope, rate, labelled *Node) func(v *model.Variable, gradient *Node) *Node {
	g := labelled.Graph()
	name := "adam_" + strings.Trim(scope.Scope(), "/")
	state := func(path, name string, like *Node) *model.Variable {
		shape := shapes.Make(rate.DType(), like.Shape().Dimensions...)
		return scope.Store().Scope(path).WithInitializer(initializer.Zero).VariableWithShape(name, shape).SetTrainable(false)
	}
	counter := state(scope.At("%s", name).Scope(), "step", labelled)
	t := AddScalar(counter.NodeValue(g), 1)
	c.replace(counter, t, labelled)
	beta1, beta2 := ConstAs(t, adamBeta1), ConstAs(t, adamBeta2)
	unbias1, unbias2 := Reciprocal(OneMinus(Pow(beta1, t))), Reciprocal(OneMinus(Pow(beta2, t)))
	return func(v *model.Variable, gradient *Node) *Node {
		path := "/" + name + v.Scope()
		mean, square := state(path, v.Name()+"_1st_moment", gradient), state(path, v.Name()+"_2nd_moment", gradient)
		m := Add(Mul(beta1, mean.NodeValue(g)), Mul(OneMinus(beta1), gradient))
		u := Add(Mul(beta2, square.NodeValue(g)), Mul(OneMinus(beta2), Square(gradient)))
		c.replace(mean, m, labelled)
		c.replace(square, u, labelled)
		direction := Mul(perMember(rate, m), Mul(m, perMember(unbias1, m)))
		return Div(direction, Add(Sqrt(Mul(u, perMember(unbias2, u))), ConstAs(t, c.AdamEpsilon)))
	}
}

// perMember lets a value of every member of a population, [P], meet like, [P, ...]. A scalar stays as it is.
func perMember(x, like *Node) *Node {
	if x.Rank() == 0 || like.Rank() == x.Rank() {
		return x
	}
	dims := make([]int, like.Rank())
	for axis := range dims {
		dims[axis] = 1
	}
	copy(dims, x.Shape().Dimensions)
	return BroadcastToDims(Reshape(x, dims...), like.Shape().Dimensions...)
}
