package figure

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// Arm is one treatment with all its runs: Runs[r][t] was measured at X[t].
type Arm struct {
	Name string
	X    []float64
	Runs [][]float64
}

// LearningCurves shows, per arm, the median over runs with the band between the quartiles: Figure 1 of the paper.
// Published curves of others can stand beside ours, in a panel of their own with the same axes (the default), or over
// them in thin lines without a band.
type LearningCurves struct {
	Name, Title, Caption string // Caption is a first sentence; what is drawn, and n, are added to it
	XLabel, YLabel       string // default "epochs" and "test accuracy"
	LogX                 bool
	Arms                 []Arm
	Bands                []Band // arms of which only the summary is known
	ShowRuns             bool   // every run as a hair line
	Published            []Band
	PublishedTitle       string // of the panel or in the legend; default "published"
	Overlay              bool   // published curves in our panel
}

// Figure implements [Spec]. N is the largest number of runs of our arms.
func (l LearningCurves) Figure() (*Figure, error) {
	fail := func(err error) (*Figure, error) { return nil, fmt.Errorf("figure.LearningCurves %q: %w", l.Name, err) }
	if err := checkName("LearningCurves", l.Name); err != nil {
		return nil, err
	}
	bands, missing, err := l.bands()
	if err != nil {
		return fail(err)
	}
	for _, b := range append(append([]Band{}, bands...), l.Published...) {
		if err := b.check(); err != nil {
			return fail(err)
		}
		if l.LogX {
			if err := checkLogX(b.Name, b.X); err != nil {
				return fail(err)
			}
		}
	}
	xlabel, ylabel := orDefault(l.XLabel, "epochs"), orDefault(l.YLabel, "test accuracy")
	beside := len(l.Published) > 0 && !l.Overlay
	theirs := orDefault(l.PublishedTitle, "published")

	own := newPlot("", xlabel, ylabel)
	if beside {
		own.Title.Text = "ours"
	}
	look := styles(bandNames(bands))
	var keys []key
	if l.ShowRuns {
		for i, a := range l.Arms {
			for _, r := range a.Runs {
				own.Add(curve{x: a.X, y: r, line: draw.LineStyle{Color: look[i].fill(0x50), Width: 0.4}})
			}
		}
	}
	addBands(own, bands, look)
	for i, b := range bands {
		keys = append(keys, lineKey(b.Name, look[i], true))
	}
	row := []*plot.Plot{own}
	if beside {
		other := newPlot(theirs, xlabel, "")
		addBands(other, l.Published, styles(bandNames(l.Published)))
		row = append(row, other)
		for i, b := range l.Published {
			if !slices.Contains(bandNames(bands), b.Name) {
				keys = append(keys, lineKey(b.Name, styles(bandNames(l.Published))[i], true))
			}
		}
	} else {
		thin := styles(bandNames(l.Published))
		for i, b := range l.Published {
			thin[i].width, thin[i].glyph = 0.8, nil
			own.Add(thin[i].curve(b.X, b.Median, false))
			keys = append(keys, lineKey(b.Name+", "+theirs, thin[i], false))
		}
	}
	for _, p := range row {
		if l.LogX {
			logAxis(&p.X)
		}
		frame(p)
	}
	sameY(row...)
	if beside {
		sameX(row...)
	}

	n, words := describeBands(bands)
	caption := []string{l.Caption, "Lines are medians over runs, bands reach from the first to the third quartile; " + words + "."}
	if len(l.Published) > 0 {
		_, w := describeBands(l.Published)
		caption = append(caption, fmt.Sprintf("%s: %s.", capital(theirs), w))
	}
	if l.ShowRuns {
		caption = append(caption, "Hair lines are single runs.")
	}
	caption = append(caption, missingNote(missing))

	head := headHeight(l.Title, keys, fullWidth)
	return &Figure{
		Name: l.Name, Title: l.Title, Caption: sentences(caption...), N: n,
		table: l.numbers(bands),
		width: fullWidth, height: head + 205, draw: panels(l.Title, keys, [][]*plot.Plot{row}),
	}, nil
}

// bands returns our arms as summaries, and how many of their numbers are not finite.
func (l LearningCurves) bands() ([]Band, int, error) {
	var out []Band
	missing := 0
	for _, a := range l.Arms {
		b, m, err := Summarize(a.Name, a.X, a.Runs)
		if err != nil {
			return nil, 0, err
		}
		out, missing = append(out, b), missing+m
	}
	out = append(out, l.Bands...)
	if len(out) == 0 {
		return nil, 0, fmt.Errorf("no arms: set Arms or Bands")
	}
	return out, missing, nil
}

func (l LearningCurves) numbers(bands []Band) *table {
	t := newTable("source", "arm", "x", "n", "median", "q1", "q3")
	add := func(source string, bs []Band) {
		for _, b := range bs {
			for i := range b.X {
				t.add(source, b.Name, b.X[i], b.N[i], b.Median[i], b.Q1[i], b.Q3[i])
			}
		}
	}
	add("ours", bands)
	add(orDefault(l.PublishedTitle, "published"), l.Published)
	return t
}

// addBands draws all bands first and the medians over them.
func addBands(p *plot.Plot, bands []Band, look []mark) {
	for i, b := range bands {
		p.Add(look[i].band(b.X, b.Q1, b.Q3))
	}
	for i, b := range bands {
		p.Add(look[i].curve(b.X, b.Median, true))
	}
}

// describeBands writes n of every arm, once where they agree.
func describeBands(bands []Band) (n int, words string) {
	var each []string
	same := true
	for i, b := range bands {
		lo, hi := minMax(b.N)
		n = max(n, hi)
		each = append(each, fmt.Sprintf("%s (%s)", b.Name, count(lo, hi)))
		l0, h0 := minMax(bands[0].N)
		same = same && (i == 0 || lo == l0 && hi == h0)
	}
	if same {
		lo, hi := minMax(bands[0].N)
		return n, count(lo, hi) + " per arm"
	}
	return n, strings.Join(each, ", ")
}

// missingNote says how many numbers a diverged run has left out.
func missingNote(missing int) string {
	switch missing {
	case 0:
		return ""
	case 1:
		return "1 value is not finite (a diverged run) and is left out."
	}
	return fmt.Sprintf("%d values are not finite (diverged runs) and are left out.", missing)
}

func bandNames(bs []Band) []string {
	out := make([]string, len(bs))
	for i, b := range bs {
		out[i] = b.Name
	}
	return out
}

// sameY gives panels one vertical range, sameX one horizontal range.
func sameY(ps ...*plot.Plot) {
	for _, p := range ps {
		ps[0].Y.Min, ps[0].Y.Max = min(ps[0].Y.Min, p.Y.Min), max(ps[0].Y.Max, p.Y.Max)
	}
	for _, p := range ps {
		p.Y.Min, p.Y.Max = ps[0].Y.Min, ps[0].Y.Max
	}
}

func sameX(ps ...*plot.Plot) {
	for _, p := range ps {
		ps[0].X.Min, ps[0].X.Max = min(ps[0].X.Min, p.X.Min), max(ps[0].X.Max, p.X.Max)
	}
	for _, p := range ps {
		p.X.Min, p.X.Max = ps[0].X.Min, ps[0].X.Max
	}
}

func orDefault(s, d string) string {
	if s == "" {
		return d
	}
	return s
}

// capital makes the first letter of a sentence a capital.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// sentences joins what is not empty with blanks.
func sentences(ss ...string) string {
	var out []string
	for _, s := range ss {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}
