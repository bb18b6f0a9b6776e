package twophase

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	. "github.com/gomlx/gomlx/support/exceptions"

	"github.com/hatlab/hatlab/hatlib"
)

// Params are the weights and biases of a network: W[k-1] is W_k [n_k, n_k-1], B[k-1] is b_k [n_k], for k = 1 to L.
// An update has the same form.
type Params struct{ W, B []*Node }

// State is the activity of every layer, s_0 = x to s_L, each [batch, n_k].
type State []*Node

// Output returns s_L [batch, n_L], what the network answers.
func (s State) Output() *Node { return s[len(s)-1] }

// Phase is one relaxation of the network.
type Phase struct {
	Name string
	// Beta is how strongly the outputs are drawn to the answer: 0 not at all (free), +Inf they are held there (clamped).
	Beta float64
	// Steps of the relaxation.
	Steps int
}

// Method is a learning method in two phases. It is given to [Learn], which runs the phases; the method itself says
// what a step of the relaxation is, and what is learned from the relaxed states.
type Method interface {
	// Name is the method's name in the catalogue.
	Name() string
	// Locality is [hatlib.LocalityTwoPhase].
	Locality() hatlib.Locality
	// Phases are run in this order. The first is free and begins at Start; each other begins where the free one ended.
	Phases() []Phase
	// Start returns the state before the free phase, for x [batch, n_0].
	Start(p Params, x *Node) State
	// Step returns the state one step later; target [batch, n_L] is not looked at (and may be nil) where Beta is 0.
	Step(p Params, s State, target *Node, phase Phase) State
	// Energy returns what the relaxation makes smaller, [batch].
	Energy(p Params, s State, target *Node, phase Phase) *Node
	// Update returns what to add to the parameters, times a rate: the mean over the batch. It sees the relaxed state of
	// each phase, in the order of Phases, and neither the weights nor the answer.
	Update(relaxed []State) Params
	// Reference returns the state whose cost the update descends in the limit, computed so that GoMLX can take its
	// gradient: the method itself never does.
	Reference(p Params, x *Node) State
}

// Learn runs the phases of m for x [batch, n_0] and target [batch, n_L] and returns the update, to be added to p times
// a rate, and the relaxed states, of which the first is the free one. It panics on shapes that do not fit.
func Learn(m Method, p Params, x, target *Node) (update Params, relaxed []State) {
	p.check(x, target)
	for i, phase := range m.Phases() {
		if i == 0 {
			relaxed = append(relaxed, Free(m, p, x))
			continue
		}
		relaxed = append(relaxed, relax(m, p, relaxed[0], target, phase))
	}
	return m.Update(relaxed), relaxed
}

// Free runs the free phase of m for x [batch, n_0]: its output is the network's answer.
func Free(m Method, p Params, x *Node) State {
	return relax(m, p, m.Start(p, x), nil, m.Phases()[0])
}

// relax takes phase.Steps steps from s, in a While loop: no gradient goes through it, and none is needed.
//
// Everything that a step reads is state of the loop, also what does not change, because XLA's closures take no outside
// operands in elementwise operations; for the same reason numbers come from scalar.go.
func relax(m Method, p Params, s State, target *Node, phase Phase) State {
	if phase.Steps < 1 {
		Panicf("%s: %d steps in the %s phase, want at least 1", m.Name(), phase.Steps, phase.Name)
	}
	g := s[0].Graph()
	initial := append([]*Node{Const(g, int32(0)), Const(g, int32(phase.Steps))}, s...)
	initial = append(append(initial, p.W...), p.B...)
	if target != nil {
		initial = append(initial, target)
	}
	arguments := func(g *Graph) []*Node {
		nodes := make([]*Node, len(initial))
		for i, node := range initial {
			nodes[i] = Parameter(g, fmt.Sprintf("relax%d", i), node.Shape())
		}
		return nodes
	}
	more := NewClosure(g, func(g *Graph) []*Node {
		in := arguments(g)
		return []*Node{LessThan(in[0], in[1])}
	})
	body := NewClosure(g, func(g *Graph) []*Node {
		in := arguments(g)
		layers, rest := in[2:2+len(s)], in[2+len(s):]
		p := Params{W: rest[:len(p.W)], B: rest[len(p.W) : 2*len(p.W)]}
		var target *Node
		if len(rest) > 2*len(p.W) {
			target = rest[2*len(p.W)]
		}
		next := append([]*Node{Add(in[0], Const(g, int32(1))), in[1]}, m.Step(p, layers, target, phase)...)
		return append(next, rest...)
	})
	return While(more, body, initial...)[2 : 2+len(s)]
}

// check panics where the shapes of a network and its data do not fit each other.
func (p Params) check(x, target *Node) {
	if len(p.W) == 0 || len(p.W) != len(p.B) {
		Panicf("a network needs at least one layer, and biases for each: %d weight matrices, %d biases", len(p.W), len(p.B))
	}
	width := x.Shape().Dimensions[x.Rank()-1]
	for k, w := range p.W {
		if w.Rank() != 2 || w.Shape().Dimensions[1] != width {
			Panicf("W_%d is %s, want [*, %d] for the layer below", k+1, w.Shape(), width)
		}
		width = w.Shape().Dimensions[0]
		if b := p.B[k]; b.Rank() != 1 || b.Shape().Dimensions[0] != width {
			Panicf("b_%d is %s, want [%d]", k+1, b.Shape(), width)
		}
	}
	if x.Rank() != 2 || target.Rank() != 2 || target.Shape().Dimensions[0] != x.Shape().Dimensions[0] || target.Shape().Dimensions[1] != width {
		Panicf("x is %s and the target %s, want [batch, *] and [batch, %d]", x.Shape(), target.Shape(), width)
	}
}

// layers is L.
func (p Params) layers() int { return len(p.W) }

// drive returns W_k r_k-1 + b_k + feedback W_k+1' r_k+1 for layer k >= 1, [batch, n_k]; the last layer has no feedback.
func (p Params) drive(k int, r []*Node, feedback float64) *Node {
	u := Add(DotGeneral(r[k-1], []int{1}, nil, p.W[k-1], []int{1}, nil), InsertAxes(p.B[k-1], 0))
	if k == p.layers() {
		return u
	}
	back := DotGeneral(r[k+1], []int{1}, nil, p.W[k], []int{0}, nil)
	return Add(u, times(back, feedback))
}

// correlations returns the batch means of r_k r_k-1' (in W) and of r_k (in B), for k = 1 to L.
func correlations(r []*Node) Params {
	var p Params
	batch := float64(r[0].Shape().Dimensions[0])
	for k := 1; k < len(r); k++ {
		p.W = append(p.W, DivScalar(DotGeneral(r[k], []int{0}, nil, r[k-1], []int{0}, nil), batch))
		p.B = append(p.B, ReduceMean(r[k], 0))
	}
	return p
}

// contrast returns factor(k) times (after - before) for every layer k.
func contrast(after, before Params, factor func(k int) float64) Params {
	var p Params
	for k := range after.W {
		p.W = append(p.W, MulScalar(Sub(after.W[k], before.W[k]), factor(k+1)))
		p.B = append(p.B, MulScalar(Sub(after.B[k], before.B[k]), factor(k+1)))
	}
	return p
}

// Cost returns C = 1/2 |s_L - d|^2 of every example, [batch].
func Cost(s State, target *Node) *Node {
	return MulScalar(ReduceSum(Square(Sub(s.Output(), target)), -1), 0.5)
}

// clamped says whether the outputs are held at the answer.
func (phase Phase) clamped() bool { return math.IsInf(phase.Beta, 1) }

// toward moves every layer above the input by the fraction dt from s to goal.
func toward(s, goal State, dt float64) State {
	next := State{s[0]}
	for k := 1; k < len(s); k++ {
		next = append(next, Add(s[k], times(Sub(goal[k], s[k]), dt)))
	}
	return next
}
