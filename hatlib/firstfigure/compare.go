package firstfigure

import (
	"fmt"
	"slices"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// resamples keeps a notebook fast: intervals are then uncertain by about a twentieth of their width.
const resamples = 4000

// Compare compares the arms at the end of training, in points of accuracy. control[k] and hat[k] share seed, initial learner
// and batches; runs that diverged count with the accuracy that they are left with. It returns an error when the arms are
// not paired.
func Compare(control, hat []*hatlib.Result) (analysis.Comparison, error) {
	if err := paired(control, hat); err != nil {
		return analysis.Comparison{}, err
	}
	return compareAt(len(control[0].Points)-1, control, hat)
}

func compareAt(t int, control, hat []*hatlib.Result) (analysis.Comparison, error) {
	return analysis.Bootstrap{Resamples: resamples}.Compare([][]float64{column(t, hat, 100)}, [][]float64{column(t, control, 100)})
}

// Differences are two lines over epochs, in points of accuracy, with bootstrap intervals of 95% where there are two pairs or
// more: the median of the paired differences, and the paper's statistic, the difference of the medians.
func Differences(control, hat []*hatlib.Result) ([]figure.Series, error) {
	if err := paired(control, hat); err != nil {
		return nil, err
	}
	lines := []figure.Series{{Name: "median of paired differences"}, {Name: "difference of medians"}}
	for t, epoch := range control[0].Epochs() {
		c, err := compareAt(t, control, hat)
		if err != nil {
			return nil, err
		}
		for k, in := range []analysis.Interval{c.PairedMedian, c.DifferenceOfMedians} {
			l := &lines[k]
			l.X, l.Y = append(l.X, epoch), append(l.Y, in.Estimate)
			if len(control) > 1 {
				l.Lo, l.Hi = append(l.Lo, in.Lo), append(l.Hi, in.Hi)
			}
		}
	}
	return lines, nil
}

func paired(control, hat []*hatlib.Result) error {
	if len(control) == 0 || len(control) != len(hat) {
		return fmt.Errorf("%d runs of the control and %d of HAT: want pairs", len(control), len(hat))
	}
	for k := range control {
		if control[k].Config.Seed != hat[k].Config.Seed || !slices.Equal(control[k].Epochs(), hat[k].Epochs()) {
			return fmt.Errorf("pair %d: seeds %d and %d, or points of the curve, differ", k, control[k].Config.Seed, hat[k].Config.Seed)
		}
	}
	return nil
}

// Medians is the median accuracy over runs at every point of the curve. A run that diverged counts with what it is left with.
func Medians(results []*hatlib.Result) []float64 {
	m := make([]float64, len(results[0].Points))
	for t := range m {
		m[t] = analysis.Median(column(t, results, 1))
	}
	return m
}

// column is the accuracies of runs at point t of the curve, in units of 1/unit.
func column(t int, results []*hatlib.Result, unit float64) []float64 {
	var values []float64
	for _, r := range results {
		values = append(values, unit*r.Points[t].Test.Accuracy)
	}
	return values
}

// Arm is one treatment with the test accuracies of its runs, for figure.LearningCurves.
func Arm(name string, results []*hatlib.Result) figure.Arm {
	a := figure.Arm{Name: name}
	for _, r := range results {
		a.X, a.Runs = r.Epochs(), append(a.Runs, r.Accuracies())
	}
	return a
}
