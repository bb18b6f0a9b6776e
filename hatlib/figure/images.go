package figure

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Images shows a grid of small images: incoming weights of units, or samples of a data set. Numbers of both signs are shown
// from blue through grey (zero) to yellow, others from white to black.
type Images struct {
	Name, Title, Caption string
	Height, Width        int         // of an image
	Images               [][]float64 // each Height*Width numbers, row-major
	Labels               []string    // above the images; none, or one for each
	Cols                 int         // images in a row; default 10, or fewer when there are fewer
	Own                  bool        // every image has its own scale, and there is no colour bar
	Signed               bool        // show around zero even when all numbers have one sign
	ZLabel               string      // of the colour bar
}

// Figure implements [Spec]. N is the number of images.
func (m Images) Figure() (*Figure, error) {
	fail := func(format string, args ...any) (*Figure, error) {
		return nil, fmt.Errorf("figure.Images %q: "+format, append([]any{m.Name}, args...)...)
	}
	if err := checkName("Images", m.Name); err != nil {
		return nil, err
	}
	n := len(m.Images)
	if n == 0 || m.Height < 1 || m.Width < 1 {
		return fail("%d images of %d x %d: want at least one of at least 1 x 1", n, m.Height, m.Width)
	}
	if len(m.Labels) != 0 && len(m.Labels) != n {
		return fail("%d labels for %d images", len(m.Labels), n)
	}
	t := newTable("image", "label", "row", "col", "value")
	missing := 0
	for i, im := range m.Images {
		if len(im) != m.Height*m.Width {
			return fail("image %d has %d numbers, want %d x %d = %d", i, len(im), m.Height, m.Width, m.Height*m.Width)
		}
		label := ""
		if len(m.Labels) > 0 {
			label = m.Labels[i]
		}
		for k, v := range im {
			t.add(i, label, k/m.Width, k%m.Width, v)
			if !finite(v) {
				missing++
			}
		}
	}
	cols := m.Cols
	if cols <= 0 {
		cols = 10
	}
	cols = min(cols, n)
	rows := (n + cols - 1) / cols
	const gap, barWidth = vg.Length(5), vg.Length(56)
	labelRoom := vg.Length(0)
	if len(m.Labels) > 0 {
		labelRoom = textStyle(tickSize).Height("x") + 1
	}
	room := fullWidth - 2*margin
	if !m.Own {
		room -= barWidth + 8
	}
	side := min((room-gap*vg.Length(cols-1))/vg.Length(cols), 78)
	tall := side * vg.Length(m.Height) / vg.Length(m.Width)
	shared := newScale(m.Signed, m.Images...)
	note := ""
	if missing > 0 {
		note = fmt.Sprintf("%d values are not finite (magenta).", missing)
	}
	body := vg.Length(rows)*(tall+labelRoom+gap) - gap
	const least = vg.Length(60) // a colour bar needs room for its ticks
	width := 2*margin + vg.Length(cols)*(side+gap) - gap
	if !m.Own {
		width += barWidth + 8
	}
	if m.Title != "" {
		width = max(width, 2*margin+boldStyle(titleSize).Width(m.Title))
	}
	return &Figure{
		Name: m.Name, Title: m.Title, N: n, table: t,
		Caption: sentences(m.Caption, fmt.Sprintf("n = %d images of %d by %d.", n, m.Height, m.Width), note),
		width:   width, height: headHeight(m.Title, nil, fullWidth) + max(body, least),
		draw: func(c draw.Canvas) {
			c = drawTitle(draw.Crop(c, margin, -margin, margin, -margin), m.Title)
			for i, im := range m.Images {
				s := shared
				if m.Own {
					s = newScale(m.Signed, im)
				}
				x := c.Min.X + vg.Length(i%cols)*(side+gap)
				y := c.Max.Y - vg.Length(i/cols)*(tall+labelRoom+gap) - labelRoom - tall
				box := vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x + side, Y: y + tall}}
				c.DrawImage(box, s.raster(m.Height, m.Width, func(r, k int) float64 { return im[r*m.Width+k] }))
				c.SetLineStyle(draw.LineStyle{Color: color.Gray{0xb0}, Width: 0.4})
				path := box.Path()
				path.Close()
				c.Stroke(path)
				if len(m.Labels) > 0 {
					sty := textStyle(tickSize)
					sty.XAlign = draw.XCenter
					c.FillText(sty, vg.Point{X: x + side/2, Y: y + tall + 2.5}, m.Labels[i])
				}
			}
			if !m.Own {
				x := c.Min.X + vg.Length(cols)*(side+gap) - gap + 8
				bar := c
				bar.Min.X, bar.Max.X = x, x+barWidth
				top := c.Max.Y - labelRoom
				shared.bar(bar, m.ZLabel, top-max(min(body-labelRoom, 130), least-labelRoom), top, linearTicks{})
			}
		},
	}, nil
}
