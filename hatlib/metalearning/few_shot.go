package metalearning

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// FewShot draws few-shot tasks from a data set: some of its classes, a few labelled examples of each, others to be judged on, and batches without labels.
type FewShot struct {
	Ways, Shots, Queries int // classes in a task; labelled and judged examples of each class
	BatchSize            int // examples without labels in a batch

	set     *dataset.Set
	byClass [][]int
}

// NewFewShot prepares tasks of ways classes, with shots labelled and queries judged examples of each, from s.
func NewFewShot(s *dataset.Set, ways, shots, queries, batch int) (*FewShot, error) {
	f := &FewShot{Ways: ways, Shots: shots, Queries: queries, BatchSize: batch, set: s, byClass: make([][]int, s.Classes)}
	for i, y := range s.Y {
		f.byClass[y] = append(f.byClass[y], i)
	}
	if ways < 2 || ways > s.Classes {
		return nil, fmt.Errorf("metalearning: tasks of %d classes from %v", ways, s)
	}
	for c, idx := range f.byClass {
		if len(idx) < shots+queries+1 {
			return nil, fmt.Errorf("metalearning: class %d of %v has %d examples, too few for %d + %d", c, s, len(idx), shots, queries)
		}
	}
	return f, nil
}

// Features is the number of inputs of the data set.
func (f *FewShot) Features() int { return f.set.Features }

// Draw draws tasks: batches [steps, tasks, BatchSize, Features], support x [tasks, Ways*Shots, Features] and one-hot y [.., Ways], query x and y. The examples
// of the batches come from the task's classes, and are never those that are judged.
func (f *FewShot) Draw(rng *rand.Rand, tasks, steps int) []*tensors.Tensor {
	d := f.set.Features
	batches := make([]float32, steps*tasks*f.BatchSize*d)
	var sx, sy, qx, qy []float32
	oneHot := func(y []float32, c int) []float32 {
		v := make([]float32, f.Ways)
		v[c] = 1
		return append(y, v...)
	}
	for t := range tasks {
		var pool []int
		for c, class := range rng.Perm(f.set.Classes)[:f.Ways] {
			idx := f.byClass[class]
			order := rng.Perm(len(idx))
			for k, o := range order {
				switch {
				case k < f.Queries:
					qx, qy = append(qx, f.set.Row(idx[o])...), oneHot(qy, c)
				case k < f.Queries+f.Shots:
					sx, sy = append(sx, f.set.Row(idx[o])...), oneHot(sy, c)
					fallthrough
				default:
					pool = append(pool, idx[o])
				}
			}
		}
		for s := range steps {
			for b := range f.BatchSize {
				copy(batches[((s*tasks+t)*f.BatchSize+b)*d:], f.set.Row(pool[rng.IntN(len(pool))]))
			}
		}
	}
	return []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(batches, steps, tasks, f.BatchSize, d),
		tensors.FromFlatDataAndDimensions(sx, tasks, f.Ways*f.Shots, d),
		tensors.FromFlatDataAndDimensions(sy, tasks, f.Ways*f.Shots, f.Ways),
		tensors.FromFlatDataAndDimensions(qx, tasks, f.Ways*f.Queries, d),
		tensors.FromFlatDataAndDimensions(qy, tasks, f.Ways*f.Queries, f.Ways),
	}
}
