package experiment

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// tiny is a run of a fraction of a second.
func tiny(t testing.TB, set ...string) hatlib.Config {
	t.Helper()
	c, err := hatlib.Preset("smoke")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetAll(append([]string{"sizes=64-8-10", "meta_hidden=3", "examples=200", "epochs=2", "eval_every=0.5"}, set...)); err != nil {
		t.Fatal(err)
	}
	return c
}

// spec puts a configuration in a place.
func spec(c hatlib.Config, arm string) Spec {
	return Spec{Experiment: "test", Reading: "paper", Arm: arm, Config: c}
}

func newStore(t testing.TB) *Store {
	t.Helper()
	s, err := OpenStore(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func compute1(t testing.TB, be compute.Backend, s *Store, specs ...Spec) Summary {
	t.Helper()
	summary, err := (&Runner{Store: s, Backend: be}).Run(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

func goBackend(t testing.TB) compute.Backend { return backendtest.Go(t) }

// contextOfTest is the context of child processes.
func contextOfTest() context.Context { return context.Background() }
