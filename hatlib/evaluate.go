package hatlib

import (
	"fmt"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Evaluation is what is measured on a test set.
type Evaluation struct {
	// Accuracy is the share of examples whose largest output is their label, in [0,1].
	Accuracy float64 `json:"accuracy"`
	// Loss is the mean of H; it is not finite when the outputs are not.
	Loss float64 `json:"loss"`
	// ByClass is the accuracy for each class.
	ByClass []float64 `json:"by_class"`
	// DeadOutputs counts output units that are 0 or below for every example: with ReLU outputs they cannot learn.
	DeadOutputs int `json:"dead_outputs"`
}

// evaluator measures a pair (L, M) on one set, in the way that Config.Evaluation names. It never changes the pair.
type evaluator struct {
	config  Config
	hat     *HAT
	store   *model.Store
	x, y    *tensors.Tensor
	set     *dataset.Set
	batches [][]int32
	exec    *model.Exec
}

// evaluationChunk is how many examples a plain evaluation takes at once.
const evaluationChunk = 1000

func newEvaluator(be compute.Backend, store *model.Store, config Config, hat *HAT, scale scaling, set *dataset.Set) (*evaluator, error) {
	e := &evaluator{config: config, hat: hat, store: store, set: set, x: scale.tensor(set),
		y: tensors.FromFlatDataAndDimensions(set.Y, set.N)}
	size := config.BatchSize()
	if config.Evaluation == "plain" {
		size = largestDivisor(set.N, evaluationChunk)
	}
	for start := 0; start < set.N; start += size {
		batch := make([]int32, min(size, set.N-start))
		for i := range batch {
			batch[i] = int32(start + i)
		}
		e.batches = append(e.batches, batch)
	}
	exec, err := model.NewExec(be, store, e.graph)
	if err != nil {
		return nil, fmt.Errorf("building the evaluation: %w", err)
	}
	e.exec = exec
	return e, nil
}

// graph evaluates one batch: x, y, indices [n], rate [], then W of every layer, which are arguments so that the local
// update can be carried from batch to batch without changing the pair. It returns whether each example is right [n],
// its loss [n], the largest activity of each output unit [classes], and the W that the local update leaves.
func (e *evaluator) graph(scope *model.Scope, inputs []*Node) []*Node {
	x, y, indices, rate := inputs[0], inputs[1], inputs[2], inputs[3]
	rows := InsertAxes(indices, -1)
	xb, labels := Gather(x, rows), Gather(y, rows)
	weights := e.hat.Learner.Nodes(scope.At(learnerScope), x.Graph())
	weights.W = inputs[firstW:]
	v, updated := (*Node)(nil), weights.W
	if e.config.Evaluation == "plain" {
		v = e.hat.Learner.Predict(weights, xb)
	} else {
		h := e.config.withNoise(e.hat, scope, weights, xb, rate, evaluationNoise(indices), nil)
		v, updated = h.Forward(scope.At(metaScope), weights, xb, rate)
	}
	right := ConvertDType(Equal(ArgMax(v, -1, labels.DType()), labels), v.DType())
	return append([]*Node{right, lossPerExample(e.config.Loss, v, labels), ReduceMax(v, 0)}, updated...)
}

// firstW is the place of the first layer's W among the arguments of graph.
const firstW = 4

// evaluate measures the pair after the given number of training batches.
func (e *evaluator) evaluate(batches int) (result Evaluation, err error) {
	defer recoverTo(&err, "evaluation")
	arguments, err := e.arguments(batches)
	if err != nil {
		return result, err
	}
	classes := e.set.Classes
	right, count := make([]float64, classes), make([]float64, classes)
	alive := make([]bool, classes)
	for _, batch := range e.batches {
		arguments[2] = tensors.FromFlatDataAndDimensions(batch, len(batch))
		outputs, err := e.exec.Call(arguments...)
		if err != nil {
			return result, fmt.Errorf("evaluation: %w", err)
		}
		values := make([][]float32, 3)
		for i := range values {
			if values[i], err = tensors.CopyFlatData[float32](outputs[i]); err != nil {
				return result, fmt.Errorf("evaluation: %w", err)
			}
		}
		for i, example := range batch {
			class := e.set.Y[example]
			count[class]++
			right[class] += float64(values[0][i])
			result.Loss += float64(values[1][i])
		}
		for unit, largest := range values[2] {
			alive[unit] = alive[unit] || !(largest <= 0)
		}
		if e.config.Evaluation == "stored" {
			for l := range e.hat.Learner.Layers() {
				arguments[firstW+l] = outputs[3+l]
			}
		}
	}
	for class := range classes {
		result.Accuracy += right[class] / float64(e.set.N)
		result.ByClass = append(result.ByClass, right[class]/max(count[class], 1))
		if !alive[class] {
			result.DeadOutputs++
		}
	}
	result.Loss /= float64(e.set.N)
	return result, nil
}

// arguments are those of graph; the indices are filled in for every batch.
func (e *evaluator) arguments(batches int) ([]any, error) {
	rate := e.config.LocalRate
	if e.config.LocalRateSchedule == "inverse_batch" {
		rate /= max(float64(batches), 1)
	}
	arguments := []any{e.x, e.y, nil, tensors.FromScalar(float32(rate))}
	w, _ := e.hat.Learner.variables(e.store.RootScope().At(learnerScope))
	for _, v := range w {
		value, err := v.Value()
		if err != nil {
			return nil, fmt.Errorf("evaluation: %w", err)
		}
		arguments = append(arguments, value)
	}
	return arguments, nil
}

// Evaluate measures the pair on the test set.
func (t *Trainer) Evaluate() (Evaluation, error) { return t.test.evaluate(t.batches) }
