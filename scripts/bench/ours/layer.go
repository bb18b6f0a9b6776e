package main

import (
	"path/filepath"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/fused"
)

// layer is M's update of every neuron pair of one layer, forward and gradients, fused or with the general vmap over pairs.
func layer(be compute.Backend, s spec) (work, error) {
	B, I, J, H := s.Batch, s.In, s.Out, s.Hidden
	shapes := [][]int{{H}, {H}, {H}, {H}, {H}, {}, {B, I}, {J, I}, {B, J}, {J, I}}
	var args []any
	for i, name := range strings.Fields("a b c d m e v w u g") {
		x, err := readFloats(filepath.Join(s.Inputs, name))
		if err != nil {
			return work{}, err
		}
		args = append(args, tensors.FromFlatDataAndDimensions(x, shapes[i]...))
	}
	names := strings.Fields("mean a b c d m e w u v")
	if !s.NeedPre {
		names = names[:len(names)-1]
	}
	exec, err := NewExec(be, func(in []*Node) []*Node {
		v, w, u, bar := in[6], in[7], in[8], in[9]
		var mean *Node
		if s.Form == "fused" {
			mean = fused.MeanUpdate(fused.Theta{A: in[0], B: in[1], C: in[2], D: in[3], M: in[4], E: in[5]}, v, w, u, fused.Options{})
		} else {
			rule := &hatlib.MetaLearner{Hidden: H, Activation: "relu"}
			mean = hatlib.PairMean(rule.Pair, in[:6], v, w, u, hatlib.WithPairMemory(256<<20)) // as in the presets
		}
		wrt := append(append([]*Node{}, in[:6]...), w, u)
		if s.NeedPre {
			wrt = append(wrt, v)
		}
		return append([]*Node{mean}, Gradient(ReduceAllSum(Mul(mean, bar)), wrt...)...)
	})
	if err != nil {
		return work{}, err
	}
	var out []*tensors.Tensor
	return work{
		run: func() (err error) {
			for _, t := range out {
				t.MustFinalizeAll()
			}
			if out, err = exec.Call(args...); err != nil {
				return err
			}
			_, err = tensors.CopyFlatData[float32](out[1]) // a short one; waits until all is done
			return err
		},
		export: func() (map[string][]float32, error) {
			arrays := map[string][]float32{}
			for i, name := range names {
				x, err := tensors.CopyFlatData[float32](out[i])
				if err != nil {
					return nil, err
				}
				arrays[name] = x
			}
			return arrays, nil
		},
	}, nil
}
