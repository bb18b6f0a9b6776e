package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// CostRow is what one way of computing the same thing takes. A number that is not positive and finite is shown as "not run".
type CostRow struct {
	Label   string
	Seconds float64
	Bytes   float64 // peak memory
}

// Cost compares time and memory in two panels of bars with log axes; the numbers stand at the bars.
type Cost struct {
	Name, Title, Caption string
	Rows                 []CostRow
	N                    int // repeats behind each time; in the caption when > 0
}

// Figure implements [Spec].
func (f Cost) Figure() (*Figure, error) {
	if err := checkName("Cost", f.Name); err != nil {
		return nil, err
	}
	if len(f.Rows) == 0 {
		return nil, fmt.Errorf("figure.Cost %q: no rows", f.Name)
	}
	t := newTable("label", "seconds", "bytes")
	labels := make([]string, len(f.Rows))
	var secs, bytes []float64
	for i, r := range f.Rows {
		t.add(r.Label, r.Seconds, r.Bytes)
		labels[len(f.Rows)-1-i] = r.Label
		secs, bytes = append(secs, r.Seconds), append(bytes, r.Bytes)
	}
	left := costPanel("time (log)", labels, secs, Duration, marks[0])
	right := costPanel("peak memory (log)", make([]string, len(labels)), bytes, Memory, marks[1])
	n := ""
	if f.N > 0 {
		n = fmt.Sprintf("n = %d repeats.", f.N)
	}
	return &Figure{
		Name: f.Name, Title: f.Title, N: f.N, table: t, Caption: sentences(f.Caption, n),
		width: fullWidth, height: headHeight(f.Title, nil, fullWidth) + 40 + 19*vg.Length(len(f.Rows)),
		draw: panels(f.Title, nil, [][]*plot.Plot{{left, right}}),
	}, nil
}

func costPanel(label string, labels []string, values []float64, write func(float64) string, m mark) *plot.Plot {
	p := newPlot("", label, "")
	for _, v := range values {
		if v > 0 && finite(v) {
			p.X.Min, p.X.Max = math.Min(p.X.Min, v), math.Max(p.X.Max, v)
		}
	}
	if p.X.Min > p.X.Max {
		p.X.Min, p.X.Max = 1, 10
	}
	// Bars on a log axis have no natural root: give the shortest a third of a decade, and the longest room for its number.
	decades := math.Log10(p.X.Max/p.X.Min) + 0.33
	p.X.Min /= math.Pow(10, 0.33)
	p.X.Max *= math.Pow(10, math.Max(0.35, 0.42*decades))
	logAxis(&p.X)
	p.X.Tick.Marker = unitTicks{write}
	p.Y.Min, p.Y.Max = -0.6, float64(len(labels))-0.4
	p.Y.Tick.Marker = namedTicks(labels)
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	p.Y.Tick.Label.Font.Size = labelSize
	p.X.Padding = 0
	p.Add(costBars{values, write, m})
	return p
}

// costBars draws one horizontal bar per value, the first on top.
type costBars struct {
	values []float64
	write  func(float64) string
	m      mark
}

// Plot implements plot.Plotter.
func (b costBars) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	sty := textStyle(tickSize)
	sty.YAlign = draw.YCenter
	for i, v := range b.values {
		y := trY(float64(len(b.values) - 1 - i))
		if !(v > 0) || !finite(v) {
			sty := sty
			sty.Color = midGrey
			c.FillText(sty, vg.Point{X: c.Min.X + 4, Y: y}, "not run")
			continue
		}
		x := trX(v)
		c.FillPolygon(b.m.fill(0xd0), []vg.Point{{X: c.Min.X, Y: y - 5}, {X: x, Y: y - 5}, {X: x, Y: y + 5}, {X: c.Min.X, Y: y + 5}})
		c.FillText(sty, vg.Point{X: x + 4, Y: y}, b.write(v))
	}
}

// unitTicks are powers of ten written with their unit.
type unitTicks struct{ write func(float64) string }

// Ticks implements plot.Ticker.
func (u unitTicks) Ticks(min, max float64) []plot.Tick {
	ts := logTicks{}.Ticks(min, max)
	every := 1.0
	for math.Log10(max/min)/every > 4 {
		every++
	}
	for i := range ts {
		e := math.Log10(ts[i].Value)
		whole := math.Abs(e-math.Round(e)) < 1e-9
		if ts[i].Label = ""; whole && math.Mod(math.Round(e), every) == 0 {
			ts[i].Label = u.write(ts[i].Value)
		}
	}
	return ts
}

// Duration writes seconds with a unit and two or three digits: "43 ms", "1.2 s".
func Duration(s float64) string {
	switch {
	case s < 1e-3:
		return digits(s*1e6) + " \u00b5s"
	case s < 1:
		return digits(s*1e3) + " ms"
	case s < 120:
		return digits(s) + " s"
	case s < 7200:
		return digits(s/60) + " min"
	}
	return digits(s/3600) + " h"
}

// Memory writes bytes with a decimal unit: "0.5 GB", "28 MB".
func Memory(b float64) string {
	switch {
	case b < 1e3:
		return digits(b) + " B"
	case b < 1e6:
		return digits(b/1e3) + " kB"
	case b < 1e9:
		return digits(b/1e6) + " MB"
	}
	return digits(b/1e9) + " GB"
}

// digits writes at least two significant digits, without a decimal part from 10 on.
func digits(v float64) string {
	if v >= 9.95 || math.Abs(v-math.Round(v)) < 1e-9 {
		return number(v, 0)
	}
	if v >= 0.995 {
		return number(v, 1)
	}
	return number(v, 2)
}
