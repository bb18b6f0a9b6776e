package hatlib

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// scheduleRate multiplies A's rate for the variables of scope by the factor of this batch, and returns a function that
// puts the rate back: its variable keeps the configured rate from batch to batch. like gives graph and dtype.
func (c *Config) scheduleRate(scope *model.Scope, like *Node) (restore func()) {
	if c.LRSchedule == "constant" {
		return func() {}
	}
	g := like.Graph()
	v := optimizer.LearningRateVar(scope, like.DType(), 0) // it exists: the value is not used
	rate := v.NodeValue(g)
	root := scope.Store().RootScope()
	v.SetNodeValue(Mul(rate, c.rateFactor(root.GetVariable(batchCounter).NodeValue(g), root.GetVariable(runBatches).NodeValue(g))))
	return func() { v.SetNodeValue(rate) }
}

// rateFactor is the schedule at batch number batch [], counted from 1, of a run of total batches []: 1 at the first, on
// the way to 0, which the batch after the last would have (PyTorch's CosineAnnealingLR and LinearLR to 0, a step a batch).
func (c *Config) rateFactor(batch, total *Node) *Node {
	share := Div(AddScalar(batch, -1), MaxScalar(total, 1))
	share = MinScalar(share, 1)
	if c.LRSchedule == "linear" {
		return OneMinus(share)
	}
	return MulScalar(AddScalar(Cos(MulScalar(share, math.Pi)), 1), 0.5)
}
