package metalearning

import (
	"context"
	"embed"
	"fmt"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Reference is a meta-training run whose result is kept in the program: tests and notebooks start from it, and Train makes it again.
type Reference struct {
	Name string // "gradient", "gradient_mlp", "search_2", "search_3", "search_6", "rule"
	What string // one line: what was trained on what
	init func() Params
	run  func(ctx context.Context, be compute.Backend, cfg MetaConfig) (Params, error)
	cfg  MetaConfig
}

//go:embed trained/*.safetensors
var trained embed.FS

// Config returns the seed, the number of meta-updates and the rates of the run.
func (r Reference) Config() MetaConfig { return r.cfg }

// Params returns the trained parameters that are kept in the program.
func (r Reference) Params() (Params, error) {
	raw, err := trained.ReadFile("trained/" + r.Name + ".safetensors")
	if err != nil {
		return nil, fmt.Errorf("metalearning: no trained parameters called %q: %w", r.Name, err)
	}
	return ParseParams(raw, r.init())
}

// Untrained returns the parameters from which the run starts.
func (r Reference) Untrained() Params { return r.init() }

// Train makes the run again on backend be. The kept parameters come from XLA on the CPU; another backend, or another processor family, gives other
// bits, and after thousands of updates another, equally trained, optimizer.
func (r Reference) Train(ctx context.Context, be compute.Backend, progress func(step, steps int, loss float64)) (Params, error) {
	cfg := r.cfg
	cfg.Progress = progress
	return r.run(ctx, be, cfg)
}

// Search returns the learned search of the reference runs in dim dimensions, and the prior on which it was trained.
func Search(dim int) (LearnedSearch, GPPrior) {
	return LearnedSearch{Dim: dim, Hidden: 48, Horizon: 20}, GPPrior{Dim: dim, Features: 100, Shortest: 0.15, Longest: 0.8, Bowl: 1}
}

// RuleWidth is the width of the layers on which the unsupervised rule of the reference run was trained.
const RuleWidth = 32

// References returns every run, in the order of the catalogue.
func References() []Reference {
	gradient := MetaConfig{Seed: 1, Steps: 4000, Rate: 5e-3, Clip: 1, Batch: 32}
	mlp := MetaConfig{Seed: 1, Steps: 1000, Rate: 5e-3, Clip: 1, Batch: 1}
	rule := MetaConfig{Seed: 1, Steps: 2000, Rate: 5e-3, Clip: 1, Batch: 4}
	refs := []Reference{
		{
			Name: "gradient", What: "LSTM optimizer on 10-dimensional quadratics", cfg: gradient,
			init: func() Params { return DefaultLearnedGradient.Init(gradient) },
			run: func(ctx context.Context, be compute.Backend, cfg MetaConfig) (Params, error) {
				return DefaultLearnedGradient.Train(ctx, be, cfg, GradientTraining{Objective: Quadratics{10}, Unroll: 20, Horizon: 100})
			},
		},
		{
			Name: "gradient_mlp", What: "LSTM optimizer on a network 64-20-10 on digits", cfg: mlp,
			init: func() Params { return DefaultLearnedGradient.Init(mlp) },
			run: func(ctx context.Context, be compute.Backend, cfg MetaConfig) (Params, error) {
				train, _, err := dataset.Load("digits")
				if err != nil {
					return nil, fmt.Errorf("metalearning: training on digits: %w", err)
				}
				return DefaultLearnedGradient.Train(ctx, be, cfg,
					GradientTraining{Objective: SmallMLP{Set: train, Hidden: 20, BatchSize: 64}, Unroll: 20, Horizon: 100})
			},
		},
	}
	for _, dim := range []int{2, 3, 6} {
		m, prior := Search(dim)
		cfg := MetaConfig{Seed: 1, Steps: 2500, Rate: 3e-3, Clip: 1, Batch: 64}
		refs = append(refs, Reference{
			Name: fmt.Sprintf("search_%d", dim), What: fmt.Sprintf("LSTM search on draws of a Gaussian process in %d dimensions", dim), cfg: cfg,
			init: func() Params { return m.Init(cfg) },
			run: func(ctx context.Context, be compute.Backend, cfg MetaConfig) (Params, error) {
				return m.Train(ctx, be, cfg, prior)
			},
		})
	}
	return append(refs, Reference{
		Name: "rule", What: "unsupervised local rule on few-shot tasks of digits, layers of 32", cfg: rule,
		init: func() Params { return DefaultUnsupervisedRule.Init(rule) },
		run: func(ctx context.Context, be compute.Backend, cfg MetaConfig) (Params, error) {
			train, _, err := dataset.Load("digits")
			if err != nil {
				return nil, fmt.Errorf("metalearning: training on digits: %w", err)
			}
			tasks, err := NewFewShot(train, 10, 5, 10, 64)
			if err != nil {
				return nil, err
			}
			return DefaultUnsupervisedRule.Train(ctx, be, cfg, tasks, RuleWidth)
		},
	})
}

// FindReference returns the run called name.
func FindReference(name string) (Reference, error) {
	for _, r := range References() {
		if r.Name == name {
			return r, nil
		}
	}
	return Reference{}, fmt.Errorf("metalearning: no reference run is called %q", name)
}
