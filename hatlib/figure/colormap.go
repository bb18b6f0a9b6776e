package figure

import (
	"image"
	"image/color"
	xdraw "image/draw"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// scale maps numbers to colours. Lightness alone tells the value, so that a print in greyscale loses nothing: numbers of
// both signs go from dark blue through the middle grey of zero to yellow, numbers of one sign from white to black. What is
// not finite becomes noColor.
type scale struct {
	lo, hi float64          // what the colour bar shows
	cm     palette.ColorMap // nil: grey
}

var noColor = color.NRGBA{0xd0, 0x00, 0x70, 0xff}

// signedMap has its ends from Nunez, Anderton and Renslow's "cividis" (2018), made to be read alike with and without
// colour blindness, and the grey halfway between them in lightness, so that zero is where hue changes.
func signedMap() palette.ColorMap {
	cm, err := moreland.NewLuminance([]color.Color{
		color.NRGBA{0x00, 0x22, 0x4e, 0xff}, color.NRGBA{0x7d, 0x7d, 0x7c, 0xff}, color.NRGBA{0xfe, 0xe8, 0x38, 0xff},
	})
	if err != nil {
		panic(err) // the three colours are in order of lightness
	}
	return cm
}

// newScale takes the range of the finite values. signed forces the map around zero.
func newScale(signed bool, values ...[]float64) scale {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, vs := range values {
		for _, v := range vs {
			if finite(v) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	if lo > hi {
		lo, hi = 0, 1
	}
	if signed || lo < 0 && hi > 0 {
		m := math.Max(math.Abs(lo), math.Abs(hi))
		if m == 0 {
			m = 1
		}
		cm := signedMap()
		cm.SetMin(-m)
		cm.SetMax(m)
		if signed || lo == hi {
			lo, hi = -m, m
		}
		return scale{lo, hi, cm}
	}
	if lo == hi {
		hi = lo + 1
	}
	return scale{lo, hi, nil}
}

func (s scale) at(v float64) color.Color {
	if !finite(v) {
		return noColor
	}
	v = math.Max(s.lo, math.Min(s.hi, v))
	if s.cm == nil {
		return color.Gray{uint8(255 - math.Round(235*(v-s.lo)/(s.hi-s.lo)))}
	}
	c, err := s.cm.At(v)
	if err != nil {
		return noColor
	}
	return c
}

// raster paints values [row][column] as an image, row 0 on top, enlarged by whole pixels: canvases smooth small images.
func (s scale) raster(rows, cols int, value func(row, col int) float64) image.Image {
	zoom := 1 + 240/max(rows, cols)
	img := image.NewNRGBA(image.Rect(0, 0, cols*zoom, rows*zoom))
	for r := range rows {
		for c := range cols {
			cell := image.Rect(c*zoom, r*zoom, (c+1)*zoom, (r+1)*zoom)
			xdraw.Draw(img, cell, image.NewUniform(s.at(value(r, c))), image.Point{}, xdraw.Src)
		}
	}
	return img
}

// bar draws a vertical colour bar with labelled ticks and a label in the canvas.
func (s scale) bar(c draw.Canvas, label string, bottom, top vg.Length, ticks plot.Ticker) {
	p := newPlot("", "", label)
	p.Y.Tick.Marker = ticks
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, s.lo, s.hi
	noTicks(&p.X)
	p.Y.Padding = 0
	p.Add(colorStrip{s})
	c.Min.Y, c.Max.Y = bottom, top
	p.Draw(c)
}

// colorStrip fills a panel with the colours of its vertical axis.
type colorStrip struct{ s scale }

// Plot implements plot.Plotter.
func (cs colorStrip) Plot(c draw.Canvas, _ *plot.Plot) {
	const steps = 128
	c.DrawImage(c.Rectangle, cs.s.raster(steps, 1, func(row, _ int) float64 {
		return cs.s.hi - (float64(row)+0.5)/steps*(cs.s.hi-cs.s.lo)
	}))
}
