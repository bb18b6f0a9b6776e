package experiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lock claims a run for this process. free is false when another process has it. The operating system gives the lock
// back when its owner dies, however it dies. On a file system without locks every run is free: two processes may then
// compute one run twice, and the first to finish wins.
func (s *Store) lock(id string) (unlock func(), free bool, err error) {
	path := s.lockFile(id)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, false, fmt.Errorf("locking run %s: %w", id, err)
	}
	l := flock.New(path)
	free, err = l.TryLock()
	if errors.Is(err, errors.ErrUnsupported) {
		return func() {}, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("locking run %s: %w", id, err)
	}
	if !free {
		l.Close()
		return nil, false, nil
	}
	return func() {
		// Removed while held: whoever opened it before finds the run in the store, or computes it a second time.
		os.Remove(path)
		l.Close()
	}, true, nil
}
