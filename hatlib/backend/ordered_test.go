package backend

import (
	"math/rand/v2"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// TestGoBackendDoesNotWaitForItself: many matrix products that are ready at once, each large enough for several workers.
func TestGoBackendDoesNotWaitForItself(t *testing.T) {
	be, err := Open("go")
	if err != nil {
		t.Fatal(err)
	}
	values := make([]float32, 64*40*40)
	for i := range values {
		values[i] = rand.Float32()
	}
	exec := MustNewExec(be, func(x *Node) *Node {
		var sum *Node
		for range 256 {
			x = AddScalar(x, 1)
			product := DotGeneral(x, []int{2}, []int{0}, x, []int{2}, []int{0})
			if sum == nil {
				sum = product
			} else {
				sum = Add(sum, product)
			}
		}
		return sum
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		x := tensors.FromFlatDataAndDimensions(values, 64, 40, 40)
		for range 4 {
			exec.MustCall(x)
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("the backend hangs")
	}
}
