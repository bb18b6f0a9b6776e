package twophase

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

func propagation(unit Unit, symmetric bool) func(beta float64) Method {
	return func(beta float64) Method {
		return &EquilibriumPropagation{Unit: unit, Beta: beta, Symmetric: symmetric, Dt: 0.5, FreeSteps: 150, NudgedSteps: 150}
	}
}

// TestEquilibriumPropagation: as beta goes to 0 the update becomes minus the gradient of the cost at the free
// equilibrium, as finite differences find it, with an error of order beta (slope 1). Float64.
func TestEquilibriumPropagation(t *testing.T) {
	theory(t, func(t *testing.T, be compute.Backend, unit Unit) error {
		return checkFiniteDifferences(t.Logf, be, propagation(unit, false), freeDescent(t, unit), 1)
	})
}

// TestEquilibriumPropagationSymmetric: with two nudges the error is of order beta^2 (slope 2).
func TestEquilibriumPropagationSymmetric(t *testing.T) {
	theory(t, func(t *testing.T, be compute.Backend, unit Unit) error {
		return checkFiniteDifferences(t.Logf, be, propagation(unit, true), freeDescent(t, unit), 2)
	})
}

// propagationNet is the network of these tests.
func propagationNet() *net { return newNet(2, 1, 3, 4, 3, 2) }

// descents remembers [freeDescent] by unit.
var descents = map[Unit][][]float64{}

// freeDescent is minus the gradient of the cost at the free equilibrium of propagationNet, by finite differences. It
// depends neither on beta nor on the phases that follow.
func freeDescent(t *testing.T, unit Unit) [][]float64 {
	t.Helper()
	if descents[unit] == nil {
		d, err := propagationNet().differences(backendtest.Go(t), propagation(unit, false)(1))
		if err != nil {
			t.Fatal(err)
		}
		descents[unit] = d
	}
	return descents[unit]
}

// checkFiniteDifferences compares the update of make(beta), for two betas, with want: the error of the smaller one, and
// the power of beta with which it falls.
func checkFiniteDifferences(logf func(string, ...any), be compute.Backend, make func(beta float64) Method, want [][]float64, slope float64) error {
	n := propagationNet()
	betas := []float64{0.02, 0.005}
	if err := checkRelaxed(be, n, make(betas[0])); err != nil {
		return err
	}
	wrong := map[float64][]float64{}
	for _, beta := range betas {
		got, err := n.update(be, make(beta))
		if err != nil {
			return err
		}
		for i := range want {
			wrong[beta] = append(wrong[beta], relativeError(got[i], want[i]))
		}
	}
	for i := range want {
		first, last := wrong[betas[0]][i], wrong[betas[1]][i]
		found := math.Log(first/last) / math.Log(betas[0]/betas[1])
		logf("%s: relative error %.2e at beta %g, %.2e at %g, slope %.3f", parameterName(i), first, betas[0], last, betas[1], found)
		if !(last < 0.02) {
			return fmt.Errorf("%s: relative error %.3g at beta %g: the update is not the gradient", parameterName(i), last, betas[1])
		}
		if !(math.Abs(found-slope) < 0.1) {
			return fmt.Errorf("%s: the error falls with beta to the power %.3f, want %g", parameterName(i), found, slope)
		}
	}
	return nil
}

// checkRelaxed: one more step changes nothing, in any phase, and no unit is where its slope has gone.
func checkRelaxed(be compute.Backend, n *net, m Method) error {
	moved, err := n.evaluate(be, func(p Params, x, d *Node) (out []*Node) {
		_, relaxed := Learn(m, p, x, d)
		for i, phase := range m.Phases() {
			next := m.Step(p, relaxed[i], d, phase)
			for k := 1; k < len(next); k++ {
				out = append(out, ReduceAllMax(Abs(Sub(next[k], relaxed[i][k]))), ReduceAllMax(Abs(next[k])))
			}
		}
		return out
	})
	if err != nil {
		return err
	}
	for i := 0; i < len(moved); i += 2 {
		if !(moved[i][0] < 1e-12) {
			return fmt.Errorf("a unit still moves by %.2g per step: not relaxed", moved[i][0])
		}
		if !(moved[i+1][0] < 2) {
			return fmt.Errorf("a unit is at %.2g, where it has no slope", moved[i+1][0])
		}
	}
	return nil
}
