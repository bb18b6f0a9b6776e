// Package backendtest runs tests on every backend: XLA on the CPU, and pure Go.
//
// XLA is found as package backend finds it; in development GOMLX_BACKEND=xla:/absolute/path.so names it. Without a plugin the XLA
// tests are skipped with a message, unless HATLAB_REQUIRE_XLA=1, which makes them fail, so that a CI cannot lose them silently.
package backendtest

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib/backend"
)

// RequireEnv makes a missing XLA plugin a failure instead of a skip when it is "1".
const RequireEnv = "HATLAB_REQUIRE_XLA"

// The backends are made once per process and shared by its tests.
var (
	openXLA = sync.OnceValues(func() (compute.Backend, error) {
		config := os.Getenv(compute.ConfigEnvVar)
		if name, _, _ := strings.Cut(config, ":"); config == "" || name == "go" {
			config = "xla:cpu"
		}
		if config == "xla:cpu" && len(backend.Plugins("cpu")) == 0 {
			return nil, errNoPlugin
		}
		return backend.Open(config)
	})
	openGo = sync.OnceValues(func() (compute.Backend, error) { return backend.Open("go") })
)

var errNoPlugin = errors.New("no XLA plugin found: `go run ./kernels install` fetches it, or set GOMLX_BACKEND=xla:/absolute/path.so")

// Each runs fn as the subtests "xla" and "go".
func Each(t *testing.T, fn func(t *testing.T, be compute.Backend)) {
	t.Helper()
	t.Run("xla", func(t *testing.T) { fn(t, XLA(t)) })
	t.Run("go", func(t *testing.T) { fn(t, Go(t)) })
}

// XLA returns the XLA CPU backend. Without cgo, or without a plugin, it skips the test (see [RequireEnv]); a plugin that is there and does not work fails it.
func XLA(tb testing.TB) compute.Backend {
	tb.Helper()
	required := os.Getenv(RequireEnv) == "1"
	if !backend.HasXLA() && !required {
		tb.Skip("built without XLA (no cgo, or the tag noxla)")
	}
	be, err := openXLA()
	switch {
	case err == nil:
	case errors.Is(err, errNoPlugin) && !required:
		tb.Skip(err)
	default:
		tb.Fatal(err)
	}
	return be
}

// Go returns the backend in pure Go.
func Go(tb testing.TB) compute.Backend {
	tb.Helper()
	be, err := openGo()
	if err != nil {
		tb.Fatal(err)
	}
	return be
}
