package rules

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// hatOutput runs lines 2 to 6 of Algorithm 1 with a rule, 6-5-4, and returns v_L and, when the rule has trainable
// coefficients, the gradient of the sum of its squares in them.
func hatOutput(be compute.Backend, rule hatlib.Rule, rate float64) ([][]float64, error) {
	p, q := newProblem(50, 0, 7, 6, 5), newProblem(51, 0, 7, 5, 4)
	h := &hatlib.HAT{
		Learner: &hatlib.Learner{Sizes: []int{6, 5, 4}, Hidden: hatlib.ActivationTanh, Output: hatlib.ActivationLinear},
		Rule:    rule, Entry: hatlib.EntryWeights, GradientAt: hatlib.GradientAfter,
	}
	exec, err := model.NewExec(be, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		weights := hatlib.Weights{W: in[1:3], B: []*Node{Const(g, make([]float64, 5)), Const(g, make([]float64, 4))}}
		v, _ := h.Forward(scope, weights, in[0], Const(g, rate))
		outputs := []*Node{v}
		if coefficients := scope.GetVariable(CoefficientsVariable); coefficients != nil {
			outputs = append(outputs, ConvertDType(Gradient(ReduceAllSum(Square(v)), coefficients.NodeValue(g))[0], v.DType()))
		}
		return outputs
	})
	if err != nil {
		return nil, err
	}
	results, err := exec.Call(p.arguments()[0], p.arguments()[1], q.arguments()[1])
	if err != nil {
		return nil, err
	}
	var flat [][]float64
	for _, r := range results {
		flat = append(flat, tensors.MustCopyFlatData[float64](r))
	}
	return flat, nil
}

// TestRulesInHAT: every rule of the catalogue can be the rule of HAT. Rate 0 is the learner without a rule, a rate
// changes its output, and trainable coefficients receive a gradient through both layers.
func TestRulesInHAT(t *testing.T) {
	be := backendtest.Go(t)
	control := must(hatOutput(be, hatlib.None(), 1))[0]
	for _, e := range All() {
		still, err := hatOutput(be, e.New(), 0)
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		if d := distance(still[0], control); d > 1e-12 {
			t.Errorf("%s: at rate 0 the output differs from the control by %g", e.Name, d)
		}
		moved := must(hatOutput(be, e.New(), 0.1))
		if d := distance(moved[0], control); !(d > 1e-6) || math.IsInf(d, 0) {
			t.Errorf("%s: at rate 0.1 the output differs from the control by %g", e.Name, d)
		}
		if trainable := e.Name == "abcd" || e.Name == "polynomial"; trainable != (len(moved) == 2) {
			t.Errorf("%s: %d outputs", e.Name, len(moved))
		} else if trainable && Length(moved[1]) == 0 {
			t.Errorf("%s: the coefficients receive no gradient", e.Name)
		}
	}
}

// TestBCMNeedsItsScope: thresholds of one layer are not taken for those of another.
func TestBCMNeedsItsScope(t *testing.T) {
	p, q, rule := newProblem(50, 0, 7, 6, 5), newProblem(51, 0, 7, 5, 4), must(New("bcm", nil))
	exec := must(model.NewExec(backendtest.Go(t), model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{rule.Update(scope, in[0], in[1], in[2]), rule.Update(scope, in[3], in[4], in[5])}
	}))
	if _, err := exec.Call(append(p.arguments(), q.arguments()...)...); err == nil || !strings.Contains(err.Error(), "scope of its own") {
		t.Errorf("two layers of different size in one scope: the error is %v", err)
	}
}
