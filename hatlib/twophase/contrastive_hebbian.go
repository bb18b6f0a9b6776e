package twophase

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/hatlab/hatlab/hatlib"
)

// ContrastiveHebbian is contrastive Hebbian learning in a layered network with weak feedback.
//
//	ds_k/dt = -s_k + f_k(W_k s_k-1 + gamma W_k+1' s_k+1 + b_k)
//	dW_k    = gamma^(k-L) (clamped s_k s_k-1' - free s_k s_k-1'),  b_k alike
//
// Feedback carries the clamped error down one factor gamma per layer, which gamma^(k-L) undoes. As gamma -> 0 the
// update is that of backpropagation, with an error linear in gamma. Outputs are linear.
//
// X. Xie, H. S. Seung, Equivalence of backpropagation and contrastive Hebbian learning in a layered network, Neural
// Computation 15(2), 2003.
type ContrastiveHebbian struct {
	// Unit is f of the hidden layers.
	Unit Unit
	// Gamma > 0 is the strength of feedback. Small is exact, but the smallest difference between the phases is of order
	// gamma^(L-1): in float32 that should stay above 1e-4 or so.
	Gamma float64
	// Dt in (0, 1] is the step of the relaxation; 1 goes to the value that the other layers ask for at once.
	Dt float64
	// Steps of the relaxation, in each phase.
	Steps int
}

// Validate returns an error that names the first value out of range.
func (m *ContrastiveHebbian) Validate() error {
	switch {
	case m.Unit != TanhUnit && m.Unit != LogisticUnit:
		return fmt.Errorf("contrastive Hebbian learning: unknown unit %q, there are %q and %q", m.Unit, TanhUnit, LogisticUnit)
	case !(m.Gamma > 0 && m.Gamma <= 1):
		return fmt.Errorf("contrastive Hebbian learning: gamma is %g, want a number in (0, 1]", m.Gamma)
	case !(m.Dt > 0 && m.Dt <= 1):
		return fmt.Errorf("contrastive Hebbian learning: dt is %g, want a number in (0, 1]", m.Dt)
	case m.Steps < 1:
		return fmt.Errorf("contrastive Hebbian learning: %d steps, want at least 1", m.Steps)
	}
	return nil
}

// Name is "contrastive_hebbian".
func (m *ContrastiveHebbian) Name() string { return "contrastive_hebbian" }

// Locality is two phases.
func (m *ContrastiveHebbian) Locality() hatlib.Locality { return hatlib.LocalityTwoPhase }

// Phases are free and clamped.
func (m *ContrastiveHebbian) Phases() []Phase {
	return []Phase{{"free", 0, m.Steps}, {"clamped", math.Inf(1), m.Steps}}
}

// Start is the forward pass: the state without any feedback.
func (m *ContrastiveHebbian) Start(p Params, x *Node) State {
	s := State{x}
	for k := 1; k <= p.layers(); k++ {
		u := Add(DotGeneral(s[k-1], []int{1}, nil, p.W[k-1], []int{1}, nil), InsertAxes(p.B[k-1], 0))
		s = append(s, m.activity(k, p, u))
	}
	return s
}

// Step moves all layers at once towards what their neighbours ask for; clamped outputs are at the answer from the
// first step on.
func (m *ContrastiveHebbian) Step(p Params, s State, target *Node, phase Phase) State {
	goal := State{s[0]}
	for k := 1; k <= p.layers(); k++ {
		goal = append(goal, m.activity(k, p, p.drive(k, s, m.Gamma)))
	}
	next := toward(s, goal, m.Dt)
	if phase.clamped() {
		next[p.layers()] = target
	}
	return next
}

// activity is f_k(u): the unit for hidden layers, u itself for the outputs.
func (m *ContrastiveHebbian) activity(k int, p Params, u *Node) *Node {
	if k == p.layers() {
		return u
	}
	return m.Unit.Value(u)
}

// Energy is Xie and Seung's, which falls in both phases:
//
//	E = sum_k gamma^(k-L) (F_k(s_k) - s_k' W_k s_k-1 - b_k' s_k),   F_k the integral of the inverse of f_k.
//
// The update is minus the difference of its gradients by W_k in the two phases.
func (m *ContrastiveHebbian) Energy(p Params, s State, _ *Node, _ Phase) *Node {
	var total *Node
	for k := 1; k <= p.layers(); k++ {
		cost := MulScalar(Square(s[k]), 0.5)
		if k < p.layers() {
			cost = m.Unit.inverseIntegral(s[k])
		}
		layer := ReduceSum(Sub(cost, Mul(s[k], p.drive(k, s, 0))), -1)
		layer = MulScalar(layer, math.Pow(m.Gamma, float64(k-p.layers())))
		if total == nil {
			total = layer
		} else {
			total = Add(total, layer)
		}
	}
	return total
}

// Update is gamma^(k-L) times clamped minus free correlations.
func (m *ContrastiveHebbian) Update(relaxed []State) Params {
	free, clamped := relaxed[0], relaxed[1]
	top := len(free) - 1
	return contrast(correlations(clamped), correlations(free), func(k int) float64 { return math.Pow(m.Gamma, float64(k-top)) })
}

// Reference is the forward pass, the free state without feedback.
func (m *ContrastiveHebbian) Reference(p Params, x *Node) State { return m.Start(p, x) }
