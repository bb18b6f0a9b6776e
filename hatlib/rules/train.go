package rules

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"
)

// ErrDiverged is the error of a rule whose weights stopped being finite.
var ErrDiverged = errors.New("the weights are not finite")

// LayerSetting is how a rule is run on a layer by itself: the input that its theory asks for, and a rate at which it
// learns the embedded digits.
type LayerSetting struct {
	Input Input
	Rate  float64
}

// LayerRun says how [TrainLayer] trains.
type LayerRun struct {
	LayerSetting
	// Outputs is the number of units.
	Outputs int
	// Batch examples make one update; a short last batch of an epoch is dropped.
	Batch int
	// Epochs is the number of passes over the data.
	Epochs int
	// Seed decides the first weights and the order of examples: equal seeds give equal ones for every rule.
	Seed uint64
}

// Layer is a linear layer that a rule has trained: W [Outputs, Inputs] row-major, on prepared inputs ([Preparation]).
type Layer struct {
	W               []float32
	Outputs, Inputs int
	preparation     *Preparation
}

// TrainLayer runs a rule on one linear layer with no labels: y = W x, W <- W + rate Delta W, batch after batch. The
// labels of data are not read. The first weights are normal with variance 1/Inputs. White input keeps at least as many
// directions as there are outputs. A rule whose weights stop being finite gives [ErrDiverged].
func TrainLayer(be compute.Backend, rule hatlib.Rule, data *dataset.Set, run LayerRun) (*Layer, error) {
	if run.Outputs < 1 || run.Batch < 1 || run.Batch > data.N || run.Epochs < 0 {
		return nil, fmt.Errorf("train a layer with rule %s: %d outputs, batch %d of %d examples, %d epochs: want at least one output, a batch that the data fills, and no negative epochs",
			rule.Name(), run.Outputs, run.Batch, data.N, run.Epochs)
	}
	preparation, err := prepare(run.Input, data.X, data.Features, run.Outputs)
	if err != nil {
		return nil, fmt.Errorf("train a layer with rule %s: %w", rule.Name(), err)
	}
	x := preparation.Apply(data.X)
	inputs := preparation.Inputs()
	layer := &Layer{Outputs: run.Outputs, Inputs: inputs, preparation: preparation}

	weights := rand.New(rand.NewPCG(run.Seed, 1))
	order := rand.New(rand.NewPCG(run.Seed, 2))
	layer.W = make([]float32, run.Outputs*inputs)
	for i := range layer.W {
		layer.W[i] = float32(weights.NormFloat64() / math.Sqrt(float64(inputs)))
	}
	step, err := model.NewExec1(be, model.NewStore(), func(scope *model.Scope, x, w *Node) *Node {
		return Add(w, MulScalar(rule.Update(scope, x, w, project(x, w)), run.Rate))
	})
	if err != nil {
		return nil, fmt.Errorf("train a layer with rule %s: %w", rule.Name(), err)
	}
	defer step.Finalize()
	w := tensors.FromFlatDataAndDimensions(layer.W, run.Outputs, inputs)
	batch := make([]float32, run.Batch*inputs)
	for range run.Epochs {
		permutation := order.Perm(data.N)
		for start := 0; start+run.Batch <= data.N; start += run.Batch {
			for i, example := range permutation[start : start+run.Batch] {
				copy(batch[i*inputs:], x[example*inputs:(example+1)*inputs])
			}
			w, err = step.Call(tensors.FromFlatDataAndDimensions(batch, run.Batch, inputs), w)
			if err != nil {
				return nil, fmt.Errorf("train a layer with rule %s: %w", rule.Name(), err)
			}
		}
	}
	layer.W, err = tensors.CopyFlatData[float32](w)
	if err != nil {
		return nil, fmt.Errorf("train a layer with rule %s: %w", rule.Name(), err)
	}
	for _, v := range layer.W {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return nil, fmt.Errorf("rule %s diverged at rate %g within %d epochs: %w; use a smaller rate or fewer epochs", rule.Name(), run.Rate, run.Epochs, ErrDiverged)
		}
	}
	return layer, nil
}

// NewLayer returns the layer with weights w [outputs, p.Inputs()], row-major, that something else has trained, to be read
// out like those of [TrainLayer].
func NewLayer(w []float32, outputs int, p *Preparation) (*Layer, error) {
	if outputs < 1 || len(w) != outputs*p.Inputs() {
		return nil, fmt.Errorf("a layer of %d outputs on %d inputs: %d weights", outputs, p.Inputs(), len(w))
	}
	return &Layer{W: w, Outputs: outputs, Inputs: p.Inputs(), preparation: p}, nil
}

// Activities returns the outputs of the layer for x, row-major [n, features], unprepared: [n, Outputs].
func (l *Layer) Activities(x []float32) []float64 {
	x = l.preparation.Apply(x)
	n := len(x) / l.Inputs
	y := make([]float64, n*l.Outputs)
	for b := range n {
		for j := range l.Outputs {
			var sum float64
			for i := range l.Inputs {
				sum += float64(l.W[j*l.Inputs+i]) * float64(x[b*l.Inputs+i])
			}
			y[b*l.Outputs+j] = sum
		}
	}
	return y
}

// Rows returns the weights of every output as seen from the features, [Outputs] of [features], to be shown as images:
// the incoming weights, and for white input these times the whitening.
func (l *Layer) Rows() [][]float64 {
	rows := make([][]float64, l.Outputs)
	for j := range rows {
		rows[j] = Float64s(l.W[j*l.Inputs : (j+1)*l.Inputs])
		if white := l.preparation.white; white != nil {
			var seen mat.VecDense
			seen.MulVec(white.T(), mat.NewVecDense(l.Inputs, rows[j]))
			rows[j] = seen.RawVector().Data
		}
	}
	return rows
}

// Wins counts, for every output, the examples of x, row-major [n, features], unprepared, for which it is the largest.
func (l *Layer) Wins(x []float32) []int {
	wins := make([]int, l.Outputs)
	y := l.Activities(x)
	for start := 0; start < len(y); start += l.Outputs {
		winner := 0
		for j := range l.Outputs {
			if y[start+j] > y[start+winner] {
				winner = j
			}
		}
		wins[winner]++
	}
	return wins
}
