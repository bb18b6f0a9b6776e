package nb

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/hatlab/hatlab/hatlib/atomicfile"
)

// Recorded is one entry of numbers/NOTEBOOK.json. A later run agrees with it when |v - value| <= atol + rtol |value|.
type Recorded struct {
	Value float64 `json:"value"`
	RTol  float64 `json:"rtol"`
	ATol  float64 `json:"atol"`
	N     int     `json:"n"` // runs, pairs or examples behind the value
}

var word = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// Number records a deterministic number of a notebook in [OutDir]/numbers/NOTEBOOK.json, a JSON object from keys to
// [Recorded], and returns it. Each cell is a process of its own: entries are merged under a file lock, and a key that is
// there already is replaced. It ends the cell when value or tolerance is not finite, a tolerance is negative, n < 1, or
// the file cannot be written.
func Number(notebook, key string, value, rtol, atol float64, n int) float64 {
	if err := record(OutDir(), notebook, key, Recorded{value, rtol, atol, n}); err != nil {
		fail("error: nb.Number: %v", err)
	}
	return value
}

// record is Number with an error.
func record(dir, notebook, key string, r Recorded) error {
	if !word.MatchString(notebook) || !word.MatchString(key) {
		return fmt.Errorf("notebook %q, key %q: use letters, digits, '_', '-' and '.'", notebook, key)
	}
	for _, v := range []float64{r.Value, r.RTol, r.ATol} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s: %g +- (%g + %g |value|) is not finite", key, r.Value, r.ATol, r.RTol)
		}
	}
	if r.RTol < 0 || r.ATol < 0 || r.N < 1 {
		return fmt.Errorf("%s: rtol %g, atol %g, n %d: want rtol >= 0, atol >= 0, n >= 1", key, r.RTol, r.ATol, r.N)
	}
	path := filepath.Join(dir, "numbers", notebook+".json")
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	unlock, err := lock(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer unlock()
	all, err := ReadNumbers(path)
	if err != nil {
		return err
	}
	all[key] = r
	b, err := json.MarshalIndent(all, "", "  ") // keys come out sorted
	if err != nil {
		return err
	}
	return atomicfile.Write(path, append(b, '\n'))
}

// ReadNumbers reads a file that [Number] wrote; a file that is not there holds no numbers.
func ReadNumbers(path string) (map[string]Recorded, error) {
	all := map[string]Recorded{}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, fmt.Errorf("%s: %w; remove the file and run the notebook again", path, err)
	}
	if all == nil {
		return nil, fmt.Errorf("%s holds null, want an object; remove the file and run the notebook again", path)
	}
	return all, nil
}

// lock waits for the lock of a folder and takes it. The system gives it back when the process dies.
func lock(path string) (unlock func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}
