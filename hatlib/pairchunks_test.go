package hatlib

import (
	"context"
	"math"
	"testing"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestChunksInTraining trains nets of several layers with the general vmap in chunks (a loop of its own on XLA, so the trainer takes single steps)
// and compares with the fused form. Gradients of an upper layer's chunks must not run on through its input into the layers below.
func TestChunksInTraining(t *testing.T) {
	train, test, err := dataset.Load(dataset.Digits)
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		run := func(assignments ...string) Point {
			c, err := Preset("smoke")
			if err != nil {
				t.Fatal(err)
			}
			base := []string{"examples=150", "epochs=1", "eval_every=1", "local_rate=0.05", "meta_hidden=5"}
			if err := c.SetAll(append(base, assignments...)); err != nil {
				t.Fatal(err)
			}
			r, err := Run(context.Background(), be, c, train, test, RunOptions{})
			if err != nil {
				t.Fatalf("%v: %v", assignments, err)
			}
			return r.Final()
		}
		want, got := run(), run("pair_kernel=general", "pair_memory_mb=1")
		for what, pair := range map[string][2]float64{"test loss": {got.Test.Loss, want.Test.Loss},
			"local norm": {got.LocalNorm, want.LocalNorm}, "step norm": {got.StepNorm, want.StepNorm}} {
			if math.Abs(pair[0]-pair[1]) > 1e-4*math.Abs(pair[1]) {
				t.Errorf("%s: %.7g in chunks, %.7g fused", what, pair[0], pair[1])
			}
		}
	})
}
