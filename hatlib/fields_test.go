package hatlib

import (
	"context"
	"reflect"
	"testing"

	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestEveryFieldMatters: changing any field of the configuration changes what a run gives, except for the fields of
// execution, which do not change it beyond rounding. A field that nothing reads fails here, and so does a new one.
func TestEveryFieldMatters(t *testing.T) {
	be := backendtest.Go(t)
	train, test, err := dataset.Load(dataset.Digits)
	if err != nil {
		t.Fatal(err)
	}
	base := []string{"sizes=64-6-10", "meta_hidden=3", "examples=130", "batch=25", "local_rate=0.01", "epochs=1.4", "eval_every=0.4"}
	run := func(assignments []string) *Result {
		c, err := Preset("smoke")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetAll(append(append([]string{}, base...), assignments...)); err != nil {
			t.Fatal(err)
		}
		r, err := Run(context.Background(), be, c, train, test, RunOptions{})
		if err != nil {
			t.Fatalf("%v: %v", assignments, err)
		}
		return r
	}
	// Where a field needs company, the other assignments are made in both runs.
	changes := map[string][]string{
		"examples": {"100"}, "shuffle": {"false"}, "inputs": {"standard"}, "sizes": {"64-7-10"},
		"hidden_activation": {"tanh"}, "output_activation": {"linear"}, "loss": {"squared"}, "init": {"glorot"},
		"rule": {"oja"}, "rule_slope": {"1", "rule=rich_get_richer"}, "rule_intercept": {"1", "rule=rich_get_richer"},
		"meta_hidden": {"4"}, "meta_activation": {"tanh"}, "meta_init": {"he"}, "meta_init_scale": {"0.5"}, "meta_horizon": {"0"},
		"granularity": {"example"}, "local_rate": {"0.02"}, "local_rate_schedule": {"inverse_batch"},
		"update_entry": {"after_sigma", "gradient_at=before"}, "gradient_at": {"before"}, "post_seen": {"preactivation"},
		"pairing": {"shuffled"}, "local_update": {"noise"}, "lr_schedule": {"cosine"}, "gradient_steps": {"2", "rule=none"},
		"batch": {"10"}, "short_batch": {"keep"}, "optimizer": {"sgd"}, "lr_learner": {"0.01"}, "lr_meta": {"0.01"},
		"adam_epsilon": {"0.1"}, "label_fraction": {"0.5"}, "label_draw": {"batch", "label_fraction=0.5"},
		"label_divisor": {"batch", "label_fraction=0.5"}, "epochs": {"2"}, "eval_every": {"0.7"}, "curve": {"separate"},
		"evaluation": {"local"}, "arms": {"independent", "rule=none"}, "seed": {"1"}, "seed_learner": {"1"}, "seed_meta": {"1"},
		"pair_precision": {"bfloat16"}, "seed_order": {"1"}, "seed_labels": {"1", "label_fraction=0.5"},
	}
	unchanged := map[string]string{"pair_kernel": "general", "pair_memory_mb": "1", "steps_per_call": "1"}
	c := Config{}
	for _, f := range c.Fields() {
		if f.Name == "data" {
			continue // names what the caller loads
		}
		if value, ok := unchanged[f.Name]; ok {
			a, b := run(nil), run([]string{f.Name + "=" + value})
			if d := a.Final().Test.Loss - b.Final().Test.Loss; d > 1e-4 || d < -1e-4 {
				t.Errorf("%s=%s changes the loss by %g", f.Name, value, d)
			}
			continue
		}
		change, ok := changes[f.Name]
		if !ok {
			t.Errorf("no change is listed for the field %s", f.Name)
			continue
		}
		company := change[1:]
		if reflect.DeepEqual(run(company).Points, run(append([]string{f.Name + "=" + change[0]}, company...)).Points) {
			t.Errorf("%s=%s changes nothing", f.Name, change[0])
		}
	}
}
