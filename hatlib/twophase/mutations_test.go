package twophase

import (
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// variant is a method with another update or another step.
type variant struct {
	Method
	update func(relaxed []State) Params
	step   func(p Params, s State, target *Node, phase Phase) State
}

func (v variant) Update(relaxed []State) Params {
	if v.update != nil {
		return v.update(relaxed)
	}
	return v.Method.Update(relaxed)
}

func (v variant) Step(p Params, s State, target *Node, phase Phase) State {
	if v.step != nil {
		return v.step(p, s, target, phase)
	}
	return v.Method.Step(p, s, target, phase)
}

// mutation is a method with one thing wrong, as a reader might write it by mistake. The theory test named must fail.
type mutation struct {
	test, what string
	broken     func(strength float64) Method
}

// TestMutations shows that every theory test can fail: each broken variant must not pass the check of its method. The
// pure Go backend is enough, since the question is about the check.
func TestMutations(t *testing.T) {
	be := backendtest.Go(t)
	mutated := map[string]bool{}
	for _, m := range mutations() {
		mutated[m.test] = true
		t.Run(m.test+"/"+m.what, func(t *testing.T) {
			err := checkOf(t, be, m.test, m.broken)
			if err == nil {
				t.Fatalf("%s passes with %s: it proves nothing about that", m.test, m.what)
			}
			t.Log(err)
		})
	}
	for _, e := range All() {
		if !mutated[e.Test] {
			t.Errorf("%s, the test of %s, has no mutation: nothing shows that it can fail", e.Test, e.Name)
		}
	}
}

// checkOf runs the check of a theory test on another method. The finite differences are those of the method itself, since
// a broken relaxation has equilibria of its own.
func checkOf(t *testing.T, be compute.Backend, test string, make func(float64) Method) error {
	quiet := func(string, ...any) {}
	if test == "TestContrastiveHebbian" {
		return checkBackpropagation(quiet, be, TanhUnit, make)
	}
	want := freeDescent(t, TanhUnit)
	if v, ok := make(1).(variant); ok && v.step != nil {
		var err error
		if want, err = propagationNet().differences(be, v); err != nil {
			return err
		}
	}
	slope := map[string]float64{"TestEquilibriumPropagation": 1, "TestEquilibriumPropagationSymmetric": 2}[test]
	return checkFiniteDifferences(quiet, be, make, want, slope)
}

func mutations() []mutation {
	hebbian := func(gamma float64) *ContrastiveHebbian { return contrastive(TanhUnit)(gamma).(*ContrastiveHebbian) }
	one := func(beta float64) *EquilibriumPropagation {
		return propagation(TanhUnit, false)(beta).(*EquilibriumPropagation)
	}
	two := func(beta float64) *EquilibriumPropagation {
		return propagation(TanhUnit, true)(beta).(*EquilibriumPropagation)
	}
	hebbianUpdate := func(clampedSign, freeSign, power float64) func(gamma float64) Method {
		return func(gamma float64) Method {
			return variant{Method: hebbian(gamma), update: func(relaxed []State) Params {
				return weighted(correlations(relaxed[1]), clampedSign, correlations(relaxed[0]), freeSign, len(relaxed[0])-1, gamma, power)
			}}
		}
	}
	// propagationUpdate is a times the first, b times the second of two states, over beta.
	propagationUpdate := func(m func(beta float64) *EquilibriumPropagation, first int, a float64, second int, b float64) func(beta float64) Method {
		return func(beta float64) Method {
			m := m(beta)
			return variant{Method: m, update: func(relaxed []State) Params {
				return weighted(correlations(m.rates(relaxed[first])), a/beta, correlations(m.rates(relaxed[second])), b/beta, 0, 1, 0)
			}}
		}
	}
	return []mutation{
		{"TestContrastiveHebbian", "the wrong sign", hebbianUpdate(-1, 1, 1)},
		{"TestContrastiveHebbian", "the wrong sign of the free phase", hebbianUpdate(1, 1, 1)},
		{"TestContrastiveHebbian", "no free phase", hebbianUpdate(1, 0, 1)},
		{"TestContrastiveHebbian", "no factor gamma", hebbianUpdate(1, -1, 0)},
		{"TestContrastiveHebbian", "gamma^(L-k) for gamma^(k-L)", hebbianUpdate(1, -1, -1)},
		{"TestContrastiveHebbian", "feedback of full strength", func(gamma float64) Method {
			return variant{Method: hebbian(gamma), step: hebbian(1).Step}
		}},
		{"TestContrastiveHebbian", "no feedback", func(gamma float64) Method {
			m := hebbian(gamma)
			return variant{Method: m, step: func(p Params, s State, target *Node, phase Phase) State {
				next := m.Start(p, s[0])
				if phase.clamped() {
					next[p.layers()] = target
				}
				return next
			}}
		}},
		{"TestContrastiveHebbian", "outputs that are not linear", func(gamma float64) Method {
			m := hebbian(gamma)
			return variant{Method: m, step: func(p Params, s State, target *Node, phase Phase) State {
				next := m.Step(p, s, target, phase)
				if !phase.clamped() {
					next[p.layers()] = Tanh(next[p.layers()])
				}
				return next
			}}
		}},

		{"TestEquilibriumPropagation", "the wrong sign", propagationUpdate(one, 1, -1, 0, 1)},
		{"TestEquilibriumPropagation", "the wrong sign of the free phase", propagationUpdate(one, 1, 1, 0, 1)},
		{"TestEquilibriumPropagation", "no free phase", propagationUpdate(one, 1, 1, 0, 0)},
		{"TestEquilibriumPropagation", "not divided by beta", func(beta float64) Method {
			m := one(beta)
			return variant{Method: m, update: func(relaxed []State) Params {
				return contrast(correlations(m.rates(relaxed[1])), correlations(m.rates(relaxed[0])), func(int) float64 { return 1 })
			}}
		}},
		{"TestEquilibriumPropagation", "states instead of rates", func(beta float64) Method {
			return variant{Method: one(beta), update: func(relaxed []State) Params {
				return contrast(correlations(relaxed[1]), correlations(relaxed[0]), func(int) float64 { return 1 / beta })
			}}
		}},
		{"TestEquilibriumPropagation", "no slope of rho in the relaxation", func(beta float64) Method {
			m := one(beta)
			return variant{Method: m, step: func(p Params, s State, target *Node, phase Phase) State {
				return flow(m, p, s, target, phase, 1, false)
			}}
		}},
		{"TestEquilibriumPropagation", "no feedback", func(beta float64) Method {
			m := one(beta)
			return variant{Method: m, step: func(p Params, s State, target *Node, phase Phase) State {
				return flow(m, p, s, target, phase, 0, true)
			}}
		}},
		{"TestEquilibriumPropagation", "the nudge away from the answer", func(beta float64) Method {
			m := one(beta)
			return variant{Method: m, step: func(p Params, s State, target *Node, phase Phase) State {
				phase.Beta = -phase.Beta
				return m.Step(p, s, target, phase)
			}}
		}},

		{"TestEquilibriumPropagationSymmetric", "one-sided taken for symmetric", propagationUpdate(two, 1, 1, 0, -1)},
		{"TestEquilibriumPropagationSymmetric", "divided by beta instead of 2 beta", propagationUpdate(two, 1, 1, 2, -1)},
		{"TestEquilibriumPropagationSymmetric", "the wrong sign", propagationUpdate(two, 2, 0.5, 1, -0.5)},
		{"TestEquilibriumPropagationSymmetric", "both nudges towards the answer", func(beta float64) Method {
			m := two(beta)
			return variant{Method: m, step: func(p Params, s State, target *Node, phase Phase) State {
				phase.Beta = max(phase.Beta, -phase.Beta)
				return m.Step(p, s, target, phase)
			}}
		}},
	}
}

// weighted returns gamma^(power (k-top)) (a first + b second) for every layer k.
func weighted(first Params, a float64, second Params, b float64, top int, gamma, power float64) Params {
	var p Params
	for k := range first.W {
		factor := 1.0
		for range max(top-k-1, 0) {
			factor /= gamma
		}
		switch power {
		case 0:
			factor = 1
		case -1:
			factor = 1 / factor
		}
		p.W = append(p.W, Add(MulScalar(first.W[k], a*factor), MulScalar(second.W[k], b*factor)))
		p.B = append(p.B, Add(MulScalar(first.B[k], a*factor), MulScalar(second.B[k], b*factor)))
	}
	return p
}

// flow is the step of equilibrium propagation with another strength of feedback, with or without the slope of rho.
func flow(m *EquilibriumPropagation, p Params, s State, target *Node, phase Phase, feedback float64, slope bool) State {
	r := m.rates(s)
	goal := State{s[0]}
	for k := 1; k <= p.layers(); k++ {
		u := p.drive(k, r, feedback)
		if slope {
			u = Mul(m.Unit.slope(r[k]), u)
		}
		if k == p.layers() && phase.Beta != 0 {
			u = Add(u, times(Sub(target, s[k]), phase.Beta))
		}
		goal = append(goal, u)
	}
	return toward(s, goal, m.Dt)
}
