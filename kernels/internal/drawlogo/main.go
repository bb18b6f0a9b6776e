// Command drawlogo draws the kernels' logo: two neurons and the synapse between them, which is what hatlab is about. `go generate ./kernels` runs it.
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"math"
	"os"
	"path/filepath"
)

// The drawing, in units of a square of 64 with y down: the neuron v_i sends through w_ij to v_j.
const side = 64.0

type point struct{ x, y float64 }

var (
	pre, post = point{17, 44}, point{45, 18}
	preR      = 10.0
	postR     = 12.0
	wire      = 4.5 // width of the synapse
	dot       = 4.0 // radius of the weight in its middle
	blue      = color.NRGBA{0x1f, 0x6f, 0xb2, 0xff}
	orange    = color.NRGBA{0xe6, 0x86, 0x1a, 0xff}
	dark      = color.NRGBA{0x2b, 0x2b, 0x33, 0xff}
)

func main() {
	for _, size := range []int{32, 64} {
		var buf bytes.Buffer
		if err := png.Encode(&buf, draw(size)); err != nil {
			log.Fatal(err)
		}
		write(fmt.Sprintf("logo-%dx%d.png", size, size), buf.Bytes())
	}
	write("logo-svg.svg", []byte(svg()))
}

func write(name string, content []byte) {
	if err := os.WriteFile(filepath.Join("logo", name), content, 0o644); err != nil {
		log.Fatal(err)
	}
}

// draw samples each pixel 8 by 8 times.
func draw(size int) image.Image {
	const samples = 8
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for py := range size {
		for px := range size {
			var r, g, b, hits float64
			for s := range samples * samples {
				p := point{
					(float64(px) + (float64(s%samples)+0.5)/samples) * side / float64(size),
					(float64(py) + (float64(s/samples)+0.5)/samples) * side / float64(size),
				}
				if c, ok := colorAt(p); ok {
					r, g, b, hits = r+float64(c.R), g+float64(c.G), b+float64(c.B), hits+1
				}
			}
			if hits > 0 {
				img.SetNRGBA(px, py, color.NRGBA{
					uint8(math.Round(r / hits)), uint8(math.Round(g / hits)), uint8(math.Round(b / hits)),
					uint8(math.Round(255 * hits / (samples * samples))),
				})
			}
		}
	}
	return img
}

// colorAt returns the colour of a point, from the front backwards.
func colorAt(p point) (color.NRGBA, bool) {
	middle := point{(pre.x + post.x) / 2, (pre.y + post.y) / 2}
	switch {
	case distance(p, middle) <= dot:
		return dark, true
	case distance(p, pre) <= preR:
		return blue, true
	case distance(p, post) <= postR:
		return orange, true
	case toSegment(p, pre, post) <= wire/2:
		return dark, true
	}
	return color.NRGBA{}, false
}

func distance(a, b point) float64 { return math.Hypot(a.x-b.x, a.y-b.y) }

// toSegment is the distance of p from the line between a and b.
func toSegment(p, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := ((p.x-a.x)*dx + (p.y-a.y)*dy) / (dx*dx + dy*dy)
	t = math.Max(0, math.Min(1, t))
	return distance(p, point{a.x + t*dx, a.y + t*dy})
}

func svg() string {
	hex := func(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
  <line x1="%g" y1="%g" x2="%g" y2="%g" stroke="%s" stroke-width="%g"/>
  <circle cx="%g" cy="%g" r="%g" fill="%s"/>
  <circle cx="%g" cy="%g" r="%g" fill="%s"/>
  <circle cx="%g" cy="%g" r="%g" fill="%s"/>
</svg>
`, pre.x, pre.y, post.x, post.y, hex(dark), wire,
		pre.x, pre.y, preR, hex(blue), post.x, post.y, postR, hex(orange),
		(pre.x+post.x)/2, (pre.y+post.y)/2, dot, hex(dark))
}
