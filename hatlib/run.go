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
// curve=separate it resets itself for every point.
func (t *Trainer) Run(ctx context.Context, options RunOptions) (*Result, error) {
	if t.config.Curve == "separate" {
		return t.runSeparately(ctx, options)
	}
	if options.Init != nil {
		if err := t.SetWeights(options.Init); err != nil {
			return nil, err
		}
	}
	c := &t.config
	result := &Result{Config: t.config}
	if options.Checkpoint != "" {
		saved, err := t.loadCheckpoint(options.Checkpoint)
		if err != nil {
			return nil, err
		}
		if saved != nil {
			result.Points, result.DivergedAt = saved.Points, saved.DivergedAt
			t.batches, t.diverged = saved.Final().Batch, saved.DivergedAt
		}
	}
	perEpoch := c.batchesPerEpoch(t.data.N)
	stops := c.CurveBatches(t.data.N)
	var bar *progress.Bar
	if options.Title != "" {
		bar = progress.New(stops[len(stops)-1], options.Title, progress.WithUnit("batches"))
		defer bar.Done()
		bar.Add(t.batches)
	}
	for _, stop := range stops[len(result.Points):] {
		point := Point{Epoch: float64(stop) / float64(perEpoch)}
		var losses, local, step mean
		err := t.trainTo(stop, perEpoch, func(n int, log StepLog) error {
			losses.add(log.Loss)
			local.add(log.LocalNorm)
			step.add(log.StepNorm)
			bar.Describe(fmt.Sprintf("loss %.3f", log.Loss[n-1]))
			bar.Add(n)
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
		if point.Test, err = t.Evaluate(); err != nil {
			return nil, err
		}
		point.Batch = t.batches
		point.TrainLoss, point.LocalNorm, point.StepNorm = losses.value(), local.value(), step.value()
		result.Points = append(result.Points, point)
		result.DivergedAt = t.diverged
		if options.OnPoint != nil {
			if err := options.OnPoint(t, point); err != nil {
				return nil, err
			}
		}
		if options.Checkpoint != "" {
			if err := t.saveCheckpoint(options.Checkpoint, result); err != nil {
				return nil, err
			}
		}
	}
	return result, nil
}

// trainTo trains until the given number of batches have been seen, or the pair has diverged.
func (t *Trainer) trainTo(batches, perEpoch int, progress func(steps int, log StepLog) error) error {
	for t.batches < batches && t.diverged == 0 {
		p := t.config.plan(t.data.N, t.batches/perEpoch)
		start := t.batches % perEpoch
		end := min(perEpoch, start+batches-t.batches)
		var labelled []bool
		if p.labelled != nil {
			labelled = p.labelled[start:end]
		}
		if err := t.Train(p.steps[start:end], labelled, progress); err != nil {
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
func (t *Trainer) runSeparately(ctx context.Context, options RunOptions) (*Result, error) {
	if options.Checkpoint != "" {
		return nil, fmt.Errorf("curve=separate makes a short run for every point and keeps no checkpoint")
	}
	config := t.config
	perEpoch := config.batchesPerEpoch(t.data.N)
	result := &Result{Config: config}
	for i, stop := range config.CurveBatches(t.data.N) {
		one, c := options, config
		one.OnPoint = nil
		c.Curve = "one_run"
		c.Epochs = float64(stop) / float64(perEpoch)
		c.EvalEvery = math.Max(c.Epochs, config.EvalEvery)
		if i > 0 {
			c.Seed = newStream(config.Seed, streamPoints, armHAT, i).Int64()
		}
		if one.Title != "" {
			one.Title = fmt.Sprintf("%s, to epoch %.2f", options.Title, c.Epochs)
		}
		if err := t.Reset(c); err != nil {
			return nil, err
		}
		r, err := t.Run(ctx, one)
		if err != nil {
			return nil, err
		}
		result.Points = append(result.Points, r.Final())
		if r.DivergedAt > 0 && result.DivergedAt == 0 {
			result.DivergedAt = r.DivergedAt
		}
		if options.OnPoint != nil {
			if err := options.OnPoint(t, r.Final()); err != nil {
				return nil, err
			}
		}
	}
	return result, nil
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
