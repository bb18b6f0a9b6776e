package experiment

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hatlab/hatlab/hatlib/backend"
)

// The tests of this file start copies of the test program that compute a shard and can be killed.
const (
	childStore = "HATLAB_TEST_STORE"
	childShard = "HATLAB_TEST_SHARD"
	childLimit = "HATLAB_TEST_FILE_LIMIT"
	childPairs = "HATLAB_TEST_POPULATION"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childStore); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child computes a shard of sweptSpecs.
func child(dir string) error {
	if os.Getenv(childLimit) != "" { // writing more than this into one file fails, as on a full disk
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 3000, Max: 3000}); err != nil {
			return err
		}
	}
	be, err := backend.Open("go")
	if err != nil {
		return err
	}
	store, err := OpenStore(dir)
	if err != nil {
		return err
	}
	shard, err := ParseShard(os.Getenv(childShard))
	if err != nil {
		return err
	}
	specs, err := sweptSpecs()
	if err != nil {
		return err
	}
	population, err := strconv.Atoi(cmp.Or(os.Getenv(childPairs), "1"))
	if err != nil {
		return err
	}
	summary, err := (&Runner{Store: store, Backend: be, Parallel: 2, Population: population}).Run(contextOfTest(), shard.Of(specs))
	fmt.Println(summary)
	return err
}

func sweptSpecs() ([]Spec, error) {
	e := Experiment{Name: "swept", Grids: map[string][]Grid{"smoke": {{Reading: "paper", Arms: []Arm{control, hat}, Seeds: 3,
		Set: []string{"data=digits", "sizes=64-16-10", "meta_hidden=8", "batch=25", "epochs=2", "eval_every=0.25"}}}}}
	return e.Specs(Options{})
}

func startChild(t *testing.T, dir, shard string, more ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childStore+"="+dir, childShard+"="+shard), more...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &output
}

// filesOf reads all files of a store but the manifests, which have times in them.
func filesOf(t *testing.T, s *Store) map[string][]byte {
	t.Helper()
	ids, err := s.IDs()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, id := range ids {
		if err := s.Verify(id); err != nil {
			t.Error(err)
		}
		for _, name := range []string{curveFile, ruleFile} {
			if data, err := os.ReadFile(s.file(id, name)); err == nil {
				files[id+"/"+name] = data
			}
		}
	}
	return files
}

// TestKilledShards: processes on three shards, two of them on the same one, are killed at random and started again, with single
// runs and with populations. The store in the end has the bytes of an undisturbed run, and nothing else.
func TestKilledShards(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	for _, population := range []string{"1", "2"} {
		t.Run("population of "+population, func(t *testing.T) { killShards(t, childPairs+"="+population) })
	}
}

func killShards(t *testing.T, environment string) {
	calm, stormy := newStore(t), newStore(t)
	cmd, output := startChild(t, calm.Dir(), "1/1", environment)
	start := time.Now()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("undisturbed: %v: %s", err, output)
	}
	undisturbed := time.Since(start)

	const kills = 15
	var group sync.WaitGroup
	var mu sync.Mutex
	killed, finished := 0, 0
	for k, shard := range []string{"1/2", "2/2", "2/2"} {
		rng := rand.New(rand.NewPCG(7, uint64(k)))
		group.Go(func() {
			for {
				cmd, output := startChild(t, stormy.Dir(), shard, environment)
				mu.Lock()
				live := killed < kills
				if live {
					killed++
				}
				mu.Unlock()
				if !live {
					if err := cmd.Wait(); err != nil {
						t.Errorf("shard %s: %v: %s", shard, err, output)
					}
					return
				}
				time.Sleep(time.Duration(rng.Float64() * float64(undisturbed) / 4))
				if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Error(err)
				}
				if cmd.Wait() == nil {
					mu.Lock()
					finished++
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	// A process may have left a run to another that was killed afterwards: the same command again finishes it.
	cmd, output = startChild(t, stormy.Dir(), "1/1", environment)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the last one: %v: %s", err, output)
	}
	t.Logf("undisturbed %v; %d processes started to be killed, of which %d were faster; at last: %s", undisturbed, killed, finished, output)

	want, got := filesOf(t, calm), filesOf(t, stormy)
	if len(want) != 6+3 {
		t.Errorf("%d files of an undisturbed sweep of 3 controls and 3 pairs", len(want))
	}
	for name := range want {
		if !bytes.Equal(want[name], got[name]) {
			t.Errorf("%s differs: %d and %d bytes", name, len(want[name]), len(got[name]))
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, undisturbed %d", len(got), len(want))
	}
	for _, pattern := range []string{"runs/.*", ".partial/*", ".locks/*"} {
		if left, _ := filepath.Glob(filepath.Join(stormy.Dir(), pattern)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestSameShardAtOnce: a second process does not compute what the first is computing, and says so.
func TestSameShardAtOnce(t *testing.T) {
	be, s := goBackend(t), newStore(t)
	one := spec(tiny(t, "rule=none"), "control")
	id := mustID(t, &Runner{Store: s, Backend: be}, one)
	unlock, free, err := s.lock(id)
	if err != nil || !free {
		t.Fatal(free, err)
	}
	summary := compute1(t, be, s, one)
	if summary.Computed != 0 || len(summary.Elsewhere) != 1 || !strings.Contains(summary.String(), "another process") {
		t.Errorf("%+v: %s", summary, summary)
	}
	unlock()
	if summary := compute1(t, be, s, one); summary.Computed != 1 {
		t.Errorf("after the first has ended: %+v", summary)
	}
}

// TestFullDisk: the error names the file and says that finished runs are safe, and they are.
func TestFullDisk(t *testing.T) {
	be, s := goBackend(t), newStore(t)
	specs, err := sweptSpecs()
	if err != nil {
		t.Fatal(err)
	}
	compute1(t, be, s, specs[0])
	before := filesOf(t, s)
	cmd, output := startChild(t, s.Dir(), "1/1", childLimit+"=1")
	if err := cmd.Wait(); err == nil {
		t.Fatalf("no error: %s", output)
	}
	if text := output.String(); !strings.Contains(text, "file too large") || !strings.Contains(text, s.Dir()) || !strings.Contains(text, "finished are safe") {
		t.Errorf("says: %s", text)
	}
	after := filesOf(t, s)
	for name := range before {
		if !bytes.Equal(before[name], after[name]) {
			t.Errorf("%s has changed", name)
		}
	}
	// With space again, the same command finishes.
	cmd, output = startChild(t, s.Dir(), "1/1")
	if err := cmd.Wait(); err != nil || !strings.Contains(output.String(), "6 runs: 1 were there, 5 computed") {
		t.Errorf("%v: %s", err, output)
	}
}
