package twophase

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/gomlx/compute/shapes"
)

// Steps are built inside the closures of a While loop. GoMLX's own MulScalar and the like keep one node per number and
// graph, which may lie outside of the closure, where XLA cannot use it. These make a new one each time.

// times returns x * value.
func times(x *Node, value float64) *Node { return Mul(x, number(x, value)) }

// plus returns x + value.
func plus(x *Node, value float64) *Node { return Add(x, number(x, value)) }

// number returns value as a scalar of x's dtype.
func number(x *Node, value float64) *Node {
	return Const(x.Graph(), shapes.CastAsDType(value, x.DType()))
}
