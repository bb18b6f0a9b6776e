package figure

import (
	"fmt"

	"gonum.org/v1/plot"
)

// LabelCurves shows accuracy against the proportion of labelled examples (log axis), per arm median and quartiles, and in
// a second panel the paired differences of every arm to the first: Figure 1 of the paper, right. Run r of every arm must
// be the same pair (L_i, M_i): same initial learner, batches and labels.
type LabelCurves struct {
	Name, Title, Caption string
	XLabel, YLabel       string // default "proportion of labels" and "test accuracy"
	Arms                 []Arm  // X are proportions in (0,1]; the first arm is the one compared with
	Unpaired             bool   // leave the second panel out
}

// Figure implements [Spec]. N is the largest number of runs of an arm.
func (l LabelCurves) Figure() (*Figure, error) {
	fail := func(err error) (*Figure, error) { return nil, fmt.Errorf("figure.LabelCurves %q: %w", l.Name, err) }
	if err := checkName("LabelCurves", l.Name); err != nil {
		return nil, err
	}
	bands, missing, err := LearningCurves{Arms: l.Arms}.bands()
	if err != nil {
		return fail(err)
	}
	for _, b := range bands {
		if err := checkLogX(b.Name, b.X); err != nil {
			return fail(err)
		}
	}
	xlabel := orDefault(l.XLabel, "proportion of labels")
	left := newPlot("", xlabel, orDefault(l.YLabel, "test accuracy"))
	look := styles(bandNames(bands))
	addBands(left, bands, look)
	row := []*plot.Plot{left}
	var keys []key
	t := newTable("what", "arm", "x", "n", "median", "q1", "q3")
	for i, b := range bands {
		keys = append(keys, lineKey(b.Name, look[i], true))
		addBandRows(t, "accuracy", b)
	}
	n, words := describeBands(bands)
	caption := "Lines are medians over runs, bands reach from the first to the third quartile; " + words + "."
	if !l.Unpaired {
		diffs, err := l.differences()
		if err != nil {
			return fail(err)
		}
		right := newPlot("", xlabel, "paired difference to "+l.Arms[0].Name)
		right.Add(level{at: 0})
		addBands(right, diffs, look[1:])
		for _, d := range diffs {
			addBandRows(t, "difference", d)
		}
		row = append(row, right)
		caption += fmt.Sprintf(" Right: run by run, minus %s.", l.Arms[0].Name)
	}
	for _, p := range row {
		logAxis(&p.X)
		frame(p)
	}
	return &Figure{
		Name: l.Name, Title: l.Title, Caption: sentences(l.Caption, caption, missingNote(missing)), N: n, table: t,
		width: fullWidth, height: headHeight(l.Title, keys, fullWidth) + 195, draw: panels(l.Title, keys, [][]*plot.Plot{row}),
	}, nil
}

// differences summarizes run by run what every later arm adds to the first.
func (l LabelCurves) differences() ([]Band, error) {
	if len(l.Arms) < 2 {
		return nil, fmt.Errorf("paired differences need two arms, got %d: set Unpaired to leave them out", len(l.Arms))
	}
	base := l.Arms[0]
	var out []Band
	for _, a := range l.Arms[1:] {
		if len(a.Runs) != len(base.Runs) || len(a.X) != len(base.X) {
			return nil, fmt.Errorf("arms %q and %q have %d and %d runs of %d and %d points: pairs need the same, or set Unpaired",
				base.Name, a.Name, len(base.Runs), len(a.Runs), len(base.X), len(a.X))
		}
		d := make([][]float64, len(a.Runs))
		for r := range a.Runs {
			for t := range a.X {
				if a.X[t] != base.X[t] {
					return nil, fmt.Errorf("arms %q and %q differ in X[%d]: %g and %g", base.Name, a.Name, t, base.X[t], a.X[t])
				}
				d[r] = append(d[r], a.Runs[r][t]-base.Runs[r][t])
			}
		}
		b, _, err := Summarize(a.Name, a.X, d)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

func addBandRows(t *table, what string, b Band) {
	for i := range b.X {
		t.add(what, b.Name, b.X[i], b.N[i], b.Median[i], b.Q1[i], b.Q3[i])
	}
}
