package experiment

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
)

// TestRunAndCollect: compute, resume, read back.
func TestRunAndCollect(t *testing.T) {
	be, s := goBackend(t), newStore(t)
	specs := []Spec{spec(tiny(t, "rule=none"), "control"), spec(tiny(t), "HAT"), spec(tiny(t, "rule=none", "lr_meta=7"), "same control")}
	if summary := compute1(t, be, s, specs...); summary.Computed != 2 || summary.Total != 2 || summary.Already != 0 {
		t.Errorf("first: %+v", summary)
	}
	if summary := compute1(t, be, s, specs...); summary.Computed != 0 || summary.Already != 2 {
		t.Errorf("again: %+v", summary)
	}
	found, err := Collect(s, append(specs, spec(tiny(t, "seed=5"), "HAT")))
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Runs) != 3 || len(found.Missing) != 1 || found.Missing[0].Config.Seed != 5 {
		t.Fatalf("%d runs, %d missing", len(found.Runs), len(found.Missing))
	}
	runner := &Runner{Store: s, Backend: be}
	for _, r := range found.Runs[:2] {
		data, err := runner.load(t.Context(), r.Spec)
		if err != nil {
			t.Fatal(err)
		}
		direct, err := hatlib.Run(t.Context(), be, r.Spec.Config, data.train, data.test, hatlib.RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := r.Result.Accuracies(), direct.Accuracies(); len(got) != len(want) || got[len(got)-1] != want[len(want)-1] {
			t.Errorf("%s: %v stored, %v directly", r.Spec.Arm, got, want)
		}
	}
	snapshots, err := found.Runs[1].Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	if len(snapshots.Rules) != 5 || len(snapshots.Visited[4]) != 2 || len(snapshots.Visited[4][1]) != visitedPairs || snapshots.Epochs[4] != 2 {
		t.Errorf("%d rules at %v", len(snapshots.Rules), snapshots.Epochs)
	}
	if snapshots.Rules[0].A[0] == snapshots.Rules[4].A[0] {
		t.Error("M did not change")
	}
	if _, err := found.Runs[0].Snapshots(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the control has no M: %v", err)
	}
	pairs, alone := Pairs(found.Runs, "HAT", "control")
	if len(pairs) != 1 || alone != 0 {
		t.Errorf("%d pairs, %d alone", len(pairs), alone)
	}
}

// TestSnapshotIsTheRule: the stored M computes what its formula says, and the stored pairs are pairs of the learner.
func TestSnapshotIsTheRule(t *testing.T) {
	be, s := goBackend(t), newStore(t)
	one := spec(tiny(t), "HAT")
	one.KeepWeights = true
	compute1(t, be, s, one)
	found, err := Collect(s, []Spec{one})
	if err != nil {
		t.Fatal(err)
	}
	weights, err := found.Runs[0].Weights()
	if err != nil {
		t.Fatal(err)
	}
	snapshots, err := found.Runs[0].Snapshots()
	if err != nil {
		t.Fatal(err)
	}
	last := len(snapshots.Rules) - 1
	vi, wij, vj := 0.3, -0.2, 0.7
	want := float64(weights["meta.output.bias"].Values[0])
	for k := range 3 {
		h := weights["meta.hidden.weight"].Values[3*k:]
		z := float64(h[0])*vi + float64(h[1])*wij + float64(h[2])*vj + float64(weights["meta.hidden.bias"].Values[k])
		want += float64(weights["meta.output.weight"].Values[k]) * math.Max(z, 0)
	}
	if got := snapshots.Rules[last].Update(vi, wij, vj); math.Abs(got-want) > 1e-12 {
		t.Errorf("M(%v, %v, %v) = %v, want %v", vi, wij, vj, got, want)
	}
	inW := map[float64]bool{}
	for _, w := range weights["learner.0.weight"].Values {
		inW[float64(w)] = true
	}
	for _, p := range snapshots.Visited[last][0] {
		if !inW[p[1]] {
			t.Fatalf("w_ij = %v is no weight of the first layer", p[1])
		}
		if p[0] < 0 || p[0] > 1 || p[2] < 0 {
			t.Fatalf("pair %v: inputs are in [0,1], activities of ReLU at least 0", p)
		}
	}
}

func TestSnapshotPoints(t *testing.T) {
	for n := 1; n < 200; n++ {
		points := snapshotPoints(n)
		if points[0] != 0 || points[len(points)-1] != n-1 || len(points) != min(n, maxSnapshots) {
			t.Fatalf("%d points: %v", n, points)
		}
		for i := 1; i < len(points); i++ {
			if points[i] <= points[i-1] {
				t.Fatalf("%d points: %v", n, points)
			}
		}
	}
}

// TestCurveIsByteStable: equal curves give equal bytes, and all that was measured comes back, NaN and Inf too.
func TestCurveIsByteStable(t *testing.T) {
	r := &hatlib.Result{Config: tiny(t), DivergedAt: 3, Points: []hatlib.Point{
		{Test: hatlib.Evaluation{Accuracy: 0.1, Loss: 2.3, ByClass: []float64{0, 1}}},
		{Epoch: 0.5, Batch: 4, TrainLoss: math.NaN(), LocalNorm: math.Inf(1), StepNorm: 1e-300,
			Test: hatlib.Evaluation{Accuracy: 1. / 3, Loss: math.NaN(), ByClass: []float64{0.25, 0.5}, DeadOutputs: 2}},
	}}
	first, err := encodeCurve("abc", r)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := encodeCurve("abc", r)
		if err != nil || !bytes.Equal(first, again) {
			t.Fatal("two encodings differ")
		}
	}
	points, diverged, err := decodeCurve(first)
	if err != nil {
		t.Fatal(err)
	}
	p := points[1]
	if diverged != 3 || len(points) != 2 || !math.IsNaN(p.TrainLoss) || !math.IsInf(p.LocalNorm, 1) || p.StepNorm != 1e-300 ||
		!math.IsNaN(p.Test.Loss) || p.Test.Accuracy != 1./3 || p.Test.ByClass[1] != 0.5 || p.Test.DeadOutputs != 2 || p.Batch != 4 {
		t.Errorf("%+v, diverged at %d", points, diverged)
	}
}

// TestDivergedRunIsAResult: a rate that is far too large; the run is stored and counted.
func TestDivergedRunIsAResult(t *testing.T) {
	be, s := goBackend(t), newStore(t)
	c := tiny(t, "local_rate=1e30", "output_activation=linear")
	summary := compute1(t, be, s, spec(c, "HAT"))
	if summary.Computed != 1 || summary.Diverged != 1 || !strings.Contains(summary.String(), "1 diverged") {
		t.Errorf("%+v: %s", summary, summary)
	}
	found, err := Collect(s, []Spec{spec(c, "HAT")})
	if err != nil || len(found.Runs) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	if r := found.Runs[0]; !r.Manifest.Diverged || r.Result.DivergedAt == 0 || len(r.Result.Points) != 5 || !(r.Final() >= 0) {
		t.Errorf("diverged %v at %d, %d points, accuracy %v", r.Manifest.Diverged, r.Result.DivergedAt, len(r.Result.Points), r.Final())
	}
}

// TestDamage: whatever happens to a file, reading says which file it was and what to do, and the other runs are read.
func TestDamage(t *testing.T) {
	be, s := goBackend(t), newStore(t)
	hit, other := spec(tiny(t), "HAT"), spec(tiny(t, "rule=none"), "control")
	compute1(t, be, s, hit, other)
	runner := &Runner{Store: s, Backend: be}
	identity, err := runner.Identity(t.Context(), hit)
	if err != nil {
		t.Fatal(err)
	}
	id := identity.ID()
	changeByte := func(offset int) func([]byte) []byte {
		return func(b []byte) []byte { b[(offset+len(b))%len(b)] ^= 0x10; return b }
	}
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	for name, damage := range map[string]struct {
		file   string
		change func([]byte) []byte
		want   error
		says   string
	}{
		"truncated curve":        {curveFile, func(b []byte) []byte { return b[:len(b)/2] }, ErrDamaged, "bytes"},
		"empty curve":            {curveFile, func(b []byte) []byte { return nil }, ErrDamaged, "bytes"},
		"byte in the curve":      {curveFile, changeByte(100), ErrDamaged, "SHA-256"},
		"last byte of the curve": {curveFile, changeByte(-1), ErrDamaged, "SHA-256"},
		"byte in M":              {ruleFile, changeByte(-1), ErrDamaged, "SHA-256"},
		"truncated manifest":     {manifestFile, func(b []byte) []byte { return b[:50] }, ErrDamaged, "manifest"},
		"byte in the manifest":   {manifestFile, replace(`"seconds": `, `"seconds": 1`), ErrDamaged, "checksum"},
		"another seed":           {manifestFile, replace(`"seed": 0`, `"seed": 1`), ErrDamaged, "checksum"},
		"a later format":         {manifestFile, replace(`"format": 1`, `"format": 2`), ErrVersion, "format 2"},
		"missing curve":          {curveFile, nil, ErrDamaged, "missing"},
		"missing manifest":       {manifestFile, nil, ErrDamaged, "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			path := s.file(id, damage.file)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			defer os.WriteFile(path, before, 0o644)
			if damage.change == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, damage.change(bytes.Clone(before)), 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			err = s.Verify(id)
			if !errors.Is(err, damage.want) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), damage.says) ||
				!strings.Contains(err.Error(), "remove the folder") {
				t.Errorf("reading: %v", err)
			}
			// A sweep computes what it can, loses nothing, and says the same.
			third := spec(tiny(t, "rule=none", "seed=77"), "control")
			os.RemoveAll(s.folder(mustID(t, runner, third)))
			summary, err := runner.Run(t.Context(), []Spec{hit, other, third})
			if !errors.Is(err, damage.want) || summary.Computed != 1 || summary.Already != 1 {
				t.Errorf("sweep: %+v, %v", summary, err)
			}
			if _, _, err := s.Result(mustID(t, runner, other)); err != nil {
				t.Errorf("the other run: %v", err)
			}
		})
	}
	if err := s.Verify(id); err != nil {
		t.Fatalf("restored: %v", err)
	}
	// Repair moves the damaged run aside, and it is computed again with the same bytes.
	before, _ := os.ReadFile(s.file(id, curveFile))
	os.WriteFile(s.file(id, curveFile), before[:20], 0o644)
	moved, err := s.Repair([]string{id, mustID(t, runner, other)})
	if err != nil || len(moved) != 1 || moved[0] != id {
		t.Fatalf("repair: %v, %v", moved, err)
	}
	compute1(t, be, s, hit, other)
	if after, _ := os.ReadFile(s.file(id, curveFile)); !bytes.Equal(before, after) {
		t.Error("the run that was made again has other bytes")
	}
}

func mustID(t testing.TB, r *Runner, s Spec) string {
	t.Helper()
	id, err := r.Identity(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return id.ID()
}

// TestOtherVersion: a configuration with a field that this version does not know.
func TestOtherVersion(t *testing.T) {
	be, s := goBackend(t), newStore(t)
	one := spec(tiny(t, "rule=none"), "control")
	compute1(t, be, s, one)
	id := mustID(t, &Runner{Store: s, Backend: be}, one)
	m, err := s.Manifest(id)
	if err != nil {
		t.Fatal(err)
	}
	m.Config = bytes.Replace(m.Config, []byte(`{`), []byte(`{"horizon": 3,`), 1)
	data, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.file(id, manifestFile), data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Manifest(id); !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "horizon") || !strings.Contains(err.Error(), id) {
		t.Errorf("%v", err)
	}
	if found, err := Collect(s, []Spec{one}); err != nil || len(found.Missing) != 1 {
		t.Errorf("collect: %v, %v", found, err)
	}
	if moved, err := s.Repair([]string{id}); err != nil || len(moved) != 0 {
		t.Errorf("repair touches runs of another version: %v, %v", moved, err)
	}
}

func TestMerge(t *testing.T) {
	be, a, b := goBackend(t), newStore(t), newStore(t)
	one, two, three := spec(tiny(t, "rule=none"), "c"), spec(tiny(t, "rule=none", "seed=1"), "c"), spec(tiny(t, "rule=none", "seed=2"), "c")
	compute1(t, be, a, one, two)
	compute1(t, be, b, two, three)
	r := &Runner{Store: b, Backend: be}
	copied, err := a.Merge(b)
	if err != nil || copied != 1 {
		t.Errorf("%d copied, %v", copied, err)
	}
	if found, err := Collect(a, []Spec{one, two, three}); err != nil || len(found.Runs) != 3 {
		t.Errorf("%v, %v", found, err)
	}
	// A damaged run is not copied, and is named; the others are.
	c := newStore(t)
	id := mustID(t, r, two)
	os.WriteFile(b.file(id, curveFile), []byte("x"), 0o644)
	copied, err = c.Merge(b)
	if copied != 1 || !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), filepath.Join(id, curveFile)) {
		t.Errorf("%d copied, %v", copied, err)
	}
}
