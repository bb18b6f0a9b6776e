package hatlib

import (
	"fmt"

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
	// DeadOutputs counts output units that are 0 or below for every example: with ReLU outputs backpropagation does not move
	// them. A local update, or a change of the layers below, may bring them back.
	DeadOutputs int `json:"dead_outputs"`
}

// evaluator measures the members of a population on one set, in the way that Config.Evaluation names. It never changes them.
type evaluator struct {
	population *Population
	x, y       *tensors.Tensor
	set        *dataset.Set
	batches    [][]int32
	exec       *model.Exec
}

// evaluationChunk is how many examples a plain evaluation takes at once.
const evaluationChunk = 1000

func newEvaluator(p *Population, scale scaling, set *dataset.Set) (*evaluator, error) {
	e := &evaluator{population: p, set: set, x: scale.tensor(set), y: tensors.FromFlatDataAndDimensions(set.Y, set.N)}
	size := p.config.BatchSize()
	if p.config.Evaluation == "plain" {
		size = largestDivisor(set.N, evaluationChunk)
	}
	for start := 0; start < set.N; start += size {
		batch := make([]int32, min(size, set.N-start))
		for i := range batch {
			batch[i] = int32(start + i)
		}
		e.batches = append(e.batches, batch)
	}
	exec, err := model.NewExec(p.backend, p.store, e.graph)
	if err != nil {
		return nil, fmt.Errorf("building the evaluation: %w", err)
	}
	e.exec = exec
	return e, nil
}

// graph evaluates one batch: x, y, indices [n], rate [], then W of every layer, which are arguments so that the local
// update can be carried from batch to batch without changing the pair. It returns whether each example is right [n],
// its loss [n], the largest activity of each output unit [classes], and the W that the local update leaves. With a
// population rate is [P, 1, 1], and W and all that is returned have one more leading axis P.
func (e *evaluator) graph(scope *model.Scope, inputs []*Node) []*Node {
	x, y, indices, rate := inputs[0], inputs[1], inputs[2], inputs[3]
	config, hat := &e.population.config, e.population.hat
	rows := InsertAxes(indices, -1)
	xb, labels := e.forAll(Gather(x, rows)), e.forAll(Gather(y, rows))
	weights := hat.Learner.Nodes(scope.At(learnerScope), x.Graph())
	weights.W = inputs[firstW:]
	v, updated := (*Node)(nil), weights.W
	if config.Evaluation == "plain" {
		v = hat.Learner.Predict(weights, xb)
	} else {
		h := config.withNoise(hat, scope, weights, xb, rate, evaluationNoise(indices), nil)
		v, updated = h.Forward(scope.At(metaScope), weights, xb, rate)
	}
	right := ConvertDType(Equal(ArgMax(v, -1, labels.DType()), labels), v.DType())
	return append([]*Node{right, lossPerExample(config.Loss, v, labels), ReduceMax(v, -2)}, updated...)
}

// forAll shows every member of a population the same examples.
func (e *evaluator) forAll(x *Node) *Node {
	if len(e.population.members) == 1 {
		return x
	}
	return BroadcastToDims(InsertAxes(x, 0), e.population.dims(x.Shape().Dimensions...)...)
}

// firstW is the place of the first layer's W among the arguments of graph.
const firstW = 4

// evaluate measures every member as it is now.
func (e *evaluator) evaluate() (results []Evaluation, err error) {
	defer recoverTo(&err, "evaluation")
	arguments, err := e.arguments()
	if err != nil {
		return nil, err
	}
	members, classes := len(e.population.members), e.set.Classes
	count := make([]float64, classes)
	right, alive, loss := make([][]float64, members), make([][]bool, members), make([]float64, members)
	for m := range members {
		right[m], alive[m] = make([]float64, classes), make([]bool, classes)
	}
	for _, batch := range e.batches {
		arguments[2] = tensors.FromFlatDataAndDimensions(batch, len(batch))
		outputs, err := e.exec.Call(arguments...)
		if err != nil {
			return nil, fmt.Errorf("evaluation: %w", err)
		}
		values := make([][]float32, 3)
		for i := range values {
			if values[i], err = tensors.CopyFlatData[float32](outputs[i]); err != nil {
				return nil, fmt.Errorf("evaluation: %w", err)
			}
		}
		for i, example := range batch {
			class := e.set.Y[example]
			count[class]++
			for m := range members {
				right[m][class] += float64(values[0][m*len(batch)+i])
				loss[m] += float64(values[1][m*len(batch)+i])
			}
		}
		for k, largest := range values[2] {
			alive[k/classes][k%classes] = alive[k/classes][k%classes] || !(largest <= 0)
		}
		if e.population.config.Evaluation == "stored" {
			for l := range e.population.hat.Learner.Layers() {
				arguments[firstW+l] = outputs[3+l]
			}
		}
	}
	results = make([]Evaluation, members)
	for m := range results {
		r := &results[m]
		for class := range classes {
			r.Accuracy += right[m][class] / float64(e.set.N)
			r.ByClass = append(r.ByClass, right[m][class]/max(count[class], 1))
			if !alive[m][class] {
				r.DeadOutputs++
			}
		}
		r.Loss = loss[m] / float64(e.set.N)
	}
	return results, nil
}

// arguments are those of graph; the indices are filled in for every batch.
func (e *evaluator) arguments() ([]any, error) {
	p := e.population
	rates := make([]float32, len(p.members))
	for i, t := range p.members {
		rate := t.config.LocalRate
		if t.config.LocalRateSchedule == "inverse_batch" {
			rate /= max(float64(t.batches), 1)
		}
		rates[i] = float32(rate)
	}
	rate := tensors.FromScalar(rates[0])
	if len(rates) > 1 {
		rate = tensors.FromFlatDataAndDimensions(rates, len(rates), 1, 1)
	}
	arguments := []any{e.x, e.y, nil, rate}
	w, _ := p.hat.Learner.variables(p.store.RootScope().At(learnerScope))
	for _, v := range w {
		value, err := v.Value()
		if err != nil {
			return nil, fmt.Errorf("evaluation: %w", err)
		}
		arguments = append(arguments, value)
	}
	return arguments, nil
}
