package rules

import (
	"fmt"
	"slices"

	"github.com/hatlab/hatlab/hatlib"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Path is the way of a layer's weights under a rule: W[k] is row-major [Outputs, Inputs] after Steps[k] updates.
type Path struct {
	Inputs, Outputs int
	Steps           []float64
	W               [][]float64
}

// Row returns the weights of output j at point k of the path; k = -1 is the end.
func (p *Path) Row(k, j int) []float64 {
	if k < 0 {
		k = len(p.W) - 1
	}
	return p.W[k][j*p.Inputs : (j+1)*p.Inputs]
}

// Along returns f of output j's weights at every point of the path, for a curve.
func (p *Path) Along(j int, f func(w []float64) float64) []float64 {
	values := make([]float64, len(p.W))
	for k := range p.W {
		values[k] = f(p.Row(k, j))
	}
	return values
}

// Follow runs a rule on a linear layer in float64, on all of a small data set at every step, and keeps the weights of
// every step: for pictures of convergence and for checking it. x is row-major [n, inputs], w the first weights
// [outputs, inputs]; the input is taken as it is. It is an error when the rule refuses the shapes.
func Follow(be compute.Backend, rule hatlib.Rule, x []float64, inputs int, w []float64, rate float64, steps int) (*Path, error) {
	if inputs < 1 || len(x) == 0 || len(x)%inputs != 0 || len(w) == 0 || len(w)%inputs != 0 || steps < 0 {
		return nil, fmt.Errorf("follow rule %s: %d numbers of data and %d weights for %d inputs, %d steps", rule.Name(), len(x), len(w), inputs, steps)
	}
	path := &Path{Inputs: inputs, Outputs: len(w) / inputs, Steps: []float64{0}, W: [][]float64{slices.Clone(w)}}
	step, err := model.NewExec1(be, model.NewStore(), func(scope *model.Scope, x, w *Node) *Node {
		return Add(w, MulScalar(rule.Update(scope, x, w, project(x, w)), rate))
	})
	if err != nil {
		return nil, fmt.Errorf("follow rule %s: %w", rule.Name(), err)
	}
	data := tensors.FromFlatDataAndDimensions(x, len(x)/inputs, inputs)
	weights := tensors.FromFlatDataAndDimensions(slices.Clone(w), path.Outputs, inputs)
	for k := range steps {
		if weights, err = step.Call(data, weights); err != nil {
			return nil, fmt.Errorf("follow rule %s: %w", rule.Name(), err)
		}
		now, err := tensors.CopyFlatData[float64](weights)
		if err != nil {
			return nil, fmt.Errorf("follow rule %s: %w", rule.Name(), err)
		}
		path.Steps, path.W = append(path.Steps, float64(k+1)), append(path.W, now)
	}
	return path, nil
}
