package hatlib

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/progress"
)

// Point is one point of a learning curve.
type Point struct {
	// Epoch is the number of passes over the training data so far, Batch the number of batches.
	Epoch float64 `json:"epoch"`
	Batch int     `json:"batch"`
	// TrainLoss is the mean loss of the batches since the last point; at epoch 0 it is 0.
	TrainLoss float64 `json:"train_loss"`
	// LocalNorm and StepNorm are means since the last point of |rate dW| and |A's step| over all W.
	LocalNorm float64 `json:"local_norm"`
	StepNorm  float64 `json:"step_norm"`
	// Test is measured on the test set.
	Test Evaluation `json:"test"`
}

// Result is what a run gives. A run that diverged is a result, not an error.
type Result struct {
	Config Config  `json:"config"`
	Points []Point `json:"points"`
	// DivergedAt is the number of the first batch whose loss was NaN or infinite, 0 when there was none. The curve goes
	// on with the accuracy that the pair was left with.
	DivergedAt int `json:"diverged_at"`
}

// Final is the last point of the curve; a result has at least one.
func (r *Result) Final() Point { return r.Points[len(r.Points)-1] }

// Diverged reports whether the run diverged: a loss was NaN or infinite, or the last test loss is above the first.
func (r *Result) Diverged() bool {
	last, first := r.Final().Test.Loss, r.Points[0].Test.Loss
	return r.DivergedAt > 0 || !(last <= first)
}

// RunOptions are the parts of a run that do not change its numbers.
type RunOptions struct {
	// Init are weights to start from, nil for those of the configuration's seeds.
	Init Arrays
	// Checkpoint is the file from which an interrupted run is taken up, and to which the state is written at every
	// point of the curve; empty for none.
	Checkpoint string
	// Title, when not empty, shows a progress bar with that title.
	Title string
	// OnPoint, when not nil, is called after every point of the curve.
	OnPoint func(t *Trainer, p Point) error
}

// Run trains one pair (L, M) and measures it along the way, at epoch 0, every Config.EvalEvery epochs and at the end. It
// stops when ctx ends, with the error of ctx; what a checkpoint holds is then taken up by the next call.
func Run(ctx context.Context, be compute.Backend, config Config, train, test *dataset.Set, options RunOptions) (*Result, error) {
	t, err := NewTrainer(be, config, train, test)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	return t.Run(ctx, options)
}

// Run takes a fresh trainer, from [NewTrainer] or [Trainer.Reset], to the end of its curve; see the function [Run]. With
// curve=separate it resets itself for every point. A member of a larger population returns an error.
func (t *Trainer) Run(ctx context.Context, options RunOptions) (*Result, error) {
	if err := t.alone(); err != nil {
		return nil, err
	}
	results, err := t.population.Run(ctx, []RunOptions{options})
	if err != nil {
		return nil, err
	}
	return results[0], nil
}

// Run takes a fresh population, from [NewPopulation] or [Population.Reset], to the end of its curves, as the function [Run]
// does with one pair: options and results are in the order of the members. The progress bar is the first member's. It is an
// error when the members' checkpoints are not of one point.
func (p *Population) Run(ctx context.Context, options []RunOptions) ([]*Result, error) {
	if len(options) != len(p.members) {
		return nil, fmt.Errorf("options for %d members of a population of %d", len(options), len(p.members))
	}
	if p.config.Curve == "separate" {
		return p.runSeparately(ctx, options)
	}
	for i, t := range p.members {
		if options[i].Init != nil {
			if err := t.SetWeights(options[i].Init); err != nil {
				return nil, err
			}
		}
	}
	perEpoch := p.config.batchesPerEpoch(p.data.N)
	stops := p.config.CurveBatches(p.data.N)
	results, err := p.takeUp(options, stops)
	if err != nil {
		return nil, err
	}
	var bar *progress.Bar
	if title := options[0].Title; title != "" {
		bar = progress.New(stops[len(stops)-1], title, progress.WithUnit("batches"))
		defer bar.Done()
		bar.Add(p.batches)
	}
	for _, stop := range stops[len(results[0].Points):] {
		losses, local, step := make([]mean, len(p.members)), make([]mean, len(p.members)), make([]mean, len(p.members))
		err := p.trainTo(stop, perEpoch, func(n int, logs []StepLog) error {
			for i, log := range logs {
				losses[i].add(log.Loss)
				local[i].add(log.LocalNorm)
				step[i].add(log.StepNorm)
			}
			if loss := logs[0].Loss; len(loss) > 0 {
				bar.Describe(fmt.Sprintf("loss %.3f", loss[n-1]))
			}
			bar.Add(n)
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
		if err := p.leaveDiverged(); err != nil {
			return nil, err
		}
		tests, err := p.test.evaluate()
		if err != nil {
			return nil, err
		}
		for i, t := range p.members {
			point := Point{Epoch: float64(stop) / float64(perEpoch), Batch: t.batches, TrainLoss: losses[i].value(),
				LocalNorm: local[i].value(), StepNorm: step[i].value(), Test: tests[i]}
			results[i].Points = append(results[i].Points, point)
			results[i].DivergedAt = t.diverged
			if err := t.point(options[i], results[i]); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

// point is what happens at every point of a member's curve.
func (t *Trainer) point(options RunOptions, result *Result) error {
	if options.OnPoint != nil {
		if err := options.OnPoint(t, result.Final()); err != nil {
			return err
		}
	}
	if options.Checkpoint != "" {
		return t.saveCheckpoint(options.Checkpoint, result)
	}
	return nil
}

// takeUp returns the results so far: those of the members' checkpoints, where there are any, with the population in the
// state that they hold.
func (p *Population) takeUp(options []RunOptions, stops []int) ([]*Result, error) {
	results, states := make([]*Result, len(p.members)), make([]Arrays, len(p.members))
	for i, t := range p.members {
		results[i] = &Result{Config: t.config}
		if options[i].Checkpoint != "" {
			saved, state, err := t.loadCheckpoint(options[i].Checkpoint)
			if err != nil {
				return nil, err
			}
			if saved != nil {
				results[i].Points, results[i].DivergedAt, states[i] = saved.Points, saved.DivergedAt, state
			}
		}
		if a, b := len(results[0].Points), len(results[i].Points); a != b {
			return nil, fmt.Errorf("checkpoints %s and %s have %d and %d points: members of a population go on from one",
				options[0].Checkpoint, options[i].Checkpoint, a, b)
		}
	}
	if len(results[0].Points) == 0 {
		return results, nil
	}
	p.batches = stops[len(results[0].Points)-1]
	for i, t := range p.members {
		t.batches, t.diverged = results[i].Final().Batch, results[i].DivergedAt
		if t.diverged > 0 {
			t.left = states[i]
		}
	}
	return results, p.setStates(states)
}

// trainTo trains until the given number of batches have been seen, or everybody has diverged.
func (p *Population) trainTo(batches, perEpoch int, progress func(steps int, logs []StepLog) error) error {
	for p.batches < batches && !p.allDiverged() {
		start := p.batches % perEpoch
		end := min(perEpoch, start+batches-p.batches)
		plans := make([]plan, len(p.members))
		for i, t := range p.members {
			plans[i] = t.config.plan(p.data.N, p.batches/perEpoch).between(start, end)
		}
		if err := p.train(plans, progress); err != nil {
			return err
		}
	}
	return nil
}

// batchesPerEpoch is the number of steps in one pass over n examples.
func (c *Config) batchesPerEpoch(n int) int {
	size := c.BatchSize()
	if c.ShortBatch == "keep" {
		return (n + size - 1) / size
	}
	return n / size
}

// CurveBatches are the numbers of batches after which the learning curve has its points, from 0 to the end, for a number
// of training examples.
func (c *Config) CurveBatches(examples int) []int {
	perEpoch := c.batchesPerEpoch(examples)
	last := int(math.Round(c.Epochs * float64(perEpoch)))
	stops := []int{0}
	for i := 1; ; i++ {
		stop := int(math.Round(float64(i) * c.EvalEvery * float64(perEpoch)))
		if stop >= last {
			break
		}
		if stop > stops[len(stops)-1] {
			stops = append(stops, stop)
		}
	}
	if last > 0 {
		stops = append(stops, last)
	}
	return stops
}

// runSeparately trains anew for every point of the curve, each with seeds of its own, as the released code does.
func (p *Population) runSeparately(ctx context.Context, options []RunOptions) ([]*Result, error) {
	perEpoch := p.config.batchesPerEpoch(p.data.N)
	results, configs := make([]*Result, len(p.members)), make([]Config, len(p.members))
	for i, t := range p.members {
		if options[i].Checkpoint != "" {
			return nil, fmt.Errorf("curve=separate makes a short run for every point and keeps no checkpoint")
		}
		results[i], configs[i] = &Result{Config: t.config}, t.config
	}
	for point, stop := range p.config.CurveBatches(p.data.N) {
		one, short := slices.Clone(options), slices.Clone(configs)
		for i := range short {
			one[i].OnPoint = nil
			c := &short[i]
			c.Curve = "one_run"
			c.Epochs = float64(stop) / float64(perEpoch)
			c.EvalEvery = math.Max(c.Epochs, configs[i].EvalEvery)
			if point > 0 {
				c.Seed = newStream(configs[i].Seed, streamPoints, armHAT, point).Int64()
			}
			if one[i].Title != "" {
				one[i].Title = fmt.Sprintf("%s, to epoch %.2f", options[i].Title, c.Epochs)
			}
		}
		if err := p.Reset(short); err != nil {
			return nil, err
		}
		finals, err := p.Run(ctx, one)
		if err != nil {
			return nil, err
		}
		for i, r := range finals {
			results[i].Points = append(results[i].Points, r.Final())
			if r.DivergedAt > 0 && results[i].DivergedAt == 0 {
				results[i].DivergedAt = r.DivergedAt
			}
			if options[i].OnPoint != nil {
				if err := options[i].OnPoint(p.members[i], r.Final()); err != nil {
					return nil, err
				}
			}
		}
	}
	return results, nil
}

// mean is a running mean.
type mean struct {
	sum   float64
	count int
}

func (m *mean) add(values []float32) {
	for _, v := range values {
		m.sum += float64(v)
	}
	m.count += len(values)
}

func (m *mean) value() float64 { return m.sum / float64(max(m.count, 1)) }

// Epochs returns the epochs of the curve.
func (r *Result) Epochs() []float64 { return r.column(func(p Point) float64 { return p.Epoch }) }

// Accuracies returns the test accuracies of the curve.
func (r *Result) Accuracies() []float64 {
	return r.column(func(p Point) float64 { return p.Test.Accuracy })
}

func (r *Result) column(of func(Point) float64) []float64 {
	values := make([]float64, len(r.Points))
	for i, p := range r.Points {
		values[i] = of(p)
	}
	return slices.Clip(values)
}
