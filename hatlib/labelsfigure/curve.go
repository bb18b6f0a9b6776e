package labelsfigure

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// Point compares the arms at one proportion of labels, in points of accuracy at the end.
type Point struct {
	// Proportion of labels, in (0,1].
	Proportion float64
	analysis.Comparison
	// Chance is how many runs of control and of HAT were left within two points of guessing.
	Chance [2]int
}

// Label is the proportion for people.
func (p Point) Label() string { return label(p.Proportion) }

func label(proportion float64) string { return fmt.Sprintf("%.3g%% of labels", 100*proportion) }

// Curve is Figure 1, right, in one reading.
type Curve struct {
	Reading string
	// Seeds of the pairs, ascending. Each has both arms at every proportion.
	Seeds []int64
	// Points are in ascending order of the proportion.
	Points []Point
	// All compares the arms over all proportions, which are its strata: the intervals resample seeds within each.
	All analysis.Comparison

	accuracy [2][][]float64 // of control and HAT, [seed][proportion]
}

// resamples keeps a notebook fast: intervals are then uncertain by about a twentieth of their width.
const resamples = 4000

// New compares the runs of fig1-labels in one reading at the end of training. A run that diverged counts with the accuracy
// that it is left with. Seeds that lack a run are left out. It returns an error where no seed is left.
func New(runs []experiment.Run, reading string) (*Curve, error) {
	final := map[string]map[int64]map[float64]experiment.Run{experiment.ControlArm: {}, experiment.HATArm: {}}
	proportions := map[float64]bool{}
	for _, r := range experiment.Select(runs, reading, "", "") {
		bySeed, arm := final[r.Spec.Arm]
		if !arm {
			continue
		}
		x, err := proportion(&r)
		if err != nil {
			return nil, err
		}
		seed := r.Spec.Config.Seed
		if bySeed[seed] == nil {
			bySeed[seed] = map[float64]experiment.Run{}
		}
		bySeed[seed][x], proportions[x] = r, true
	}
	c := &Curve{Reading: reading}
	for seed, control := range final[experiment.ControlArm] {
		if len(control) == len(proportions) && len(final[experiment.HATArm][seed]) == len(proportions) {
			c.Seeds = append(c.Seeds, seed)
		}
	}
	if len(c.Seeds) == 0 {
		return nil, fmt.Errorf("no seed has both arms at all %d proportions of labels in reading %q", len(proportions), reading)
	}
	slices.Sort(c.Seeds)
	var strata [2][][]float64 // [proportion][seed]
	for x := range proportions {
		c.Points = append(c.Points, Point{Proportion: x})
	}
	slices.SortFunc(c.Points, func(a, b Point) int {
		if a.Proportion < b.Proportion {
			return -1
		}
		return 1
	})
	bootstrap := analysis.Bootstrap{Resamples: resamples}
	for k := range c.Points {
		p := &c.Points[k]
		var values [2][]float64
		for a, arm := range []string{experiment.ControlArm, experiment.HATArm} {
			for _, seed := range c.Seeds {
				r := final[arm][seed][p.Proportion]
				values[a] = append(values[a], 100*r.Final())
				if r.Final() < 1/float64(len(r.Result.Final().Test.ByClass))+0.02 {
					p.Chance[a]++
				}
			}
			strata[a] = append(strata[a], values[a])
		}
		var err error
		if p.Comparison, err = bootstrap.Compare([][]float64{values[1]}, [][]float64{values[0]}); err != nil {
			return nil, fmt.Errorf("labels %g: %w", p.Proportion, err)
		}
	}
	for a := range strata {
		for s := range c.Seeds {
			var row []float64
			for k := range c.Points {
				row = append(row, strata[a][k][s]/100)
			}
			c.accuracy[a] = append(c.accuracy[a], row)
		}
	}
	var err error
	c.All, err = bootstrap.Compare(strata[1], strata[0])
	return c, err
}

func proportion(r *experiment.Run) (float64, error) {
	x, err := strconv.ParseFloat(r.Spec.X, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: the value %q is no proportion of labels", r.Spec, r.Spec.X)
	}
	return x, nil
}

// Proportions of labels, ascending.
func (c *Curve) Proportions() []float64 {
	var x []float64
	for _, p := range c.Points {
		x = append(x, p.Proportion)
	}
	return x
}

// Arms are the accuracies in [0,1] of control and HAT for figure.LabelCurves: run k of both is the pair of seed k.
func (c *Curve) Arms() []figure.Arm {
	return []figure.Arm{{Name: "control", X: c.Proportions(), Runs: c.accuracy[0]}, {Name: "HAT", X: c.Proportions(), Runs: c.accuracy[1]}}
}

// Intervals are the medians of the paired differences with their bootstrap intervals, in points, one for each proportion.
func (c *Curve) Intervals() []figure.Interval {
	var rows []figure.Interval
	for _, p := range c.Points {
		row := figure.Interval{Label: p.Label(),
			Estimate: p.PairedMedian.Estimate, Lo: p.PairedMedian.Lo, Hi: p.PairedMedian.Hi, N: p.N}
		if p.N < 2 {
			row.Lo, row.Hi = math.Inf(-1), math.Inf(1)
		}
		rows = append(rows, row)
	}
	return rows
}

// Table has one row for each proportion: n, quartiles of both arms, the paper's difference of medians and the difference of
// interquartile means with 95% intervals, pairs in which HAT is above, and runs that were left at chance.
func (c *Curve) Table() (header []string, rows [][]string) {
	header = []string{"labels", "n", "control: q1, median, q3", "HAT: q1, median, q3", "difference of medians", "difference of IQMs", "HAT above", "at chance (control, HAT)"}
	quartiles := func(s analysis.Summary) string { return fmt.Sprintf("%.1f, %.1f, %.1f", s.Q1, s.Median, s.Q3) }
	for _, p := range c.Points {
		rows = append(rows, []string{p.Label(), fmt.Sprint(p.N), quartiles(p.Control), quartiles(p.Treated),
			p.DifferenceOfMedians.Text("%+.2f"), p.DifferenceOfIQMs.Text("%+.2f"), fmt.Sprintf("%d of %d", p.Above, p.N), fmt.Sprintf("%d, %d", p.Chance[0], p.Chance[1])})
	}
	return header, rows
}
