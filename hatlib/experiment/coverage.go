package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Coverage says what a store has of an experiment at one profile: a sweep may be under way, or may have ended early.
type Coverage struct {
	Experiment *Experiment
	Profile    string
	Found      *Found
	// Readings are in the order of the grids.
	Readings []ReadingCoverage
}

// ReadingCoverage counts the seeds of one reading.
type ReadingCoverage struct {
	Reading string
	// Complete seeds have all of their runs, Planned is how many the profile asks for.
	Complete, Planned int
}

// String is one line for people: "paper 5 of 20 seeds; paper, linear outputs 0 of 20".
func (c Coverage) String() string {
	var parts []string
	for i, r := range c.Readings {
		unit := ""
		if i == 0 {
			unit = " seeds"
		}
		parts = append(parts, fmt.Sprintf("%s %d of %d%s", r.Reading, r.Complete, r.Planned, unit))
	}
	return strings.Join(parts, "; ")
}

// Seeds is the number of complete seeds of a reading, 0 for one that the profile does not have; "" asks for the reading with most.
func (c Coverage) Seeds(reading string) int {
	most := 0
	for _, r := range c.Readings {
		if reading == "" || r.Reading == reading {
			most = max(most, r.Complete)
		}
	}
	return most
}

// Cover looks up the runs of an experiment. The error wraps ErrNoProfile or ErrWaits where there can be none yet.
func Cover(store *Store, e *Experiment, o Options) (*Coverage, error) {
	specs, err := e.SpecsAfter(store, o)
	if err != nil {
		return nil, err
	}
	found, err := Collect(store, specs)
	if err != nil {
		return nil, err
	}
	c := &Coverage{Experiment: e, Profile: o.profile(), Found: found}
	planned, lacking := map[readingSeed]bool{}, map[readingSeed]bool{}
	at := map[string]int{}
	for _, s := range found.Missing {
		lacking[readingSeed{s.Reading, s.Config.Seed}] = true
	}
	for _, s := range specs {
		place := readingSeed{s.Reading, s.Config.Seed}
		if planned[place] {
			continue
		}
		planned[place] = true
		k, seen := at[s.Reading]
		if !seen {
			k = len(c.Readings)
			at[s.Reading] = k
			c.Readings = append(c.Readings, ReadingCoverage{Reading: s.Reading})
		}
		c.Readings[k].Planned++
		if !lacking[place] {
			c.Readings[k].Complete++
		}
	}
	return c, nil
}

// Coverages returns what a store has of an experiment, one entry for each profile of which there are runs, in the order
// of Profiles.
func Coverages(store *Store, name string) ([]Coverage, error) {
	e, err := Find(name)
	if err != nil {
		return nil, err
	}
	index, _, err := store.index()
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for key := range index {
		there[seedless(key)] = true
	}
	var all []Coverage
	for _, profile := range Profiles {
		// Large grids are expanded only where a run of any seed is there.
		first, err := e.SpecsAfter(store, Options{Profile: profile, Set: []string{"seeds=1"}})
		if err == nil && e.After == "" && !slices.ContainsFunc(first, func(s Spec) bool { return there[seedless(specKey(s))] }) {
			continue
		}
		c, err := Cover(store, e, Options{Profile: profile})
		if errors.Is(err, ErrNoProfile) || errors.Is(err, ErrWaits) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(c.Found.Runs) > 0 {
			all = append(all, *c)
		}
	}
	return all, nil
}
