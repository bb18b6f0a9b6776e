package figure

import (
	"html"
	"math"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// Labels may hold subscripts _{...} and superscripts ^{...}; without braces '_' and '^' are ordinary characters, so that
// names of configuration fields need no escape. Nothing is nested.

// run is a piece of a line set in one size and height.
type run struct {
	text  string
	shift float64 // of the baseline, in font sizes
	scale float64 // of the font
}

var script = regexp.MustCompile(`([_^])\{([^{}]*)\}`)

// runs cuts a line into its pieces.
func runs(line string) []run {
	var out []run
	add := func(s string, shift, scale float64) {
		if s != "" {
			out = append(out, run{s, shift, scale})
		}
	}
	at := 0
	for _, m := range script.FindAllStringSubmatchIndex(line, -1) {
		add(line[at:m[0]], 0, 1)
		if line[m[2]] == '_' {
			add(line[m[4]:m[5]], -0.2, 0.75)
		} else {
			add(line[m[4]:m[5]], 0.38, 0.75)
		}
		at = m[1]
	}
	add(line[at:], 0, 1)
	return out
}

// plainText drops the marks: w_{ij} becomes w_ij, 10^{3} becomes 10^3.
func plainText(s string) string { return script.ReplaceAllString(s, "$1$2") }

// HTML returns text with its sub- and superscripts as an HTML fragment, everything else escaped.
func HTML(s string) string {
	s = html.EscapeString(s)
	return script.ReplaceAllStringFunc(s, func(m string) string {
		tag := "sub"
		if strings.HasPrefix(m, "^") {
			tag = "sup"
		}
		return "<" + tag + ">" + m[2:len(m)-1] + "</" + tag + ">"
	})
}

// markup is the text handler of all our plots. It is gonum's plain one, with scripts.
type markup struct{ text.Plain }

var handler text.Handler = markup{plot.DefaultTextHandler.(text.Plain)}

func (h markup) sized(f font.Font, r run) font.Face {
	f.Size *= font.Length(r.scale)
	return h.Fonts.Lookup(f, f.Size)
}

func (h markup) width(line string, f font.Font) (w vg.Length) {
	for _, r := range runs(line) {
		face := h.sized(f, r)
		w += face.Width(r.text)
	}
	return w
}

// Box implements text.Handler.
func (h markup) Box(line string, f font.Font) (width, height, depth vg.Length) {
	ext := h.Extents(f)
	return h.width(line, f), ext.Ascent, ext.Descent
}

// Draw implements text.Handler: lines of text around pt, aligned and turned as the style says.
func (h markup) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	txt = strings.TrimRight(txt, "\n")
	if txt == "" {
		return
	}
	c.SetColor(sty.Color)
	if sty.Rotation != 0 {
		c.Push()
		defer c.Pop()
		c.Rotate(sty.Rotation)
	}
	sin, cos := math.Sincos(sty.Rotation)
	x := pt.Y*vg.Length(sin) + pt.X*vg.Length(cos)
	y := pt.Y*vg.Length(cos) - pt.X*vg.Length(sin)
	lines := h.Lines(txt)
	y += sty.Height(txt)*vg.Length(sty.YAlign) - h.Extents(sty.Font).Ascent
	for i, line := range lines {
		at := vg.Point{
			X: x + h.width(line, sty.Font)*vg.Length(sty.XAlign),
			Y: y + vg.Length(len(lines)-i)*sty.Font.Size,
		}
		for _, r := range runs(line) {
			face := h.sized(sty.Font, r)
			// SVG drops blanks at the start of a text, so they are steps instead.
			word := strings.TrimLeft(r.text, " ")
			at.X += face.Width(r.text[:len(r.text)-len(word)])
			c.FillString(face, at.Add(vg.Point{Y: sty.Font.Size * vg.Length(r.shift)}), word)
			at.X += face.Width(word)
		}
	}
}
