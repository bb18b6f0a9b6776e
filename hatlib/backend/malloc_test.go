//go:build linux && cgo && !noxla

package backend_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestFreedMemoryIsKept: a result of 64 MB that is freed is the place of another one. Each has 16,384 pages; XLA frees a little later, so
// that there are a few places.
func TestFreedMemoryIsKept(t *testing.T) {
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "MALLOC_") || strings.HasPrefix(v, "GLIBC_TUNABLES=") {
			t.Skipf("%s decides", v)
		}
	}
	be := backendtest.XLA(t)
	exec := MustNewExec(be, func(x *Node) *Node { return BroadcastToDims(x, 1<<24) })
	faults := func() int64 {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			t.Fatal(err)
		}
		return usage.Minflt
	}
	var before int64
	const calls = 20
	for call := range 2 * calls {
		if call == calls {
			before = faults()
		}
		for _, out := range exec.MustCall(float32(1)) {
			out.MustFinalizeAll()
		}
	}
	if n := faults() - before; n > calls/4*16384 {
		t.Errorf("%d calls touched %d new pages", calls, n)
	}
}
