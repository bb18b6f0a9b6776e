package hatlib

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// rateFactor is the schedule at batch number batch, counted from 1, of a run of total batches, each [] or [P]: 1 at the first, on
// the way to 0, which the batch after the last would have (PyTorch's CosineAnnealingLR and LinearLR to 0, a step a batch).
func (c *Config) rateFactor(batch, total *Node) *Node {
	share := Div(AddScalar(batch, -1), MaxScalar(total, 1))
	share = MinScalar(share, 1)
	if c.LRSchedule == "linear" {
		return OneMinus(share)
	}
	return MulScalar(AddScalar(Cos(MulScalar(share, math.Pi)), 1), 0.5)
}
