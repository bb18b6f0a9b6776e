package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// minus is the typographic minus sign, as wide as a digit.
const minus = "\u2212"

// number formats v with the given number of decimals and a proper minus sign.
func number(v float64, decimals int) string {
	if math.IsInf(v, 1) {
		return "\u221e"
	}
	if math.IsInf(v, -1) {
		return minus + "\u221e"
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", minus, 1)
}

// linearTicks are multiples of 1, 2, 2.5 or 5 times a power of ten that cut the axis into at most so many parts (default
// 6), with labels that all have the same number of decimals.
type linearTicks struct{ parts float64 }

// Ticks implements plot.Ticker.
func (l linearTicks) Ticks(min, max float64) []plot.Tick {
	if l.parts == 0 {
		l.parts = 6
	}
	step := niceStep((max - min) / l.parts)
	largest := math.Max(math.Abs(min), math.Abs(max))
	var ts []plot.Tick
	for k := math.Ceil(min/step - 1e-9); k <= math.Floor(max/step+1e-9); k++ {
		v := k * step
		ts = append(ts, plot.Tick{Value: v, Label: tickLabel(v, step, largest)})
	}
	return ts
}

// niceStep returns the smallest round number that is at least v > 0.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if v <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// tickLabel writes v, a multiple of about step, with the decimals that step needs; very large and very small numbers
// as a power of ten.
func tickLabel(v, step, largest float64) string {
	if largest >= 1e5 || largest < 1e-3 {
		return scientific(v, step, largest)
	}
	return number(v, decimalsOf(step))
}

// decimalsOf returns how many decimals a multiple of step needs, at most 6.
func decimalsOf(step float64) int {
	for d := 0; d < 6; d++ {
		scaled := step * math.Pow(10, float64(d))
		if math.Abs(scaled-math.Round(scaled)) < 1e-6*scaled {
			return d
		}
	}
	return 6
}

// scientific writes v as m×10^{e}, with the exponent of the largest number of the axis and the digits that step needs.
func scientific(v, step, largest float64) string {
	if math.Abs(v) < step*1e-6 {
		return "0"
	}
	e := math.Floor(math.Log10(largest) + 1e-9)
	unit := math.Pow(10, e)
	return fmt.Sprintf("%s\u00d710^{%s}", number(v/unit, decimalsOf(step/unit)), number(e, 0))
}

// logTicks mark every power of ten, and 2 and 5 between them where the range is short.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(min, max float64) []plot.Tick {
	if min <= 0 || max <= min {
		panic(fmt.Sprintf("log axis from %g to %g: both must be positive and differ", min, max))
	}
	lo, hi := math.Floor(math.Log10(min)), math.Ceil(math.Log10(max))
	decades := math.Log10(max / min)
	every := 1.0
	for decades/every > 6 {
		every++
	}
	var ts []plot.Tick
	for e := lo; e <= hi; e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, e)
			if v < min*(1-1e-9) || v > max*(1+1e-9) {
				continue
			}
			t := plot.Tick{Value: v}
			major := m == 1 && math.Mod(e, every) == 0
			if decades < 2.2 {
				major = m == 1 || m == 2 || m == 5
			}
			if decades < 0.8 {
				major = true
			}
			if major {
				t.Label = powerLabel(v)
			}
			ts = append(ts, t)
		}
	}
	return ts
}

// log10Ticks label an axis whose values are decimal logarithms. Vertical log axes are made so, because gonum misplaces the
// label of an axis with a scale of its own.
type log10Ticks struct{}

// Ticks implements plot.Ticker.
func (log10Ticks) Ticks(min, max float64) []plot.Tick {
	ts := logTicks{}.Ticks(math.Pow(10, min), math.Pow(10, max))
	for i := range ts {
		ts[i].Value = math.Log10(ts[i].Value)
	}
	return ts
}

// log10 of every number.
func log10(vs []float64) []float64 {
	if vs == nil {
		return nil
	}
	out := make([]float64, len(vs))
	for i, v := range vs {
		out[i] = math.Log10(v)
	}
	return out
}

// powerLabel writes 0.001 to 10000 plainly, everything else as a power.
func powerLabel(v float64) string {
	e := math.Floor(math.Log10(v) + 1e-9)
	if e >= -3 && e <= 4 {
		return number(v, int(math.Max(0, -e)))
	}
	if m := v / math.Pow(10, e); math.Abs(m-1) > 1e-9 {
		return fmt.Sprintf("%s\u00d710^{%s}", number(m, 0), number(e, 0))
	}
	return fmt.Sprintf("10^{%s}", number(e, 0))
}

// gridLines draws faint lines at the labelled ticks of both axes.
type gridLines struct{}

// Plot implements plot.Plotter.
func (gridLines) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	sty := draw.LineStyle{Color: faint, Width: 0.5}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if x := trX(t.Value); t.Label != "" && c.ContainsX(x) {
			c.StrokeLine2(sty, x, c.Min.Y, x, c.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if y := trY(t.Value); t.Label != "" && c.ContainsY(y) {
			c.StrokeLine2(sty, c.Min.X, y, c.Max.X, y)
		}
	}
}

// namedTicks puts a name at 0, 1, 2, ...
func namedTicks(names []string) plot.ConstantTicks {
	ts := make(plot.ConstantTicks, len(names))
	for i, n := range names {
		ts[i] = plot.Tick{Value: float64(i), Label: n}
	}
	return ts
}

// noTicks leaves an axis bare.
func noTicks(a *plot.Axis) {
	a.Tick.Marker = plot.ConstantTicks{}
	a.Tick.Length = 0
	a.LineStyle.Width = vg.Length(0)
}
