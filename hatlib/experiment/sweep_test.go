package experiment

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestLeftoversOfFinishedRuns: a process that is killed after its run is in the store leaves partial state and a lock; the
// next one removes them, and leaves those of unfinished runs alone.
func TestLeftoversOfFinishedRuns(t *testing.T) {
	be, s := goBackend(t), newStore(t)
	one := spec(tiny(t, "rule=none"), "control")
	r := &Runner{Store: s, Backend: be}
	id := mustID(t, r, one)
	if _, err := r.Run(context.Background(), []Spec{one}); err != nil {
		t.Fatal(err)
	}
	leave := func(id string) []string {
		paths := []string{filepath.Join(s.partial(id), checkpointFile), s.lockFile(id)}
		for _, path := range paths {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return paths
	}
	finished, unfinished := leave(id), leave("0123456789abcdef")
	if _, err := r.Run(context.Background(), []Spec{one}); err != nil {
		t.Fatal(err)
	}
	for _, path := range finished {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("left behind: %s", path)
		}
	}
	for _, path := range unfinished {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("removed: %s", path)
		}
	}
}
