package hatlib

import (
	"reflect"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// newClosure is NewClosure with scalars and reductions of its own. GoMLX keeps one node for every scalar value and graph,
// and go-xla one function for every kind of reduction, but XLA accepts neither from outside the closure that uses it:
// what was first used outside, or in another closure, could not be used inside, and the other way round. So both caches
// are empty while the closure is built, and put back afterwards. They are private fields (GoMLX v0.28.2, go-xla
// v0.4.1); TestClosuresStandAlone guards this.
func newClosure(g *Graph, build func(g *Graph) []*Node) *Function {
	graph := reflect.ValueOf(g).Elem()
	defer emptied(graph.FieldByName("scalars"))()
	if builder := graph.FieldByName("builder").Elem().Elem(); builder.Kind() == reflect.Struct {
		if reductions := builder.FieldByName("cacheReductions"); reductions.IsValid() {
			defer emptied(reductions)()
		}
	}
	return NewClosure(g, build)
}

// emptied replaces a map by an empty one and returns a function that puts it back.
func emptied(field reflect.Value) (restore func()) {
	if !field.IsValid() || field.Kind() != reflect.Map {
		Panicf("this version of GoMLX keeps scalars in another way; see newClosure in hatlib")
	}
	cache := reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem()
	before := reflect.ValueOf(cache.Interface())
	cache.Set(reflect.MakeMap(cache.Type()))
	return func() { cache.Set(before) }
}

// importScalar brings a scalar from outside into the closure that zero belongs to: only slices may cross the border.
func importScalar(x, zero *Node) *Node {
	return Reshape(DynamicSlice(Reshape(x, 1), []*Node{zero}, []int{1}))
}

// canLoop reports whether a backend runs loops with a gradient inside and slices at computed places; the pure Go
// backend does not. (XLA has loops too but does not list them among its operations.)
func canLoop(be compute.Backend) bool {
	operations := be.Capabilities().Operations
	return operations[compute.OpTypeDynamicSlice] && operations[compute.OpTypeDynamicUpdateSlice]
}
