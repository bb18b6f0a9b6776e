package treatment

import (
	"fmt"
	"math"
	"strconv"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// Row is one arm of one reading at one value of the axis.
type Row struct {
	Reading, X, Arm string
	N               int
	// Q1, Median and Q3 are of the accuracy at the end, in points; InterquartileMean has a bootstrap interval over seeds. A
	// run that diverged counts with what it is left with.
	Q1, Median, Q3    float64
	InterquartileMean analysis.Interval
	// Dead is the mean number of output units that are never above 0 at the end; AllDead counts runs without another.
	Dead    float64
	AllDead int
	// Diverged and AtChance count runs: a loss that is no number or above the first, an accuracy within two points of guessing.
	Diverged, AtChance int
	// Base is the arm of the comparison. Difference is the median over pairs of this arm minus it, OfMedians the difference of
	// medians, in points; N of Difference is the number of pairs, 0 for the base itself. Ahead counts pairs above 0.
	Base                  string
	Difference, OfMedians analysis.Interval
	Ahead                 int
}

// Compare describes every arm, in the order in which the runs come, and compares it with base in pairs.
func Compare(runs []experiment.Run, base string) []Row {
	var rows []Row
	for _, g := range experiment.Groups(runs) {
		r := Row{Reading: g.Reading, X: g.X, Arm: g.Arm, N: len(g.Runs), Base: base}
		var accuracy []float64
		for _, run := range g.Runs {
			accuracy = append(accuracy, 100*run.Final())
			last := run.Result.Final().Test
			classes := len(last.ByClass)
			r.Dead += float64(last.DeadOutputs) / float64(len(g.Runs))
			if classes > 0 && last.DeadOutputs == classes {
				r.AllDead++
			}
			if run.Result.Diverged() {
				r.Diverged++
			}
			if classes > 0 && last.Accuracy < 1/float64(classes)+0.02 {
				r.AtChance++
			}
		}
		r.Q1, r.Median, r.Q3 = analysis.Quartiles(accuracy)
		r.InterquartileMean = bootstrap.StratifiedIQM([][]float64{accuracy})
		if g.Arm != base {
			r.against(experiment.Select(runs, g.Reading, "", g.X))
		}
		rows = append(rows, r)
	}
	return rows
}

var bootstrap = analysis.Bootstrap{Resamples: 4000}

// against fills in the comparison with the base.
func (r *Row) against(runs []experiment.Run) {
	pairs, _ := experiment.Pairs(runs, r.Arm, r.Base)
	var treated, control, d []float64
	for _, p := range pairs {
		treated, control = append(treated, 100*p[0].Final()), append(control, 100*p[1].Final())
		difference := math.Round(1e9*(treated[len(treated)-1]-control[len(control)-1])) / 1e9
		if d = append(d, difference); difference > 0 {
			r.Ahead++
		}
	}
	r.Difference = analysis.Bootstrap{BCa: true, Resamples: bootstrap.Resamples}.Of(d, analysis.Median)
	r.OfMedians = bootstrap.DifferenceOfMedians(treated, control)
}

// Only returns the rows that keep wants.
func Only(rows []Row, keep func(Row) bool) []Row {
	var kept []Row
	for _, r := range rows {
		if keep(r) {
			kept = append(kept, r)
		}
	}
	return kept
}

// Forest is the figure of the differences to the base, one row for each arm that was compared.
func Forest(name, title string, rows []Row) figure.Forest {
	f := figure.Forest{Name: name, Title: title, Smallest: 0.5}
	readings := map[string]bool{}
	for _, r := range rows {
		readings[r.Reading] = true
		f.XLabel = "accuracy at the end minus " + r.Base + " (points)"
	}
	for _, r := range rows {
		if r.Difference.N == 0 {
			continue
		}
		label := r.Arm
		if len(readings) > 1 {
			label = r.Reading + ": " + label
		}
		if r.X != "" {
			label += " at " + r.X
		}
		lo, hi := math.Min(r.Difference.Lo, r.Difference.Estimate), math.Max(r.Difference.Hi, r.Difference.Estimate)
		if math.IsNaN(r.Difference.Lo) { // one pair
			lo, hi = math.Inf(-1), math.Inf(1)
		}
		f.Rows = append(f.Rows, figure.Interval{Label: label, Estimate: r.Difference.Estimate, Lo: lo, Hi: hi, N: r.Difference.N})
	}
	return f
}

// Table is the rows as text: header and cells.
func Table(rows []Row) (header []string, cells [][]string) {
	base := "the base"
	for _, r := range rows {
		base = r.Base
	}
	header = []string{"reading", "arm", "n", "quartiles of the last accuracy", "interquartile mean [95%]", "minus " + base + ", in pairs [95%]",
		"difference of medians [95%]", "ahead", "dead outputs", "at chance", "diverged"}
	for _, r := range rows {
		arm, difference, ofMedians, ahead := r.Arm, "", "", ""
		if r.X != "" {
			arm += " at " + r.X
		}
		if r.Difference.N > 0 {
			difference, ofMedians = interval(r.Difference, "%+.2f"), interval(r.OfMedians, "%+.2f")
			ahead = fmt.Sprintf("%d of %d", r.Ahead, r.Difference.N)
		}
		cells = append(cells, []string{r.Reading, arm, strconv.Itoa(r.N), fmt.Sprintf("%.1f, %.1f, %.1f", r.Q1, r.Median, r.Q3),
			interval(r.InterquartileMean, "%.1f"), difference, ofMedians, ahead, fmt.Sprintf("%.1f", r.Dead), strconv.Itoa(r.AtChance), strconv.Itoa(r.Diverged)})
	}
	return header, cells
}

// interval writes an estimate with its interval; one run has none.
func interval(i analysis.Interval, format string) string {
	if math.IsNaN(i.Lo) {
		return fmt.Sprintf(format, i.Estimate)
	}
	return fmt.Sprintf(format+" ["+format+", "+format+"]", i.Estimate, i.Lo, i.Hi)
}
