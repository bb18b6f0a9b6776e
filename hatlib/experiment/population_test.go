package experiment

import (
	"context"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// mixed are runs of several graphs, lengths and seeds, of which few fill a population of three.
func mixed(t testing.TB) []Spec {
	t.Helper()
	var specs []Spec
	for _, seed := range []string{"seed=0", "seed=1", "seed=2", "seed=3"} {
		specs = append(specs, spec(tiny(t, "rule=none", seed), "control"), spec(tiny(t, "local_rate=0.01", "output_activation=linear", seed), "HAT"))
	}
	long := spec(tiny(t, "rule=none", "epochs=3", "seed=9"), "control, longer")
	general := spec(tiny(t, "local_rate=0.01", "output_activation=linear", "seed=8", "pair_kernel=general", "pair_memory_mb=0"), "HAT")
	kept := spec(tiny(t, "local_rate=0.02", "output_activation=linear", "seed=5"), "HAT")
	kept.KeepWeights = true
	return append(specs, long, general, kept)
}

// sameStores reports where two stores differ by more than rounding.
func sameStores(t *testing.T, want, got *Store, population int) {
	t.Helper()
	a, err := want.IDs()
	if err != nil {
		t.Fatal(err)
	}
	b, err := got.IDs()
	if err != nil || !slices.Equal(a, b) {
		t.Fatalf("the stores have %d and %d runs, %v", len(a), len(b), err)
	}
	near := func(id, what string, x, y float64) {
		t.Helper()
		if math.Abs(x-y) > 1e-4*math.Max(math.Abs(x), 1e-2) {
			t.Errorf("%s: %s is %.8g in a population, alone %.8g", id, what, y, x)
		}
	}
	for _, id := range a {
		_, one, err := want.Result(id)
		if err != nil {
			t.Fatal(err)
		}
		m, other, err := got.Result(id)
		if err != nil {
			t.Fatal(err)
		}
		if m.Population != population || one.Config.Seed != other.Config.Seed || len(one.Points) != len(other.Points) {
			t.Fatalf("%s: population %d, seed %d, %d points; alone seed %d, %d points", id, m.Population, other.Config.Seed, len(other.Points), one.Config.Seed, len(one.Points))
		}
		for k, p := range one.Points {
			q := other.Points[k]
			if p.Batch != q.Batch || p.Epoch != q.Epoch {
				t.Errorf("%s: point %d is at batch %d, alone %d", id, k, q.Batch, p.Batch)
			}
			near(id, "test loss", p.Test.Loss, q.Test.Loss)
			near(id, "training loss", p.TrainLoss, q.TrainLoss)
			near(id, "local norm", p.LocalNorm, q.LocalNorm)
			near(id, "step norm", p.StepNorm, q.StepNorm)
		}
		alone, err := want.Manifest(id)
		if err != nil {
			t.Fatal(err)
		}
		if x, y := slices.Sorted(maps.Keys(alone.Files)), slices.Sorted(maps.Keys(m.Files)); !slices.Equal(x, y) {
			t.Errorf("%s: files %v, alone %v", id, y, x)
		}
		for _, name := range []string{ruleFile, weightsFile} {
			if _, there := alone.Files[name]; !there {
				continue
			}
			x, _, err1 := hatlib.ReadArrays(want.file(id, name))
			y, _, err2 := hatlib.ReadArrays(got.file(id, name))
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			for array := range x {
				if !slices.Equal(x[array].Shape, y[array].Shape) {
					t.Fatalf("%s: %s has shape %v, alone %v", id, array, y[array].Shape, x[array].Shape)
				}
				for i, v := range x[array].Values {
					near(id, name+" "+array, float64(v), float64(y[array].Values[i]))
				}
			}
		}
	}
}

// TestPopulationsFillTheSameStore: with three runs in a graph the store has the runs, under the same names, that it has with
// one, and each of the sizes takes the other's runs for its own.
func TestPopulationsFillTheSameStore(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		specs := mixed(t)
		alone, together := newStore(t), newStore(t)
		compute1(t, be, alone, specs...)
		runner := &Runner{Store: together, Backend: be, Population: 3}
		calls := 0
		runner.OnRun = func(s Spec, id string, r *hatlib.Result) {
			calls++
			if r.Config.Seed != s.Config.Seed {
				t.Errorf("%s was given the result of seed %d", s, r.Config.Seed)
			}
		}
		summary, err := runner.Run(t.Context(), specs)
		if err != nil || summary.Computed != len(specs) || calls != len(specs) {
			t.Fatalf("%+v, %d calls, %v", summary, calls, err)
		}
		sameStores(t, alone, together, 3)
		for store, population := range map[*Store]int{alone: 3, together: 1} {
			summary, err := (&Runner{Store: store, Backend: be, Population: population}).Run(t.Context(), specs)
			if err != nil || summary.Already != len(specs) {
				t.Errorf("for a population of %d: %s, %v", population, summary, err)
			}
		}
		if found, err := Collect(together, specs); err != nil || len(found.Runs) != len(specs) {
			t.Errorf("collected %d, %v", len(found.Runs), err)
		}
	})
}

// TestSeparatePointsInPopulations: with a training for every point of the curve, too.
func TestSeparatePointsInPopulations(t *testing.T) {
	be := goBackend(t)
	specs := []Spec{spec(tiny(t, "curve=separate", "output_activation=linear"), "HAT"), spec(tiny(t, "curve=separate", "output_activation=linear", "seed=1"), "HAT")}
	alone, together := newStore(t), newStore(t)
	compute1(t, be, alone, specs...)
	if _, err := (&Runner{Store: together, Backend: be, Population: 2}).Run(t.Context(), specs); err != nil {
		t.Fatal(err)
	}
	sameStores(t, alone, together, 2)
}

// TestInterruptedPopulations: runs that were stopped, alone and in populations of several sizes, at several points, are taken up by
// a population of yet another size.
func TestInterruptedPopulations(t *testing.T) {
	be := goBackend(t)
	var specs []Spec
	for _, seed := range []string{"seed=0", "seed=1", "seed=2", "seed=3", "seed=4"} {
		specs = append(specs, spec(tiny(t, "epochs=4", "output_activation=linear", "local_rate=0.01", seed), "HAT"))
	}
	alone, s := newStore(t), newStore(t)
	compute1(t, be, alone, specs...)
	stop := errors.New("interrupted")
	runner := &Runner{Store: s, Backend: be}
	for _, part := range []struct {
		specs  []Spec
		points int
	}{{specs[:2], 3}, {specs[2:3], 5}} {
		configs := make([]hatlib.Config, len(part.specs))
		options := make([]hatlib.RunOptions, len(part.specs))
		var data *loaded
		for i, one := range part.specs {
			jobs, _, err := runner.plan(t.Context(), []Spec{one}, &Summary{})
			if err != nil {
				t.Fatal(err)
			}
			training, err := runner.prepare(jobs[0], nil)
			if err != nil {
				t.Fatal(err)
			}
			configs[i], options[i], data = jobs[0].spec.Config, training.options, jobs[0].data
			take := options[i].OnPoint
			points := 0
			options[i].OnPoint = func(trainer *hatlib.Trainer, p hatlib.Point) error {
				if points++; points > part.points {
					return stop
				}
				return take(trainer, p)
			}
		}
		p, err := hatlib.NewPopulation(be, configs, data.train, data.test)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Run(t.Context(), options); !errors.Is(err, stop) {
			t.Fatal(err)
		}
		p.Close()
	}
	runner.Population = 4
	summary, err := runner.Run(t.Context(), specs)
	if err != nil || summary.Computed != len(specs) {
		t.Fatalf("%s, %v", summary, err)
	}
	sameStores(t, alone, s, 4)
	resumed := 0
	for _, id := range mustIDs(t, runner, specs) {
		m, err := s.Manifest(id)
		if err != nil {
			t.Fatal(err)
		}
		if m.Made.Resumed {
			resumed++
		}
	}
	if resumed != 3 {
		t.Errorf("%d runs were taken up, want 3", resumed)
	}
}

func mustIDs(t testing.TB, r *Runner, specs []Spec) []string {
	t.Helper()
	ids, err := r.RunIDs(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// TestSizes: the size doubles while it pays and the runs suffice, and what was measured is not measured again.
func TestSizes(t *testing.T) {
	ratios := map[int]float64{2: 0.7, 4: 0.9, 8: 0.96, 16: 0.5}
	for _, c := range []struct {
		known              map[int]float64
		limit, want, calls int
	}{
		{nil, 16, 4, 3}, // 16 is beyond a doubling that does not pay
		{nil, 4, 4, 2},
		{nil, 2, 2, 1},
		{nil, 1, 1, 0},
		{map[int]float64{2: 0.7, 4: 0.9, 8: 0.96}, 64, 4, 0},
		{map[int]float64{2: 1.2}, 64, 1, 0},
		{map[int]float64{2: 0.7}, 16, 4, 2},
		{map[int]float64{2: 0.7, 4: impossible}, 16, 2, 0},
	} {
		s, calls := sizing{Ratio: map[int]float64{}}, 0
		maps.Copy(s.Ratio, c.known)
		got, err := s.choose(c.limit, func(size int) (float64, error) { calls++; return ratios[size], nil })
		if got != c.want || calls != c.calls || err != nil {
			t.Errorf("%v up to %d: %d after %d measurements, want %d after %d; %v", c.known, c.limit, got, calls, c.want, c.calls, err)
		}
	}
}

// TestMeasuredSizes: a size is measured on the machine, kept in HATLAB_HOME, and read again; little work is not worth measuring.
func TestMeasuredSizes(t *testing.T) {
	be := goBackend(t)
	home := t.TempDir()
	t.Setenv(backend.HomeEnv, home)
	runner := &Runner{Store: newStore(t), Backend: be}
	jobsOf := func(set ...string) []job {
		var specs []Spec
		for _, seed := range []string{"seed=0", "seed=1", "seed=2", "seed=3"} {
			specs = append(specs, spec(tiny(t, append(set, seed)...), "control"))
		}
		jobs, _, err := runner.plan(t.Context(), specs, &Summary{})
		if err != nil {
			t.Fatal(err)
		}
		return jobs
	}
	size := func(jobs []job) int {
		t.Helper()
		n, err := runner.population(t.Context(), jobs, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	kept := func() []string {
		files, err := filepath.Glob(filepath.Join(home, "populations", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	if n := size(jobsOf("rule=none")); n != 1 || len(kept()) != 0 {
		t.Errorf("for a second of work %d were chosen, and %v measured", n, kept())
	}
	long := jobsOf("rule=none", "epochs=1000000")
	first := size(long)
	if n := kept(); len(n) != 1 || first != 1 && first != 2 {
		t.Fatalf("%d were chosen, %v kept", first, n)
	}
	measured := readSizing(kept()[0])
	if r := measured.Ratio[2]; len(measured.Ratio) != 1 || !(r > 0.05 && r < 20) || (first == 2) != (r <= 1-smallestGain) {
		t.Errorf("%v was measured, and %d chosen", measured.Ratio, first)
	}
	// The file decides, for another length of run too; a damaged one is measured anew.
	for ratio, want := range map[string]int{"0.5": 2, "2": 1} {
		if err := os.WriteFile(kept()[0], []byte(`{"ratio": {"2": `+ratio+`}}`), 0o644); err != nil {
			t.Fatal(err)
		}
		if n := size(jobsOf("rule=none")); n != want {
			t.Errorf("with a ratio of %s %d were chosen", ratio, n)
		}
	}
	if err := os.WriteFile(kept()[0], []byte(`{"ra`), 0o644); err != nil {
		t.Fatal(err)
	}
	size(long)
	if r := readSizing(kept()[0]).Ratio[2]; !(r > 0.05 && r < 20) {
		t.Errorf("after damage: %v", r)
	}
	if runner.Population = 7; size(long) != 7 {
		t.Error("the size that was asked for is not taken")
	}
	runner.Population = 0
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := os.Remove(kept()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := runner.population(ctx, long, 2, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
