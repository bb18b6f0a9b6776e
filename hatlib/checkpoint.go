package hatlib

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/gomlx/compute/dtypes"
)

// A checkpoint is one safetensors file with the state of one member of a population (L, M, the optimizer's state, the batch
// counter) and, as metadata, the configuration and what was measured so far. A run that is taken up from it gives the numbers
// that it would have given undisturbed.

// saveCheckpoint writes the state of a run, atomically.
func (t *Trainer) saveCheckpoint(path string, progress *Result) error {
	states, err := t.population.memberStates()
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(progress)
	if err != nil {
		return fmt.Errorf("checkpoint %s: %w", path, err)
	}
	return WriteArrays(path, states[t.index], map[string]string{"result": string(encoded), "data": t.population.checksum()})
}

// loadCheckpoint reads the state from which a run is taken up. Both are nil, without an error, when there is no checkpoint;
// a checkpoint of another configuration or other data is an error that says what differs.
func (t *Trainer) loadCheckpoint(path string) (*Result, Arrays, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	state, progress, data, err := readCheckpoint(path)
	if err != nil {
		return nil, nil, err
	}
	if field := t.config.differenceBut(progress.Config, executionFields); field != "" {
		return nil, nil, fmt.Errorf("checkpoint %s is of another configuration (%s differs); remove it or choose another folder", path, field)
	}
	if data != t.population.checksum() {
		return nil, nil, fmt.Errorf("checkpoint %s was made with other data; remove it or choose another folder", path)
	}
	own, fixed := Arrays{}, t.config.scalars(t.population.data.N)
	for v := range t.population.store.IterVariables() {
		if v.DType() != dtypes.Float32 {
			continue
		}
		a, ok := state[stateName(v)]
		if _, known := fixed[stateName(v)]; !ok && known {
			continue // a number of the configuration, which a checkpoint of an older version lacks
		}
		if !ok || !slices.Equal(a.Shape, t.population.memberShape(v)) {
			return nil, nil, fmt.Errorf("checkpoint %s lacks %s %v; remove it to start anew", path, v.Path(), t.population.memberShape(v))
		}
		own[stateName(v)] = a
	}
	return progress, own, nil
}

// readCheckpoint reads the parts of a checkpoint.
func readCheckpoint(path string) (state Arrays, progress *Result, data string, err error) {
	state, metadata, err := ReadArrays(path)
	if err != nil {
		return nil, nil, "", fmt.Errorf("%w; remove it to start anew", err)
	}
	progress = &Result{}
	if progress.Config, err = Preset("literal"); err != nil { // fields that a checkpoint of an older version lacks
		return nil, nil, "", err
	}
	if err := json.Unmarshal([]byte(metadata["result"]), progress); err != nil {
		return nil, nil, "", fmt.Errorf("checkpoint %s: %w; remove it to start anew", path, err)
	}
	return state, progress, metadata["data"], nil
}

// CheckpointPoints is the number of points of the learning curve that a checkpoint has. Members of a population are taken
// up together, so theirs must have as many. It is an error when the file cannot be read.
func CheckpointPoints(path string) (int, error) {
	_, progress, _, err := readCheckpoint(path)
	if err != nil {
		return 0, err
	}
	return len(progress.Points), nil
}

// checksum is that of the training and the test set. Only checkpoints need it, so only they pay for it.
func (p *Population) checksum() string {
	if p.dataChecksum == "" {
		p.dataChecksum = p.data.Checksum() + " " + p.test.set.Checksum()
	}
	return p.dataChecksum
}

// executionFields change how a run is computed, not what.
var executionFields = map[string]bool{"pair_kernel": true, "pair_memory_mb": true, "steps_per_call": true}
