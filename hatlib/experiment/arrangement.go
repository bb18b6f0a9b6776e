package experiment

import (
	"context"
	"slices"
	"time"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
)

// Arrangement is a way to train many runs at the same time: several graphs, each with a population.
type Arrangement struct{ Graphs, Population int }

// ArrangementCost is what a step costs each run in an arrangement.
type ArrangementCost struct {
	Arrangement
	// Processor is the time of processors, Clock by the clock: medians over the rounds.
	Processor, Clock time.Duration
	// Ratio is the median over the rounds of Processor divided by that of the first arrangement in the same round.
	Ratio float64
	// Ready is how long it took to compile.
	Ready time.Duration
}

// MeasureArrangements lays the costs of arrangements beside each other for runs of one configuration that differ in their seeds.
// In every round each arrangement has its turn, so that what else the machine does disturbs all of them alike.
func MeasureArrangements(ctx context.Context, be compute.Backend, c hatlib.Config, arrangements []Arrangement, rounds int) ([]ArrangementCost, error) {
	data, err := (&Runner{}).load(ctx, Spec{Config: c})
	if err != nil {
		return nil, err
	}
	costs := make([]ArrangementCost, len(arrangements))
	populations := make([][]*hatlib.Population, len(arrangements))
	defer func() { closeAll(slices.Concat(populations...)) }()
	for i, a := range arrangements {
		costs[i].Arrangement = a
		start := time.Now()
		configs := slices.Repeat([]hatlib.Config{c}, a.Population)
		for m := range configs {
			configs[m].Seed = int64(m)
		}
		if populations[i], err = warmed(ctx, be, configs, a.Graphs, data); err != nil {
			return nil, err
		}
		costs[i].Ready = time.Since(start) / time.Duration(a.Graphs)
	}
	processor, clock, ratio := make([][]float64, len(costs)), make([][]float64, len(costs)), make([][]float64, len(costs))
	for range rounds {
		for i := range arrangements {
			used, took, err := cost(ctx, populations[i])
			if err != nil {
				return nil, err
			}
			processor[i], clock[i] = append(processor[i], float64(used)), append(clock[i], float64(took))
			first := processor[0]
			ratio[i] = append(ratio[i], float64(used)/first[len(first)-1])
		}
	}
	for i := range costs {
		costs[i].Processor, costs[i].Clock = time.Duration(median(processor[i])), time.Duration(median(clock[i]))
		costs[i].Ratio = median(ratio[i])
	}
	return costs, nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
