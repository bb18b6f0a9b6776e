package experiment

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
)

// explainedNumerics says why runs of numerics other than the current ones are still among the committed results.
var explainedNumerics = map[int]string{}

// machinePath is a text in a manifest that names a folder of the machine.
var machinePath = regexp.MustCompile(`["= ](/|[A-Za-z]:\\)[^"]*`)

// TestCommittedResults: every committed run is what was written, can be read by this version, names no machine, and belongs
// to a complete seed of an experiment.
func TestCommittedResults(t *testing.T) {
	t.Setenv("HATLAB_RESULTS", "")
	store, err := Committed()
	if errors.Is(err, ErrNoCommitted) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	ids, err := store.IDs()
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string]bool{}
	for _, name := range Names() {
		kept, err := CommittedRuns(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range kept {
			t.Logf("%s, %s: %s", name, k.Profile, k)
			for _, r := range k.Found.Complete() {
				wanted[r.Manifest.ID] = true
			}
		}
	}
	for _, id := range ids {
		if err := store.Verify(id); err != nil {
			t.Error(err)
			continue
		}
		m, err := store.Manifest(id)
		if err != nil {
			t.Error(err)
			continue
		}
		if m.Numerics != Numerics {
			if explainedNumerics[m.Numerics] == "" {
				t.Errorf("run %s has numerics %d, this version computes %d: remove it, or say in explainedNumerics why it stays", id, m.Numerics, Numerics)
			}
			continue
		}
		if !wanted[id] {
			t.Errorf("run %s belongs to no complete seed of an experiment", id)
		}
		text, err := os.ReadFile(store.file(id, manifestFile))
		if err != nil {
			t.Fatal(err)
		}
		if path := machinePath.Find(text); path != nil {
			t.Errorf("the manifest of run %s names a folder: %s", id, path)
		}
	}
	t.Logf("%d runs", len(ids))
}

func TestMachinePath(t *testing.T) {
	for text, names := range map[string]bool{
		`"when": "2026-11-25T10:00:00Z"`: false, `"go": "go1.26.8"`: false, `"github.com/gomlx/gomlx": "v0.28.2"`: false,
		`"system": "linux/amd64"`: false, `"x": "/home/me"`: true, `"x": "--flag=/tmp/a"`: true, `"x": "C:\\data"`: true,
	} {
		if machinePath.MatchString(text) != names {
			t.Errorf("%s: %v", text, !names)
		}
	}
	if got := withoutPaths("--a=1 --xla_dump_to=/tmp/x --b="); got != "--a=1 --b=" {
		t.Errorf("flags %q", got)
	}
}

// TestCommittedRuns: partly computed sweeps are counted by whole seeds, and what is not there is no error unless it was
// asked for by name.
func TestCommittedRuns(t *testing.T) {
	s := newStore(t)
	t.Setenv("HATLAB_RESULTS", s.Dir())
	if kept, err := CommittedRuns("fig1-epochs"); err != nil || len(kept) != 0 {
		t.Errorf("an empty store: %v, %v", kept, err)
	}
	specs, err := fig1Epochs.Specs(Options{Profile: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	for i, spec := range specs {
		if spec.Reading == ReadingPaper && i < 7 { // three pairs, and a control alone
			fake(t, s, spec)
		}
	}
	kept, err := CommittedRuns("fig1-epochs")
	if err != nil || len(kept) != 1 {
		t.Fatalf("%v, %v", kept, err)
	}
	k := kept[0]
	if k.Profile != "cpu" || k.Seeds(ReadingPaper) != 3 || k.Seeds(ReadingLinear) != 0 || len(k.Found.Runs) != 7 || len(k.Found.Complete()) != 6 ||
		k.String() != "paper 3 of 20 seeds; paper, linear outputs 0 of 20" {
		t.Errorf("%s: %s, %d runs, %d of complete seeds", k.Profile, k, len(k.Found.Runs), len(k.Found.Complete()))
	}
	// HAT's runs of the figure are those of figure 2.
	if kept, err := CommittedRuns("fig2-rule"); err != nil || len(kept) != 1 || kept[0].Seeds(ReadingPaper) != 3 {
		t.Errorf("fig2-rule: %v, %v", kept, err)
	}
	// What depends on an experiment that is not there waits, silently.
	if kept, err := CommittedRuns("best"); err != nil || len(kept) != 0 {
		t.Errorf("best: %v, %v", kept, err)
	}
	t.Setenv("HATLAB_RESULTS", filepath.Join(t.TempDir(), "nothing"))
	if _, err := CommittedRuns("fig1-epochs"); !errors.Is(err, ErrNoCommitted) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// fake stores a run of spec that nobody computed.
func fake(t testing.TB, s *Store, spec Spec) {
	t.Helper()
	id := Identity{Config: Canonical(spec.Config), HeldOut: spec.HeldOut, Data: "train test", Machine: Machine{Backend: "go"}, Population: 1, Numerics: Numerics}
	result := &hatlib.Result{Config: id.Config, Points: []hatlib.Point{{Test: hatlib.Evaluation{Accuracy: 0.1}}, {Epoch: 1, Test: hatlib.Evaluation{Accuracy: 0.8}}}}
	config, err := id.Config.JSON()
	if err != nil {
		t.Fatal(err)
	}
	curve, err := encodeCurve(id.ID(), result)
	if err != nil {
		t.Fatal(err)
	}
	m := &Manifest{ID: id.ID(), Seed: id.Config.Seed, Config: config, HeldOut: id.HeldOut, Data: id.Data, Machine: id.Machine, Numerics: Numerics, Population: 1}
	if err := s.put(m, map[string][]byte{curveFile: curve}); err != nil {
		t.Fatal(err)
	}
}
