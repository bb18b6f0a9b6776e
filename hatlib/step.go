package hatlib

import (
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// Where a run's variables live in its store. Weight files use the same paths without the leading slash.
const (
	learnerScope = "learner"
	metaScope    = "meta"
	batchCounter = "batch"
	localRate    = "local_rate"
	noiseSeed    = "noise_seed"
	runBatches   = "run_batches"
)

// StepStats are scalars of one training step, as nodes.
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
	c.optimize(learner, gradL, c.LRLearner, labelled) // lines 8 and 9, for L
	if len(gradM) > 0 {
		c.optimize(meta, gradM, c.LRMeta, labelled) // lines 8 and 9, for M
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
	c.optimize(learner, gradients, c.LRLearner, labelled)
}

// scalars are the numbers of a run on n examples that its graph reads from variables, by name: they differ between runs
// that share a graph.
func (c *Config) scalars(n int) map[string]float64 {
	values := map[string]float64{batchCounter: 0, localRate: c.LocalRate}
	if c.LRSchedule != "constant" {
		stops := c.CurveBatches(n)
		values[runBatches] = float64(stops[len(stops)-1])
	}
	if c.LocalUpdate == LocalUpdateNoise {
		values[noiseSeed] = c.noiseSeed()
	}
	return values
}

// countBatch counts the batch and returns the rate of its local update.
func (c *Config) countBatch(scope *model.Scope, g *Graph) *Node {
	counter := scope.GetVariable(batchCounter)
	batch := AddScalar(counter.NodeValue(g), 1)
	counter.SetNodeValue(batch)
	rate := scope.GetVariable(localRate).NodeValue(g)
	if c.LocalRateSchedule == "inverse_batch" {
		rate = Div(rate, batch)
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

// gradientOptimizer is the part of GoMLX's optimizers that takes gradients computed elsewhere.
type gradientOptimizer interface {
	UpdateGraphWithGradients(scope *model.Scope, gradients []*Node, lossDType dtypes.DType)
}

// optimizer is A for the variables of scope. The moments of L and of M live apart; GoMLX's global step, which both
// advance, is not used.
func (c *Config) optimizer(scope *model.Scope, rate float64) gradientOptimizer {
	if c.Optimizer == "sgd" {
		return optimizer.StochasticGradientDescent().WithDecay(false).WithLearningRate(rate)
	}
	name := "adam_" + strings.Trim(scope.Scope(), "/")
	return optimizer.Adam().Scope(name).LearningRate(rate).Epsilon(c.AdamEpsilon).Done().(gradientOptimizer)
}

// createOptimizerState makes the optimizer's variables in the store of scope, by building one update in a graph that
// is never run: a loop cannot create variables in its body.
func (c *Config) createOptimizerState(be compute.Backend, scope *model.Scope, rate float64) {
	g := NewGraph(be, "optimizer_state")
	defer g.Finalize()
	model.SetStore(g, scope.Store())
	var gradients []*Node
	for v := range scope.IterVariables() {
		if v.Trainable {
			gradients = append(gradients, ZerosLike(v.NodeValue(g)))
		}
	}
	c.optimizer(scope, rate).UpdateGraphWithGradients(scope, gradients, gradients[0].DType())
}

// optimize applies the optimizer A to the variables of scope. Where labelled is false, variables and optimizer state
// stay as they are: Adam would move under zero gradients.
func (c *Config) optimize(scope *model.Scope, gradients []*Node, rate float64, labelled *Node) {
	g := labelled.Graph()
	old := map[*model.Variable]*Node{}
	for v := range scope.Store().IterVariables() {
		if !v.Trainable || v.InUseByGraph(g) {
			old[v] = v.NodeValue(g)
		}
	}
	restoreRate := c.scheduleRate(scope, gradients[0])
	c.optimizer(scope, rate).UpdateGraphWithGradients(scope, gradients, gradients[0].DType())
	restoreRate()
	if c.LabelFraction == 1 {
		return // every batch has labels
	}
	for v := range scope.Store().IterVariables() {
		if !v.ChangedInGraph(g) {
			continue
		}
		previous, existed := old[v]
		if !existed {
			Panicf("the optimizer's variable %s does not exist yet: create its state before building a step", v.Path())
		}
		if current := v.NodeValue(g); current != previous {
			v.SetNodeValue(Where(labelled, current, previous))
		}
	}
}

// distance is the Euclidean norm of a - b over a list of matrices, [].
func distance(a, b []*Node) *Node {
	var sum *Node
	for l := range a {
		term := ReduceAllSum(Square(Sub(a[l], b[l])))
		if sum == nil {
			sum = term
		} else {
			sum = Add(sum, term)
		}
	}
	return Sqrt(sum)
}
