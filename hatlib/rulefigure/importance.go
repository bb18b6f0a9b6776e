package rulefigure

import (
	"context"
	"fmt"
	"math"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/analysis/claims"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// Spared says whether the rule spares weights that matter, over the runs that kept their weights.
type Spared struct {
	Runs []*claims.Importance
}

// MeasureSpared measures the runs of the reading that keeps weights; each takes seconds at the paper's sizes. It returns an
// error where there is none.
func MeasureSpared(ctx context.Context, runs []experiment.Run) (*Spared, error) {
	s := &Spared{}
	for _, r := range experiment.Select(runs, experiment.ReadingWeights, experiment.HATArm, "") {
		importance, err := claims.MeasureImportance(ctx, &r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Spec, err)
		}
		s.Runs = append(s.Runs, importance)
	}
	if len(s.Runs) == 0 {
		return nil, fmt.Errorf("no run of reading %q", experiment.ReadingWeights)
	}
	return s, nil
}

func (s *Spared) layers() int { return len(s.Runs[0].RankCorrelation) }

// Lines are, for each layer, the size of the update by tenths of the weights, the least important first, relative to the
// mean of the layer: medians and quartiles over runs. A rule that spares important weights falls.
func (s *Spared) Lines() []figure.Series {
	var lines []figure.Series
	for l := range s.layers() {
		line := figure.Series{Name: fmt.Sprintf("layer %d", l+1)}
		for t := range s.Runs[0].ByTenth[l] {
			q1, median, q3 := s.quartiles(func(i *claims.Importance) float64 { return i.ByTenth[l][t] })
			line.X, line.Y = append(line.X, float64(t+1)), append(line.Y, median)
			line.Lo, line.Hi = append(line.Lo, q1), append(line.Hi, q3)
		}
		if len(s.Runs) == 1 {
			line.Lo, line.Hi = nil, nil
		}
		lines = append(lines, line)
	}
	return lines
}

// quartiles over the runs in which a number is finite; NaN where it is in none.
func (s *Spared) quartiles(of func(*claims.Importance) float64) (q1, median, q3 float64) {
	var values []float64
	for _, i := range s.Runs {
		if v := of(i); !math.IsNaN(v) && !math.IsInf(v, 0) {
			values = append(values, v)
		}
	}
	return analysis.Quartiles(values)
}

// Table has the rank correlations by layer, trained and untrained, and what one update does to the loss, as quartiles over
// runs.
func (s *Spared) Table() (header []string, cells [][]string) {
	header = []string{"", "n", "q1", "median", "q3"}
	row := func(name string, format string, of func(*claims.Importance) float64) {
		q1, median, q3 := s.quartiles(of)
		cells = append(cells, []string{name, fmt.Sprint(len(s.Runs)), fmt.Sprintf(format, q1), fmt.Sprintf(format, median), fmt.Sprintf(format, q3)})
	}
	for l := range s.layers() {
		row(fmt.Sprintf("layer %d: rank correlation of |update| and importance", l+1), "%+.3f", func(i *claims.Importance) float64 { return i.RankCorrelation[l] })
		row(fmt.Sprintf("layer %d: the same, M untrained", l+1), "%+.3f", func(i *claims.Importance) float64 { return i.Untrained[l] })
	}
	row("loss before the update", "%.5f", func(i *claims.Importance) float64 { return i.LossBefore })
	row("change of the loss by the update", "%+.5f", func(i *claims.Importance) float64 { return i.LossAfter - i.LossBefore })
	row("change by the same update, shuffled within layers", "%+.5f", func(i *claims.Importance) float64 { return i.LossShuffled - i.LossBefore })
	return header, cells
}

// Correlation is the median over runs of the mean over layers, the endpoint of claim preserves-weights; and the same where M
// is untrained.
func (s *Spared) Correlation() (trained, untrained float64) {
	_, trained, _ = s.quartiles(func(i *claims.Importance) float64 { return claims.MeanCorrelation(i.RankCorrelation) })
	_, untrained, _ = s.quartiles(func(i *claims.Importance) float64 { return claims.MeanCorrelation(i.Untrained) })
	return trained, untrained
}

// LossChange are the medians over runs of what the update, and the shuffled one, add to the loss.
func (s *Spared) LossChange() (update, shuffled float64) {
	_, update, _ = s.quartiles(func(i *claims.Importance) float64 { return i.LossAfter - i.LossBefore })
	_, shuffled, _ = s.quartiles(func(i *claims.Importance) float64 { return i.LossShuffled - i.LossBefore })
	return update, shuffled
}
