package figure

import (
	"image/color"
	"math"
	"slices"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of text in points; 9 points are the 12 pixels of a notebook's own small text.
const (
	titleSize = 10.5
	labelSize = 9
	tickSize  = 8
)

// fullWidth of a picture: 453 points are 604 pixels, which fits a notebook's output cell.
const fullWidth = vg.Length(453)

var (
	ink      = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	faint    = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	midGrey  = color.NRGBA{0x80, 0x80, 0x80, 0xff}
	softBand = uint8(0x38) // opacity of quartile bands
)

// mark is how one series looks: three independent signs, so that any one of them suffices.
type mark struct {
	color color.NRGBA
	dash  []vg.Length
	glyph draw.GlyphDrawer
	width vg.Length
}

// marks are taken in order. Colours are those of Okabe and Ito (2008), "Color universal design", ordered so that
// neighbours differ in lightness too.
var marks = []mark{
	{color.NRGBA{0x00, 0x72, 0xb2, 0xff}, nil, draw.CircleGlyph{}, 1.4},
	{color.NRGBA{0x00, 0x9e, 0x73, 0xff}, []vg.Length{6, 2}, openTriangle{}, 1.4},
	{color.NRGBA{0xe6, 0x9f, 0x00, 0xff}, []vg.Length{2, 2}, draw.BoxGlyph{}, 1.4},
	{color.NRGBA{0xcc, 0x79, 0xa7, 0xff}, []vg.Length{6, 2, 2, 2}, draw.PyramidGlyph{}, 1.4},
	{color.NRGBA{0x56, 0xb4, 0xe9, 0xff}, []vg.Length{9, 3}, draw.CrossGlyph{}, 1.4},
	{color.NRGBA{0x00, 0x00, 0x00, 0xff}, []vg.Length{1, 2}, draw.PlusGlyph{}, 1.4},
}

var (
	controlMark = mark{color.NRGBA{0x50, 0x50, 0x50, 0xff}, []vg.Length{4, 2}, openCircle{}, 1.5}
	hatMark     = mark{color.NRGBA{0xd5, 0x5e, 0x00, 0xff}, nil, draw.BoxGlyph{}, 1.5}
)

// styles gives every name its mark: the two arms of the paper always the same, the others in order. Beside HAT, which has
// a solid line, no other has one.
func styles(names []string) []mark {
	out := make([]mark, len(names))
	next := 0
	if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, "hat") }) {
		next = 1
	}
	for i, name := range names {
		switch strings.ToLower(name) {
		case "control":
			out[i] = controlMark
		case "hat":
			out[i] = hatMark
		default:
			out[i] = marks[next%len(marks)]
			next++
		}
	}
	return out
}

// openCircle and openTriangle are outlines filled with white, so that the line does not run through them.
type (
	openCircle   struct{}
	openTriangle struct{}
)

// DrawGlyph implements draw.GlyphDrawer.
func (openCircle) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, pt vg.Point) {
	c.SetColor(color.White)
	draw.CircleGlyph{}.DrawGlyph(c, sty, pt)
	var ring vg.Path
	ring.Move(vg.Point{X: pt.X + sty.Radius, Y: pt.Y})
	ring.Arc(pt, sty.Radius, 0, 2*math.Pi)
	ring.Close()
	c.SetLineStyle(draw.LineStyle{Color: sty.Color, Width: 1})
	c.Stroke(ring)
}

// DrawGlyph implements draw.GlyphDrawer.
func (openTriangle) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, pt vg.Point) {
	c.SetColor(color.White)
	draw.PyramidGlyph{}.DrawGlyph(c, sty, pt)
	c.SetColor(sty.Color)
	draw.TriangleGlyph{}.DrawGlyph(c, sty, pt)
}

func (m mark) line() draw.LineStyle {
	return draw.LineStyle{Color: m.color, Width: m.width, Dashes: m.dash}
}

func (m mark) point() draw.GlyphStyle {
	return draw.GlyphStyle{Color: m.color, Radius: 2.4, Shape: m.glyph}
}

func (m mark) fill(alpha uint8) color.NRGBA {
	c := m.color
	c.A = alpha
	return c
}

func textStyle(size font.Length) text.Style {
	return text.Style{Color: ink, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}, Handler: handler}
}

func boldStyle(size font.Length) text.Style {
	s := textStyle(size)
	s.Font.Weight = xfont.WeightBold
	return s
}

// newPlot returns an empty panel in the house style. Titles of panels and axis labels may be empty.
func newPlot(title, xlabel, ylabel string) *plot.Plot {
	p := plot.New()
	p.TextHandler = handler
	p.BackgroundColor = nil
	p.Title.Text = title
	p.Title.TextStyle = textStyle(labelSize)
	p.Title.TextStyle.XAlign = draw.XCenter
	p.Title.TextStyle.YAlign = draw.YTop
	p.Title.Padding = 4
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		lab := a.Label.TextStyle
		a.Label.TextStyle = textStyle(labelSize)
		a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign, a.Label.TextStyle.Rotation = lab.XAlign, lab.YAlign, lab.Rotation
		tick := a.Tick.Label
		a.Tick.Label = textStyle(tickSize)
		a.Tick.Label.XAlign, a.Tick.Label.YAlign, a.Tick.Label.Rotation = tick.XAlign, tick.YAlign, tick.Rotation
		a.LineStyle = draw.LineStyle{Color: ink, Width: 0.6}
		a.Tick.LineStyle = draw.LineStyle{Color: ink, Width: 0.6}
		a.Tick.Length = 4
		a.Label.Padding = 3
		a.Padding = 2
		a.Tick.Marker = linearTicks{}
	}
	p.X.Label.Text, p.Y.Label.Text = xlabel, ylabel
	p.Add(gridLines{})
	return p
}

// logAxis makes an axis logarithmic. Its range must be positive when it is drawn.
func logAxis(a *plot.Axis) {
	a.Scale = plot.LogScale{}
	a.Tick.Marker = logTicks{}
}
