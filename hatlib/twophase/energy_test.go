package twophase

import (
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// relaxed are methods that reach their equilibria to the last digits.
func relaxed(unit Unit) []Method {
	return []Method{
		&ContrastiveHebbian{Unit: unit, Gamma: 0.2, Dt: 0.5, Steps: 300},
		&EquilibriumPropagation{Unit: unit, Beta: 0.3, Dt: 0.2, FreeSteps: 800, NudgedSteps: 800},
		&EquilibriumPropagation{Unit: unit, Beta: 0.3, Symmetric: true, Dt: 0.2, FreeSteps: 800, NudgedSteps: 800},
	}
}

// TestStepFollowsTheEnergy: equilibrium propagation's step, derived by hand, is dt times minus the gradient of E + beta C
// that GoMLX derives, at states that are not in equilibrium.
func TestStepFollowsTheEnergy(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		units := []Unit{TanhUnit}
		if be == backendtest.Go(t) { // where compiling costs nothing
			units = append(units, LogisticUnit)
		}
		for _, unit := range units {
			m := propagation(unit, true)(0.3).(*EquilibriumPropagation)
			n := newNet(4, 1.5, 3, 5, 4, 4, 2)
			for _, phase := range m.Phases() {
				out, err := n.evaluate(be, func(p Params, x, d *Node) []*Node {
					// Any state will do: what the forward pass of the other method gives is far from this one's equilibrium.
					s := cut((&ContrastiveHebbian{Unit: unit}).Start(p, x))
					gradients := Gradient(ReduceAllSum(m.Energy(p, s, d, phase)), s[1:]...)
					next := m.Step(p, s, d, phase)
					var differences []*Node
					for k, g := range gradients {
						differences = append(differences, Add(Sub(next[k+1], s[k+1]), MulScalar(g, m.Dt)))
					}
					return append(differences, gradients...)
				})
				if err != nil {
					t.Fatal(err)
				}
				layers := len(out) / 2
				if different(out[:layers], zeros(out[:layers]), 1e-12) || !different(out[layers:], zeros(out[layers:]), 0.1) {
					t.Errorf("%s, %s: step + dt gradient is %v, want 0", unit, phase.Name, out[:layers])
				}
			}
		}
	})
}

// TestEquilibria: where a relaxation ends the energy has no slope left along any unit that is free to move, and the
// update is minus the difference of the energy's gradients by the parameters, divided by what separates the phases.
func TestEquilibria(t *testing.T) {
	be := backendtest.Go(t)
	for _, unit := range []Unit{TanhUnit, LogisticUnit} {
		for _, m := range relaxed(unit) {
			n := newNet(5, 1, 3, 5, 4, 4, 2)
			out, err := n.evaluate(be, func(p Params, x, d *Node) []*Node {
				delta, states := Learn(m, p, x, d)
				var slopes []*Node
				var byParameter [][]*Node
				for i, phase := range m.Phases() {
					states[i] = cut(states[i])
					moving := states[i][1:]
					if phase.clamped() {
						moving = moving[:len(moving)-1]
					}
					slopes = append(slopes, Gradient(ReduceAllSum(m.Energy(p, states[i], d, phase)), moving...)...)
					byParameter = append(byParameter, Gradient(ReduceAllMean(m.Energy(p, states[i], d, phase)), p.list()...))
				}
				after, before, width := byParameter[1], byParameter[0], 1.0
				if e, ok := m.(*EquilibriumPropagation); ok {
					width = e.Beta
					if e.Symmetric {
						before, width = byParameter[2], 2*e.Beta
					}
				}
				for i, got := range delta.list() {
					slopes = append(slopes, Add(got, DivScalar(Sub(after[i], before[i]), width)))
				}
				return slopes
			})
			if err != nil {
				t.Fatal(err)
			}
			if different(out, zeros(out), 1e-10) {
				t.Errorf("%s, %s: slopes at the equilibria, and update + difference of gradients: %v, want 0", m.Name(), unit, out)
			}
		}
	}
}

// cut is s without a way back to what it was computed from, so that gradients by it are partial ones.
func cut(s State) State {
	var constant State
	for _, layer := range s {
		constant = append(constant, Identity(StopGradient(layer)))
	}
	return constant
}
