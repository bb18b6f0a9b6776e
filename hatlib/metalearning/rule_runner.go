package metalearning

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// RuleRunner runs an UnsupervisedRule with any parameters on any data; it holds the compiled graphs.
type RuleRunner struct {
	rule                    UnsupervisedRule
	update, readout, inputs *Exec
}

// Runner prepares the rule on backend be. Graphs are compiled when shapes are first met.
func (r UnsupervisedRule) Runner(be compute.Backend) (*RuleRunner, error) {
	n := len(r.Init(MetaConfig{}))
	run := &RuleRunner{rule: r}
	for _, g := range []struct {
		exec  **Exec
		build func(in []*Node) []*Node
	}{
		{&run.update, func(in []*Node) []*Node { return []*Node{r.Update(in[:n], in[n], in[n+1])} }},
		{&run.readout, func(in []*Node) []*Node {
			w, x := in[0], in[1]
			return []*Node{RidgeReadout(Features(w, in[2], x), in[3], Features(w, in[4], x), readoutRidge, readoutIterations)}
		}},
		{&run.inputs, func(in []*Node) []*Node {
			x := in[0]
			return []*Node{RidgeReadout(standardize(in[1], x, pixelFloor), in[2], standardize(in[3], x, pixelFloor), readoutRidge, readoutIterations)}
		}},
	} {
		exec, err := NewExec(be, g.build)
		if err != nil {
			run.Close()
			return nil, fmt.Errorf("metalearning: preparing the unsupervised rule: %w", err)
		}
		*g.exec = exec
	}
	return run, nil
}

// Close frees the compiled graphs.
func (run *RuleRunner) Close() {
	for _, e := range []*Exec{run.update, run.readout, run.inputs} {
		if e != nil {
			e.Finalize()
		}
	}
}

// Evaluate runs the rule from random weights for steps batches on each of tasks few-shot tasks of src, with layers of the given width, and returns the
// accuracy of the readout on each task. With steps 0 the features are random. The same seed and width give the same tasks and the same random weights, whatever the
// parameters and the steps.
func (run *RuleRunner) Evaluate(p Params, src *FewShot, seed uint64, width, steps, tasks int) ([]float64, error) {
	acc := make([]float64, tasks)
	for k := range acc {
		rng := rand.New(rand.NewPCG(seed, uint64(k)))
		w := randomLayer(rng, width, src.Features())
		draw := src.Draw(rng, 1, max(steps, 1))
		for s := range steps {
			var err error
			if w, err = run.step(p, w, row(draw[0], s)); err != nil {
				return nil, err
			}
		}
		out, err := run.readout.Call(w, row(draw[0], max(steps, 1)-1), draw[1], draw[2], draw[3])
		if err != nil {
			return nil, fmt.Errorf("metalearning: readout: %w", err)
		}
		acc[k] = accuracy(tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](draw[4]), src.Ways)
	}
	return acc, nil
}

// EvaluateInputs returns the accuracy of the same readout on the standardized inputs themselves, on the tasks of Evaluate with the same seed and width.
func (run *RuleRunner) EvaluateInputs(src *FewShot, seed uint64, width, tasks int) ([]float64, error) {
	acc := make([]float64, tasks)
	for k := range acc {
		rng := rand.New(rand.NewPCG(seed, uint64(k)))
		randomLayer(rng, width, src.Features()) // drawn and dropped, so that the same task follows
		draw := src.Draw(rng, 1, 1)
		out, err := run.inputs.Call(row(draw[0], 0), draw[1], draw[2], draw[3])
		if err != nil {
			return nil, fmt.Errorf("metalearning: readout: %w", err)
		}
		acc[k] = accuracy(tensors.MustCopyFlatData[float32](out[0]), tensors.MustCopyFlatData[float32](draw[4]), src.Ways)
	}
	return acc, nil
}

// Learn runs the rule from random weights for steps batches of batch examples of s, without labels, and returns the weights before and after, [width][features].
func (run *RuleRunner) Learn(p Params, s *dataset.Set, seed uint64, width, steps, batch int) (before, after [][]float64, err error) {
	rng := rand.New(rand.NewPCG(seed, 24))
	w := randomLayer(rng, width, s.Features)
	before = rows(w, width)
	for range steps {
		x := make([]float32, 0, batch*s.Features)
		for range batch {
			x = append(x, s.Row(rng.IntN(s.N))...)
		}
		if w, err = run.step(p, w, tensors.FromFlatDataAndDimensions(x, 1, batch, s.Features)); err != nil {
			return nil, nil, err
		}
	}
	return before, rows(w, width), nil
}

func (run *RuleRunner) step(p Params, w, x *tensors.Tensor) (*tensors.Tensor, error) {
	out, err := run.update.Call(append(p.inputs(), w, x)...)
	if err != nil {
		return nil, fmt.Errorf("metalearning: update by the unsupervised rule: %w", err)
	}
	return out[0], nil
}

// randomLayer draws weights [1, width, features] with rows of norm 1.
func randomLayer(rng *rand.Rand, width, features int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(unitRows(normal(rng, 1, width*features), features), 1, width, features)
}

// rows returns the values of w as n rows of float64.
func rows(w *tensors.Tensor, n int) [][]float64 {
	flat := tensors.MustCopyFlatData[float32](w)
	out := make([][]float64, n)
	for i := range out {
		for _, v := range flat[i*len(flat)/n : (i+1)*len(flat)/n] {
			out[i] = append(out[i], float64(v))
		}
	}
	return out
}

// accuracy is the share of rows in which scores and one-hot labels have their largest value at the same place.
func accuracy(scores, y []float32, classes int) float64 {
	right := 0
	for i := 0; i < len(y); i += classes {
		at := 0
		for c := range classes {
			if scores[i+c] > scores[i+at] {
				at = c
			}
		}
		if y[i+at] == 1 {
			right++
		}
	}
	return float64(right) / float64(len(y)/classes)
}
