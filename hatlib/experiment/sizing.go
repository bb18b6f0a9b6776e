package experiment

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/atomicfile"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/progress"
)

// How many runs go into one graph is measured, once for each machine and graph, and kept in HATLAB_HOME. POPULATION.md has what
// was seen. The size doubles as long as a run becomes cheaper by more than smallestGain.
const (
	smallestGain = 0.05
	// A measurement compiles several graphs, which takes about a minute, so it is not made for less work than this.
	worthMeasuring = 10 * time.Minute
	measureRounds  = 5
	measureTime    = 400 * time.Millisecond
)

// population is the size of the population in which jobs, which share a graph, are trained by that many workers.
func (r *Runner) population(ctx context.Context, jobs []job, workers int, bar *progress.Bar) (int, error) {
	if r.Population > 0 {
		return r.Population, nil
	}
	limit := powerOfTwo((len(jobs) + workers - 1) / workers)
	if limit == 1 {
		return 1, nil
	}
	file := r.sizingFile(jobs[0].spec, workers)
	known := readSizing(file)
	if len(known.Ratio) == 0 && estimate(jobs, workers) < worthMeasuring {
		return 1, nil
	}
	bar.Describe("measuring how many runs to train in one graph")
	m := &measurement{ctx: ctx, backend: r.Backend, jobs: jobs, workers: workers, processor: workers > 1 && onProcessor(r.Backend)}
	defer m.close()
	before := len(known.Ratio)
	size, err := known.choose(limit, m.ratio)
	if err != nil {
		return 0, err
	}
	if len(known.Ratio) > before && file != "" {
		data, err := json.MarshalIndent(known, "", "  ")
		if err != nil {
			return 0, fmt.Errorf("keeping the size of a population: %w", err)
		}
		if err := atomicfile.Write(file, append(data, '\n')); err != nil {
			return 0, err
		}
	}
	return size, nil
}

// sizing is what was measured of one graph on one machine.
type sizing struct {
	// Ratio is the cost of a step for each run in a population of that size, divided by that in one of half the size.
	Ratio map[int]float64 `json:"ratio"`
}

// choose returns the largest size, a power of two up to limit, to which every doubling was worth it. What is not known yet is
// measured; a size that cannot be made, for want of memory or because the rule has no population, is not worth it.
func (s *sizing) choose(limit int, measure func(size int) (float64, error)) (int, error) {
	for size := 2; size <= limit; size *= 2 {
		ratio, known := s.Ratio[size]
		if !known {
			var err error
			if ratio, err = measure(size); err != nil {
				return 0, err
			}
			s.Ratio[size] = ratio
		}
		if ratio > 1-smallestGain {
			return size / 2, nil
		}
	}
	return limit, nil
}

// readSizing reads what was measured before; what cannot be read is measured again.
func readSizing(file string) *sizing {
	s := &sizing{}
	if data, err := os.ReadFile(file); err == nil {
		if json.Unmarshal(data, s) != nil {
			s = &sizing{}
		}
	}
	if s.Ratio == nil {
		s.Ratio = map[int]float64{}
	}
	return s
}

// sizingFile is where the measurement of a graph on this machine is kept; empty where there is no folder for it.
func (r *Runner) sizingFile(s Spec, workers int) string {
	home := backend.Home()
	if home == "" {
		return ""
	}
	info := backend.Describe(r.Backend)
	machine := fmt.Sprintf("%s|%s|%s|%s|%d|%s|%s", info.Name, info.PluginSHA256, info.XLAFlags, system(), runtime.GOMAXPROCS(0), ProcessorName(),
		r.Backend.Description())
	sum := sha256.Sum256(fmt.Appendf(nil, "numerics %d, %d workers\n%s\n%s", Numerics, workers, machine, graphOf(s)))
	return filepath.Join(home, "populations", fmt.Sprintf("%x.json", sum[:8]))
}

// ProcessorName is the model of the processor, where the system says it.
func ProcessorName() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range bytes.Lines(data) {
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// estimate is roughly how long jobs take one by one: what a processor needs for the products of M, or of the learner alone,
// and for beginning a step. It decides only whether measuring is worth it.
func estimate(jobs []job, workers int) time.Duration {
	const perProduct, perStep = 0.5e-9, 50e-6 // seconds
	seconds := 0.0
	for _, j := range jobs {
		seconds += float64(j.work()) * (perStep + perProduct*products(j.spec.Config))
	}
	return time.Duration(seconds / float64(workers) * float64(time.Second))
}

// measurement makes populations, as many at a time as there are workers, and lays their costs beside each other.
type measurement struct {
	ctx     context.Context
	backend compute.Backend
	jobs    []job
	workers int
	// processor counts the time of processors, which is what is short when several graphs share them, instead of time by the
	// clock. It is also not disturbed by what else runs.
	processor bool
	half      []*hatlib.Population
}

// ratio is the cost of a step for each run in populations of the given size, divided by that in ones of half the size: the median
// of several rounds, in which both take turns. It is infinite where such populations cannot be made.
func (m *measurement) ratio(size int) (float64, error) {
	if m.half == nil {
		half, err := m.populations(size / 2)
		if err != nil {
			return 0, err
		}
		m.half = half
	}
	whole, err := m.populations(size)
	if m.ctx.Err() != nil {
		return 0, m.ctx.Err()
	}
	if err != nil {
		return impossible, nil
	}
	half := m.half
	defer closeAll(half)
	m.half = whole
	var ratios []float64
	for range measureRounds {
		a, err := m.cost(whole)
		if err != nil {
			return 0, err
		}
		b, err := m.cost(half)
		if err != nil {
			return 0, err
		}
		ratios = append(ratios, a/b)
	}
	return median(ratios), nil
}

// impossible is the ratio of a size that cannot be made; JSON has no infinity.
const impossible = 1e9

// populations makes one for every worker.
func (m *measurement) populations(size int) ([]*hatlib.Population, error) {
	some := m.jobs[:min(size, len(m.jobs))]
	all, err := warmed(m.ctx, m.backend, filled(configsOf(some), size), m.workers, some[0].data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", some[0].spec, err)
	}
	return all, nil
}

// warmed are populations that have been compiled and know how many steps to take at once.
func warmed(ctx context.Context, be compute.Backend, configs []hatlib.Config, count int, data *loaded) (all []*hatlib.Population, err error) {
	defer func() {
		if err != nil {
			closeAll(all)
		}
	}()
	for range count {
		p, err := hatlib.NewPopulation(be, configs, data.train, data.test)
		if err != nil {
			return all, err
		}
		all = append(all, p)
		if _, err := p.TrainFor(ctx, 2*measureTime); err != nil {
			return all, err
		}
	}
	return all, nil
}

func closeAll(populations []*hatlib.Population) {
	for _, p := range populations {
		p.Close()
	}
}

// cost is what a step takes for each run.
func (m *measurement) cost(populations []*hatlib.Population) (float64, error) {
	processor, clock, err := cost(m.ctx, populations)
	if m.processor && processor > 0 {
		return processor.Seconds(), err
	}
	return clock.Seconds(), err
}

// cost is what a step takes for each run when the populations are trained at the same time: the time of processors, 0 where the
// system does not say it, and the time by the clock, of which all have their share.
func cost(ctx context.Context, populations []*hatlib.Population) (processor, clock time.Duration, err error) {
	var group sync.WaitGroup
	steps, errs := make([]int, len(populations)), make([]error, len(populations))
	start, used := time.Now(), processorTime()
	for i, p := range populations {
		group.Go(func() {
			steps[i], errs[i] = p.TrainFor(ctx, measureTime)
			steps[i] *= len(p.Members())
		})
	}
	group.Wait()
	clock, processor = time.Since(start), processorTime()-used
	sum := 0
	for _, n := range steps {
		sum += n
	}
	return processor / time.Duration(max(sum, 1)), clock / time.Duration(max(sum, 1)), errors.Join(errs...)
}

func (m *measurement) close() { closeAll(m.half) }
