package rulefigure

import (
	"fmt"
	"math"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// bins of each input in a slice.
const bins = 12

// Slices are binned means of a rule's update against each input, with standard errors over the points of a bin.
func Slices(name string, rule analysis.RuleFn, inputs Inputs) (figure.RuleSeries, error) {
	s := analysis.Sample(rule, inputs.Pairs)
	series := figure.RuleSeries{Name: name}
	for _, in := range []struct {
		x  []float64
		to *figure.Slice
	}{{s.Vi, &series.Vi}, {s.Wij, &series.Wij}, {s.Vj, &series.Vj}} {
		slice, err := figure.BinMeans(in.x, s.Update, bins)
		if err != nil {
			return series, fmt.Errorf("%s on %s: %w", name, inputs.Name, err)
		}
		*in.to = slice
	}
	return series, nil
}

// Contour is a rule over v_i and v_j in the ranges of the grid, averaged over the w_ij that training visited.
func (r *Rules) Contour(rule analysis.RuleFn) (vi, vj []float64, update [][]float64) {
	const lines, weights = 21, 32
	low, high := r.Ranges()
	for k := range lines {
		at := func(input int) float64 {
			return low[input] + (high[input]-low[input])*float64(k)/(lines-1)
		}
		vi, vj = append(vi, at(0)), append(vj, at(2))
	}
	var visited, wij []float64
	for _, p := range r.Visited().Pairs {
		visited = append(visited, p[1])
	}
	for k := range weights {
		wij = append(wij, analysis.Quantile(visited, (float64(k)+0.5)/weights))
	}
	for _, y := range vj {
		var row []float64
		for _, x := range vi {
			sum := 0.0
			for _, w := range wij {
				sum += rule(x, w, y) / weights
			}
			row = append(row, sum)
		}
		update = append(update, row)
	}
	return vi, vj, update
}

// Polynomials are lines over the degrees 0 to 9 of the share of variance (R2) that a polynomial in v_i, w_ij and v_j explains on
// points that it was not fitted to, below 0 where it fits the noise of its own points: of the mean rule on what training visited and on the grid, of the rules one by one
// (median and quartiles) at the same visited points, and of the mean of the same M before training.
func (r *Rules) Polynomials() ([]figure.Series, error) {
	visited, grid := r.Visited(), r.Grid()
	rules := append(r.Each(r.Last()), r.Mean(r.Last()), r.Mean(0))
	n := len(r.Runs)
	shares, err := analysis.PolynomialsOf(rules, visited.Pairs, 1)
	if err != nil {
		return nil, err
	}
	onGrid, err := analysis.PolynomialsOf(rules[n:n+1], grid.Pairs, 1)
	if err != nil {
		return nil, err
	}
	var degrees []float64
	for d := range analysis.MaxDegree + 1 {
		degrees = append(degrees, float64(d))
	}
	single := figure.Series{Name: "single rules, visited", X: degrees}
	single.Y, single.Lo, single.Hi = quartiles(shares[:n])
	return []figure.Series{
		{Name: MeanRule + ", visited", X: degrees, Y: shares[n]}, {Name: MeanRule + ", grid", X: degrees, Y: onGrid[0]},
		single, {Name: UntrainedRule + ", visited", X: degrees, Y: shares[n+1]},
	}, nil
}

// leastLeft is drawn where nothing is left to explain: a logarithmic axis has no 0.
const leastLeft = 1e-9

// Unexplained is 1 - y of each line, for a logarithmic axis: the share of variance that is left.
func Unexplained(lines []figure.Series) []figure.Series {
	left := func(y []float64) []float64 {
		if y == nil {
			return nil
		}
		u := make([]float64, len(y))
		for k, v := range y {
			u[k] = math.Max(1-v, leastLeft)
		}
		return u
	}
	out := make([]figure.Series, len(lines))
	for i, l := range lines {
		out[i] = figure.Series{Name: l.Name, X: l.X, Y: left(l.Y), Lo: left(l.Hi), Hi: left(l.Lo)}
	}
	return out
}

// quartiles of columns: values[run][k]. lo and hi are nil for a single run.
func quartiles(values [][]float64) (median, lo, hi []float64) {
	for k := range values[0] {
		var column []float64
		for _, v := range values {
			column = append(column, v[k])
		}
		q1, m, q3 := analysis.Quartiles(column)
		median, lo, hi = append(median, m), append(lo, q1), append(hi, q3)
	}
	if len(values) == 1 {
		return median, nil, nil
	}
	return median, lo, hi
}
