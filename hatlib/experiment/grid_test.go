package experiment

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestEveryExperiment: every grid of every profile makes valid configurations, each run once, arms in whole pairs.
func TestEveryExperiment(t *testing.T) {
	for _, e := range all {
		if e.Choose != nil {
			continue
		}
		for _, profile := range Profiles {
			specs, err := e.Specs(Options{Profile: profile})
			if errors.Is(err, ErrNoProfile) && (profile == "cpu" || profile == "wide") {
				continue
			}
			if err != nil {
				t.Errorf("%s, %s: %v", e.Name, profile, err)
				continue
			}
			places := map[string]bool{}
			for _, s := range specs {
				if places[s.String()] {
					t.Errorf("%s, %s: %s is there twice", e.Name, profile, s)
				}
				places[s.String()] = true
				if s.Experiment != e.Name || s.Arm == "" || s.Reading == "" {
					t.Errorf("%s, %s: incomplete %+v", e.Name, profile, s)
				}
			}
			t.Logf("%s, %s: %d runs", e.Name, profile, len(specs))
		}
	}
}

// TestWide: its first seeds are the runs of quick.
func TestWide(t *testing.T) {
	for _, e := range all {
		if e.Choose != nil || e.Grids["wide"] == nil {
			continue
		}
		wide, err := e.Specs(Options{Profile: "wide"})
		if err != nil {
			t.Fatal(err)
		}
		there := map[string]bool{}
		for _, s := range wide {
			there[s.String()+specKey(s)] = true
		}
		quick, err := e.Specs(Options{Profile: "quick"})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range quick {
			if !there[s.String()+specKey(s)] {
				t.Errorf("%s: %s is not in wide", e.Name, s)
			}
		}
		if e != &bestTune && len(wide) < 2*len(quick) {
			t.Errorf("%s: %d runs, %d at quick", e.Name, len(wide), len(quick))
		}
	}
}

// TestPairedArms: the arms of a pair differ in nothing but what makes the arm.
func TestPairedArms(t *testing.T) {
	specs, err := fig1Epochs.Specs(Options{Profile: "paper"})
	if err != nil {
		t.Fatal(err)
	}
	units := map[string][]Spec{}
	for _, s := range specs {
		units[s.Unit()] = append(units[s.Unit()], s)
	}
	if len(units) != 300 {
		t.Errorf("%d pairs, want 100 of each reading", len(units))
	}
	for unit, pair := range units {
		if len(pair) != 2 {
			t.Fatalf("%s has %d arms", unit, len(pair))
		}
		pair[0].Config.Rule = pair[1].Config.Rule
		if fmt.Sprint(pair[0].Config) != fmt.Sprint(pair[1].Config) {
			t.Errorf("%s: the arms differ in more than the rule", unit)
		}
	}
}

func TestOverrides(t *testing.T) {
	specs, err := fig1Labels.Specs(Options{Set: []string{"epochs=1", "seeds=2", "label_fraction=0.9", "rule=hebb"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(specs) != 2*3*2 {
		t.Errorf("%d runs, want 2 seeds x 3 values x 2 arms", len(specs))
	}
	for _, s := range specs {
		if s.Config.Epochs != 1 || fmt.Sprint(s.Config.LabelFraction) != s.X || s.Config.Rule == "hebb" {
			t.Errorf("%s: epochs %v, labels %v, rule %s", s, s.Config.Epochs, s.Config.LabelFraction, s.Config.Rule)
		}
	}
	for _, set := range []string{"epoch=1", "seeds=0", "nonsense", "epochs=x"} {
		if _, err := fig1Labels.Specs(Options{Set: []string{set}}); err == nil {
			t.Errorf("%s is accepted", set)
		}
	}
	if _, err := fig1Labels.Specs(Options{Profile: "paperr"}); err == nil || !strings.Contains(err.Error(), `"paper"`) {
		t.Errorf("unknown profile: %v", err)
	}
	if _, err := Find("fig1-epoch"); err == nil || !strings.Contains(err.Error(), `"fig1-epochs"`) {
		t.Errorf("unknown experiment: %v", err)
	}
	if _, err := best.Specs(Options{}); err == nil || !strings.Contains(err.Error(), "best-tune") {
		t.Errorf("an experiment that depends on another: %v", err)
	}
}

// TestShards: every run is in exactly one shard, pairs are whole, and no shard has only one of the arms.
func TestShards(t *testing.T) {
	specs, err := fig1Labels.Specs(Options{Profile: "paper"})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 2, 7, 16} {
		where := map[string]int{}
		units := map[string]int{}
		total := 0
		for i := 1; i <= n; i++ {
			part := Shard{i, n}.Of(specs)
			total += len(part)
			arms := map[string]int{}
			for _, s := range part {
				where[s.String()]++
				arms[s.Arm]++
				if before, seen := units[s.Unit()]; seen && before != i {
					t.Fatalf("%s is cut by %d shards", s.Unit(), n)
				}
				units[s.Unit()] = i
			}
			if arms[ControlArm] != arms[HATArm] {
				t.Errorf("shard %d/%d: %v", i, n, arms)
			}
			if want := len(specs) / n; len(part) < want-4 || len(part) > want+4 {
				t.Errorf("shard %d/%d has %d runs of %d", i, n, len(part), len(specs))
			}
		}
		if total != len(specs) || len(where) != len(specs) {
			t.Errorf("%d shards hold %d runs, %d different, of %d", n, total, len(where), len(specs))
		}
	}
	for text, want := range map[string]Shard{"": {1, 1}, "1/1": {1, 1}, "16/16": {16, 16}} {
		if got, err := ParseShard(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"0/16", "17/16", "3", "a/b", "3/", "-1/2", "1/0"} {
		if _, err := ParseShard(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestSearch(t *testing.T) {
	for name, space := range map[string][]dimension{"control": controlSpace, "HAT": hatSpace} {
		settings := search(24, space)
		seen := map[string]bool{}
		for _, set := range settings {
			seen[strings.Join(set, " ")] = true
		}
		if len(seen) != 24 {
			t.Errorf("%s: %d different settings", name, len(seen))
		}
		for d, dim := range space {
			for _, v := range dim.values {
				found := false
				for _, set := range settings {
					found = found || set[d] == dim.field+"="+v
				}
				if !found {
					t.Errorf("%s: 24 settings never try %s=%s", name, dim.field, v)
				}
			}
			if settings[0][d] != dim.field+"="+dim.values[0] {
				t.Errorf("%s: the first setting is %v", name, settings[0])
			}
		}
	}
}
