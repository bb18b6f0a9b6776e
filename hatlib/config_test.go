package hatlib

import (
	"reflect"
	"strings"
	"testing"
)

// TestPresetsAreValid: every preset validates, says a reason for every field, and survives JSON.
func TestPresetsAreValid(t *testing.T) {
	for _, name := range Presets() {
		c, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, f := range c.Fields() {
			if f.Name == "" || f.Why == "" {
				t.Errorf("field %+v has no name or no reason", f)
			}
			if err := c.Set(f.Name, f.Value); err != nil {
				t.Errorf("%s: its own value is refused: %v", f.Name, err)
			}
		}
		data, err := c.JSON()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseConfig(data)
		if err != nil || !reflect.DeepEqual(c, back) {
			t.Errorf("%s through JSON: %v\n%+v\n%+v", name, err, c, back)
		}
	}
}

// TestPresetsAreWhatTheySay: the values that make a preset what it is.
func TestPresetsAreWhatTheySay(t *testing.T) {
	for preset, fields := range map[string]map[string]string{
		"literal": {"local_rate": "1", "local_rate_schedule": "constant", "update_entry": "weights", "meta_hidden": "100", "output_activation": "relu"},
		"paper":   {"local_rate_schedule": "constant", "update_entry": "weights", "meta_hidden": "100", "sizes": "784-183-43-10", "batch": "50"},
		"released": {"local_rate": "0.001", "local_rate_schedule": "inverse_batch", "update_entry": "after_sigma", "gradient_at": "in_place",
			"meta_hidden": "50", "evaluation": "stored", "arms": "independent", "curve": "separate", "label_draw": "batch", "epochs": "1"},
	} {
		c, err := Preset(preset)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range c.Fields() {
			if expected, ok := fields[f.Name]; ok && f.Value != expected {
				t.Errorf("%s: %s is %s, expected %s", preset, f.Name, f.Value, expected)
			}
		}
	}
}

// TestConfigErrors: every wrong assignment is refused with an error that names the field and helps.
func TestConfigErrors(t *testing.T) {
	for assignment, expected := range map[string]string{
		"lr_lerner=1":              "lr_learner",
		"batch=many":               "whole number",
		"epochs=soon":              "number",
		"shuffle=perhaps":          "true or false",
		"sizes=784-x":              "784-183-43-10",
		"hidden_activation=rleu":   `"relu"`,
		"rule=hebbian":             "hebb",
		"batch=0":                  "batch",
		"label_fraction=1.5":       "label_fraction",
		"gradient_at=in_place":     "after_sigma",
		"meta_horizon=2":           "meta_horizon",
		"update_entry=after_sigma": "gradient_at",
		"local_rate=NaN":           "local_rate",
		"epochs":                   "name=value",
		"eval_every=0":             "eval_every",
		"gradient_steps=2":         "rule=none",
		"gradient_steps=0":         "gradient_steps",
		"lr_schedule=cosin":        `"cosine"`,
		"sizes=10":                 "sizes",
	} {
		c, err := Preset("paper")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetAll([]string{assignment}); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%s gave %v, expected it to mention %s", assignment, err, expected)
		}
	}
	if _, err := Preset("papr"); err == nil || !strings.Contains(err.Error(), `"paper"`) {
		t.Errorf("unknown preset gave %v", err)
	}
	if _, err := ParseConfig([]byte(`{"batsch": 3}`)); err == nil {
		t.Error("an unknown field in JSON was accepted")
	}
}

// FuzzSet: no text makes setting a field panic, and what is accepted validates or is refused in words.
func FuzzSet(f *testing.F) {
	for _, seed := range []string{"sizes=1-2-3", "batch=5", "rule=none", "=", "epochs=1e309", "sizes=-"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, assignment string) {
		c, err := Preset("paper")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetAll([]string{assignment}); err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
