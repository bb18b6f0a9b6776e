package figure

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// curve draws a line with gaps where y is not finite, and markers on about ten of its points.
type curve struct {
	x, y    []float64
	line    draw.LineStyle
	point   draw.GlyphStyle
	markers bool
}

// segments returns the index ranges [from, to) in which every value is finite.
func segments(vs ...[]float64) [][2]int {
	var out [][2]int
	from := -1
	n := len(vs[0])
	for i := 0; i <= n; i++ {
		ok := i < n
		for _, v := range vs {
			ok = ok && finite(v[i])
		}
		switch {
		case ok && from < 0:
			from = i
		case !ok && from >= 0:
			out = append(out, [2]int{from, i})
			from = -1
		}
	}
	return out
}

// Plot implements plot.Plotter.
func (s curve) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	at := func(i int) vg.Point { return vg.Point{X: trX(s.x[i]), Y: trY(s.y[i])} }
	for _, seg := range segments(s.x, s.y) {
		pts := make([]vg.Point, 0, seg[1]-seg[0])
		for i := seg[0]; i < seg[1]; i++ {
			pts = append(pts, at(i))
		}
		if len(pts) == 1 { // a lone point between gaps would be invisible as a line
			c.DrawGlyph(draw.GlyphStyle{Color: s.line.Color, Radius: s.line.Width, Shape: draw.CircleGlyph{}}, pts[0])
			continue
		}
		c.StrokeLines(s.line, c.ClipLinesXY(pts)...)
	}
	if !s.markers || s.point.Shape == nil {
		return
	}
	// Markers at least a fixed distance apart on paper, whatever the spacing of the points.
	last := vg.Length(math.Inf(-1))
	gap := (c.Max.X - c.Min.X) / 11
	for i := range s.x {
		if !finite(s.x[i]) || !finite(s.y[i]) {
			continue
		}
		if pt := at(i); pt.X-last >= gap {
			c.DrawGlyph(s.point, pt)
			last = pt.X
		}
	}
}

// DataRange implements plot.DataRanger over the finite points.
func (s curve) DataRange() (xmin, xmax, ymin, ymax float64) {
	return ranges(s.x, s.y)
}

// ranges returns the extremes of the pairs in which both numbers are finite.
func ranges(x, y []float64) (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, ymax = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i := range x {
		if finite(x[i]) && finite(y[i]) {
			xmin, xmax = math.Min(xmin, x[i]), math.Max(xmax, x[i])
			ymin, ymax = math.Min(ymin, y[i]), math.Max(ymax, y[i])
		}
	}
	return
}

// band fills the room between two lines, with gaps.
type band struct {
	x, lo, hi []float64
	fill      draw.LineStyle // only its colour
}

// Plot implements plot.Plotter.
func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for _, seg := range segments(b.x, b.lo, b.hi) {
		var pts []vg.Point
		for i := seg[0]; i < seg[1]; i++ {
			pts = append(pts, vg.Point{X: trX(b.x[i]), Y: trY(b.lo[i])})
		}
		for i := seg[1] - 1; i >= seg[0]; i-- {
			pts = append(pts, vg.Point{X: trX(b.x[i]), Y: trY(b.hi[i])})
		}
		c.FillPolygon(b.fill.Color, c.ClipPolygonXY(pts))
	}
}

// DataRange implements plot.DataRanger.
func (b band) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, ymin, _ = ranges(b.x, b.lo)
	_, _, _, ymax = ranges(b.x, b.hi)
	return
}

// bandLine is the style of a band in a mark's colour.
func (m mark) band(x, lo, hi []float64) band {
	return band{x, lo, hi, draw.LineStyle{Color: m.fill(softBand)}}
}

func (m mark) curve(x, y []float64, markers bool) curve {
	return curve{x, y, m.line(), m.point(), markers}
}

// level draws one horizontal (or vertical) reference line across the panel and widens no axis.
type level struct {
	at       float64
	vertical bool
}

// Plot implements plot.Plotter.
func (l level) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	sty := draw.LineStyle{Color: midGrey, Width: 0.8}
	if l.vertical {
		if x := trX(l.at); c.ContainsX(x) {
			c.StrokeLine2(sty, x, c.Min.Y, x, c.Max.Y)
		}
		return
	}
	if y := trY(l.at); c.ContainsY(y) {
		c.StrokeLine2(sty, c.Min.X, y, c.Max.X, y)
	}
}

// frame keeps a panel drawable when no finite point is in it, gives a constant series some room, and curves a little air
// above and below.
func frame(p *plot.Plot) {
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		if math.IsInf(a.Min, 0) || math.IsInf(a.Max, 0) {
			a.Min, a.Max = 0, 1
			if _, log := a.Scale.(plot.LogScale); log {
				a.Min = 0.1
			}
		}
		if a.Min == a.Max {
			if _, log := a.Scale.(plot.LogScale); log {
				a.Min, a.Max = a.Min/2, a.Max*2
			} else {
				pad := math.Max(math.Abs(a.Min)*0.1, 0.5e-3)
				a.Min, a.Max = a.Min-pad, a.Max+pad
			}
		}
	}
	if _, log := p.Y.Scale.(plot.LogScale); !log {
		air := 0.03 * (p.Y.Max - p.Y.Min)
		p.Y.Min, p.Y.Max = p.Y.Min-air, p.Y.Max+air
	}
}
