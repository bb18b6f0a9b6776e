package hatlib

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/gomlx/compute/dtypes"
)

// A checkpoint is one safetensors file with every variable of a run (L, M, the optimizer's state, the batch counter)
// and, as metadata, the configuration and what was measured so far. A run that is taken up from it gives the numbers
// that it would have given undisturbed.

// saveCheckpoint writes the state of a run, atomically.
func (t *Trainer) saveCheckpoint(path string, progress *Result) error {
	state := Arrays{}
	for v := range t.store.IterVariables() {
		if v.DType() != dtypes.Float32 || !v.HasValue() {
			continue // GoMLX's global step, an integer that nothing here reads
		}
		a, err := arrayOf(v)
		if err != nil {
			return err
		}
		state[strings.TrimPrefix(v.Path(), "/")] = a
	}
	encoded, err := json.Marshal(progress)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return WriteArrays(path, state, map[string]string{"result": string(encoded), "data": t.checksum()})
}

// loadCheckpoint takes up a run. It returns nil without an error when there is no checkpoint; a checkpoint of another
// configuration or other data is an error that says what differs.
func (t *Trainer) loadCheckpoint(path string) (*Result, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	state, metadata, err := ReadArrays(path)
	if err != nil {
		return nil, fmt.Errorf("%w; remove it to start anew", err)
	}
	var progress Result
	if progress.Config, err = Preset("literal"); err != nil { // fields that a checkpoint of an older version lacks
		return nil, err
	}
	if err := json.Unmarshal([]byte(metadata["result"]), &progress); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w; remove it to start anew", path, err)
	}
	if field := firstDifference(progress.Config, t.config); field != "" {
		return nil, fmt.Errorf("checkpoint %s is of another configuration (%s differs); remove it or choose another folder", path, field)
	}
	if metadata["data"] != t.checksum() {
		return nil, fmt.Errorf("checkpoint %s was made with other data; remove it or choose another folder", path)
	}
	for v := range t.store.IterVariables() {
		if v.DType() != dtypes.Float32 {
			continue
		}
		a, ok := state[strings.TrimPrefix(v.Path(), "/")]
		if !ok {
			return nil, fmt.Errorf("checkpoint %s lacks %s; remove it to start anew", path, v.Path())
		}
		if err := setVariable(v, a.Values); err != nil {
			return nil, fmt.Errorf("checkpoint %s: %w", path, err)
		}
	}
	return &progress, nil
}

// checksum is that of the training and the test set. Only checkpoints need it, so only they pay for it.
func (t *Trainer) checksum() string {
	if t.dataChecksum == "" {
		t.dataChecksum = t.data.Checksum() + " " + t.test.set.Checksum()
	}
	return t.dataChecksum
}

// firstDifference names the first field in which two configurations differ, leaving out those of execution.
func firstDifference(a, b Config) string {
	fa, fb := a.Fields(), b.Fields()
	for i := range fa {
		if fa[i].Value != fb[i].Value && !executionFields[fa[i].Name] {
			return fa[i].Name
		}
	}
	return ""
}

// executionFields change how a run is computed, not what.
var executionFields = map[string]bool{"pair_kernel": true, "pair_memory_mb": true, "steps_per_call": true}
