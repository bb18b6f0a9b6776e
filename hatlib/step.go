package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// Where a run's variables live in its store. Weight files use the same paths without the leading slash.
const (
	learnerScope = "learner"
	metaScope    = "meta"
	batchCounter = "batch"
	localRate    = "local_rate"
	noiseSeed    = "noise_seed"
	runBatches   = "run_batches"
	rateOfL      = "lr_learner"
	rateOfM      = "lr_meta"
)

// StepStats are scalars of one training step, as nodes; with a population each is [P].
type StepStats struct {
	// Loss is H on the labelled examples of the batch, before the step.
	Loss *Node
	// LocalNorm is |rate dW| and StepNorm |A's step|, Euclidean norms over all W_l: how large the local update is beside
	// the optimizer's.
	LocalNorm, StepNorm *Node

	gradients []*Node // of L's weights and biases by layer, then of theta
}

// Step is Algorithm 1 for one batch: x [batch, in], labels int32 [batch], mask [batch] with 1 for examples that have a
// label. It reads and changes the variables of scope: L, M, the optimizer's and the batch counter.
//
// For a population all of them, variables too, have one more leading axis P. The members share nothing, so the sum of their
// losses has the gradient of each.
func (c *Config) Step(scope *model.Scope, h *HAT, x, labels, mask *Node) StepStats {
	g := x.Graph()
	learner, meta := scope.At(learnerScope), scope.At(metaScope)
	before := h.Learner.Nodes(learner, g)
	rate := c.countBatch(scope, g)
	h = c.withNoise(h, scope, before, x, rate, trainingNoise(g), func(v *Node) *Node {
		return ReduceAllSum(batchLoss(lossPerExample(c.Loss, v, labels), mask, c.LabelDivisor))
	})

	//hat:begin step
	v, updated := h.Forward(meta, before, x, rate)                             // lines 2 to 6
	loss := batchLoss(lossPerExample(c.Loss, v, labels), mask, c.LabelDivisor) // line 7
	gradL, gradM := h.gradients(ReduceAllSum(loss), meta, before, updated, c)  // one backpropagation, for L and M
	w, _ := h.Learner.variables(learner)
	for l := range w {
		w[l].SetNodeValue(updated[l]) // line 5 is kept
	}
	labelled := GreaterThan(ReduceSum(mask, -1), ScalarZero(g, mask.DType()))
	c.optimize(learner, gradL, rateOfL, labelled) // lines 8 and 9, for L
	if len(gradM) > 0 {
		c.optimize(meta, gradM, rateOfM, labelled) // lines 8 and 9, for M
	}
	//hat:end step
	for range c.GradientSteps - 1 {
		c.stepAgain(learner, h, x, labels, mask, labelled)
	}
	after := h.Learner.Nodes(learner, g)
	return StepStats{Loss: loss, LocalNorm: distance(updated, before.W), StepNorm: distance(after.W, updated),
		gradients: append(gradL, gradM...)}
}

// stepAgain takes one more step of A on the same batch, for the control: L alone, with the weights that it has now.
func (c *Config) stepAgain(learner *model.Scope, h *HAT, x, labels, mask, labelled *Node) {
	weights := h.Learner.Nodes(learner, x.Graph())
	v := h.Learner.Predict(weights, x)
	loss := batchLoss(lossPerExample(c.Loss, v, labels), mask, c.LabelDivisor)
	gradients, _ := h.gradients(ReduceAllSum(loss), nil, weights, weights.W, c)
	c.optimize(learner, gradients, rateOfL, labelled)
}

// scalars are the numbers of a run on n examples that its graph reads from variables, by name: they differ between runs
// that share a graph.
func (c *Config) scalars(n int) map[string]float64 {
	values := map[string]float64{batchCounter: 0, localRate: c.LocalRate, rateOfL: c.LRLearner, rateOfM: c.LRMeta}
	if c.LRSchedule != "constant" {
		stops := c.CurveBatches(n)
		values[runBatches] = float64(stops[len(stops)-1])
	}
	if c.LocalUpdate == LocalUpdateNoise {
		values[noiseSeed] = c.noiseSeed()
	}
	return values
}

// countBatch counts the batch and returns the rate of its local update, [] or [P, 1, 1], which meets the update of a layer.
func (c *Config) countBatch(scope *model.Scope, g *Graph) *Node {
	counter := scope.GetVariable(batchCounter)
	batch := AddScalar(counter.NodeValue(g), 1)
	counter.SetNodeValue(batch)
	rate := scope.GetVariable(localRate).NodeValue(g)
	if c.LocalRateSchedule == "inverse_batch" {
		rate = Div(rate, batch)
	}
	if rate.Rank() > 0 {
		rate = InsertAxes(rate, -1, -1)
	}
	return rate
}

// gradients backpropagates the loss once: to W and b of every layer, in the order of the learner's variables, and to
// the meta-parameters, when there are any to train.
func (h *HAT) gradients(loss *Node, meta *model.Scope, before Weights, updated []*Node, c *Config) (gradL, gradM []*Node) {
	w := before.W
	if h.GradientAt == GradientAfter {
		w = updated
	}
	var leaves []*Node
	for l := range w {
		leaves = append(leaves, w[l], before.B[l])
	}
	inL := len(leaves)
	if r, ok := h.Rule.(Pointwise); ok && c.MetaHorizon > 0 {
		leaves = append(leaves, r.Theta(meta, loss.Graph())...)
	}
	gradients := Gradient(h.noise.addLoss(loss), leaves...)
	return gradients[:inL], gradients[inL:]
}

// distance is the Euclidean norm of a - b over a list of matrices, [] or [P].
func distance(a, b []*Node) *Node {
	var sum *Node
	for l := range a {
		term := ReduceSum(Square(Sub(a[l], b[l])), -2, -1)
		if sum == nil {
			sum = term
		} else {
			sum = Add(sum, term)
		}
	}
	return Sqrt(sum)
}
