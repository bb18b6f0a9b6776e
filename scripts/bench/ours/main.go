// Command ours is the benchmark's worker for hatlib: one layer, whole training steps, or a device's arithmetic limit. It speaks with
// bench.py as peers/worker.py describes.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/backend"
)

// spec is what bench.py asks for.
type spec struct {
	Task                   string // version, layer, step or limit
	Form                   string // layer: fused or general
	Batch, In, Out, Hidden int
	NeedPre                bool     `json:"need_pre"` // layer: also the gradient through v_i
	Preset                 string   // step: where the configuration starts
	Set                    []string // step: fields, name=value
	Steps                  int      // step: training steps of one run
	Inputs, Results        string   // folders
}

// work is one run of a task; it returns when the run is done. export names what the last run computed.
type work struct {
	run    func() error
	export func() (map[string][]float32, error)
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(text string) error {
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return fmt.Errorf("reading the specification: %w", err)
	}
	be, err := backend.New()
	if err != nil {
		return err
	}
	defer be.Finalize()
	if s.Task == "version" {
		say(map[string]any{"version": version(be), "xla_flags": os.Getenv("XLA_FLAGS"), "go": runtime.Version()})
		return nil
	}
	tasks := map[string]func(compute.Backend, spec) (work, error){"layer": layer, "step": steps, "limit": limit}
	w, err := tasks[s.Task](be, s)
	if err != nil {
		return err
	}
	return serve(w, s.Results, version(be))
}

// version says what computes.
func version(be compute.Backend) string {
	info := backend.Describe(be)
	if info.Plugin == "" {
		return "pure Go backend"
	}
	pinned := "another plugin than the pinned one"
	if info.PluginSHA256 == backend.PinnedSHA256 {
		pinned = "the pinned plugin"
	}
	return fmt.Sprintf("XLA, PJRT API %s, %s, SHA-256 %.12s", info.PluginVersion, pinned, info.PluginSHA256)
}

// serve is the conversation.
func serve(w work, results, version string) error {
	first, _, err := timed(w.run)
	if err != nil {
		return err
	}
	second, _, err := timed(w.run)
	if err != nil {
		return err
	}
	arrays, err := w.export()
	if err != nil {
		return err
	}
	for name, x := range arrays {
		if err := writeFloats(filepath.Join(results, name), x); err != nil {
			return err
		}
	}
	say(map[string]any{"ready": true, "first": first, "second": second, "version": version})
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		count, err := strconv.Atoi(strings.TrimPrefix(lines.Text(), "run "))
		if err != nil {
			return fmt.Errorf("asked to %q; only \"run N\" is known", lines.Text())
		}
		var times [][2]float64
		for range count {
			wall, cpu, err := timed(w.run)
			if err != nil {
				return err
			}
			times = append(times, [2]float64{wall, cpu})
		}
		say(map[string]any{"times": times})
	}
	peak, err := peakMB()
	if err != nil {
		return err
	}
	say(map[string]any{"peak_mb": peak})
	return nil
}

func say(answer map[string]any) {
	line, _ := json.Marshal(answer)
	fmt.Println(string(line))
}

// timed returns the wall time and the processor time, of all threads, of one run.
func timed(run func() error) (wall, cpu float64, err error) {
	before, start := processorTime(), time.Now()
	err = run()
	return time.Since(start).Seconds(), processorTime() - before, err
}

func processorTime() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return math.NaN()
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

// peakMB is the largest resident size so far. Not getrusage's, which counts the parent's before exec.
func peakMB() (float64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("reading the peak memory: %w", err)
	}
	var kB float64 // of 1024 bytes
	_, rest, found := strings.Cut(string(text), "VmHWM:")
	if _, err := fmt.Sscan(rest, &kB); !found || err != nil {
		return 0, fmt.Errorf("reading the peak memory: no VmHWM in /proc/self/status")
	}
	return kB * 1024 / 1e6, nil
}

func read32(path string) ([]uint32, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading inputs: %w", err)
	}
	x := make([]uint32, len(data)/4)
	for i := range x {
		x[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	return x, nil
}

func readFloats(path string) ([]float32, error) {
	bits, err := read32(path)
	x := make([]float32, len(bits))
	for i := range x {
		x[i] = math.Float32frombits(bits[i])
	}
	return x, err
}

func writeFloats(path string, x []float32) error {
	data := make([]byte, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return fmt.Errorf("writing results: %w", err)
	}
	return nil
}
