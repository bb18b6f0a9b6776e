// Command ours is the benchmark's worker for hatlib: one layer, with the fused M or with the general vmap over pairs. It speaks with
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
	"strings"
	"syscall"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/fused"
)

// spec is what bench.py asks for.
type spec struct {
	Form                   string
	Batch, In, Out, Hidden int
	NeedPre                bool `json:"need_pre"`
	Inputs, Results        string
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
	B, I, J, H := s.Batch, s.In, s.Out, s.Hidden
	shapes := [][]int{{H}, {H}, {H}, {H}, {H}, {}, {B, I}, {J, I}, {B, J}, {J, I}}
	var args []any
	for i, name := range strings.Fields("a b c d m e v w u g") {
		x, err := readFloats(filepath.Join(s.Inputs, name))
		if err != nil {
			return err
		}
		args = append(args, tensors.FromFlatDataAndDimensions(x, shapes[i]...))
	}
	names := strings.Fields("mean a b c d m e w u v")
	if !s.NeedPre {
		names = names[:len(names)-1]
	}
	be, err := backend.New()
	if err != nil {
		return err
	}
	defer be.Finalize()
	exec, err := NewExec(be, func(in []*Node) []*Node {
		v, w, u, bar := in[6], in[7], in[8], in[9]
		var mean *Node
		if s.Form == "fused" {
			mean = fused.MeanUpdate(fused.Theta{A: in[0], B: in[1], C: in[2], D: in[3], M: in[4], E: in[5]}, v, w, u, fused.Options{})
		} else {
			rule := &hatlib.MetaLearner{Hidden: H, Activation: "relu"}
			mean = hatlib.PairMean(rule.Pair, in[:6], v, w, u)
		}
		wrt := append(append([]*Node{}, in[:6]...), w, u)
		if s.NeedPre {
			wrt = append(wrt, v)
		}
		return append([]*Node{mean}, Gradient(ReduceAllSum(Mul(mean, bar)), wrt...)...)
	})
	if err != nil {
		return err
	}
	step := func() ([]*tensors.Tensor, error) {
		out, err := exec.Call(args...)
		if err == nil {
			_ = tensors.MustCopyFlatData[float32](out[1]) // waits until it is done
		}
		return out, err
	}

	say := func(answer map[string]any) {
		line, _ := json.Marshal(answer)
		fmt.Println(string(line))
	}
	timed := func() (seconds float64, out []*tensors.Tensor, err error) {
		start := time.Now()
		out, err = step()
		return time.Since(start).Seconds(), out, err
	}
	first, out, err := timed()
	if err != nil {
		return err
	}
	for i, name := range names {
		if err := writeFloats(filepath.Join(s.Results, name), tensors.MustCopyFlatData[float32](out[i])); err != nil {
			return err
		}
	}
	second, _, err := timed()
	if err != nil {
		return err
	}
	say(map[string]any{"ready": true, "first": first, "compile": max(0, first-second), "version": be.Description()})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() && lines.Text() == "run" {
		seconds, out, err := timed()
		if err != nil {
			return err
		}
		for _, t := range out {
			t.MustFinalizeAll()
		}
		say(map[string]any{"seconds": seconds})
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return fmt.Errorf("reading the peak memory: %w", err)
	}
	say(map[string]any{"peak_mb": float64(usage.Maxrss) / 1024})
	return nil
}

func readFloats(path string) ([]float32, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading inputs: %w", err)
	}
	x := make([]float32, len(data)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return x, nil
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
