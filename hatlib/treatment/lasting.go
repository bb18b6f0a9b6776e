package treatment

import (
	"cmp"
	"math"
	"slices"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Accuracy of a point on the test split, in points (0 to 100), for Curves.
func Accuracy(p hatlib.Point) float64 { return 100 * p.Test.Accuracy }

// LocalShare of a point is by how many powers of ten the local update is longer than the optimizer's step, both norms over
// all weights of the batch: log10(|dW| / |A's step|); NaN where either is 0. For Curves.
func LocalShare(p hatlib.Point) float64 {
	if p.LocalNorm <= 0 || p.StepNorm <= 0 {
		return math.NaN()
	}
	return math.Log10(p.LocalNorm / p.StepNorm)
}

// Lasting is what the runs of an arm have left at the end of the best that they reached. Accuracies are on the test split,
// in points.
type Lasting struct {
	N int
	// Best, BestEpoch and End are medians over runs: the largest accuracy, the first epoch with it, the last accuracy.
	Best, BestEpoch, End float64
	// Fell counts the runs whose last accuracy is more than Fall points below their best.
	Fell int
}

// Fall is a loss, in points, that no wobble of a curve explains: twenty times the smallest difference that counts.
const Fall = 10

// Last reads Lasting off the curves of one arm in one reading; N is 0 where there are none.
func Last(runs []experiment.Run, reading, arm string) Lasting {
	var l Lasting
	var best, epoch, end []float64
	for _, r := range experiment.Select(runs, reading, arm, "") {
		top := slices.MaxFunc(r.Result.Points, func(a, b hatlib.Point) int { return cmp.Compare(a.Test.Accuracy, b.Test.Accuracy) })
		best, epoch, end = append(best, Accuracy(top)), append(epoch, top.Epoch), append(end, 100*r.Final())
		if Accuracy(top)-100*r.Final() > Fall {
			l.Fell++
		}
	}
	l.N, l.Best, l.BestEpoch, l.End = len(best), analysis.Median(best), analysis.Median(epoch), analysis.Median(end)
	return l
}
