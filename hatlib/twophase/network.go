package twophase

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Network is a network that a [Method] trains: its numbers are float32, and belong to no backend.
type Network struct {
	// Sizes are n_0 to n_L.
	Sizes  []int
	values [][]float32 // W_1, b_1, W_2, ..., row-major
}

// NewNetwork makes a network with weights uniform in +-1/sqrt(fan in) and biases of zero. Equal seeds give equal
// networks.
func NewNetwork(seed uint64, sizes ...int) (*Network, error) {
	if len(sizes) < 2 {
		return nil, fmt.Errorf("a network of sizes %v: want at least inputs and outputs", sizes)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	n := &Network{Sizes: sizes}
	for k, size := range sizes {
		if size < 1 {
			return nil, fmt.Errorf("a network of sizes %v: layer %d has no units", sizes, k)
		}
		if k == 0 {
			continue
		}
		w := make([]float32, size*sizes[k-1])
		for i := range w {
			w[i] = float32((2*rng.Float64() - 1) / math.Sqrt(float64(sizes[k-1])))
		}
		n.values = append(n.values, w, make([]float32, size))
	}
	return n, nil
}

// Weights returns a copy of W_k [n_k, n_k-1] row-major, k = 1 to L.
func (n *Network) Weights(k int) ([]float32, error) {
	if k < 1 || k >= len(n.Sizes) {
		return nil, fmt.Errorf("weights W_%d of a network with layers 1 to %d", k, len(n.Sizes)-1)
	}
	return slices.Clone(n.values[2*k-2]), nil
}

// arguments returns the network as tensors after the given ones, for an Exec.
func (n *Network) arguments(first ...any) []any {
	for _, t := range n.tensors() {
		first = append(first, t)
	}
	return first
}

// tensors returns new tensors with the network's numbers.
func (n *Network) tensors() (all []*tensors.Tensor) {
	for i, values := range n.values {
		out, in := n.Sizes[i/2+1], n.Sizes[i/2]
		if i%2 == 0 {
			all = append(all, tensors.FromFlatDataAndDimensions(values, out, in))
		} else {
			all = append(all, tensors.FromFlatDataAndDimensions(values, out))
		}
	}
	return all
}

// read takes the numbers of tensors that came out of an Exec.
func (n *Network) read(all []*tensors.Tensor) (err error) {
	for i, t := range all {
		if n.values[i], err = tensors.CopyFlatData[float32](t); err != nil {
			return fmt.Errorf("reading the network: %w", err)
		}
	}
	return nil
}

// params are the parameters in the order of Network; list is the reverse.
func params(nodes []*Node) (p Params) {
	for i := 0; i < len(nodes); i += 2 {
		p.W, p.B = append(p.W, nodes[i]), append(p.B, nodes[i+1])
	}
	return p
}

func (p Params) list() (nodes []*Node) {
	for k := range p.W {
		nodes = append(nodes, p.W[k], p.B[k])
	}
	return nodes
}

// Predict returns the largest output of the free phase for every example, [N].
func Predict(be compute.Backend, m Method, network *Network, data *dataset.Set) ([]int32, error) {
	predict, err := predictor(be, m.Name(), func(p Params, x *Node) State { return Free(m, p, x) })
	if err != nil {
		return nil, err
	}
	return predict(network, data)
}

// Accuracy is the part of the examples whose label [Predict] finds.
func Accuracy(be compute.Backend, m Method, network *Network, data *dataset.Set) (float64, error) {
	predicted, err := Predict(be, m, network, data)
	if err != nil {
		return 0, err
	}
	return hits(predicted, data.Y), nil
}

// predictor is Predict for many calls, compiled once.
func predictor(be compute.Backend, name string, answer func(p Params, x *Node) State) (func(*Network, *dataset.Set) ([]int32, error), error) {
	exec, err := NewExec(be, func(in []*Node) []*Node {
		return []*Node{ArgMax(answer(params(in[1:]), in[0]).Output(), -1)}
	})
	if err != nil {
		return nil, fmt.Errorf("predict with %s: %w", name, err)
	}
	return func(network *Network, data *dataset.Set) ([]int32, error) {
		if data.N == 0 || data.Features != network.Sizes[0] {
			return nil, fmt.Errorf("predict with %s: %s for a network with %d inputs", name, data, network.Sizes[0])
		}
		out, err := exec.Call(network.arguments(tensors.FromFlatDataAndDimensions(data.X, data.N, data.Features))...)
		if err != nil {
			return nil, fmt.Errorf("predict with %s: %w", name, err)
		}
		return tensors.CopyFlatData[int32](out[0])
	}, nil
}

// hits is the part of the predictions that are right.
func hits(predicted, labels []int32) float64 {
	correct := 0
	for i, p := range predicted {
		if p == labels[i] {
			correct++
		}
	}
	return float64(correct) / float64(len(labels))
}
