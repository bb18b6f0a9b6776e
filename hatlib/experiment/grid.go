package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hatlab/hatlab/hatlib"
)

// Profiles are the sizes of an experiment: smoke shows that everything works, quick shows the effects, wide is quick with
// enough seeds to decide claims, cpu has the paper's sizes for as many epochs as a machine without accelerator has time
// for, paper has all of them. Not every experiment has wide and cpu.
var Profiles = []string{"smoke", "quick", "wide", "cpu", "paper"}

var (
	// ErrNoProfile is wrapped by the error about an experiment that has no grids at a profile.
	ErrNoProfile = errors.New("no such size of this experiment")
	// ErrWaits is wrapped by the error about an experiment that is decided by runs which are not there yet.
	ErrWaits = errors.New("waits for another experiment")
)

// Arm is one treatment.
type Arm struct {
	Name string
	// Set are the assignments name=value that make it what it is.
	Set []string
}

// Grid is arms x values x seeds of one reading of the paper.
type Grid struct {
	// Reading names what the grid is about; Preset is where its configurations start, Reading when empty.
	Reading, Preset string
	// Set holds for all runs of the grid.
	Set  []string
	Arms []Arm
	// Axis, when not empty, is the field that takes Values.
	Axis   string
	Values []string
	// Seeds is how many, FirstSeed the first of them.
	Seeds, FirstSeed int
	HeldOut          int
	KeepWeights      bool
}

// Experiment is a named list of grids for each profile.
type Experiment struct {
	Name, Title string
	// About says which sentences of the paper it is for.
	About string
	// Grids for each profile. Later ones may depend on the runs of the experiment After, see Choose.
	Grids map[string][]Grid
	// After names the experiment whose runs decide the grids, through Choose.
	After  string
	Choose func(profile string, runs []Run) ([]Grid, error)
}

// Options say which size of an experiment is meant.
type Options struct {
	// Profile is one of Profiles; smoke when empty.
	Profile string
	// Set are assignments name=value on top of the profile. The fields that make an arm, or the axis, keep their values.
	// "seeds=5" sets the number of seeds.
	Set []string
}

// all are the experiments in the order of the report; each is in a file of its own.
var all = []*Experiment{&fig1Epochs, &fig1Labels, &fig2Rule, &apriori, &why, &attribution, &bestTune, &best, &long}

// Names of the experiments.
func Names() []string {
	var names []string
	for _, e := range all {
		names = append(names, e.Name)
	}
	return names
}

// Find returns the experiment of that name, or an error that names the nearest.
func Find(name string) (*Experiment, error) {
	for _, e := range all {
		if e.Name == name {
			return e, nil
		}
	}
	return nil, fmt.Errorf("unknown experiment %q, did you mean %q? Experiments are %s",
		name, hatlib.Nearest(name, Names()), strings.Join(Names(), ", "))
}

// Specs lists the runs of an experiment. Those that belong to one pair stand together, and seeds come in order, so that
// a sweep that is stopped early has complete pairs. An experiment that depends on another needs SpecsAfter.
func (e *Experiment) Specs(o Options) ([]Spec, error) {
	if e.Choose != nil {
		return nil, fmt.Errorf("%s is decided by the results of %s: run that first (%w)", e.Name, e.After, ErrWaits)
	}
	grids, err := e.grids(o)
	if err != nil {
		return nil, err
	}
	return e.expand(grids, o)
}

// SpecsAfter lists the runs of an experiment, reading from the store those that decide it, when there are any.
func (e *Experiment) SpecsAfter(store *Store, o Options) ([]Spec, error) {
	if e.Choose == nil {
		return e.Specs(o)
	}
	first, err := Find(e.After)
	if err != nil {
		return nil, err
	}
	specs, err := first.SpecsAfter(store, o)
	if err != nil {
		return nil, err
	}
	found, err := Collect(store, specs)
	if err != nil {
		return nil, err
	}
	if len(found.Missing) > 0 {
		command := "sweep " + e.After + " --profile " + o.profile()
		for _, assignment := range o.Set { // they hold for both, the number of seeds too
			command += " --set " + assignment
		}
		return nil, fmt.Errorf("%s is decided by the results of %s, of which %d of %d runs are missing in %s: run `%s` first (%w)",
			e.Name, e.After, len(found.Missing), len(specs), store.Dir(), command, ErrWaits)
	}
	grids, err := e.Choose(o.profile(), found.Runs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Name, err)
	}
	return e.expand(grids, o)
}

func (o Options) profile() string {
	if o.Profile == "" {
		return Profiles[0]
	}
	return o.Profile
}

func (e *Experiment) grids(o Options) ([]Grid, error) {
	if !slices.Contains(Profiles, o.profile()) {
		return nil, fmt.Errorf("unknown profile %q, did you mean %q? Profiles are %s", o.Profile,
			hatlib.Nearest(o.Profile, Profiles), strings.Join(Profiles, ", "))
	}
	grids, ok := e.Grids[o.profile()]
	if !ok {
		return nil, fmt.Errorf("%s at profile %s: %w", e.Name, o.profile(), ErrNoProfile)
	}
	return grids, nil
}

// expand makes the list of runs of grids.
func (e *Experiment) expand(grids []Grid, o Options) ([]Spec, error) {
	set, seeds, err := o.split()
	if err != nil {
		return nil, err
	}
	var specs []Spec
	for _, g := range grids {
		n := g.Seeds
		if seeds > 0 {
			n = seeds
		}
		values := g.Values
		if g.Axis == "" {
			values = []string{""}
		}
		for seed := range n {
			for _, x := range values {
				for _, a := range g.Arms {
					c, err := g.config(a, x, g.FirstSeed+seed, set)
					if err != nil {
						return nil, fmt.Errorf("%s, %s, %s: %w", e.Name, g.Reading, a.Name, err)
					}
					specs = append(specs, Spec{Experiment: e.Name, Reading: g.Reading, Arm: a.Name, X: x, Config: c,
						HeldOut: g.HeldOut, KeepWeights: g.KeepWeights})
				}
			}
		}
	}
	return specs, nil
}

// split takes the number of seeds out of the assignments.
func (o Options) split() (set []string, seeds int, err error) {
	for _, assignment := range o.Set {
		name, value, ok := strings.Cut(assignment, "=")
		if !ok {
			return nil, 0, fmt.Errorf("%q is not of the form name=value", assignment)
		}
		if strings.TrimSpace(name) != "seeds" {
			set = append(set, assignment)
			continue
		}
		if seeds, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || seeds < 1 {
			return nil, 0, fmt.Errorf("seeds=%s: expected a whole number above 0", value)
		}
	}
	return set, seeds, nil
}

// config is one configuration of the grid: preset, grid, overrides, arm, axis, seed; the later win.
func (g Grid) config(a Arm, x string, seed int, overrides []string) (hatlib.Config, error) {
	preset := g.Preset
	if preset == "" {
		preset = g.Reading
	}
	c, err := hatlib.Preset(preset)
	if err != nil {
		return c, err
	}
	set := slices.Concat(g.Set, overrides, a.Set)
	if g.Axis != "" {
		set = append(set, g.Axis+"="+x)
	}
	return c, c.SetAll(append(set, fmt.Sprintf("seed=%d", seed)))
}

// Shard is part Index of Count of a list of runs, counted from 1.
type Shard struct{ Index, Count int }

// ParseShard reads "3/16". The empty text is the whole, 1/1.
func ParseShard(text string) (Shard, error) {
	if text == "" {
		return Shard{1, 1}, nil
	}
	index, count, ok := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if !ok || err1 != nil || err2 != nil || n < 1 || i < 1 || i > n {
		return Shard{}, fmt.Errorf("shard %q: write which part of how many, from 1/16 to 16/16", text)
	}
	return Shard{i, n}, nil
}

// Of returns the runs of the shard. Runs that are compared in pairs stay together, and every run is in exactly one shard.
func (s Shard) Of(specs []Spec) []Spec {
	unit := map[string]int{}
	var part []Spec
	for _, spec := range specs {
		u, seen := unit[spec.Unit()]
		if !seen {
			u = len(unit)
			unit[spec.Unit()] = u
		}
		if u%s.Count == s.Index-1 {
			part = append(part, spec)
		}
	}
	return part
}
