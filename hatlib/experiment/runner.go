package experiment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/progress"
)

// Runner computes runs and puts them into a store.
type Runner struct {
	Store   *Store
	Backend compute.Backend
	// Parallel is the number of runs at a time; 0 chooses for the machine.
	Parallel int
	// Title, when not empty, shows a progress bar with an estimate of the time left.
	Title string
	// OnRun, when not nil, is called after every run that was computed.
	OnRun func(spec Spec, id string, result *hatlib.Result)

	mu   sync.Mutex
	data map[string]*loaded
	pool pool
}

// loaded is a data set as runs see it.
type loaded struct {
	train, test *dataset.Set
	checksum    string
}

// Summary says what became of a list of runs.
type Summary struct {
	// Total is the number of different runs: several specs may name one.
	Total int
	// Already were in the store, Computed are new, of which Diverged diverged.
	Already, Computed, Diverged int
	// Elsewhere are being computed by another process.
	Elsewhere []Spec
	Took      time.Duration
}

// String is one line for people.
func (s Summary) String() string {
	text := fmt.Sprintf("%d runs: %d were there, %d computed in %s", s.Total, s.Already, s.Computed, s.Took.Round(100*time.Millisecond))
	if s.Diverged > 0 {
		text += fmt.Sprintf(" (%d diverged, which is a result)", s.Diverged)
	}
	if n := len(s.Elsewhere); n > 0 {
		text += fmt.Sprintf("; %d are being computed by another process on this store: run the same command again when it has ended", n)
	}
	return text
}

// job is one run that is not in the store.
type job struct {
	spec     Spec
	identity Identity
	id       string
	data     *loaded
}

// Run computes the runs that are missing in the store. Every run is stored as soon as it is finished, so an error, an
// interrupt or a power failure loses at most what the current runs did since their last point, and the same call goes on
// from there. A damaged run in the store does not stop the others; the error names it at the end.
func (r *Runner) Run(ctx context.Context, specs []Spec) (summary Summary, err error) {
	start := time.Now()
	defer func() { summary.Took = time.Since(start) }()
	if err := r.Store.sweep(); err != nil {
		return summary, err
	}
	jobs, damaged, err := r.plan(ctx, specs, &summary)
	if err != nil {
		return summary, err
	}
	var bar *progress.Bar
	if r.Title != "" && len(jobs) > 0 {
		total := 0
		for _, j := range jobs {
			total += j.work()
		}
		bar = progress.New(total, r.Title, progress.WithUnit("batches"))
		defer bar.Done()
	}
	defer r.pool.close()
	parallel := r.Parallel
	if parallel < 1 {
		parallel = ParallelRuns(r.Backend, specs)
	}
	parallel = max(1, min(parallel, len(jobs)))
	err = r.all(ctx, jobs, parallel, bar, &summary)
	return summary, errors.Join(append([]error{err}, damaged...)...)
}

// plan finds out what is missing.
func (r *Runner) plan(ctx context.Context, specs []Spec, summary *Summary) (jobs []job, damaged []error, err error) {
	seen := map[string]int{}
	for _, spec := range specs {
		spec.Config = Canonical(spec.Config)
		id, err := r.Identity(ctx, spec)
		if err != nil {
			return nil, nil, err
		}
		name := id.ID()
		if k, again := seen[name]; again {
			if k >= 0 {
				jobs[k].spec.KeepWeights = jobs[k].spec.KeepWeights || spec.KeepWeights
			}
			continue
		}
		summary.Total++
		seen[name] = -1
		have, err := r.Store.Has(name, spec.KeepWeights)
		switch {
		case err != nil:
			damaged = append(damaged, err)
		case have:
			summary.Already++
		default:
			seen[name] = len(jobs)
			data, err := r.load(ctx, spec)
			if err != nil {
				return nil, nil, err
			}
			jobs = append(jobs, job{spec: spec, identity: id, id: name, data: data})
		}
	}
	return jobs, damaged, nil
}

// Identity returns the identity that a run of spec has on this runner's backend.
func (r *Runner) Identity(ctx context.Context, spec Spec) (Identity, error) {
	data, err := r.load(ctx, spec)
	if err != nil {
		return Identity{}, err
	}
	return Identity{Config: Canonical(spec.Config), HeldOut: spec.HeldOut, Data: data.checksum,
		Machine: MachineOf(r.Backend), Population: 1, Numerics: Numerics}, nil
}

// load reads a data set once.
func (r *Runner) load(ctx context.Context, spec Spec) (*loaded, error) {
	c := spec.Config
	key := fmt.Sprintf("%s|%d|%d", c.Data, c.Examples, spec.HeldOut)
	r.mu.Lock()
	defer r.mu.Unlock()
	if d := r.data[key]; d != nil {
		return d, nil
	}
	train, test, err := dataset.LoadContext(ctx, c.Data)
	if err != nil {
		return nil, err
	}
	if err := dataset.RequireTrain(c.Data, train); err != nil {
		return nil, err
	}
	if spec.HeldOut > 0 {
		const heldOutSeed = 1 // which examples are held out is the same in every experiment
		if train, test, err = dataset.SplitHeldOut(train, spec.HeldOut, heldOutSeed); err != nil {
			return nil, err
		}
	}
	if c.Examples > 0 {
		train = train.Head(c.Examples)
	}
	d := &loaded{train: train, test: test, checksum: train.Checksum() + " " + test.Checksum()}
	if r.data == nil {
		r.data = map[string]*loaded{}
	}
	r.data[key] = d
	return d, nil
}

// all computes jobs, several at a time. The first error stops it.
func (r *Runner) all(ctx context.Context, jobs []job, parallel int, bar *progress.Bar, summary *Summary) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu       sync.Mutex
		group    sync.WaitGroup
		failures []error
	)
	jobQueue := newQueue(jobs, backend.Describe(r.Backend).Name == "go")
	defer context.AfterFunc(ctx, jobQueue.stop)()
	for range parallel {
		group.Go(func() {
			for {
				j, ok := jobQueue.next()
				if !ok {
					return
				}
				start := time.Now()
				result, err := r.one(ctx, j, parallel, bar)
				jobQueue.done(j, time.Since(start))
				mu.Lock()
				switch {
				case errors.Is(err, errElsewhere):
					summary.Elsewhere = append(summary.Elsewhere, j.spec)
				case err != nil:
					if len(failures) == 0 || ctx.Err() == nil {
						failures = append(failures, err)
					}
					cancel()
				case result == nil:
					summary.Already++
				default:
					summary.Computed++
					if result.Diverged() {
						summary.Diverged++
					}
					if r.OnRun != nil {
						r.OnRun(j.spec, j.id, result)
					}
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if len(failures) == 0 {
		return ctx.Err()
	}
	return errors.Join(failures...)
}

// errElsewhere says that another process computes the run.
var errElsewhere = errors.New("another process computes this run")

// one computes one run, or takes it up, and stores it. The result is nil when somebody else has stored it meanwhile.
func (r *Runner) one(ctx context.Context, j job, parallel int, bar *progress.Bar) (*hatlib.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	unlock, free, err := r.Store.lock(j.id)
	if err != nil {
		return nil, err
	}
	if !free {
		bar.Add(j.work())
		return nil, errElsewhere
	}
	defer unlock()
	if have, err := r.Store.Has(j.id, j.spec.KeepWeights); err != nil || have {
		bar.Add(j.work())
		return nil, err
	}
	partial := r.Store.partial(j.id)
	options, resumed, err := r.options(j, partial)
	if err != nil {
		return nil, err
	}
	snapshots := newSnapshotter(partial, j.spec.Config, j.data.train)
	var weights hatlib.Arrays
	done, counted := 0, 0
	options.OnPoint = func(t *hatlib.Trainer, p hatlib.Point) error {
		if j.spec.Config.Curve == "separate" {
			done = 0 // every point is a training of its own
		}
		bar.Add(p.Batch - done)
		counted += p.Batch - done
		done = p.Batch
		bar.Describe(fmt.Sprintf("%s, seed %d: accuracy %.3f", j.spec.Arm, j.spec.Config.Seed, p.Test.Accuracy))
		if j.spec.KeepWeights {
			var err error
			if weights, err = t.Weights(); err != nil {
				return err
			}
		}
		return snapshots.take(t, p)
	}
	start := time.Now()
	trainer, err := r.pool.take(r.Backend, j.spec.Config, j.data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.spec, err)
	}
	result, err := trainer.Run(ctx, options)
	if err != nil {
		trainer.Close()
		return nil, fmt.Errorf("%s: %w", j.spec, err)
	}
	r.pool.give(trainer, j.data)
	bar.Add(j.work() - counted)
	files, err := j.files(result, snapshots, weights, partial)
	if err != nil {
		return nil, err
	}
	manifest, err := r.manifest(j, result, time.Since(start), parallel, resumed)
	if err != nil {
		return nil, err
	}
	if err := r.Store.put(manifest, files); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(partial); err != nil {
		return nil, fmt.Errorf("cleaning the store: %w", err)
	}
	return result, nil
}

const checkpointFile = "checkpoint.safetensors"

// options prepares the folder of the run's partial state. Partial state that cannot be read is thrown away: it only
// saves time.
func (r *Runner) options(j job, partial string) (options hatlib.RunOptions, resumed bool, err error) {
	if j.spec.Config.Curve == "separate" {
		if err := os.RemoveAll(partial); err != nil {
			return options, false, fmt.Errorf("cleaning the store: %w", err)
		}
		return options, false, os.MkdirAll(partial, 0o755)
	}
	options.Checkpoint = filepath.Join(partial, checkpointFile)
	if _, statErr := os.Stat(options.Checkpoint); statErr == nil {
		if _, _, err := hatlib.ReadArrays(options.Checkpoint); err == nil && !j.spec.KeepWeights {
			return options, true, nil
		}
	}
	if err := os.RemoveAll(partial); err != nil {
		return options, false, fmt.Errorf("cleaning the store: %w", err)
	}
	return options, false, os.MkdirAll(partial, 0o755)
}

// files encodes what the run gave.
func (j job) files(result *hatlib.Result, snapshots *snapshotter, weights hatlib.Arrays, partial string) (map[string][]byte, error) {
	curve, err := encodeCurve(j.id, result)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{curveFile: curve}
	rule, err := snapshots.collect()
	if err != nil {
		return nil, err
	}
	for name, arrays := range map[string]hatlib.Arrays{ruleFile: rule, weightsFile: weights} {
		if arrays == nil {
			continue
		}
		if files[name], err = encodeArrays(partial, name, arrays); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (r *Runner) manifest(j job, result *hatlib.Result, took time.Duration, parallel int, resumed bool) (*Manifest, error) {
	config, err := j.spec.Config.JSON()
	if err != nil {
		return nil, fmt.Errorf("encoding a manifest: %w", err)
	}
	info := backend.Describe(r.Backend)
	modules, revision := versions()
	return &Manifest{ID: j.id, Seed: j.spec.Config.Seed, Config: config, HeldOut: j.spec.HeldOut, Data: j.identity.Data,
		Machine: j.identity.Machine, Numerics: Numerics, Population: j.identity.Population,
		Diverged: result.Diverged(), DivergedAt: result.DivergedAt,
		Made: Made{When: time.Now().UTC().Truncate(time.Second), Seconds: took.Seconds(), StepsPerCall: j.spec.Config.StepsPerCall,
			Parallel: parallel, Go: runtime.Version(), System: system(), Cores: runtime.NumCPU(), XLAFlags: withoutPaths(info.XLAFlags),
			PJRT: info.PluginVersion, Versions: modules, Revision: revision, Resumed: resumed}}, nil
}

// work is the number of batches of a job, for the progress bar.
func (j job) work() int {
	stops := j.spec.Config.CurveBatches(j.data.train.N)
	if j.spec.Config.Curve != "separate" {
		return stops[len(stops)-1]
	}
	sum := 0
	for _, s := range stops {
		sum += s
	}
	return sum
}

// ParallelRuns chooses how many runs to compute at a time. A graph of a small learner keeps one core busy, so each core
// takes a run; a large one spreads over all cores, and two of them only share memory and caches. On an accelerator two
// runs hide each other's gaps.
func ParallelRuns(be compute.Backend, specs []Spec) int {
	info := backend.Describe(be)
	if info.Plugin != "" && !strings.Contains(strings.ToLower(filepath.Base(info.Plugin)), "cpu") {
		return 2
	}
	const large = 5e6 // products of one batch that occupy more than a core
	for _, s := range specs {
		work := float64(s.Config.BatchSize())
		pairs := 0
		for l := 1; l < len(s.Config.Sizes); l++ {
			pairs += s.Config.Sizes[l] * s.Config.Sizes[l-1]
		}
		if work *= float64(pairs); s.Config.Rule == "meta" {
			work *= float64(s.Config.MetaHidden)
		}
		if work > large*20 {
			return 1
		}
	}
	return runtime.GOMAXPROCS(0)
}

// Status counts what the store has of specs without computing anything: done, damaged (with their errors), and the rest.
func (r *Runner) Status(ctx context.Context, specs []Spec) (done, total int, damaged []error, err error) {
	var summary Summary
	_, damaged, err = r.plan(ctx, specs, &summary)
	return summary.Already, summary.Total, damaged, err
}

// RunIDs returns the names of the runs of specs on this runner's backend, sorted.
func (r *Runner) RunIDs(ctx context.Context, specs []Spec) ([]string, error) {
	ids := map[string]bool{}
	for _, s := range specs {
		id, err := r.Identity(ctx, s)
		if err != nil {
			return nil, err
		}
		ids[id.ID()] = true
	}
	return slices.Sorted(maps.Keys(ids)), nil
}
