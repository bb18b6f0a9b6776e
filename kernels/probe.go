package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/hatlab/hatlab/hatlib/backend"
)

// probeTimeout is far more than loading a plugin and running a sum ever takes.
const probeTimeout = 2 * time.Minute

// probe makes a backend, runs a graph on it, and writes what it is.
func probe(config string, out io.Writer) error {
	be, err := backend.Open(config)
	if err != nil {
		return err
	}
	result, err := graph.CallOnce(be, func(x *graph.Node) *graph.Node {
		return graph.ReduceAllSum(graph.Mul(x, x))
	}, []float32{1, 2, 3})
	if err != nil {
		return fmt.Errorf("running a graph on %s: %w", config, err)
	}
	if got := result.Value().(float32); got != 14 {
		return fmt.Errorf("%s computes 1*1 + 2*2 + 3*3 = %g", config, got)
	}
	return json.NewEncoder(out).Encode(backend.Describe(be))
}

// tryBackend runs probe in a process of its own, because a plugin can end the process. flags is XLA_FLAGS, or nil for hatlab's defaults.
func (in *installer) tryBackend(config string, flags *string) (backend.Info, error) {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, in.self, "probe", config)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "XLA_FLAGS=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	if flags != nil {
		cmd.Env = append(cmd.Env, "XLA_FLAGS="+*flags)
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return backend.Info{}, fmt.Errorf("%s (%w)", lastLine(stderr.String()), err)
	}
	var info backend.Info
	if err := json.Unmarshal([]byte(stdout.String()), &info); err != nil {
		return backend.Info{}, fmt.Errorf("the probe of %s wrote %q: %w", config, stdout.String(), err)
	}
	return info, nil
}

// lastLine returns the last line that is not empty, without this program's name before it.
func lastLine(s string) string {
	s = strings.TrimSpace(s)
	s = s[strings.LastIndexByte(s, '\n')+1:]
	return strings.TrimPrefix(s, "kernels: ")
}
