package rules

import (
	"fmt"
	"slices"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"

	"github.com/gomlx/compute"
)

// Comparison is one row of [Compare].
type Comparison struct {
	// Rule is the name; "none" is the layer as it was initialised, once for each input.
	Rule     string
	Locality hatlib.Locality
	Input    Input
	// Accuracies are the test accuracies of the linear readout, one for each seed.
	Accuracies []float64
	// Err is why the rule has no accuracies, when it diverged.
	Err error
}

// Compare trains the same layer with every rule of the catalogue, each with its own input and rate, and with none on
// every input, and reads out each with the same ridge regression: same first weights, same batches, same budget for each of the seeds.
// Rates and inputs are those of the entries; run gives the rest, and its LayerSetting and Seed are not used.
func Compare(be compute.Backend, train, test *dataset.Set, run LayerRun, seeds []uint64, ridge float64) ([]Comparison, error) {
	var entries []Entry
	for _, input := range []Input{Centred, UnitLength, White} {
		entries = append(entries, Entry{
			Name: "none", Locality: hatlib.LocalityPair, Layer: LayerSetting{Input: input},
			build: func(map[string]float64) (hatlib.Rule, error) { return hatlib.None(), nil },
		})
	}
	entries = append(entries, All()...)
	var rows []Comparison
	for _, e := range entries {
		row := Comparison{Rule: e.Name, Locality: e.Locality, Input: e.Layer.Input}
		for _, seed := range seeds {
			run.LayerSetting, run.Seed = e.Layer, seed
			layer, err := TrainLayer(be, e.New(), train, run)
			if err != nil {
				row.Err = err
				break
			}
			accuracy, err := Readout(layer, train, test, ridge)
			if err != nil {
				return nil, err
			}
			row.Accuracies = append(row.Accuracies, accuracy)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Table returns the comparison as a table for people: the best mean accuracy first, rules that diverged last.
func Table(rows []Comparison) (header []string, cells [][]string) {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b Comparison) int {
		switch x, y := a.Mean(), b.Mean(); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for _, r := range sorted {
		accuracy, spread := "diverged", ""
		if r.Err == nil {
			accuracy = fmt.Sprintf("%.3f", r.Mean())
			spread = fmt.Sprintf("%.3f to %.3f", slices.Min(r.Accuracies), slices.Max(r.Accuracies))
		}
		cells = append(cells, []string{r.Rule, r.Locality.String(), r.Input.String(), accuracy, spread, fmt.Sprint(len(r.Accuracies))})
	}
	return []string{"rule", "locality", "input", "mean accuracy", "range", "seeds"}, cells
}

// Mean returns the mean accuracy over the seeds, 0 for a rule that diverged.
func (c Comparison) Mean() float64 {
	if c.Err != nil || len(c.Accuracies) == 0 {
		return 0
	}
	var sum float64
	for _, a := range c.Accuracies {
		sum += a
	}
	return sum / float64(len(c.Accuracies))
}
