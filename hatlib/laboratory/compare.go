package laboratory

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/rules"
	"github.com/hatlab/hatlab/hatlib/twophase"
)

// FirstTuningSeed and those after it are used to choose rates; reported runs count from 1.
const FirstTuningSeed = 1_000_000

// errLoss is the error of a run of HAT whose loss stopped being finite.
var errLoss = errors.New("the loss is not finite")

// Row is what [Compare] found for one method.
type Row struct {
	Method
	// Rate is the one that was chosen, NaN when none worked.
	Rate float64
	// Accuracies are on the test set, one for each seed 1, 2, ...
	Accuracies []float64
	// Gains are the accuracies less those of the control with the same seed; nil for a control.
	Gains []float64
	// Err says why there are no accuracies: the method diverged, or cannot run in this part.
	Err error
}

// Compare chooses a rate for every method and trains it with the reported seeds. progress, when not nil, is called after
// every method. A method that cannot run, or diverges with every rate, gives a row that says so; other errors end the
// comparison.
func Compare(ctx context.Context, be compute.Backend, methods []Method, s Setting, train, test *dataset.Set, progress func(Row)) ([]Row, error) {
	if s.Seeds < 2 || s.Tuning < 1 {
		return nil, fmt.Errorf("compare: %d seeds and %d for each rate: want at least 2, for an interval, and 1", s.Seeds, s.Tuning)
	}
	rest, held, err := dataset.SplitHeldOut(train, train.N/4, FirstTuningSeed)
	if err != nil {
		return nil, err
	}
	var rows []Row
	controls := map[[2]string][]float64{}
	for _, m := range methods {
		row := Row{Method: m}
		row.Rate, row.Err = m.choose(ctx, be, s, rest, held)
		if row.Err == nil {
			row.Accuracies, row.Err = m.report(ctx, be, s, row.Rate, train, test)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if m.Control == "" {
			if row.Err != nil {
				return nil, fmt.Errorf("control %s of part %s: %w", m.Name, m.Part, row.Err)
			}
			controls[[2]string{string(m.Part), m.Name}] = row.Accuracies
		}
		if control := controls[[2]string{string(m.Part), m.Control}]; control != nil {
			for i, a := range row.Accuracies {
				row.Gains = append(row.Gains, a-control[i])
			}
		}
		rows = append(rows, row)
		if progress != nil {
			progress(row)
		}
	}
	return rows, nil
}

// choose returns the rate of the grid with the best mean accuracy on held-out images, the first of equals.
func (m Method) choose(ctx context.Context, be compute.Backend, s Setting, rest, held *dataset.Set) (float64, error) {
	if len(m.Grid) == 1 {
		return m.Grid[0], nil
	}
	t, err := m.open(be, s, rest, held)
	if err != nil {
		return math.NaN(), err
	}
	defer t.close()
	best, rate := -1.0, math.NaN()
	var last error
	for _, candidate := range m.Grid {
		var sum float64
		var failed error
		for i := range s.Tuning {
			accuracy, err := t.run(ctx, candidate, FirstTuningSeed+uint64(i))
			if err != nil {
				failed = err
				break
			}
			sum += accuracy
		}
		switch {
		case failed != nil && !diverged(failed):
			return math.NaN(), failed
		case failed != nil:
			last = failed
		case sum > best:
			best, rate = sum, candidate
		}
	}
	if math.IsNaN(rate) {
		return rate, fmt.Errorf("no rate of %v works: %w", m.Grid, last)
	}
	return rate, nil
}

// report trains with every reported seed.
func (m Method) report(ctx context.Context, be compute.Backend, s Setting, rate float64, train, test *dataset.Set) ([]float64, error) {
	t, err := m.open(be, s, train, test)
	if err != nil {
		return nil, err
	}
	defer t.close()
	var accuracies []float64
	for seed := range s.Seeds {
		accuracy, err := t.run(ctx, rate, uint64(seed)+1)
		if err != nil {
			return nil, err
		}
		accuracies = append(accuracies, accuracy)
	}
	return accuracies, nil
}

func diverged(err error) bool {
	return errors.Is(err, rules.ErrDiverged) || errors.Is(err, twophase.ErrDiverged) || errors.Is(err, errLoss)
}

// interval returns the mean and its 95% interval by Student's t, NaN bounds for fewer than two values.
func interval(values []float64) (mean, low, high float64) {
	if len(values) < 2 {
		return stat.Mean(values, nil), math.NaN(), math.NaN()
	}
	n := float64(len(values))
	mean, deviation := stat.MeanStdDev(values, nil)
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975) * deviation / math.Sqrt(n)
	return mean, mean - half, mean + half
}
