package twophase

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Agreement compares the update of a layer's weights with backpropagation's.
type Agreement struct {
	// Error is |update - descent| / |descent|, the length of their difference relative to backpropagation's.
	Error float64
	// Cosine is that of the angle between the two, and NormRatio |update| / |descent|.
	Cosine, NormRatio float64
}

// Agree compares what m would change for the examples of data with backpropagation through [Method.Reference], for each
// layer's weights, W_1 first. It changes nothing in network.
//
// It computes in float64, because for weak feedback or a small nudge the phases differ by less than float32 can tell, and
// in pure Go, because XLA takes a minute to compile the gradient of a relaxation. It is meant for some tens of examples.
func Agree(m Method, network *Network, data *dataset.Set) ([]Agreement, error) {
	top := len(network.Sizes) - 1
	if data.N == 0 || data.Features != network.Sizes[0] || data.Classes != network.Sizes[top] {
		return nil, fmt.Errorf("agreement of %s with backpropagation: %s for a network of sizes %v", m.Name(), data, network.Sizes)
	}
	be, err := backend.Open("go")
	if err != nil {
		return nil, fmt.Errorf("agreement of %s with backpropagation: %w", m.Name(), err)
	}
	defer be.Finalize()
	x, y := tensors.FromFlatDataAndDimensions(data.X, data.N, data.Features), tensors.FromFlatDataAndDimensions(data.Y, data.N)
	out, err := CallOnceN(be, func(in []*Node) []*Node {
		x, target := ConvertDType(in[0], dtypes.Float64), OneHot(in[1], data.Classes, dtypes.Float64)
		var wide []*Node
		for _, value := range in[2:] {
			wide = append(wide, ConvertDType(value, dtypes.Float64))
		}
		p := params(wide)
		update, _ := Learn(m, p, x, target)
		gradients := Gradient(ReduceAllMean(Cost(m.Reference(p, x), target)), p.W...)
		var results []*Node
		for k, got := range update.W {
			want := Neg(gradients[k])
			g, w := L2Norm(got), L2Norm(want)
			results = append(results, Div(L2Norm(Sub(got, want)), w), Div(ReduceAllSum(Mul(got, want)), Mul(g, w)), Div(g, w))
		}
		return results
	}, network.arguments(x, y)...)
	if err != nil {
		return nil, fmt.Errorf("agreement of %s with backpropagation: %w", m.Name(), err)
	}
	all := make([]Agreement, top)
	for k := range all {
		all[k] = Agreement{
			Error:     tensors.ToScalar[float64](out[3*k]),
			Cosine:    tensors.ToScalar[float64](out[3*k+1]),
			NormRatio: tensors.ToScalar[float64](out[3*k+2]),
		}
	}
	return all, nil
}
