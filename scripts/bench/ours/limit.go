package main

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// How much limit computes: enough arithmetic for every number that memory does not matter.
const (
	limitNumbers = 1 << 25
	limitLength  = 1024
)

// limit is the arithmetic limit of a device that limit.c cannot measure: limitLength multiply-adds in one expression, for each of
// limitNumbers numbers. gpu.py knows both.
func limit(be compute.Backend, _ spec) (work, error) {
	exec, err := NewExec(be, func(a *Node) *Node {
		g := a.Graph()
		x := Iota(g, shapes.Make(dtypes.Float32, limitNumbers), 0)
		for range limitLength {
			x = Add(Mul(x, BroadcastToShape(a, x.Shape())), x)
		}
		return ReduceAllMax(x)
	})
	if err != nil {
		return work{}, err
	}
	factor := tensors.FromScalar(float32(-1e-3))
	return work{
		run: func() error {
			out, err := exec.Call(factor)
			if err != nil {
				return err
			}
			_, err = tensors.CopyFlatData[float32](out[0])
			return err
		},
		export: func() (map[string][]float32, error) {
			return nil, nil
		},
	}, nil
}
