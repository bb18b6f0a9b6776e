package experiment

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hatlab/hatlab/hatlib"
)

// Run is a run that is in the store.
type Run struct {
	Spec     Spec
	Manifest *Manifest
	// Result is the learning curve; a run that diverged has one too.
	Result *hatlib.Result

	store *Store
}

// Found is what a store has of a list of runs.
type Found struct {
	// Runs are in the order of the specs.
	Runs []Run
	// Missing are the specs without a run.
	Missing []Spec
	// Machine made the runs. A comparison never mixes machines: where a store has runs of several, the one with the most
	// runs of this list counts, and Others says what was left out.
	Machine Machine
	Others  map[Machine]int
}

// Collect reads the runs of specs from a store, whichever machine made them. Damaged runs count as missing; the error
// then names the files and the remedy, beside a Found with all others. It is nil when nothing is damaged.
func Collect(store *Store, specs []Spec) (*Found, error) {
	index, damaged, err := store.index()
	if err != nil {
		return nil, err
	}
	wanted := make([]string, len(specs))
	counts := map[Machine]int{}
	for i, s := range specs {
		wanted[i] = specKey(s)
		for _, m := range index[wanted[i]] {
			counts[m.Machine]++
		}
	}
	found := &Found{Others: map[Machine]int{}}
	best := 0
	for m, n := range counts {
		if n > best || n == best && m.Backend+m.Plugin > found.Machine.Backend+found.Machine.Plugin {
			found.Machine, best = m, n
		}
	}
	for m, n := range counts {
		if m != found.Machine {
			found.Others[m] = n
		}
	}
	read := map[string]*hatlib.Result{}
	broken := map[string]bool{}
	for i, s := range specs {
		k := slices.IndexFunc(index[wanted[i]], func(m *Manifest) bool { return m.Machine == found.Machine })
		if k < 0 {
			found.Missing = append(found.Missing, s)
			continue
		}
		m := index[wanted[i]][k]
		if read[m.ID] == nil && !broken[m.ID] {
			if _, read[m.ID], err = store.Result(m.ID); err != nil {
				damaged = append(damaged, err)
				broken[m.ID] = true
			}
		}
		if broken[m.ID] {
			found.Missing = append(found.Missing, s)
			continue
		}
		found.Runs = append(found.Runs, Run{Spec: s, Manifest: m, Result: read[m.ID], store: store})
	}
	return found, errors.Join(damaged...)
}

// Complete are the runs of those seeds of a reading that lack none: what is measured over all values of an axis, say, would
// be something else for a seed without one of them.
func (f *Found) Complete() []Run {
	lacking := map[readingSeed]bool{}
	for _, s := range f.Missing {
		lacking[readingSeed{s.Reading, s.Config.Seed}] = true
	}
	return slices.DeleteFunc(slices.Clone(f.Runs), func(r Run) bool {
		return lacking[readingSeed{r.Spec.Reading, r.Spec.Config.Seed}]
	})
}

type readingSeed struct {
	reading string
	seed    int64
}

// specKey is the part of an identity that a spec decides.
func specKey(s Spec) string { return Identity{Config: s.Config, HeldOut: s.HeldOut}.configText() }

// index returns the manifests of the store by the spec that they are of. Runs of other versions, or of other numerics,
// are left out: they are results of another program. Manifests that cannot be read are in damaged.
func (s *Store) index() (index map[string][]*Manifest, damaged []error, err error) {
	ids, err := s.IDs()
	if err != nil {
		return nil, nil, err
	}
	index = map[string][]*Manifest{}
	for _, id := range ids {
		m, err := s.Manifest(id)
		if errors.Is(err, ErrVersion) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			damaged = append(damaged, err)
			continue
		}
		if m.Numerics != Numerics {
			continue
		}
		identity, err := m.identity()
		if err != nil {
			return nil, nil, err
		}
		key := identity.configText()
		index[key] = append(index[key], m)
	}
	return index, damaged, nil
}

// Snapshots reads M along the run, and the pairs that it met. The error wraps fs.ErrNotExist where the rule is not M.
func (r *Run) Snapshots() (*Snapshots, error) {
	arrays, err := r.arrays(ruleFile)
	if err != nil {
		return nil, err
	}
	s, err := snapshotsOf(r.Result.Config, arrays)
	if err != nil {
		return nil, r.store.damaged(r.Manifest.ID, ruleFile, err)
	}
	return s, nil
}

// Weights reads L and M as they were at the end, where the spec asked to keep them.
func (r *Run) Weights() (hatlib.Arrays, error) { return r.arrays(weightsFile) }

func (r *Run) arrays(name string) (hatlib.Arrays, error) {
	if _, err := r.store.read(r.Manifest, name); err != nil {
		return nil, err
	}
	arrays, _, err := hatlib.ReadArrays(r.store.file(r.Manifest.ID, name))
	return arrays, err
}

// Final is the accuracy that the run is left with.
func (r *Run) Final() float64 { return r.Result.Final().Test.Accuracy }

// Select returns the runs of one arm and one reading, in order of seed; "" stands for any.
func Select(runs []Run, reading, arm, x string) []Run {
	var chosen []Run
	for _, r := range runs {
		if (reading == "" || r.Spec.Reading == reading) && (arm == "" || r.Spec.Arm == arm) && (x == "" || r.Spec.X == x) {
			chosen = append(chosen, r)
		}
	}
	slices.SortStableFunc(chosen, func(a, b Run) int { return cmp.Compare(a.Spec.Config.Seed, b.Spec.Config.Seed) })
	return chosen
}

// Pairs matches the runs of two arms by what else they share (reading, value, seed). Runs without a partner are left
// out and counted.
func Pairs(runs []Run, arm, control string) (pairs [][2]Run, alone int) {
	partner := map[string]Run{}
	for _, r := range runs {
		if r.Spec.Arm == control {
			partner[r.Spec.Unit()] = r
		}
	}
	used := map[string]bool{}
	for _, r := range runs {
		if r.Spec.Arm != arm {
			continue
		}
		c, ok := partner[r.Spec.Unit()]
		if !ok {
			alone++
			continue
		}
		used[r.Spec.Unit()] = true
		pairs = append(pairs, [2]Run{r, c})
	}
	return pairs, alone + len(partner) - len(used)
}

// encodeArrays returns the bytes of a safetensors file, through a file in dir.
func encodeArrays(dir, name string, arrays hatlib.Arrays) ([]byte, error) {
	path := filepath.Join(dir, name)
	if err := hatlib.WriteArrays(path, arrays, nil); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", name, err)
	}
	return data, nil
}
