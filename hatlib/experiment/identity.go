package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/backend"
)

// Numerics is raised when a change of the code changes the numbers of a run. It enters every identity, so results of
// other numerics stay in the store and are not mixed with new ones. A test on golden values says when to raise it.
const Numerics = 1

// Spec is one run of an experiment. Only Config and HeldOut enter its numbers; the rest says where it belongs.
type Spec struct {
	// Experiment, Reading (the preset, or what the grid is about) and Arm (control, HAT, ...) name the run's place.
	Experiment, Reading, Arm string
	// X is the run's value on the experiment's axis, as text of the configuration; empty when it has none.
	X string
	// Config holds everything that is trained, with the seed.
	Config hatlib.Config
	// HeldOut, when above 0, takes that many examples out of the training split and measures on them instead of on the
	// test split: for choosing hyperparameters.
	HeldOut int
	// KeepWeights also stores L and M as they are at the end.
	KeepWeights bool
}

// String names the run for people.
func (s Spec) String() string {
	name := fmt.Sprintf("%s, %s, %s", s.Experiment, s.Reading, s.Arm)
	if s.X != "" {
		name += " at " + s.X
	}
	return fmt.Sprintf("%s, seed %d", name, s.Config.Seed)
}

// Unit is what is compared in pairs: the runs of an experiment that differ in their arm only. Shards never cut it.
func (s Spec) Unit() string { return fmt.Sprintf("%s|%s|%d", s.Reading, s.X, s.Config.Seed) }

// Machine is the part of an identity that the machine gives.
type Machine struct {
	// Backend is "xla" or "go", Plugin the SHA-256 of the XLA plugin.
	Backend string `json:"backend"`
	Plugin  string `json:"plugin_sha256,omitempty"`
}

// MachineOf describes a backend.
func MachineOf(be compute.Backend) Machine {
	info := backend.Describe(be)
	return Machine{Backend: info.Name, Plugin: info.PluginSHA256}
}

// String is short, for messages.
func (m Machine) String() string {
	if m.Plugin == "" {
		return m.Backend
	}
	return m.Backend + " " + m.Plugin[:min(12, len(m.Plugin))]
}

// Identity is everything that determines the numbers of a run, and nothing else. The fields of the configuration that
// only change the execution, and those that the run's rule never reads, are left out: the control of one sweep is the
// control of another.
type Identity struct {
	Config hatlib.Config
	// HeldOut is that of Spec.
	HeldOut int
	// Data are the checksums of the training and the test set.
	Data string
	Machine
	// Population is the number of pairs that were trained in one graph.
	Population int
	// Numerics is the constant of this package, or that of the version that wrote the run.
	Numerics int
}

// Text is what is hashed: one line for each thing that matters.
func (id Identity) Text() string {
	lines := []string{
		fmt.Sprintf("numerics=%d", id.Numerics),
		fmt.Sprintf("backend=%s", id.Backend),
		fmt.Sprintf("plugin=%s", id.Plugin),
		fmt.Sprintf("population=%d", id.Population),
		fmt.Sprintf("data=%s", id.Data),
	}
	return strings.Join(append(lines, id.configText()), "\n")
}

// configText are the lines that come from the spec alone.
func (id Identity) configText() string {
	lines := []string{fmt.Sprintf("held_out=%d", id.HeldOut)}
	c := Canonical(id.Config)
	for _, f := range c.Fields() {
		if executionFields[f.Name] {
			continue
		}
		if neutral, added := addedFields[f.Name]; added && f.Value == neutral {
			continue
		}
		lines = append(lines, f.Name+"="+f.Value)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// ID is the name of the run's folder: 32 hexadecimal digits of the SHA-256 of Text.
func (id Identity) ID() string {
	sum := sha256.Sum256([]byte(id.Text()))
	return hex.EncodeToString(sum[:16])
}

// executionFields of a configuration change how a run is computed, not what.
var executionFields = map[string]bool{"pair_kernel": true, "pair_memory_mb": true, "steps_per_call": true}

// addedFields are fields of the configuration that were added after the first results were stored, with the value that
// computes what was computed before the field was there. At that value they do not enter an identity, so that the new
// field orphans no result.
var addedFields = map[string]string{"pairing": "example", "local_update": "rule", "lr_schedule": "constant", "gradient_steps": "1",
	"pair_precision": "float32"}

// unusedFields are the fields that a rule never reads.
var (
	metaFields   = []string{"meta_hidden", "meta_activation", "meta_init", "meta_init_scale", "meta_horizon", "lr_meta", "seed_meta", "pair_precision"}
	localFields  = []string{"local_rate", "local_rate_schedule", "post_seen", "pairing", "local_update"}
	richerFields = []string{"rule_slope", "rule_intercept"}
)

// Canonical returns the configuration with every field that its rule never reads at the value of the literal preset.
// It gives the same numbers.
func Canonical(c hatlib.Config) hatlib.Config {
	var unused []string
	if c.Rule != "meta" {
		unused = append(unused, metaFields...)
	}
	if c.Rule != "rich_get_richer" {
		unused = append(unused, richerFields...)
	}
	if c.Rule == "none" {
		unused = append(unused, localFields...)
	}
	literal, err := hatlib.Preset("literal")
	if err != nil {
		panic(err) // a preset of our own
	}
	for _, f := range literal.Fields() {
		if slices.Contains(unused, f.Name) {
			if err := c.Set(f.Name, f.Value); err != nil {
				panic(err) // a value of our own preset
			}
		}
	}
	return c
}
