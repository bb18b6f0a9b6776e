package rulefigure

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Rules are the meta-learners of one reading.
type Rules struct {
	Reading string
	// Config is that of the first run.
	Config hatlib.Config
	// Runs are M along each run, in order of seed, and the neuron pairs that it met. All have the same snapshots.
	Runs []*experiment.Snapshots
	// NotFinite runs are not among them: their M, or what it was shown, is not finite at some snapshot. A mean with them would
	// be no number anywhere.
	NotFinite int
}

// Read reads M of every HAT run of a reading. It returns an error where there is none with finite numbers.
func Read(runs []experiment.Run, reading string) (*Rules, error) {
	r := &Rules{Reading: reading}
	for _, run := range experiment.Select(runs, reading, experiment.HATArm, "") {
		s, err := run.Snapshots()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", run.Spec, err)
		}
		if !finite(s) || len(r.Runs) > 0 && len(s.Rules) != len(r.Runs[0].Rules) {
			r.NotFinite++ // a run that diverged may lack its last snapshots
			continue
		}
		if len(r.Runs) == 0 {
			r.Config = run.Result.Config
		}
		r.Runs = append(r.Runs, s)
	}
	if len(r.Runs) == 0 {
		return nil, fmt.Errorf("reading %q has no run whose rule is finite (%d are not)", reading, r.NotFinite)
	}
	return r, nil
}

// readings are those whose rules are compared, in the order of the notebook; the runs that keep weights have seeds of their
// own and are for Spared.
var readings = []string{experiment.ReadingPaper, experiment.ReadingLinear, experiment.ReadingReleased, experiment.ReadingDrawn}

// ReadAll is Read for every reading of which there are runs.
func ReadAll(runs []experiment.Run) ([]*Rules, error) {
	var all []*Rules
	for _, reading := range readings {
		if len(experiment.Select(runs, reading, experiment.HATArm, "")) == 0 {
			continue
		}
		r, err := Read(runs, reading)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

func finite(s *experiment.Snapshots) bool {
	sum := 0.0
	for k := range s.Rules {
		rule := &s.Rules[k]
		for _, values := range [][]float64{rule.A, rule.B, rule.C, rule.D, rule.M, {rule.E}} {
			for _, v := range values {
				sum += math.Abs(v)
			}
		}
		for _, layer := range s.Visited[k] {
			for _, p := range layer {
				sum += math.Abs(p[0]) + math.Abs(p[1]) + math.Abs(p[2])
			}
		}
	}
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

// Last is the number of the last snapshot; snapshot 0 is before training.
func (r *Rules) Last() int { return len(r.Runs[0].Rules) - 1 }

// Each are the rules of all runs at a snapshot.
func (r *Rules) Each(snapshot int) []analysis.RuleFn {
	var rules []analysis.RuleFn
	for _, run := range r.Runs {
		rules = append(rules, run.Rules[snapshot].Update)
	}
	return rules
}

// Mean is the pointwise mean of the rules at a snapshot, the paper's M-bar.
func (r *Rules) Mean(snapshot int) analysis.RuleFn { return analysis.MeanRule(r.Each(snapshot)) }

// Inputs are neuron pairs (v_i, w_ij, v_j) at which rules are compared.
type Inputs struct {
	Name  string
	Pairs [][3]float64
}

// maxPoints bounds a set of inputs: as many as the authors drew.
const maxPoints = 3600

// Visited are the pairs that training visited at the end, pooled over runs, with the same share of every layer.
func (r *Rules) Visited() Inputs {
	var pairs [][3]float64
	for l := range r.Layers() {
		pairs = append(pairs, r.layer(l, maxPoints/r.Layers())...)
	}
	return Inputs{"visited, all layers", pairs}
}

// Layers is the number of layers of L.
func (r *Rules) Layers() int { return len(r.Config.Sizes) - 1 }

// Layer are the pairs of layer l, from 0, that training visited at the end, pooled over runs.
func (r *Rules) Layer(l int) Inputs {
	return Inputs{fmt.Sprintf("visited, layer %d (%d-%d)", l+1, r.Config.Sizes[l], r.Config.Sizes[l+1]), r.layer(l, maxPoints)}
}

// layer draws at most n pairs of a layer, the same in every call.
func (r *Rules) layer(l, n int) [][3]float64 {
	var pairs [][3]float64
	for _, run := range r.Runs {
		pairs = append(pairs, run.Visited[r.Last()][l]...)
	}
	rng := rand.New(rand.NewPCG(uint64(l), 0x70616972)) // "pair"
	rng.Shuffle(len(pairs), func(a, b int) { pairs[a], pairs[b] = pairs[b], pairs[a] })
	return pairs[:min(n, len(pairs))]
}

// gridPoints along each input of the grid.
const gridPoints = 15

// Grid are points with equal steps over the range of what training visited: from its 1% to its 99% quantile in each input,
// so that a few large activities do not stretch it. All combinations count alike, also those that training never met.
func (r *Rules) Grid() Inputs {
	low, high := r.Ranges()
	return Inputs{"grid", analysis.GridPairs(gridPoints, low, high)}
}

// Ranges are those of the grid.
func (r *Rules) Ranges() (low, high [3]float64) {
	visited := r.Visited().Pairs
	for input := range 3 {
		var values []float64
		for _, p := range visited {
			values = append(values, p[input])
		}
		low[input], high[input] = analysis.Quantile(values, 0.01), analysis.Quantile(values, 0.99)
		if low[input] == high[input] {
			high[input] = low[input] + 1e-3 // an input that is always the same still needs a range
		}
	}
	return low, high
}
