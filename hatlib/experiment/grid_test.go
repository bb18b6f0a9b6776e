package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
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

// TestSearch: both arms get the same number of settings, the first of which are the defaults, and what HAT tries of L the
// control tries too. So the better of the two cannot be the one that was given the better rate.
func TestSearch(t *testing.T) {
	for profile, budget := range map[string]int{"smoke": 2, "quick": 24, "wide": 24, "paper": 24} {
		specs, err := bestTune.Specs(Options{Profile: profile, Set: []string{"seeds=1"}})
		if err != nil {
			t.Fatal(err)
		}
		// Settings of L are all of a configuration that a control reads.
		controls, withRule, hats := map[string]bool{}, map[string]int{}, map[string]bool{}
		for _, s := range specs {
			switch {
			case s.Config.Rule == "none":
				controls[specKey(s)] = true
			default:
				hats[specKey(s)] = true
				s.Config.Rule = "none"
				withRule[specKey(s)]++
			}
		}
		if len(controls) != budget || len(hats) != budget {
			t.Errorf("%s: %d settings of the control and %d of HAT, want %d", profile, len(controls), len(hats), budget)
		}
		for key, n := range withRule {
			if !controls[key] {
				t.Errorf("%s: HAT tries settings of L that the control does not:\n%s", profile, key)
			}
			if want := max(1, budget/8); n != want {
				t.Errorf("%s: HAT tries %d rules with one setting of L, want %d", profile, n, want)
			}
		}
		if defaults := specs[0].Config; specs[0].Arm != "control #0" || defaults.LRLearner != 0.001 || defaults.Batch != 50 || specs[budget].Arm != "HAT #0" ||
			specs[budget].Config.LocalRate != 0.001 {
			t.Errorf("%s: %s, %s", profile, specs[0], specs[budget])
		}
		if budget < 24 {
			continue
		}
		if len(withRule) != 8 {
			t.Errorf("%s: HAT tries %d settings of L, want 8", profile, len(withRule))
		}
		for _, dim := range slices.Concat(ruleSpace, learnerSpace) {
			for _, v := range dim.values {
				if !slices.ContainsFunc(bestTune.Grids[profile][0].Arms, func(a Arm) bool { return slices.Contains(a.Set, dim.field+"="+v) }) {
					t.Errorf("%s: %s=%s is never tried", profile, dim.field, v)
				}
			}
		}
	}
}

// TestBest: the winners meet, and the third arm is the best HAT without its rule.
func TestBest(t *testing.T) {
	specs, err := bestTune.Specs(Options{Profile: "quick"})
	if err != nil {
		t.Fatal(err)
	}
	// One seed of a setting is better than any other run, its mean is not; of two equal settings the earlier wins.
	accuracy := map[string][]float64{"control #3": {0.9, 0.1}, "control #9": {0.8, 0.8}, "control #11": {0.8, 0.8}, "HAT #13": {0.7, 0.8}}
	var runs []Run
	for _, s := range specs {
		value := 0.5
		if a := accuracy[s.Arm]; a != nil {
			value = a[s.Config.Seed]
		}
		runs = append(runs, Run{Spec: s, Result: &hatlib.Result{Points: []hatlib.Point{{Test: hatlib.Evaluation{Accuracy: value}}}}})
	}
	grids, err := best.Choose("quick", runs)
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := best.expand(grids, Options{Set: []string{"seeds=1"}})
	if err != nil || len(chosen) != 3 {
		t.Fatalf("%v, %v", chosen, err)
	}
	// What was tuned, on the length and the data of the comparison.
	tuned := func(arm string) hatlib.Config {
		s := specs[slices.IndexFunc(specs, func(s Spec) bool { return s.Arm == arm })]
		s.Config.Seed, s.Config.EvalEvery = chosen[0].Config.Seed, chosen[0].Config.EvalEvery
		return s.Config
	}
	want := []hatlib.Config{tuned("control #9"), tuned("HAT #13"), tuned("HAT #13")}
	want[2].Rule = "none"
	for k, arm := range []string{ControlArm, HATArm, MatchedArm} {
		if s := chosen[k]; s.Arm != arm || s.HeldOut != 0 || s.Config.Seed < reportedSeed || fmt.Sprint(s.Config) != fmt.Sprint(want[k]) {
			t.Errorf("%s: held out %d\n%v, want\n%v", s, s.HeldOut, s.Config, want[k])
		}
	}
	if _, err := best.Choose("quick", runs[:1]); err == nil || !strings.Contains(err.Error(), HATArm) {
		t.Errorf("without runs of HAT: %v", err)
	}
}
