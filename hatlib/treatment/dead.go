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
