package walkthrough

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/hatlab/hatlab/hatlib"
)

// ShapeRow is one shape that appendix A prints, and the shape that a node of our graph has.
type ShapeRow struct {
	What  string
	Paper []int
	Graph []int
}

// Same tells whether they are equal.
func (r ShapeRow) Same() bool { return slices.Equal(r.Paper, r.Graph) }

// Dims writes a shape as the paper does, 50 × 784.
func Dims(shape []int) string {
	words := make([]string, len(shape))
	for i, n := range shape {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, " × ")
}

// AppendixA builds the graph of appendix A at its size (inputs 784, units 183, batch 50, M 3-100-1) and returns every shape
// that the appendix prints beside the node's, and the number of M's parameters. The graph is never compiled or run: its state
// tensor alone would hold 86 MB and M's hidden layer 2.9 GB.
func AppendixA(be compute.Backend) (rows []ShapeRow, parameters int) {
	const batch, in, out, hidden = 50, 784, 183, 100
	g := NewGraph(be, "appendix_a")
	defer g.Finalize()
	parameter := func(name string, dims ...int) *Node {
		return Parameter(g, name, shapes.Make(dtypes.Float32, dims...))
	}
	add := func(what string, node *Node, paper ...int) {
		rows = append(rows, ShapeRow{what, paper, slices.Clone(node.Shape().Dimensions)})
	}
	vi, wij, vj := parameter("vi", batch, in), parameter("wij", out, in), parameter("vj", batch, out)
	add("v_i", vi, 50, 784)
	add("w_ij", wij, 183, 784)
	add("v_j", vj, 50, 183)
	alone := []*Node{InsertAxes(vi, 1), InsertAxes(wij, 0), InsertAxes(vj, 2)}
	add("v_i with an axis for the outputs", alone[0], 50, 1, 784)
	add("w_ij with an axis for the batch", alone[1], 1, 183, 784)
	add("v_j with an axis for the inputs", alone[2], 50, 183, 1)
	copied := make([]*Node, len(alone))
	for k, name := range []string{"v_i", "w_ij", "v_j"} {
		copied[k] = BroadcastToDims(alone[k], batch, out, in)
		add(name+" copied along it", copied[k], 50, 183, 784)
	}
	add("input of M", Stack(copied, 0), 3, 50, 183, 784)
	var theta []*Node
	for _, name := range []string{"a", "b", "c", "d", "m"} {
		theta = append(theta, parameter(name, hidden))
	}
	theta = append(theta, parameter("e"))
	add("output of M", hatlib.ConvolutionUpdates(theta, vi, wij, vj), 50, 183, 784)
	add("mean over the batch", hatlib.ConvolutionMean(theta, vi, wij, vj), 183, 784)
	for _, t := range theta {
		parameters += t.Shape().Size()
	}
	return rows, parameters
}
