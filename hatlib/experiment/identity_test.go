package experiment

import (
	"slices"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
)

// knownFields are the fields of a configuration that enter identities, as they were when the first results were stored.
var knownFields = strings.Fields(`adam_epsilon arms batch curve data epochs eval_every evaluation examples gradient_at
	granularity hidden_activation init inputs label_divisor label_draw label_fraction local_rate local_rate_schedule loss
	lr_learner lr_meta meta_activation meta_hidden meta_horizon meta_init meta_init_scale optimizer output_activation
	post_seen rule rule_intercept rule_slope seed seed_labels seed_learner seed_meta seed_order short_batch shuffle sizes
	update_entry`)

// TestEveryFieldIsDecided: a new field of the configuration must not orphan results.
func TestEveryFieldIsDecided(t *testing.T) {
	c, _ := hatlib.Preset("paper")
	for _, f := range c.Fields() {
		_, added := addedFields[f.Name]
		if !slices.Contains(knownFields, f.Name) && !added && !executionFields[f.Name] {
			t.Errorf("the configuration has a new field %q: put it into addedFields with the value that computes what was computed before it (or into executionFields when it changes no numbers); now every stored result has lost its name", f.Name)
		}
	}
}

// TestIDsAreForever: names of stored runs, as the first version made them.
func TestIDsAreForever(t *testing.T) {
	paper, _ := hatlib.Preset("paper")
	released, _ := hatlib.Preset("released")
	released.Rule = "none"
	for _, c := range []struct {
		config hatlib.Config
		id     string
	}{
		{paper, "95071806dec0615ee5208b1d6fdb6fdc"},
		{released, "aee9b1e506e218c408e08ededd40ef59"},
	} {
		id := Identity{Config: c.config, Data: "train test", Machine: Machine{"xla", "abc"}, Numerics: 1}
		if got := id.ID(); got != c.id {
			t.Errorf("%s, was %s when the first results were stored; the text is now\n%s", got, c.id, id.Text())
		}
	}
}

// TestIdentity: what changes the numbers changes the name, and nothing else does.
func TestIdentity(t *testing.T) {
	base := Identity{Config: tiny(t), Data: "d", Machine: Machine{"go", ""}, Numerics: 1}
	same := func(name string, change func(*Identity), equal bool) {
		t.Helper()
		other := base
		change(&other)
		if (other.ID() == base.ID()) != equal {
			t.Errorf("%s: equal names %v, want %v", name, !equal, equal)
		}
	}
	set := func(assignments ...string) func(*Identity) {
		return func(id *Identity) {
			if err := id.Config.SetAll(assignments); err != nil {
				t.Fatal(err)
			}
		}
	}
	same("memory bound", set("pair_memory_mb=7"), true)
	same("steps per call", set("steps_per_call=3"), true)
	same("a field of another rule", set("rule_slope=9"), true)
	same("seed", set("seed=1"), false)
	same("rate", set("local_rate=0.5"), false)
	same("lr_meta", set("lr_meta=0.5"), false)
	same("held out", func(id *Identity) { id.HeldOut = 5 }, false)
	same("data", func(id *Identity) { id.Data = "e" }, false)
	same("backend", func(id *Identity) { id.Backend = "xla" }, false)
	same("plugin", func(id *Identity) { id.Plugin = "1" }, false)
	same("numerics", func(id *Identity) { id.Numerics = 2 }, false)

	base.Config = tiny(t, "rule=none")
	same("control: M's size", set("meta_hidden=9"), true)
	same("control: rate", set("local_rate=0.5"), true)
	same("control: lr of M", set("lr_meta=0.5"), true)
	same("control: where the update enters", set("update_entry=after_sigma", "gradient_at=before"), false)
}

// TestCanonicalNumbers: the fields that Canonical resets do not change the numbers.
func TestCanonicalNumbers(t *testing.T) {
	be := goBackend(t)
	for _, set := range [][]string{
		{"rule=none", "meta_hidden=9", "local_rate=0.5", "lr_meta=0.5", "local_rate_schedule=inverse_batch", "seed_meta=4", "rule_slope=3"},
		{"rule=none", "evaluation=stored", "local_rate=0.5"},
		{"rule=hebb", "meta_hidden=9", "lr_meta=0.5", "meta_horizon=0", "rule_intercept=3"},
		{"rule=rich_get_richer", "meta_hidden=9", "meta_init_scale=0"},
	} {
		c := tiny(t, set...)
		runner := &Runner{Store: newStore(t), Backend: be}
		data, err := runner.load(t.Context(), spec(c, "x"))
		if err != nil {
			t.Fatal(err)
		}
		var curves [][]byte
		for _, one := range []hatlib.Config{c, Canonical(c)} {
			r, err := hatlib.Run(t.Context(), be, one, data.train, data.test, hatlib.RunOptions{})
			if err != nil {
				t.Fatal(err)
			}
			curve, err := encodeCurve("id", r)
			if err != nil {
				t.Fatal(err)
			}
			curves = append(curves, curve)
		}
		if !slices.Equal(curves[0], curves[1]) {
			t.Errorf("%v: the canonical configuration gives another curve", set)
		}
	}
}
