package rules

import (
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"

	"github.com/gomlx/compute"
)

// Comparison is one row of [Compare].
type Comparison struct {
	// Rule is the name; "none" is the layer as it was initialised.
	Rule     string
	Locality hatlib.Locality
	Input    Input
	// Accuracies are the test accuracies of the linear readout, one for each seed.
	Accuracies []float64
	// Err is why the rule has no accuracies, when it diverged.
	Err error
}

// Compare trains the same layer with every rule of the catalogue, each with its own input and rate, and with none, and
// reads out each with the same ridge regression: same first weights, same batches, same budget for each of the seeds.
// Rates and inputs are those of the entries; run gives the rest, and its LayerSetting and Seed are not used.
func Compare(be compute.Backend, train, test *dataset.Set, run LayerRun, seeds []uint64, ridge float64) ([]Comparison, error) {
	entries := append([]Entry{{
		Name: "none", Locality: hatlib.LocalityPair, Layer: LayerSetting{Input: Centred},
		build: func(map[string]float64) (hatlib.Rule, error) { return hatlib.None(), nil },
	}}, All()...)
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
