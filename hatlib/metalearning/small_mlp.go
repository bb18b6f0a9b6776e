package metalearning

import (
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// SmallMLP is the second task of Andrychowicz et al. 2016, section 3.2: the weights of a network with one hidden layer of sigmoid units (20 in the paper), to be trained on
// minibatches of a data set with cross-entropy. Functions differ by their initial weights; all of them see the same minibatches. x holds, in order, W1 [Hidden,
// Features], b1 [Hidden], W2 [Classes, Hidden], b2 [Classes].
type SmallMLP struct {
	Set       *dataset.Set
	Hidden    int
	BatchSize int
}

// Name returns "mlp on" the data set.
func (o SmallMLP) Name() string { return "mlp on " + o.Set.Name }

// Dim is the number of weights and biases.
func (o SmallMLP) Dim() int { return o.Hidden*(o.Set.Features+1) + o.Set.Classes*(o.Hidden+1) }

// Sample draws weights and biases from +-1/sqrt(fan in).
func (o SmallMLP) Sample(rng *rand.Rand, functions int) (*tensors.Tensor, []*tensors.Tensor) {
	var x []float32
	for range functions {
		x = append(x, uniform(rng, 1/math.Sqrt(float64(o.Set.Features)), o.Hidden*(o.Set.Features+1))...)
		x = append(x, uniform(rng, 1/math.Sqrt(float64(o.Hidden)), o.Set.Classes*(o.Hidden+1))...)
	}
	return tensors.FromFlatDataAndDimensions(x, functions, o.Dim()), nil
}

// Batch draws minibatches: images [steps, BatchSize, Features] and one-hot labels [steps, BatchSize, Classes].
func (o SmallMLP) Batch(rng *rand.Rand, steps int) []*tensors.Tensor {
	n := steps * o.BatchSize
	x := make([]float32, 0, n*o.Set.Features)
	y := make([]float32, n*o.Set.Classes)
	for k := range n {
		i := rng.IntN(o.Set.N)
		x = append(x, o.Set.Row(i)...)
		y[k*o.Set.Classes+int(o.Set.Y[i])] = 1
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(x, steps, o.BatchSize, o.Set.Features),
		tensors.FromFlatDataAndDimensions(y, steps, o.BatchSize, o.Set.Classes),
	}
}

// Loss builds the mean cross-entropy [functions] on one minibatch.
func (o SmallMLP) Loss(x *Node, _, batch []*Node) *Node {
	functions, at := x.Shape().Dim(0), 0
	next := func(dims ...int) *Node {
		n := 1
		for _, d := range dims {
			n *= d
		}
		at += n
		return Reshape(SliceAxis(x, 1, AxisRange(at-n, at)), append([]int{functions}, dims...)...)
	}
	w1, b1 := next(o.Hidden, o.Set.Features), next(o.Hidden, 1)
	w2, b2 := next(o.Set.Classes, o.Hidden), next(o.Set.Classes, 1)
	h := Sigmoid(Add(DotGeneral(w1, []int{2}, nil, batch[0], []int{1}, nil), b1))
	logits := Add(DotGeneral(w2, []int{2}, []int{0}, h, []int{1}, []int{0}), b2)
	logits = Sub(logits, StopGradient(ReduceAndKeep(logits, ReduceMax, 1)))
	logP := Sub(logits, Log(ReduceAndKeep(Exp(logits), ReduceSum, 1)))
	target := ExpandAxes(TransposeAllDims(batch[1], 1, 0), 0)
	return Neg(ReduceMean(ReduceSum(Mul(logP, target), 1), 1))
}
