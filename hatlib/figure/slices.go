package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"
)

// Slice is the update of a rule against one of its inputs: the mean of N[k] updates, and its standard error, in a bin
// around X[k]; [BinMeans] makes one of a single rule. All slices have one length.
type Slice struct {
	X, Mean, SE []float64
	N           []int
}

// BinMeans cuts the range of x into equal bins and averages y in each: X is the mean of x in the bin, SE the sample
// standard deviation over sqrt(n), NaN where n = 1. Empty bins are left out, and so are pairs that are not finite.
func BinMeans(x, y []float64, bins int) (Slice, error) {
	if len(x) != len(y) || bins < 1 {
		return Slice{}, fmt.Errorf("figure.BinMeans: %d x, %d y, %d bins: want as many y as x and at least 1 bin", len(x), len(y), bins)
	}
	lo, hi, _, _ := ranges(x, y)
	if lo > hi {
		return Slice{}, fmt.Errorf("figure.BinMeans: none of %d points is finite", len(x))
	}
	n := make([]int, bins)
	sx, sy := make([]float64, bins), make([]float64, bins)
	bin := func(v float64) int {
		if hi == lo {
			return 0
		}
		return min(int(float64(bins)*(v-lo)/(hi-lo)), bins-1)
	}
	for i := range x {
		if finite(x[i]) && finite(y[i]) {
			k := bin(x[i])
			n[k]++
			sx[k] += x[i]
			sy[k] += y[i]
		}
	}
	ss := make([]float64, bins) // squares around the mean: a second pass loses no digits
	for i := range x {
		if finite(x[i]) && finite(y[i]) {
			k := bin(x[i])
			d := y[i] - sy[k]/float64(n[k])
			ss[k] += d * d
		}
	}
	var s Slice
	for k := range n {
		if n[k] == 0 {
			continue
		}
		f := float64(n[k])
		s.X = append(s.X, sx[k]/f)
		s.Mean = append(s.Mean, sy[k]/f)
		s.SE = append(s.SE, math.Sqrt(ss[k]/(f-1)/f))
		s.N = append(s.N, n[k])
	}
	return s, nil
}

// RuleSeries is one rule in a figure of slices.
type RuleSeries struct {
	Name        string
	Vi, Wij, Vj Slice
}

// RuleSlices shows the update of rules against v_i, w_ij and v_j: binned means with their standard errors, in three panels
// with one vertical axis. Figure 2 of the paper.
type RuleSlices struct {
	Name, Title, Caption string
	YLabel               string // default "update Δw_{ij}"
	Over                 string // what the standard errors are over, default "the points of a bin"
	Rules                []RuleSeries
}

// Figure implements [Spec]. N is the number of points of the first rule.
func (s RuleSlices) Figure() (*Figure, error) {
	if err := checkName("RuleSlices", s.Name); err != nil {
		return nil, err
	}
	if len(s.Rules) == 0 {
		return nil, fmt.Errorf("figure.RuleSlices %q: no rules", s.Name)
	}
	row := []*plot.Plot{
		newPlot("", "pre-synaptic activity v_{i}", orDefault(s.YLabel, "update \u0394w_{ij}")),
		newPlot("", "weight w_{ij}", ""),
		newPlot("", "post-synaptic activity v_{j}", ""),
	}
	names := make([]string, len(s.Rules))
	for i, r := range s.Rules {
		names[i] = r.Name
	}
	look := styles(names)
	t := newTable("rule", "input", "x", "mean", "se", "n")
	n := 0
	var keys []key
	for i, r := range s.Rules {
		for p, in := range []struct {
			name string
			s    Slice
		}{{"v_i", r.Vi}, {"w_ij", r.Wij}, {"v_j", r.Vj}} {
			if k := len(in.s.X); k == 0 || len(in.s.Mean) != k || len(in.s.SE) != k || len(in.s.N) != k {
				return nil, fmt.Errorf("figure.RuleSlices %q: rule %q, %s: %d x, %d means, %d standard errors, %d counts: want the same, at least 1",
					s.Name, r.Name, in.name, len(in.s.X), len(in.s.Mean), len(in.s.SE), len(in.s.N))
			}
			row[p].Add(whiskers{in.s.X, in.s.Mean, in.s.SE, look[i]}, look[i].curve(in.s.X, in.s.Mean, true))
			sum := 0
			for k := range in.s.X {
				t.add(r.Name, in.name, in.s.X[k], in.s.Mean[k], in.s.SE[k], in.s.N[k])
				sum += in.s.N[k]
			}
			if i == 0 && p == 0 {
				n = sum
			}
		}
		if len(s.Rules) > 1 {
			keys = append(keys, lineKey(r.Name, look[i], false))
		}
	}
	for _, p := range row {
		frame(p)
	}
	sameY(row...)
	return &Figure{
		Name: s.Name, Title: s.Title, N: n, table: t,
		Caption: sentences(s.Caption, fmt.Sprintf("Means of the update in bins of each input, with standard errors over %s; n = %d points.", orDefault(s.Over, "the points of a bin"), n)),
		width:   fullWidth, height: headHeight(s.Title, keys, fullWidth) + 165, draw: panels(s.Title, keys, [][]*plot.Plot{row}),
	}, nil
}

// whiskers are vertical error bars of plus and minus se.
type whiskers struct {
	x, y, se []float64
	m        mark
}

// Plot implements plot.Plotter.
func (w whiskers) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	sty := draw.LineStyle{Color: w.m.color, Width: 0.8}
	for i := range w.x {
		if !finite(w.x[i]) || !finite(w.y[i]) || !finite(w.se[i]) {
			continue
		}
		x, lo, hi := trX(w.x[i]), trY(w.y[i]-w.se[i]), trY(w.y[i]+w.se[i])
		c.StrokeLine2(sty, x, lo, x, hi)
		c.StrokeLine2(sty, x-2, lo, x+2, lo)
		c.StrokeLine2(sty, x-2, hi, x+2, hi)
	}
}

// DataRange implements plot.DataRanger.
func (w whiskers) DataRange() (xmin, xmax, ymin, ymax float64) {
	lo, hi := make([]float64, len(w.y)), make([]float64, len(w.y))
	for i := range w.y {
		se := w.se[i]
		if !finite(se) {
			se = 0
		}
		lo[i], hi[i] = w.y[i]-se, w.y[i]+se
	}
	return band{x: w.x, lo: lo, hi: hi}.DataRange()
}
