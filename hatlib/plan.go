package hatlib

import "github.com/hatlab/hatlab/hatlib/dataset"

// plan is the order of one epoch.
type plan struct {
	steps    [][]int32 // the examples of every batch
	labelled []bool    // whether the batch keeps its labels; nil: all do
}

// plan returns the batches of epoch number epoch, counted from 0, for n training examples. It depends on the seeds and
// on nothing else, so a run can be taken up again at any epoch.
func (c *Config) plan(n, epoch int) plan {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if c.Shuffle {
		order = dataset.Order(n, c.stream(streamOrder, epoch+1).Rand)
	}
	size := c.BatchSize()
	var p plan
	for start := 0; start < n; start += size {
		end := min(start+size, n)
		if end-start < size && c.ShortBatch == "drop" {
			break
		}
		batch := make([]int32, end-start)
		for i := range batch {
			batch[i] = int32(order[start+i])
		}
		p.steps = append(p.steps, batch)
	}
	if c.LabelDraw == "batch" {
		coins := c.stream(streamLabels, epoch+1)
		p.labelled = dataset.LabelMaskByBatch(len(p.steps), c.LabelFraction, coins.Rand)
	}
	return p
}

// between returns the steps from start to end, which is not among them.
func (p plan) between(start, end int) plan {
	part := plan{steps: p.steps[start:end]}
	if p.labelled != nil {
		part.labelled = p.labelled[start:end]
	}
	return part
}
