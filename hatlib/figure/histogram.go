package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Values is one set of numbers in a [Histogram].
type Values struct {
	Name   string
	Values []float64
}

// Histogram counts numbers in equal bins, all sets in the same bins, each as its share of the set.
type Histogram struct {
	Name, Title, Caption string
	XLabel               string
	Bins                 int // default 30
	Sets                 []Values
}

// Figure implements [Spec]. N is the size of the largest set.
func (h Histogram) Figure() (*Figure, error) {
	if err := checkName("Histogram", h.Name); err != nil {
		return nil, err
	}
	if len(h.Sets) == 0 || h.Bins < 0 {
		return nil, fmt.Errorf("figure.Histogram %q: %d sets in %d bins: want at least one set", h.Name, len(h.Sets), h.Bins)
	}
	bins := h.Bins
	if bins == 0 {
		bins = 30
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	missing := 0
	names := make([]string, len(h.Sets))
	for i, s := range h.Sets {
		names[i] = s.Name
		if len(s.Values) == 0 {
			return nil, fmt.Errorf("figure.Histogram %q: set %q is empty", h.Name, s.Name)
		}
		for _, v := range s.Values {
			if finite(v) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			} else {
				missing++
			}
		}
	}
	if lo > hi {
		return nil, fmt.Errorf("figure.Histogram %q: no value is finite", h.Name)
	}
	if lo == hi {
		lo, hi = lo-0.5, hi+0.5
	}
	edges := make([]float64, bins+1)
	for k := range edges {
		edges[k] = lo + (hi-lo)*float64(k)/float64(bins)
	}
	p := newPlot("", h.XLabel, "share of values")
	look := styles(names)
	t := newTable("set", "from", "to", "count", "share")
	var keys []key
	smallest, largest := math.MaxInt, 0
	for i, s := range h.Sets {
		counts := make([]int, bins)
		n := 0
		for _, v := range s.Values {
			if finite(v) {
				counts[min(int(float64(bins)*(v-lo)/(hi-lo)), bins-1)]++
				n++
			}
		}
		smallest, largest = min(smallest, n), max(largest, n)
		share := make([]float64, bins)
		for k, c := range counts {
			share[k] = float64(c) / math.Max(1, float64(n))
			t.add(s.Name, edges[k], edges[k+1], c, share[k])
		}
		look[i].glyph = nil
		p.Add(steps{edges, share, look[i]})
		if len(h.Sets) > 1 {
			keys = append(keys, lineKey(s.Name, look[i], true))
		}
	}
	frame(p)
	p.X.Padding, p.Y.Padding = 0, 0
	p.Y.Min = 0
	p.Y.Max *= 1.05
	return &Figure{
		Name: h.Name, Title: h.Title, N: largest, table: t,
		Caption: sentences(h.Caption, count(smallest, largest)+" values.", missingNote(missing)),
		width:   fullWidth * 0.8, height: headHeight(h.Title, keys, fullWidth*0.8) + 175, draw: panels(h.Title, keys, [][]*plot.Plot{{p}}),
	}, nil
}

// steps is the outline of one set, filled.
type steps struct {
	edges, share []float64
	m            mark
}

// Plot implements plot.Plotter.
func (s steps) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	pts := []vg.Point{{X: trX(s.edges[0]), Y: trY(0)}}
	for k, v := range s.share {
		pts = append(pts, vg.Point{X: trX(s.edges[k]), Y: trY(v)}, vg.Point{X: trX(s.edges[k+1]), Y: trY(v)})
	}
	pts = append(pts, vg.Point{X: trX(s.edges[len(s.edges)-1]), Y: trY(0)})
	c.FillPolygon(s.m.fill(softBand), pts)
	c.StrokeLines(s.m.line(), pts)
}

// DataRange implements plot.DataRanger.
func (s steps) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax, _, ymax = ranges(s.edges[:len(s.share)], s.share)
	return xmin, math.Max(xmax, s.edges[len(s.edges)-1]), 0, ymax
}
