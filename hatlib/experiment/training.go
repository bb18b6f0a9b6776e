package experiment

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/progress"
)

// outcome is what became of a job: it was computed, or another process computes it, or, with neither, has stored it.
type outcome struct {
	job       job
	result    *hatlib.Result
	elsewhere bool
}

// training is a job in progress.
type training struct {
	job
	partial   string // folder of its partial state
	options   hatlib.RunOptions
	points    int // of the curve that were there when it was taken up
	snapshots *snapshotter
	weights   hatlib.Arrays
	counted   int // batches, for the progress bar
}

const checkpointFile = "checkpoint.safetensors"

// compute computes the runs of a team, or takes them up, and stores them.
func (r *Runner) compute(ctx context.Context, t team, parallel int, bar *progress.Bar) (outcomes []outcome, err error) {
	groups := map[int][]*training{} // by the point from which they go on: members of a population go on together
	var order []int
	for _, j := range t.jobs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		unlock, free, err := r.Store.lock(j.id)
		if err != nil {
			return nil, err
		}
		if !free {
			bar.Add(j.work())
			outcomes = append(outcomes, outcome{job: j, elsewhere: true})
			continue
		}
		defer unlock()
		have, err := r.Store.Has(j.id, j.spec.KeepWeights)
		if err != nil {
			return nil, err
		}
		if have {
			bar.Add(j.work())
			outcomes = append(outcomes, outcome{job: j})
			continue
		}
		one, err := r.prepare(j, bar)
		if err != nil {
			return nil, err
		}
		if groups[one.points] == nil {
			order = append(order, one.points)
		}
		groups[one.points] = append(groups[one.points], one)
	}
	for _, points := range order {
		results, err := r.train(ctx, groups[points], t.population, parallel, bar)
		if err != nil {
			return nil, err
		}
		for i, result := range results {
			outcomes = append(outcomes, outcome{job: groups[points][i].job, result: result})
		}
	}
	return outcomes, nil
}

// prepare makes the folder of the run's partial state. Partial state that cannot be read is thrown away: it only saves time.
func (r *Runner) prepare(j job, bar *progress.Bar) (*training, error) {
	t := &training{job: j, partial: r.Store.partial(j.id)}
	if j.spec.Config.Curve != "separate" {
		t.options.Checkpoint = filepath.Join(t.partial, checkpointFile)
		if points, err := hatlib.CheckpointPoints(t.options.Checkpoint); err == nil && !j.spec.KeepWeights {
			t.points = points
		}
	}
	if t.points == 0 {
		if err := os.RemoveAll(t.partial); err != nil {
			return nil, fmt.Errorf("cleaning the store: %w", err)
		}
		if err := os.MkdirAll(t.partial, 0o755); err != nil {
			return nil, fmt.Errorf("preparing run %s: %w", j.id, err)
		}
	}
	t.snapshots = newSnapshotter(t.partial, j.spec.Config, j.data.train)
	done := 0
	t.options.OnPoint = func(trainer *hatlib.Trainer, p hatlib.Point) error {
		if j.spec.Config.Curve == "separate" {
			done = 0 // every point is a training of its own
		}
		bar.Add(p.Batch - done)
		t.counted += p.Batch - done
		done = p.Batch
		bar.Describe(fmt.Sprintf("%s, seed %d: accuracy %.3f", j.spec.Arm, j.spec.Config.Seed, p.Test.Accuracy))
		if j.spec.KeepWeights {
			var err error
			if t.weights, err = trainer.Weights(); err != nil {
				return err
			}
		}
		return t.snapshots.take(trainer, p)
	}
	return t, nil
}

// train trains runs in one graph, filled up to the size of the population, and stores them.
func (r *Runner) train(ctx context.Context, runs []*training, population, parallel int, bar *progress.Bar) ([]*hatlib.Result, error) {
	configs, options := make([]hatlib.Config, len(runs)), make([]hatlib.RunOptions, len(runs))
	for i, t := range runs {
		configs[i], options[i] = t.spec.Config, t.options
	}
	options = filled(options, population)
	for i := range options[len(runs):] {
		options[len(runs)+i].OnPoint = nil
	}
	start := time.Now()
	p, err := r.pool.take(r.Backend, filled(configs, population), runs[0].data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", runs[0].spec, err)
	}
	results, err := p.Run(ctx, options)
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("%s: %w", runs[0].spec, unwritten(err))
	}
	r.pool.give(p, runs[0].data)
	each := time.Since(start) / time.Duration(len(runs))
	for i, t := range runs {
		if err := r.keep(t, results[i], population, parallel, each); err != nil {
			return nil, err
		}
		bar.Add(t.work() - t.counted)
	}
	return results[:len(runs)], nil
}

// keep stores a run that is finished.
func (r *Runner) keep(t *training, result *hatlib.Result, population, parallel int, took time.Duration) error {
	files, err := t.files(result, t.snapshots, t.weights, t.partial)
	if err != nil {
		return err
	}
	manifest, err := r.manifest(t.job, result, population, parallel, took, t.points > 0)
	if err != nil {
		return err
	}
	if err := r.Store.put(manifest, files); err != nil {
		return err
	}
	if err := os.RemoveAll(t.partial); err != nil {
		return fmt.Errorf("cleaning the store: %w", err)
	}
	return nil
}
