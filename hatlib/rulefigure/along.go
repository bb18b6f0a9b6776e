package rulefigure

import (
	"fmt"
	"math"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// Along is the rules along training, over epochs: medians and quartiles over runs. At every snapshot each rule is asked about
// the pairs that its run visited at the end, so that what changes is the rule alone.
type Along struct {
	// Shares of variance: of the line on v_j, and of v_i, w_ij and v_j together.
	Shares []figure.Series
	// Moves are what each input moves linearly: its slope in the joint regression times its deviation, in units of the
	// update.
	Moves []figure.Series
	// Change is the root mean square of the difference to the rule at the end, relative to the deviation of that rule: of each
	// rule by itself, and of the mean rule.
	Change []figure.Series
}

// Along measures the rules at every snapshot.
func (r *Rules) Along() (*Along, error) {
	epochs := r.Runs[0].Epochs
	visited := r.Visited().Pairs
	names := []string{"line on v_{j}", "v_{i}, w_{ij}, v_{j}", "v_{i}", "w_{ij}", "v_{j}", "single rules"}
	values := make([][][]float64, len(names)) // [name][run][snapshot]
	for _, run := range r.Runs {
		var pairs [][3]float64
		for _, layer := range run.Visited[r.Last()] {
			pairs = append(pairs, layer...)
		}
		end := analysis.Sample(run.Rules[r.Last()].Update, pairs).Update
		rows := make([][]float64, len(names))
		for k := range run.Rules {
			s := analysis.Sample(run.Rules[k].Update, pairs)
			d, err := s.Dependence()
			if err != nil {
				return nil, err
			}
			for i, v := range []float64{d.R2, d.JointR2, d.Slopes[0] * d.InputDeviation[0], d.Slopes[1] * d.InputDeviation[1], d.Slopes[2] * d.InputDeviation[2],
				change(s.Update, end)} {
				rows[i] = append(rows[i], v)
			}
		}
		for i := range names {
			values[i] = append(values[i], rows[i])
		}
	}
	series := make([]figure.Series, len(names))
	for i, name := range names {
		series[i] = figure.Series{Name: name, X: epochs}
		series[i].Y, series[i].Lo, series[i].Hi = quartiles(values[i])
	}
	mean := figure.Series{Name: MeanRule, X: epochs}
	end := analysis.Sample(r.Mean(r.Last()), visited).Update
	for k := range epochs {
		mean.Y = append(mean.Y, change(analysis.Sample(r.Mean(k), visited).Update, end))
	}
	return &Along{Shares: series[0:2], Moves: series[2:5], Change: []figure.Series{series[5], mean}}, nil
}

// change is the root mean square of update - end, relative to the deviation of end; 0 where end is the same everywhere, and the
// update too.
func change(update, end []float64) float64 {
	mean := analysis.Mean(end)
	var squares, variance float64
	for i, u := range update {
		squares += (u - end[i]) * (u - end[i])
		variance += (end[i] - mean) * (end[i] - mean)
	}
	if squares == 0 {
		return 0
	}
	return math.Sqrt(squares / variance)
}

// SlicesAlong are slices of the mean rule before training, at the end, and at two times between, at the same inputs.
func (r *Rules) SlicesAlong() ([]figure.RuleSeries, error) {
	last := r.Last()
	seen := map[int]bool{}
	var all []figure.RuleSeries
	for _, k := range []int{0, last / 3, 2 * last / 3, last} {
		if seen[k] {
			continue
		}
		seen[k] = true
		s, err := Slices(fmt.Sprintf("epoch %.3g", r.Runs[0].Epochs[k]), r.Each(k), r.Visited())
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}
