package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Direction is an arrow from the origin, for example a principal direction or the weights of a unit.
type Direction struct {
	Name string
	X, Y float64
}

// Scatter shows points with directions over them, both axes at one scale.
type Scatter struct {
	Name, Title, Caption string
	XLabel, YLabel       string
	X, Y                 []float64
	Directions           []Direction
}

// Figure implements [Spec]. N is the number of finite points.
func (s Scatter) Figure() (*Figure, error) {
	if err := checkName("Scatter", s.Name); err != nil {
		return nil, err
	}
	if len(s.X) == 0 || len(s.X) != len(s.Y) {
		return nil, fmt.Errorf("figure.Scatter %q: %d x and %d y: want the same, at least 1", s.Name, len(s.X), len(s.Y))
	}
	t := newTable("what", "x", "y")
	var x, y []float64
	for i := range s.X {
		t.add("point", s.X[i], s.Y[i])
		if finite(s.X[i]) && finite(s.Y[i]) {
			x, y = append(x, s.X[i]), append(y, s.Y[i])
		}
	}
	p := newPlot("", s.XLabel, s.YLabel)
	p.Add(dots{x, y})
	names := make([]string, len(s.Directions))
	for i, d := range s.Directions {
		names[i] = d.Name
	}
	look := styles(names)
	var keys []key
	for i, d := range s.Directions {
		if !finite(d.X) || !finite(d.Y) {
			return nil, fmt.Errorf("figure.Scatter %q: direction %q is (%g, %g)", s.Name, d.Name, d.X, d.Y)
		}
		t.add(d.Name, d.X, d.Y)
		look[i].glyph, look[i].width = nil, 1.8
		p.Add(arrow{d, look[i]})
		keys = append(keys, lineKey(d.Name, look[i], false))
	}
	frame(p)
	const width, height = fullWidth * 0.72, vg.Length(270)
	half := 1.04 * math.Max(p.X.Max-p.X.Min, p.Y.Max-p.Y.Min) / 2
	mx, my := (p.X.Min+p.X.Max)/2, (p.Y.Min+p.Y.Max)/2
	return &Figure{
		Name: s.Name, Title: s.Title, N: len(x), table: t,
		Caption: sentences(s.Caption, fmt.Sprintf("n = %d points.", len(x)), missingNote(len(s.X)-len(x))),
		width:   width, height: headHeight(s.Title, keys, width) + height,
		draw: func(c draw.Canvas) {
			c = drawLegend(drawTitle(draw.Crop(c, margin, -margin, margin, -margin), s.Title), keys)
			// The panel is as wide as its axis is long compared with the other: one unit is one length both ways.
			p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = mx-half, mx+half, my-half, my+half
			for range 3 { // the room for tick labels depends on the range, and the range on the room
				data := p.DataCanvas(c)
				ratio := float64((data.Max.X - data.Min.X) / (data.Max.Y - data.Min.Y))
				if ratio > 1 {
					p.X.Min, p.X.Max = mx-half*ratio, mx+half*ratio
				} else {
					p.Y.Min, p.Y.Max = my-half/ratio, my+half/ratio
				}
			}
			p.Draw(c)
		},
	}, nil
}

// dots are small see-through points, so that density shows.
type dots struct{ x, y []float64 }

// Plot implements plot.Plotter.
func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	m := marks[0]
	sty := draw.GlyphStyle{Color: m.fill(0x66), Radius: 1.6, Shape: draw.CircleGlyph{}}
	for i := range d.x {
		c.DrawGlyph(sty, vg.Point{X: trX(d.x[i]), Y: trY(d.y[i])})
	}
}

// DataRange implements plot.DataRanger.
func (d dots) DataRange() (xmin, xmax, ymin, ymax float64) { return ranges(d.x, d.y) }

// arrow draws a direction.
type arrow struct {
	d Direction
	m mark
}

// Plot implements plot.Plotter.
func (a arrow) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	from, to := vg.Point{X: trX(0), Y: trY(0)}, vg.Point{X: trX(a.d.X), Y: trY(a.d.Y)}
	d := to.Sub(from)
	length := vg.Length(math.Hypot(float64(d.X), float64(d.Y)))
	if length == 0 {
		return
	}
	u := d.Scale(1 / length)
	side := vg.Point{X: -u.Y, Y: u.X}
	base := to.Sub(u.Scale(8))
	c.StrokeLine2(a.m.line(), from.X, from.Y, base.X, base.Y)
	c.FillPolygon(a.m.color, []vg.Point{to, base.Add(side.Scale(3.5)), base.Sub(side.Scale(3.5))})
}

// DataRange implements plot.DataRanger.
func (a arrow) DataRange() (xmin, xmax, ymin, ymax float64) {
	return math.Min(0, a.d.X), math.Max(0, a.d.X), math.Min(0, a.d.Y), math.Max(0, a.d.Y)
}
