package figure

import (
	"fmt"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// RuleContour shows the update of a rule over (v_i, v_j) at one w_ij, or averaged over it: a heat map with contour lines, those
// of negative values dashed, at the ticks of the colour bar. Figure 2 of the paper.
type RuleContour struct {
	Name, Title, Caption string
	XLabel, YLabel       string      // default v_{i} and v_{j}
	ZLabel               string      // default "update Δw_{ij}"
	X, Y                 []float64   // grid lines, increasing, at least two each
	Z                    [][]float64 // Z[y][x]
	N                    int         // runs that were averaged; in the caption when > 0
}

// Figure implements [Spec].
func (r RuleContour) Figure() (*Figure, error) {
	fail := func(format string, args ...any) (*Figure, error) {
		return nil, fmt.Errorf("figure.RuleContour %q: "+format, append([]any{r.Name}, args...)...)
	}
	if err := checkName("RuleContour", r.Name); err != nil {
		return nil, err
	}
	for name, grid := range map[string][]float64{"X": r.X, "Y": r.Y} {
		if len(grid) < 2 {
			return fail("%s has %d grid lines, want at least 2", name, len(grid))
		}
		for i := range grid[1:] {
			if !(grid[i] < grid[i+1]) {
				return fail("%s must increase, but %s[%d] = %g and %s[%d] = %g", name, name, i, grid[i], name, i+1, grid[i+1])
			}
		}
	}
	if len(r.Z) != len(r.Y) {
		return fail("Z has %d rows, want one per Y: %d", len(r.Z), len(r.Y))
	}
	t := newTable("x", "y", "z")
	missing := 0
	for j, row := range r.Z {
		if len(row) != len(r.X) {
			return fail("Z[%d] has %d numbers, want one per X: %d", j, len(row), len(r.X))
		}
		for i, z := range row {
			t.add(r.X[i], r.Y[j], z)
			if !finite(z) {
				missing++
			}
		}
	}
	s := newScale(false, r.Z...)
	p := newPlot("", orDefault(r.XLabel, "pre-synaptic activity v_{i}"), orDefault(r.YLabel, "post-synaptic activity v_{j}"))
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = r.X[0], r.X[len(r.X)-1], r.Y[0], r.Y[len(r.Y)-1]
	p.X.Padding, p.Y.Padding = 0, 0
	p.Add(field{r, s})
	n := ""
	if r.N > 0 {
		n = fmt.Sprintf("n = %d.", r.N)
	}
	note := ""
	if missing > 0 {
		note = fmt.Sprintf("%d grid points are not finite (magenta).", missing)
	}
	zlabel := orDefault(r.ZLabel, "update \u0394w_{ij}")
	return &Figure{
		Name: r.Name, Title: r.Title, N: r.N, table: t,
		Caption: sentences(r.Caption, "Contour lines stand at the ticks of the colour bar, dashed where negative.", n, note),
		width:   fullWidth * 0.82, height: headHeight(r.Title, nil, fullWidth) + 265,
		draw: func(c draw.Canvas) {
			c = drawTitle(draw.Crop(c, margin, -margin, margin, -margin), r.Title)
			const barWidth = 62
			main := draw.Crop(c, 0, -(barWidth + 12), 0, 0)
			p.Draw(main)
			data := p.DataCanvas(main)
			s.bar(draw.Crop(c, c.Max.X-c.Min.X-barWidth, 0, 0, 0), zlabel, data.Min.Y, data.Max.Y, linearTicks{parts: 12})
		},
	}, nil
}

// field paints the grid and its contour lines.
type field struct {
	r RuleContour
	s scale
}

// Plot implements plot.Plotter.
func (f field) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	const pixels = 96 // of the painted field in each direction, interpolated from the grid
	c.DrawImage(c.Rectangle, f.s.raster(pixels, pixels, func(row, col int) float64 {
		u, v := (float64(col)+0.5)/pixels, 1-(float64(row)+0.5)/pixels
		return f.r.value(p.X.Min+u*(p.X.Max-p.X.Min), p.Y.Min+v*(p.Y.Max-p.Y.Min))
	}))
	for _, t := range (linearTicks{parts: 12}).Ticks(f.s.lo, f.s.hi) {
		sty := draw.LineStyle{Color: ink, Width: 0.7}
		if t.Value < -1e-12*(f.s.hi-f.s.lo) {
			sty.Dashes, sty.Color = []vg.Length{3, 2}, color.White // dark lines would be lost in dark blue
		}
		for _, l := range contourLines(f.r.X, f.r.Y, f.r.Z, t.Value) {
			pts := make([]vg.Point, len(l))
			for i, q := range l {
				pts[i] = vg.Point{X: trX(q[0]), Y: trY(q[1])}
			}
			c.StrokeLines(sty, pts)
		}
	}
}

// value interpolates Z bilinearly.
func (r RuleContour) value(x, y float64) float64 {
	i, u := cell(r.X, x)
	j, v := cell(r.Y, y)
	return (1-v)*((1-u)*r.Z[j][i]+u*r.Z[j][i+1]) + v*((1-u)*r.Z[j+1][i]+u*r.Z[j+1][i+1])
}

// cell finds the grid cell of x, and where in it x lies, in [0,1].
func cell(grid []float64, x float64) (i int, u float64) {
	for i < len(grid)-2 && grid[i+1] <= x {
		i++
	}
	return i, (x - grid[i]) / (grid[i+1] - grid[i])
}

// contourLines returns the lines on which z has the given value, as chains of points, by marching over the triangles of every
// grid cell (each cell is cut along one diagonal, so no cell is ambiguous). Chains come in the order of the grid.
func contourLines(xs, ys []float64, z [][]float64, at float64) [][][2]float64 {
	var segs [][2][2]float64
	type corner struct{ x, y, z float64 }
	cut := func(a, b corner) [2]float64 {
		if a.x > b.x || a.x == b.x && a.y > b.y {
			a, b = b, a // the same edge gives the same bits from both sides
		}
		u := (at - a.z) / (b.z - a.z)
		return [2]float64{a.x + u*(b.x-a.x), a.y + u*(b.y-a.y)}
	}
	for j := range len(ys) - 1 {
		for i := range len(xs) - 1 {
			q := [4]corner{{xs[i], ys[j], z[j][i]}, {xs[i+1], ys[j], z[j][i+1]}, {xs[i+1], ys[j+1], z[j+1][i+1]}, {xs[i], ys[j+1], z[j+1][i]}}
			for _, tri := range [2][3]corner{{q[0], q[1], q[2]}, {q[0], q[2], q[3]}} {
				if !finite(tri[0].z) || !finite(tri[1].z) || !finite(tri[2].z) {
					continue
				}
				var ends [][2]float64
				for k := range tri {
					a, b := tri[k], tri[(k+1)%3]
					if (a.z >= at) != (b.z >= at) {
						ends = append(ends, cut(a, b))
					}
				}
				if len(ends) == 2 && ends[0] != ends[1] {
					segs = append(segs, [2][2]float64{ends[0], ends[1]})
				}
			}
		}
	}
	return chain(segs)
}

// chain joins segments that share an end into lines, so that dashes run through.
func chain(segs [][2][2]float64) [][][2]float64 {
	at := map[[2]float64][]int{} // segments by end; only looked up, never ranged over
	for i, s := range segs {
		at[s[0]] = append(at[s[0]], i)
		at[s[1]] = append(at[s[1]], i)
	}
	used := make([]bool, len(segs))
	grow := func(line [][2]float64) [][2]float64 {
		for {
			tip := line[len(line)-1]
			next := -1
			for _, i := range at[tip] {
				if !used[i] {
					next = i
					break
				}
			}
			if next < 0 {
				return line
			}
			used[next] = true
			end := segs[next][0]
			if end == tip {
				end = segs[next][1]
			}
			line = append(line, end)
		}
	}
	var out [][][2]float64
	for i, s := range segs {
		if used[i] {
			continue
		}
		used[i] = true
		back := grow([][2]float64{s[1], s[0]})
		for l, r := 0, len(back)-1; l < r; l, r = l+1, r-1 {
			back[l], back[r] = back[r], back[l]
		}
		out = append(out, grow(back))
	}
	return out
}
