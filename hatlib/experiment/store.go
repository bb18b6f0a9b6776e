package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/atomicfile"
)

// The files of a run.
const (
	manifestFile = "manifest.json"
	curveFile    = "curve.parquet"
	ruleFile     = "rule.safetensors"
	weightsFile  = "weights.safetensors"
)

var (
	// ErrVersion is wrapped by the errors about runs that another version of hatlab made.
	ErrVersion = errors.New("other version")
	// ErrDamaged is wrapped by the errors about runs whose files are not what was written.
	ErrDamaged = errors.New("damaged run")
)

// Store is a folder of runs; see the package comment for its files. Several processes may use one store at once.
type Store struct {
	dir string

	mu sync.Mutex
	// known are the manifests that were read and found whole: files of a run never change.
	known map[string]indexed
}

// indexed is a manifest with the key of the spec that it is of.
type indexed struct {
	manifest *Manifest
	key      string
}

// OpenStore returns the store in dir, making the folder when it is not there.
func OpenStore(dir string) (*Store, error) {
	s := &Store{dir: dir}
	if err := os.MkdirAll(s.runs(), 0o755); err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return s, nil
}

// ExistingStore returns the store in dir, or an error when there is none.
func ExistingStore(dir string) (*Store, error) {
	s := &Store{dir: dir}
	if info, err := os.Stat(s.runs()); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("%s is not a store: it has no folder runs", dir)
	}
	return s, nil
}

// Dir is the folder of the store.
func (s *Store) Dir() string { return s.dir }

func (s *Store) runs() string                { return filepath.Join(s.dir, "runs") }
func (s *Store) folder(id string) string     { return filepath.Join(s.runs(), id) }
func (s *Store) partial(id string) string    { return filepath.Join(s.dir, ".partial", id) }
func (s *Store) lockFile(id string) string   { return filepath.Join(s.dir, ".locks", id) }
func (s *Store) file(id, name string) string { return filepath.Join(s.folder(id), name) }

// IDs returns the names of the runs in the store, sorted.
func (s *Store) IDs() ([]string, error) {
	entries, err := os.ReadDir(s.runs())
	if err != nil {
		return nil, fmt.Errorf("reading the store: %w", err)
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// damaged says which file is wrong and what to do about it.
func (s *Store) damaged(id, file string, err error) error {
	if errors.Is(err, ErrVersion) {
		return fmt.Errorf("%s: %w; read it with the version that made it, or remove the folder %s and run again",
			s.file(id, file), err, s.folder(id))
	}
	return fmt.Errorf("%s: %w: %w; remove the folder %s (or `sweep --repair`) and this one run is made again, the others are not affected",
		s.file(id, file), err, ErrDamaged, s.folder(id))
}

// Manifest reads the manifest of a run. An error wraps fs.ErrNotExist where the run is not in the store, ErrDamaged or
// ErrVersion where its manifest cannot be trusted.
func (s *Store) Manifest(id string) (*Manifest, error) {
	if _, err := os.Stat(s.folder(id)); err != nil {
		return nil, fmt.Errorf("run %s: %w", id, err)
	}
	data, err := os.ReadFile(s.file(id, manifestFile))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("the file is missing") // the run is there, so this is damage
		}
		return nil, s.damaged(id, manifestFile, err)
	}
	m, err := decodeManifest(data)
	if err != nil {
		return nil, s.damaged(id, manifestFile, err)
	}
	if m.ID != id {
		return nil, s.damaged(id, manifestFile, fmt.Errorf("this is the manifest of run %s", m.ID))
	}
	return m, nil
}

// read returns a file of a run after checking it against the manifest.
func (s *Store) read(m *Manifest, name string) ([]byte, error) {
	want, listed := m.Files[name]
	if !listed {
		return nil, fmt.Errorf("run %s has no %s: %w", m.ID, name, fs.ErrNotExist)
	}
	data, err := os.ReadFile(s.file(m.ID, name))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("the file is missing")
		}
		return nil, s.damaged(m.ID, name, err)
	}
	if got := sumOf(data); got.Bytes != want.Bytes {
		return nil, s.damaged(m.ID, name, fmt.Errorf("%d bytes, %d were written", got.Bytes, want.Bytes))
	} else if got.SHA256 != want.SHA256 {
		return nil, s.damaged(m.ID, name, errors.New("the content was changed after it was written (SHA-256 differs)"))
	}
	return data, nil
}

// Result reads the learning curve of a run.
func (s *Store) Result(id string) (*Manifest, *hatlib.Result, error) {
	m, err := s.Manifest(id)
	if err != nil {
		return nil, nil, err
	}
	data, err := s.read(m, curveFile)
	if err != nil {
		return nil, nil, err
	}
	result := &hatlib.Result{}
	if result.Points, result.DivergedAt, err = decodeCurve(data); err != nil {
		return nil, nil, s.damaged(id, curveFile, err)
	}
	if result.Config, err = readConfig(m.Config); err != nil {
		return nil, nil, s.damaged(id, manifestFile, err)
	}
	return m, result, nil
}

// Verify reads every file of a run and returns the first error.
func (s *Store) Verify(id string) error {
	m, _, err := s.Result(id)
	if err != nil {
		return err
	}
	for name := range m.Files {
		if _, err := s.read(m, name); err != nil {
			return err
		}
	}
	return nil
}

// Has reports whether the run is there and whole. Damage is an error, not a missing run: nothing is overwritten.
func (s *Store) Has(id string, weights bool) (bool, error) {
	if _, err := os.Stat(s.folder(id)); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err := s.Verify(id); err != nil {
		return false, err
	}
	m, err := s.Manifest(id)
	if err != nil {
		return false, err
	}
	_, kept := m.Files[weightsFile]
	return kept || !weights, nil
}

// unwritten says of a file that could not be written, as on a full disk, what is not lost by it.
func unwritten(err error) error {
	if file := (*fs.PathError)(nil); errors.As(err, &file) {
		return fmt.Errorf("%w; runs that are finished are safe, and the same command goes on when there is space", err)
	}
	return err
}

// put adds a run. When the run is already there it stays as it is, unless the new one also brings weights that it lacks.
func (s *Store) put(m *Manifest, files map[string][]byte) error {
	m.Format = manifestFormat
	m.Files = map[string]FileSum{}
	for name, data := range files {
		m.Files[name] = sumOf(data)
	}
	manifest, err := m.encode()
	if err != nil {
		return err
	}
	temporary, err := os.MkdirTemp(s.runs(), ".tmp-"+m.ID+"-*")
	if err != nil {
		return fmt.Errorf("storing run %s: %w", m.ID, err)
	}
	defer os.RemoveAll(temporary)
	if err := os.Chmod(temporary, 0o755); err != nil {
		return fmt.Errorf("storing run %s: %w", m.ID, err)
	}
	for name, data := range files {
		if err := atomicfile.Write(filepath.Join(temporary, name), data); err != nil {
			return fmt.Errorf("storing run %s: %w", m.ID, unwritten(err))
		}
	}
	if err := atomicfile.Write(filepath.Join(temporary, manifestFile), manifest); err != nil {
		return fmt.Errorf("storing run %s: %w", m.ID, unwritten(err))
	}
	err = os.Rename(temporary, s.folder(m.ID))
	if err == nil {
		return nil
	}
	// Somebody else was faster, or the run is there without weights.
	old, oldErr := s.Manifest(m.ID)
	if oldErr != nil {
		return fmt.Errorf("storing run %s: %w", m.ID, errors.Join(err, oldErr))
	}
	_, had := old.Files[weightsFile]
	if _, brings := files[weightsFile]; had || !brings {
		return nil
	}
	aside := temporary + "-old"
	if err := os.Rename(s.folder(m.ID), aside); err != nil {
		return fmt.Errorf("storing run %s: %w", m.ID, err)
	}
	defer os.RemoveAll(aside)
	s.mu.Lock()
	delete(s.known, m.ID)
	s.mu.Unlock()
	if err := os.Rename(temporary, s.folder(m.ID)); err != nil {
		return fmt.Errorf("storing run %s: %w", m.ID, err)
	}
	return nil
}

// Repair moves the damaged runs of the list out of the way, into the folder "damaged" of the store, and returns their
// names. Runs of other versions are not touched.
func (s *Store) Repair(ids []string) ([]string, error) {
	var moved []string
	for _, id := range ids {
		if err := s.Verify(id); !errors.Is(err, ErrDamaged) {
			continue
		}
		aside, err := os.MkdirTemp(s.dir, "damaged-"+id+"-*")
		if err != nil {
			return moved, fmt.Errorf("repairing the store: %w", err)
		}
		if err := os.Rename(s.folder(id), filepath.Join(aside, id)); err != nil {
			return moved, fmt.Errorf("repairing the store: %w", err)
		}
		moved = append(moved, id)
	}
	return moved, nil
}

// Merge copies the runs of another store that are not in this one, see MergeRuns.
func (s *Store) Merge(from *Store) (copied int, err error) {
	ids, err := from.IDs()
	if err != nil {
		return 0, err
	}
	return s.MergeRuns(from, ids)
}

// MergeRuns copies those of the named runs that are not in this store, checking each, also those that are. Damaged ones
// are left out and named in the error, after all others were copied.
func (s *Store) MergeRuns(from *Store, ids []string) (copied int, err error) {
	var problems []error
	for _, id := range ids {
		m, err := from.Manifest(id)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		_, weights := m.Files[weightsFile]
		if have, err := s.Has(id, weights); err != nil || have {
			if err != nil {
				problems = append(problems, err)
			}
			continue
		}
		if err := s.copyRun(from, id); err != nil {
			problems = append(problems, err)
			continue
		}
		copied++
	}
	return copied, errors.Join(problems...)
}

func (s *Store) copyRun(from *Store, id string) error {
	if err := from.Verify(id); err != nil {
		return err
	}
	m, err := from.Manifest(id)
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for name := range m.Files {
		if files[name], err = from.read(m, name); err != nil {
			return err
		}
	}
	return s.put(m, files)
}

// sweep removes what killed processes left behind: temporary folders, and the partial state and locks of runs that are in
// the store.
func (s *Store) sweep() error {
	entries, err := os.ReadDir(s.runs())
	if err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	for _, e := range entries {
		id, isTemporary := strings.CutPrefix(e.Name(), ".tmp-")
		if !isTemporary {
			continue
		}
		id, _, _ = strings.Cut(id, "-")
		if err := s.removeUnlessInUse(id, filepath.Join(s.runs(), e.Name())); err != nil {
			return err
		}
	}
	for _, folder := range []string{filepath.Join(s.dir, ".partial"), filepath.Join(s.dir, ".locks")} {
		entries, err := os.ReadDir(folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("reading the store: %w", err)
		}
		for _, e := range entries {
			if _, err := os.Stat(s.folder(e.Name())); err != nil {
				continue // not finished: its partial state is taken up
			}
			if err := s.removeUnlessInUse(e.Name(), s.partial(e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeUnlessInUse removes a path that belongs to a run, and the run's lock, unless a process is at work on that run.
func (s *Store) removeUnlessInUse(id, path string) error {
	unlock, free, err := s.lock(id)
	if err != nil || !free {
		return err
	}
	defer unlock()
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("cleaning the store: %w", err)
	}
	return nil
}
