package walkthrough

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib/figure"
)

// Measure times one way, update with all gradients, at a size: the least of repeats calls after a first one, and the memory
// by which the first call raised the peak of this process (NaN where the system does not tell). Compilation is left out.
func Measure(be compute.Backend, way Way, s Size, repeats int) (figure.CostRow, error) {
	row := figure.CostRow{Label: way.Name, Seconds: math.Inf(1)}
	p := newProblem(s, 1)
	call := func() error {
		p.loops()
		return nil
	}
	if way.Update != nil {
		exec, err := NewExec(be, graph(way))
		if err != nil {
			return row, fmt.Errorf("%s: %w", way.Name, err)
		}
		defer exec.Finalize()
		arguments := p.arguments()
		known := make([]shapes.Shape, len(arguments))
		for i, a := range arguments {
			known[i] = a.(*tensors.Tensor).Shape()
		}
		if _, err := exec.Compile(known...); err != nil {
			return row, fmt.Errorf("%s: %w", way.Name, err)
		}
		call = func() error {
			outputs, err := exec.Call(arguments...)
			for _, o := range outputs {
				o.MustFinalizeAll()
			}
			return err
		}
	}
	debug.FreeOSMemory()
	peak := peakMemory()
	if err := call(); err != nil {
		return row, fmt.Errorf("%s: %w", way.Name, err)
	}
	row.Bytes = peak()
	for range repeats {
		start := time.Now()
		if err := call(); err != nil {
			return row, fmt.Errorf("%s: %w", way.Name, err)
		}
		row.Seconds = math.Min(row.Seconds, time.Since(start).Seconds())
	}
	return row, nil
}

// peakMemory starts a measurement of the process's largest memory, and returns what ends it. Linux alone can do it: writing 5
// to clear_refs makes the peak what is in use.
func peakMemory() func() float64 {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200); err != nil {
		return func() float64 { return math.NaN() }
	}
	before := highWater()
	return func() float64 { return highWater() - before }
}

// highWater is the largest resident memory of this process so far, in bytes.
func highWater() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return math.NaN()
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	text, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	kilobytes, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return kilobytes * 1024
}
