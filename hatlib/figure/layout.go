package figure

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// key is one entry of the legend, which stands above the panels: there it never hides data.
type key struct {
	name string
	draw func(c draw.Canvas) // fills a canvas of keyWidth by one line of text
}

const keyWidth = vg.Length(26)

// lineKey shows a line with its marker, and its band if it has one.
func lineKey(name string, m mark, band bool) key {
	return key{name, func(c draw.Canvas) {
		if band {
			c.SetColor(m.fill(softBand))
			c.Fill(c.Rectangle.Path())
		}
		y := c.Center().Y
		c.StrokeLine2(m.line(), c.Min.X, y, c.Max.X, y)
		if m.glyph != nil {
			c.DrawGlyph(m.point(), c.Center())
		}
	}}
}

// margin around the whole picture.
const margin = vg.Length(6)

// panels draws title, legend and a grid of panels with aligned axes. Each row has the same number of panels.
func panels(title string, keys []key, rows [][]*plot.Plot) func(draw.Canvas) {
	return func(c draw.Canvas) {
		c = draw.Crop(c, margin, -margin, margin, -margin)
		c = drawTitle(c, title)
		c = drawLegend(c, keys)
		tiles := draw.Tiles{Rows: len(rows), Cols: len(rows[0]), PadX: 16, PadY: 10}
		for i, row := range plot.Align(rows, tiles, c) {
			for j, cell := range row {
				if rows[i][j] != nil {
					rows[i][j].Draw(cell)
				}
			}
		}
	}
}

// drawTitle writes the title at the top left and returns what is left of the canvas.
func drawTitle(c draw.Canvas, title string) draw.Canvas {
	if title == "" {
		return c
	}
	sty := boldStyle(titleSize)
	sty.YAlign = draw.YTop
	c.FillText(sty, vg.Point{X: c.Min.X, Y: c.Max.Y}, title)
	return draw.Crop(c, 0, 0, 0, -(sty.Height(title) + 5))
}

// drawLegend writes the entries from left to right, in as many lines as they need, and returns what is left.
func drawLegend(c draw.Canvas, keys []key) draw.Canvas {
	if len(keys) == 0 {
		return c
	}
	sty := textStyle(labelSize)
	sty.YAlign = draw.YCenter
	line := sty.Height("x") + 4
	x, y := c.Min.X, c.Max.Y
	for _, k := range keys {
		w := keyWidth + 5 + sty.Width(k.name)
		if x > c.Min.X && x+w > c.Max.X {
			x, y = c.Min.X, y-line
		}
		k.draw(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: x, Y: y - line + 3}, Max: vg.Point{X: x + keyWidth, Y: y - 2}}})
		c.FillText(sty, vg.Point{X: x + keyWidth + 5, Y: y - line/2 + 0.5}, k.name)
		x += w + 14
	}
	c.Max.Y = y - line - 4
	return c
}

// heights of the parts above the panels, so that a figure can ask for the room they need.
func headHeight(title string, keys []key, width vg.Length) vg.Length {
	h := 2 * margin
	if title != "" {
		h += boldStyle(titleSize).Height(title) + 5
	}
	if len(keys) == 0 {
		return h
	}
	sty := textStyle(labelSize)
	lines, x := 1, vg.Length(0)
	for _, k := range keys {
		w := keyWidth + 5 + sty.Width(k.name)
		if x > 0 && x+w > width-2*margin {
			lines, x = lines+1, 0
		}
		x += w + 14
	}
	return h + vg.Length(lines)*(sty.Height("x")+4) + 4
}
