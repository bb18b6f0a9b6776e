package twophase

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// ErrDiverged is the error of a training whose cost stopped being finite.
var ErrDiverged = errors.New("the cost is not finite")

// Training says how [Train] trains.
type Training struct {
	// Hidden are the sizes of the hidden layers; inputs and outputs are the data's.
	Hidden []int
	// Batch examples make one update; a short last batch of an epoch is dropped.
	Batch int
	// Epochs is the number of passes over the data.
	Epochs int
	// Rate is what every update is multiplied with; it falls along a line to a tenth of this at the end.
	Rate float64
	// Seed decides the first weights and the order of examples: equal seeds give equal ones for every method.
	Seed uint64
}

// Epoch is what [Train] measures after each epoch.
type Epoch struct {
	// Cost is the mean of C over the epoch's training examples, in the free phase, before each update.
	Cost float64
	// Accuracy is on the test set.
	Accuracy float64
}

// Train trains a network on labelled data with method m alone: one-hot answers, W <- W + rate dW, no optimizer and no
// backpropagation. progress, when not nil, is called after every epoch; an error from it stops the training. A network
// whose cost stops being finite gives [ErrDiverged].
func Train(be compute.Backend, m Method, train, test *dataset.Set, t Training, progress func(epoch int, e Epoch) error) (*Network, []Epoch, error) {
	return t.run(be, learner{
		name: m.Name(),
		learn: func(p Params, x, target *Node) (Params, State) {
			update, relaxed := Learn(m, p, x, target)
			return update, relaxed[0]
		},
		answer: func(p Params, x *Node) State { return Free(m, p, x) },
	}, train, test, progress)
}

// TrainBackpropagation is [Train] with backpropagation in the place of a method: the same first weights, examples, cost
// and rates, one forward pass and its gradient.
func TrainBackpropagation(be compute.Backend, unit Unit, train, test *dataset.Set, t Training, progress func(epoch int, e Epoch) error) (*Network, []Epoch, error) {
	forward := (&ContrastiveHebbian{Unit: unit}).Start
	return t.run(be, learner{
		name: "backpropagation",
		learn: func(p Params, x, target *Node) (Params, State) {
			s := forward(p, x)
			gradients := Gradient(ReduceAllMean(Cost(s, target)), p.list()...)
			for i := range gradients {
				gradients[i] = Neg(gradients[i])
			}
			return params(gradients), s
		},
		answer: forward,
	}, train, test, progress)
}

// learner is what a training needs of a method: the update with the state before it, and the answer.
type learner struct {
	name   string
	learn  func(p Params, x, target *Node) (update Params, free State)
	answer func(p Params, x *Node) State
}

// run trains with l.
func (t Training) run(be compute.Backend, l learner, train, test *dataset.Set, progress func(epoch int, e Epoch) error) (*Network, []Epoch, error) {
	if train == nil || test == nil {
		return nil, nil, fmt.Errorf("train with %s: no data", l.name)
	}
	if t.Batch < 1 || t.Batch > train.N || t.Epochs < 0 || !(t.Rate > 0) {
		return nil, nil, fmt.Errorf("train with %s: batch %d of %d examples, %d epochs, rate %g: want a batch that the data fills, no negative epochs, and a positive rate",
			l.name, t.Batch, train.N, t.Epochs, t.Rate)
	}
	if train.Features != test.Features || train.Classes != test.Classes {
		return nil, nil, fmt.Errorf("train with %s: %s and %s do not fit each other", l.name, train, test)
	}
	sizes := append(append([]int{train.Features}, t.Hidden...), train.Classes)
	network, err := NewNetwork(t.Seed, sizes...)
	if err != nil {
		return nil, nil, err
	}
	step, err := NewExec(be, func(in []*Node) []*Node {
		x, labels, rows, rate, p := in[0], in[1], InsertAxes(in[2], -1), in[3], params(in[4:])
		target := OneHot(Gather(labels, rows), train.Classes, x.DType())
		delta, free := l.learn(p, Gather(x, rows), target)
		out := []*Node{ReduceAllMean(Cost(free, target))}
		for i, value := range p.list() {
			out = append(out, Add(value, Mul(delta.list()[i], rate)))
		}
		return out
	})
	if err != nil {
		return nil, nil, fmt.Errorf("train with %s: %w", l.name, err)
	}
	predict, err := predictor(be, l.name, l.answer)
	if err != nil {
		return nil, nil, err
	}
	x, y := tensors.FromFlatDataAndDimensions(train.X, train.N, train.Features), tensors.FromFlatDataAndDimensions(train.Y, train.N)
	order := rand.New(rand.NewPCG(t.Seed, 2))
	batches := train.N / t.Batch
	weights := network.tensors()
	var history []Epoch
	for epoch := range t.Epochs {
		var e Epoch
		rows := permutation(order, train.N)
		for b := range batches {
			done := float64(epoch*batches+b) / float64(t.Epochs*batches)
			rate := float32(t.Rate * (1 - 0.9*done))
			indices := tensors.FromFlatDataAndDimensions(rows[b*t.Batch:(b+1)*t.Batch], t.Batch)
			arguments := []any{x, y, indices, rate}
			for _, w := range weights {
				arguments = append(arguments, w)
			}
			out, err := step.Call(arguments...)
			if err != nil {
				return nil, nil, fmt.Errorf("train with %s, epoch %d: %w", l.name, epoch+1, err)
			}
			weights = out[1:]
			e.Cost += float64(tensors.ToScalar[float32](out[0])) / float64(batches)
		}
		if math.IsNaN(e.Cost) || math.IsInf(e.Cost, 0) {
			return nil, nil, fmt.Errorf("train with %s, epoch %d: %w; use a smaller rate than %g", l.name, epoch+1, ErrDiverged, t.Rate)
		}
		if err := network.read(weights); err != nil {
			return nil, nil, err
		}
		predicted, err := predict(network, test)
		if err != nil {
			return nil, nil, err
		}
		e.Accuracy = hits(predicted, test.Y)
		history = append(history, e)
		if progress != nil {
			if err := progress(epoch+1, e); err != nil {
				return nil, nil, err
			}
		}
	}
	return network, history, nil
}

// permutation is a random order of the examples.
func permutation(rng *rand.Rand, n int) []int32 {
	rows := make([]int32, n)
	for i, v := range rng.Perm(n) {
		rows[i] = int32(v)
	}
	return rows
}
