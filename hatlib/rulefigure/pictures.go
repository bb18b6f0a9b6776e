package rulefigure

import (
	"fmt"
	"math"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// bins of each input in a slice.
const bins = 12

// Over says what the standard errors of [Slices] are over, for [figure.RuleSlices].
const Over = "the rules, one for each seed"

// Slices are binned means of the mean of rules against each input. The standard errors are over the rules: another set of
// seeds would give another mean, by about so much; there are none of a single rule. All points are finite, or the rule of a
// run that diverged would have been left out (see [Read]).
func Slices(name string, rules []analysis.RuleFn, inputs Inputs) (figure.RuleSeries, error) {
	series := figure.RuleSeries{Name: name}
	mean := analysis.Sample(analysis.MeanRule(rules), inputs.Pairs)
	var single []analysis.RuleSample
	for _, rule := range rules {
		single = append(single, analysis.Sample(rule, inputs.Pairs))
	}
	for _, in := range []struct {
		x  []float64
		to *figure.Slice
	}{{mean.Vi, &series.Vi}, {mean.Wij, &series.Wij}, {mean.Vj, &series.Vj}} {
		slice, err := figure.BinMeans(in.x, mean.Update, bins)
		if err != nil {
			return series, fmt.Errorf("%s on %s: %w", name, inputs.Name, err)
		}
		squares := make([]float64, len(slice.Mean))
		for _, s := range single {
			one, err := figure.BinMeans(in.x, s.Update, bins)
			if err != nil || len(one.Mean) != len(slice.Mean) {
				return series, fmt.Errorf("%s on %s: a rule is not finite at every point", name, inputs.Name)
			}
			for k := range squares {
				squares[k] += (one.Mean[k] - slice.Mean[k]) * (one.Mean[k] - slice.Mean[k])
			}
		}
		n := float64(len(rules))
		for k := range squares {
			slice.SE[k] = math.Sqrt(squares[k] / (n - 1) / n)
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

// drawnPolynomials is how many of the lines of Polynomials fit into one panel.
const drawnPolynomials = 4

// Polynomials are lines over the degrees 0 to 9 of the share of variance (R2) that a polynomial in v_i, w_ij and v_j explains on
// points that it was not fitted to, below 0 where it fits the noise of its own points. The first four are for a picture: the
// mean rule on what training visited and on the grid, the rules one by one (median and quartiles) at the same visited
// points, and the mean of the same M before training. Then that on the grid, and the mean rule layer by layer.
func (r *Rules) Polynomials() ([]figure.Series, error) {
	n := len(r.Runs)
	visited, err := r.polynomials(append(r.Each(r.Last()), r.Mean(r.Last()), r.Mean(0)), r.Visited())
	if err != nil {
		return nil, err
	}
	grid, err := r.polynomials([]analysis.RuleFn{r.Mean(r.Last()), r.Mean(0)}, r.Grid())
	if err != nil {
		return nil, err
	}
	single := figure.Series{}
	single.Y, single.Lo, single.Hi = quartiles(visited[:n])
	lines := []figure.Series{{Name: MeanRule + ", visited", Y: visited[n]}, {Name: MeanRule + ", grid", Y: grid[0]},
		{Name: "single rules, visited", Y: single.Y, Lo: single.Lo, Hi: single.Hi}, {Name: UntrainedRule + ", visited", Y: visited[n+1]},
		{Name: UntrainedRule + ", grid", Y: grid[1]}}
	for l := range r.Layers() {
		layer, err := r.polynomials([]analysis.RuleFn{r.Mean(r.Last())}, r.Layer(l))
		if err != nil {
			return nil, err
		}
		lines = append(lines, figure.Series{Name: MeanRule + ", " + r.Layer(l).Name, Y: layer[0]})
	}
	for i := range lines {
		for degree := range analysis.MaxDegree + 1 {
			lines[i].X = append(lines[i].X, float64(degree))
		}
	}
	return lines, nil
}

func (r *Rules) polynomials(rules []analysis.RuleFn, inputs Inputs) ([][]float64, error) {
	shares, err := analysis.PolynomialsOf(rules, inputs.Pairs, 1)
	if err != nil {
		return nil, fmt.Errorf("polynomials on %s: %w", inputs.Name, err)
	}
	return shares, nil
}

// PolynomialTable has the lines of Polynomials as rows, one column for each degree.
func PolynomialTable(lines []figure.Series) (header []string, cells [][]string) {
	header = []string{"R2 on held-out points"}
	for _, degree := range lines[0].X {
		header = append(header, fmt.Sprintf("%g", degree))
	}
	for _, l := range lines {
		row := []string{l.Name}
		for _, share := range l.Y {
			row = append(row, fmt.Sprintf("%.3f", share))
		}
		cells = append(cells, row)
	}
	return header, cells
}

// leastLeft is drawn where nothing is left to explain: a logarithmic axis has no 0.
const leastLeft = 1e-9

// Unexplained is, of those lines of Polynomials that are for a picture, the share of variance that is left, for a logarithmic
// axis.
func Unexplained(lines []figure.Series) []figure.Series {
	lines = lines[:drawnPolynomials]
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
