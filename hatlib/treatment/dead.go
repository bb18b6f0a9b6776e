package treatment

import (
	"cmp"
	"slices"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// Curves is an arm of a figure: one measure along the runs of one arm in one reading. skip leaves out the first points.
func Curves(runs []experiment.Run, reading, arm string, skip int, measure func(hatlib.Point) float64) figure.Arm {
	a := figure.Arm{Name: arm}
	for _, r := range experiment.Select(runs, reading, arm, "") {
		var values []float64
		points := r.Result.Points[min(skip, len(r.Result.Points)):]
		for _, p := range points {
			values = append(values, measure(p))
		}
		a.Runs = append(a.Runs, values)
		a.X = r.Result.Epochs()[len(r.Result.Points)-len(points):]
	}
	return a
}

// DeadOutputs of a point, for Curves.
func DeadOutputs(p hatlib.Point) float64 { return float64(p.Test.DeadOutputs) }

// TrainLoss of a point, for Curves.
func TrainLoss(p hatlib.Point) float64 { return p.TrainLoss }

// DeadRow is the runs that end with one number of dead output units.
type DeadRow struct {
	Dead, N int
	// Q1, Median and Q3 are of the accuracy at the end, in points.
	Q1, Median, Q3 float64
	// Ceiling is the accuracy, in points, that nothing can exceed with so many dead units when classes are equally frequent:
	// their classes are never answered, but for one of them, where all outputs are 0 and the first counts as the largest.
	Ceiling float64
}

// ByDead sorts runs by the number of output units that are dead at the end. Runs whose outputs are not ReLU are left out:
// theirs do not die.
func ByDead(runs []experiment.Run) []DeadRow {
	accuracy := map[int][]float64{}
	classes := 0
	for _, r := range runs {
		if r.Spec.Config.OutputActivation != hatlib.ActivationReLU {
			continue
		}
		last := r.Result.Final().Test
		classes = max(classes, len(last.ByClass))
		accuracy[last.DeadOutputs] = append(accuracy[last.DeadOutputs], 100*r.Final())
	}
	var rows []DeadRow
	for dead, values := range accuracy {
		row := DeadRow{Dead: dead, N: len(values)}
		row.Q1, row.Median, row.Q3 = analysis.Quartiles(values)
		if classes > 0 {
			row.Ceiling = 100 * float64(min(classes, classes-dead+1)) / float64(classes)
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b DeadRow) int { return cmp.Compare(a.Dead, b.Dead) })
	return rows
}

// Revival is what the runs of an arm have of dead output units: means over runs of how many there are at the evaluation
// with most of them, and at the end. Units that died since then hide as many that came back, so the difference is the least
// that did.
type Revival struct {
	N          int
	Worst, End float64
	// Runs counts those that end with fewer dead units than they had.
	Runs int
}

// Revived counts over the runs of one arm in one reading; N is 0 where there are none. Backpropagation gives a dead unit no
// gradient; the local update, or a change of the layers below, can still bring it back.
func Revived(runs []experiment.Run, reading, arm string) Revival {
	var r Revival
	for _, run := range experiment.Select(runs, reading, arm, "") {
		worst := 0
		for _, p := range run.Result.Points {
			worst = max(worst, p.Test.DeadOutputs)
		}
		end := run.Result.Final().Test.DeadOutputs
		if r.N++; end < worst {
			r.Runs++
		}
		r.Worst += float64(worst)
		r.End += float64(end)
	}
	if r.N > 0 {
		r.Worst /= float64(r.N)
		r.End /= float64(r.N)
	}
	return r
}
