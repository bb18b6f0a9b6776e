package hatlib

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestPairMemoryIsBounded measures the peak memory of a process that computes the general vmap with its gradients: with
// a bound it stays near the bound, without one it does not.
func TestPairMemoryIsBounded(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads the peak memory from /proc")
	}
	const bound = 48 << 20
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		whole, bounded := peakOf(t, be, 0), peakOf(t, be, bound)
		t.Logf("%s: %d MB without a bound, %d MB with a bound of %d MB", be.Name(), whole>>20, bounded>>20, bound>>20)
		if bounded > bound {
			t.Errorf("the peak is %d MB above the bound", (bounded-bound)>>20)
		}
		if whole < 2*bound {
			t.Errorf("without a bound the peak is only %d MB: this test could not fail", whole>>20)
		}
	})
}

// peakOf runs TestPairMemoryChild in a process of its own and returns by how many bytes executing the graph raised the
// peak of its memory.
func peakOf(t *testing.T, be compute.Backend, bound int) int {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run", "^TestPairMemoryChild$", "-test.v")
	child.Env = append(os.Environ(), fmt.Sprintf("HATLAB_PAIR_MEMORY=%t %d", be.Name() == "xla", bound))
	output, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	match := regexp.MustCompile(`peak (\d+) kB`).FindSubmatch(output)
	if match == nil {
		t.Fatalf("no peak in\n%s", output)
	}
	kilobytes, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}

// TestPairMemoryChild is the process that TestPairMemoryIsBounded measures.
func TestPairMemoryChild(t *testing.T) {
	var xla bool
	var bound int
	if n, _ := fmt.Sscan(os.Getenv("HATLAB_PAIR_MEMORY"), &xla, &bound); n != 2 {
		t.Skip("runs as a child of TestPairMemoryIsBounded")
	}
	// The pure Go backend keeps to the bound when it runs what is ready; in order, as hatlib asks it to, it holds several chunks.
	be, err := compute.NewWithConfig("go:ops_parallel")
	if err != nil {
		t.Fatal(err)
	}
	if xla {
		be = backendtest.XLA(t)
	}
	p := newPairProblem(48, 64, 64, 64, 3)
	rule := &MetaLearner{Hidden: 64, Activation: ActivationReLU}
	e := MustNewExec(be, func(x []*Node) []*Node {
		dw := PairMean(rule.Pair, x[4:], x[0], x[1], x[2], WithPairMemory(int64(bound)))
		return Gradient(ReduceAllSum(Mul(dw, x[3])), append([]*Node{x[0], x[1], x[2]}, x[4:]...)...)
	})
	arguments := p.tensors()
	shapesOf := make([]shapes.Shape, len(arguments))
	for i, a := range arguments {
		shapesOf[i] = a.(*tensors.Tensor).Shape()
	}
	if _, err := e.Compile(shapesOf...); err != nil {
		t.Fatal(err)
	}
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200); err != nil { // the peak is now what is in use
		t.Skipf("the peak cannot be reset: %v", err)
	}
	before := memory(t, "VmHWM:")
	e.MustCall(arguments...)
	fmt.Printf("peak %d kB\n", memory(t, "VmHWM:")-before)
}

// memory reads a line of /proc/self/status, in kB.
func memory(t *testing.T, key string) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), key)
	text, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	kilobytes, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes
}
