package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Interval is one row of a forest plot: an estimate with an interval, from N runs or pairs. Lo <= Estimate <= Hi; an estimate
// that is not finite is written as "not estimated".
type Interval struct {
	Label            string
	Estimate, Lo, Hi float64
	N                int
}

// Forest shows estimates with their intervals, one per row, around a line of no effect; for example paired differences
// between arms. The numbers stand at the right.
type Forest struct {
	Name, Title, Caption string
	XLabel               string // with its unit, for example "HAT minus control (points of accuracy)"
	Rows                 []Interval
	Smallest             float64 // when > 0, effects between -Smallest and Smallest are shaded as too small to matter
	Decimals             int     // of the numbers at the right; default 2
	Bars                 bool    // draw bars from zero under the intervals
}

// Figure implements [Spec]. N is the largest N of a row.
func (f Forest) Figure() (*Figure, error) {
	if err := checkName("Forest", f.Name); err != nil {
		return nil, err
	}
	if len(f.Rows) == 0 {
		return nil, fmt.Errorf("figure.Forest %q: no rows", f.Name)
	}
	t := newTable("label", "estimate", "lo", "hi", "n")
	n := 0
	last := len(f.Rows) - 1
	labels := make([]string, len(f.Rows)) // from the bottom up
	p := newPlot("", f.XLabel, "")
	for i, r := range f.Rows {
		if finite(r.Estimate) && !(r.Lo <= r.Estimate && r.Estimate <= r.Hi) {
			return nil, fmt.Errorf("figure.Forest %q: row %q: want lo <= estimate <= hi, got %g, %g, %g", f.Name, r.Label, r.Lo, r.Estimate, r.Hi)
		}
		t.add(r.Label, r.Estimate, r.Lo, r.Hi, r.N)
		labels[last-i] = r.Label
		n = max(n, r.N)
		for _, v := range []float64{r.Lo, r.Estimate, r.Hi, 0} { // the estimate of an open interval is the only end it has
			if finite(v) {
				p.X.Min, p.X.Max = math.Min(p.X.Min, v), math.Max(p.X.Max, v)
			}
		}
	}
	p.X.Min, p.X.Max = math.Min(p.X.Min, -f.Smallest), math.Max(p.X.Max, f.Smallest)
	frame(p)
	pad := 0.04 * (p.X.Max - p.X.Min)
	p.X.Min, p.X.Max = p.X.Min-pad, p.X.Max+pad
	p.Y.Min, p.Y.Max = -0.6, float64(last)+0.6
	p.Y.Tick.Marker = namedTicks(labels)
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	p.Y.Tick.Label.Font.Size = labelSize
	if f.Smallest > 0 {
		p.Add(shade{-f.Smallest, f.Smallest})
	}
	p.Add(level{at: 0, vertical: true}, forestRows{f})
	small := ""
	if f.Smallest > 0 {
		small = fmt.Sprintf(" Shaded: effects below %g.", f.Smallest)
	}
	decimals := f.decimals()
	column := vg.Length(0)
	for _, r := range f.Rows {
		column = max(column, textStyle(tickSize).Width(r.text(decimals)))
	}
	lo, hi := math.MaxInt, 0
	for _, r := range f.Rows {
		lo, hi = min(lo, r.N), max(hi, r.N)
	}
	return &Figure{
		Name: f.Name, Title: f.Title, N: n, table: t,
		Caption: sentences(f.Caption, "Points are estimates, lines their intervals; "+count(lo, hi)+"."+small),
		width:   fullWidth, height: headHeight(f.Title, nil, fullWidth) + 34 + 17*vg.Length(len(f.Rows)),
		draw: func(c draw.Canvas) {
			c = drawTitle(draw.Crop(c, margin, -margin, margin, -margin), f.Title)
			left := draw.Crop(c, 0, -(column + 10), 0, 0)
			p.Draw(left)
			data := p.DataCanvas(left)
			sty := textStyle(tickSize)
			sty.XAlign, sty.YAlign = draw.XRight, draw.YCenter
			for i, r := range f.Rows {
				y := data.Y((float64(last-i) - p.Y.Min) / (p.Y.Max - p.Y.Min))
				c.FillText(sty, vg.Point{X: c.Max.X, Y: y + 1}, r.text(decimals))
			}
		},
	}, nil
}

func (f Forest) decimals() int {
	if f.Decimals == 0 {
		return 2
	}
	return f.Decimals
}

func (r Interval) text(decimals int) string {
	if !finite(r.Estimate) {
		return "not estimated"
	}
	return fmt.Sprintf("%s [%s, %s]", number(r.Estimate, decimals), number(r.Lo, decimals), number(r.Hi, decimals))
}

// forestRows draws the estimates, the first row on top.
type forestRows struct{ f Forest }

// Plot implements plot.Plotter.
func (fr forestRows) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	m := marks[0]
	for i, r := range fr.f.Rows {
		if !finite(r.Estimate) {
			continue
		}
		y, x := trY(float64(len(fr.f.Rows)-1-i)), trX(r.Estimate)
		if fr.f.Bars {
			c.FillPolygon(m.fill(0x60), []vg.Point{{X: trX(0), Y: y - 4}, {X: x, Y: y - 4}, {X: x, Y: y + 4}, {X: trX(0), Y: y + 4}})
		}
		lo, hi := c.Min.X, c.Max.X // an open interval reaches to the edge
		if finite(r.Lo) {
			lo = trX(r.Lo)
			c.StrokeLine2(draw.LineStyle{Color: m.color, Width: 1.2}, lo, y-3, lo, y+3)
		}
		if finite(r.Hi) {
			hi = trX(r.Hi)
			c.StrokeLine2(draw.LineStyle{Color: m.color, Width: 1.2}, hi, y-3, hi, y+3)
		}
		c.StrokeLine2(draw.LineStyle{Color: m.color, Width: 1.2}, lo, y, hi, y)
		c.DrawGlyph(draw.GlyphStyle{Color: m.color, Radius: 3, Shape: draw.BoxGlyph{}}, vg.Point{X: x, Y: y})
	}
}

// shade fills a vertical strip of a panel.
type shade struct{ from, to float64 }

// Plot implements plot.Plotter.
func (s shade) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	a, b := max(trX(s.from), c.Min.X), min(trX(s.to), c.Max.X)
	c.FillPolygon(faint, []vg.Point{{X: a, Y: c.Min.Y}, {X: b, Y: c.Min.Y}, {X: b, Y: c.Max.Y}, {X: a, Y: c.Max.Y}})
}
