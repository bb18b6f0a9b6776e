package twophase

import (
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/hatlab/hatlab/hatlib"
)

// EquilibriumPropagation learns from two equilibria of an energy, one free and one with the outputs nudged.
//
//	E     = 1/2 sum_k |s_k|^2 - sum_k r_k' W_k r_k-1 - sum_k b_k' r_k,   r_0 = x, r_k = rho(s_k)
//	ds/dt = -d(E + beta C)/ds,   C = 1/2 |s_L - d|^2
//	dW_k  = 1/beta (nudged r_k r_k-1' - free r_k r_k-1'),  b_k alike
//
// As beta -> 0 the update is minus the gradient of the cost at the free equilibrium, with an error linear in beta.
// Symmetric runs a second nudged phase at -beta and divides the difference of the two by 2 beta: the even orders
// cancel and the error is of order beta^2. The input is taken as a firing rate, r_0 = x.
//
// B. Scellier, Y. Bengio, Equilibrium propagation: bridging the gap between energy-based models and backpropagation,
// Frontiers in Computational Neuroscience 11:24, 2017. Symmetric nudging: A. Laborieux, M. Ernoult, B. Scellier,
// Y. Bengio, J. Grollier, D. Querlioz, Scaling equilibrium propagation to deep ConvNets by drastically reducing its
// gradient estimator bias, Frontiers in Neuroscience 15, 2021.
type EquilibriumPropagation struct {
	// Unit is rho.
	Unit Unit
	// Beta > 0 is the strength of the nudge.
	Beta float64
	// Symmetric nudges both ways.
	Symmetric bool
	// Dt in (0, 1] is the step of the relaxation, explicit Euler on the gradient flow.
	Dt float64
	// FreeSteps and NudgedSteps are the steps of the relaxations; a nudged phase begins at the free equilibrium.
	FreeSteps, NudgedSteps int
}

// Validate returns an error that names the first value out of range.
func (m *EquilibriumPropagation) Validate() error {
	switch {
	case m.Unit != TanhUnit && m.Unit != LogisticUnit:
		return fmt.Errorf("equilibrium propagation: unknown unit %q, there are %q and %q", m.Unit, TanhUnit, LogisticUnit)
	case !(m.Beta > 0 && m.Beta <= 1):
		return fmt.Errorf("equilibrium propagation: beta is %g, want a number in (0, 1]", m.Beta)
	case !(m.Dt > 0 && m.Dt <= 1):
		return fmt.Errorf("equilibrium propagation: dt is %g, want a number in (0, 1]", m.Dt)
	case m.FreeSteps < 1 || m.NudgedSteps < 1:
		return fmt.Errorf("equilibrium propagation: %d free and %d nudged steps, want at least 1 of each", m.FreeSteps, m.NudgedSteps)
	}
	return nil
}

// Name is "equilibrium_propagation", or "equilibrium_propagation_symmetric".
func (m *EquilibriumPropagation) Name() string {
	if m.Symmetric {
		return "equilibrium_propagation_symmetric"
	}
	return "equilibrium_propagation"
}

// Locality is two phases.
func (m *EquilibriumPropagation) Locality() hatlib.Locality { return hatlib.LocalityTwoPhase }

// Phases are free, nudged, and when symmetric a third one that is nudged away from the answer.
func (m *EquilibriumPropagation) Phases() []Phase {
	phases := []Phase{{"free", 0, m.FreeSteps}, {"nudged", m.Beta, m.NudgedSteps}}
	if m.Symmetric {
		phases = append(phases, Phase{"nudged away", -m.Beta, m.NudgedSteps})
	}
	return phases
}

// Start is all zero.
func (m *EquilibriumPropagation) Start(p Params, x *Node) State {
	s := State{x}
	for _, b := range p.B {
		s = append(s, Zeros(x.Graph(), shapes.Make(x.DType(), x.Shape().Dimensions[0], b.Shape().Dimensions[0])))
	}
	return s
}

// rates returns x and rho of every layer above it.
func (m *EquilibriumPropagation) rates(s State) []*Node {
	r := []*Node{s[0]}
	for _, layer := range s[1:] {
		r = append(r, m.Unit.Value(layer))
	}
	return r
}

// Step is s - dt d(E + beta C)/ds, where -dE/ds_k = rho'(s_k) (W_k r_k-1 + W_k+1' r_k+1 + b_k) - s_k.
func (m *EquilibriumPropagation) Step(p Params, s State, target *Node, phase Phase) State {
	r := m.rates(s)
	goal := State{s[0]}
	for k := 1; k <= p.layers(); k++ {
		goal = append(goal, Mul(m.Unit.slope(r[k]), p.drive(k, r, 1)))
	}
	if phase.Beta != 0 {
		top := p.layers()
		goal[top] = Add(goal[top], times(Sub(target, s[top]), phase.Beta))
	}
	return toward(s, goal, m.Dt)
}

// Energy is E + beta C.
func (m *EquilibriumPropagation) Energy(p Params, s State, target *Node, phase Phase) *Node {
	r := m.rates(s)
	var total *Node
	for k := 1; k <= p.layers(); k++ {
		layer := ReduceSum(Sub(MulScalar(Square(s[k]), 0.5), Mul(r[k], p.drive(k, r, 0))), -1)
		if total == nil {
			total = layer
		} else {
			total = Add(total, layer)
		}
	}
	if phase.Beta != 0 {
		total = Add(total, MulScalar(Cost(s, target), phase.Beta))
	}
	return total
}

// Update is the difference of the correlations of rates, divided by the difference of the two betas.
func (m *EquilibriumPropagation) Update(relaxed []State) Params {
	before, after, width := relaxed[0], relaxed[1], m.Beta
	if m.Symmetric {
		before, width = relaxed[2], 2*m.Beta
	}
	return contrast(correlations(m.rates(after)), correlations(m.rates(before)), func(int) float64 { return 1 / width })
}

// Reference is the free relaxation, step after step in one graph: backpropagation through time.
func (m *EquilibriumPropagation) Reference(p Params, x *Node) State {
	s, free := m.Start(p, x), m.Phases()[0]
	for range free.Steps {
		s = m.Step(p, s, nil, free)
	}
	return s
}
