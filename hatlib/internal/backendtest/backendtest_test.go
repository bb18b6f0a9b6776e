package backendtest_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// A graph runs on each backend, and each name is the backend it says.
func TestEach(t *testing.T) {
	ran := map[string]bool{}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		ran[backend.Describe(be).Name] = true
		got := graph.MustExecOnce(be, func(x, y *graph.Node) *graph.Node {
			return graph.ReduceAllSum(graph.Mul(x, y))
		}, []float32{1, 2, 3}, []float32{4, 5, 6}).Value().(float32)
		if got != 32 {
			t.Errorf("%s: the product is %g, want 32", be.Name(), got)
		}
	})
	if !ran["go"] {
		t.Errorf("ran on %v, want at least pure Go", ran)
	}
}
