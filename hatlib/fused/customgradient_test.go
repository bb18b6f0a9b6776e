package fused

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// doubleProduct is x*y with a gradient that is twice the right one, so that it is seen whether it was used.
func doubleProduct(x, y *Node) *Node {
	return CustomGradient([]*Node{x, y},
		func(in []*Node) []*Node { return []*Node{Mul(in[0], in[1])} },
		func(in, _, adjoint []*Node) []*Node {
			two := ConstAs(adjoint[0], 2)
			return []*Node{Mul(two, Mul(adjoint[0], in[1])), Mul(two, Mul(adjoint[0], in[0]))}
		})[0]
}

// run builds and runs fn and returns all results as flat float64.
func run[F ExecGraphFn](t *testing.T, be compute.Backend, fn F, args ...any) [][]float64 {
	t.Helper()
	exec, err := NewExec(be, fn)
	if err != nil {
		t.Fatal(err)
	}
	results, err := exec.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]float64, len(results))
	for i, r := range results {
		out[i] = flat(r)
	}
	return out
}

func flat(r *tensors.Tensor) []float64 {
	if r.DType() == dtypes.Float64 {
		return tensors.MustCopyFlatData[float64](r)
	}
	x := tensors.MustCopyFlatData[float32](r)
	out := make([]float64, len(x))
	for i := range x {
		out[i] = float64(x[i])
	}
	return out
}

func expect(t *testing.T, what string, got []float64, want ...float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %v, want %v", what, got, want)
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) < 1e-5) {
			t.Errorf("%s: got %v, want %v", what, got, want)
			return
		}
	}
}

func TestCustomGradient(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		x, y := []float32{2, 3}, []float32{5, 7}

		t.Run("replaces", func(t *testing.T) {
			r := run(t, be, func(x, y *Node) []*Node {
				z := doubleProduct(x, y)
				return append(Gradient(ReduceAllSum(z), x, y), z)
			}, x, y)
			expect(t, "dx", r[0], 10, 14)
			expect(t, "dy", r[1], 4, 6)
			expect(t, "z", r[2], 10, 21)
		})

		t.Run("used elsewhere, twice, in chains, squared", func(t *testing.T) {
			// loss = sum(p^2 + x + q), p = x y, q = p y; with doubled gradients.
			r := run(t, be, func(x, y *Node) []*Node {
				p := doubleProduct(x, y)
				q := doubleProduct(p, y)
				loss := ReduceAllSum(Add(Add(Mul(p, p), x), q))
				return Gradient(loss, x, y)
			}, x, y)
			// dp = 2p + 2y; dx = 1 + 2 y dp; dy = 2 p (of q) + 2 x dp.
			expect(t, "dx", r[0], 1+10*(20+10), 1+14*(42+14))
			expect(t, "dy", r[1], 20+4*(20+10), 42+6*(42+14))
		})

		t.Run("several calls of Gradient", func(t *testing.T) {
			r := run(t, be, func(x, y *Node) []*Node {
				z := doubleProduct(x, y)
				first := Gradient(ReduceAllSum(z), x, y)
				second := Gradient(ReduceAllSum(Mul(z, z)), y)
				third := Gradient(ReduceAllSum(Mul(ConstAs(z, 3), z)), x)
				return append(append(first, second...), third...)
			}, x, y)
			expect(t, "dx", r[0], 10, 14)
			expect(t, "dy", r[1], 4, 6)
			expect(t, "dy of z^2", r[2], 2*10*4, 2*21*6)
			expect(t, "dx of 3z", r[3], 30, 42)
		})

		t.Run("same input twice, constants, scalars, integers", func(t *testing.T) {
			r := run(t, be, func(x *Node) []*Node {
				g := x.Graph()
				c := Const(g, []float32{5, 7})
				mask := Const(g, []int32{1, 0})
				z := CustomGradient([]*Node{x, x, c, mask, ReduceAllSum(x)},
					func(in []*Node) []*Node {
						return []*Node{Mul(Mul(Mul(in[0], in[1]), in[2]), ConvertDType(in[3], x.DType()))}
					},
					func(_, _, adjoint []*Node) []*Node {
						return []*Node{adjoint[0], Mul(ConstAs(x, 10), adjoint[0]), nil, nil, ConstAs(x, 100)}
					})[0]
				return append(Gradient(ReduceAllSum(z), x), z)
			}, x)
			expect(t, "dx", r[0], 111, 111)
			expect(t, "z", r[1], 20, 0)
		})

		t.Run("several outputs", func(t *testing.T) {
			sumAndProduct := func(x, y *Node) (*Node, *Node) {
				out := CustomGradient([]*Node{x, y},
					func(in []*Node) []*Node { return []*Node{ReduceAllSum(Add(in[0], in[1])), Mul(in[0], in[1])} },
					func(in, out, adjoint []*Node) []*Node {
						var dx *Node
						if adjoint[0] != nil {
							dx = BroadcastToShape(adjoint[0], in[0].Shape())
						}
						if adjoint[1] != nil {
							d := Mul(adjoint[1], in[1])
							if dx == nil {
								dx = d
							} else {
								dx = Add(dx, d)
							}
						}
						return []*Node{dx, Mul(ConstAs(x, 1000), out[1])}
					})
				return out[0], out[1]
			}
			r := run(t, be, func(x, y *Node) []*Node {
				s, p := sumAndProduct(x, y)
				both := Gradient(Add(MulScalar(s, 100), ReduceAllSum(p)), x, y)
				onlySum := Gradient(s, x)
				onlyProduct := Gradient(ReduceAllSum(p), x)
				return append(append(append(both, onlySum...), onlyProduct...), s)
			}, x, y)
			expect(t, "dx of both", r[0], 105, 107)
			expect(t, "dy as backward says", r[1], 10000, 21000)
			expect(t, "dx of the sum", r[2], 1, 1)
			expect(t, "dx of the product", r[3], 5, 7)
			expect(t, "sum", r[4], 17)
		})

		t.Run("second derivative", func(t *testing.T) {
			r := run(t, be, func(x *Node) []*Node {
				cube := CustomGradient([]*Node{x},
					func(in []*Node) []*Node { return []*Node{Mul(in[0], Mul(in[0], in[0]))} },
					func(in, _, adjoint []*Node) []*Node {
						return []*Node{Mul(adjoint[0], Mul(ConstAs(x, 3), Mul(in[0], in[0])))}
					})[0]
				first := Gradient(ReduceAllSum(cube), x)[0]
				return []*Node{first, Gradient(ReduceAllSum(first), x)[0]}
			}, x)
			expect(t, "first", r[0], 12, 27)
			expect(t, "second", r[1], 12, 18)
		})

		t.Run("no gradient of forward is built", func(t *testing.T) {
			r := run(t, be, func(x *Node) []*Node {
				z := CustomGradient([]*Node{x},
					func(in []*Node) []*Node { return []*Node{Floor(in[0])} }, // GoMLX has no gradient for Floor.
					func(_, _, adjoint []*Node) []*Node { return []*Node{adjoint[0]} })[0]
				return Gradient(ReduceAllSum(z), x)
			}, x)
			expect(t, "dx", r[0], 1, 1)
		})

		t.Run("nothing leaks from the dead path", func(t *testing.T) {
			r := run(t, be, func(x *Node) []*Node {
				z := CustomGradient([]*Node{x},
					func(in []*Node) []*Node { return []*Node{ConstAs(x, []float32{1, 2})} },
					func(_, _, adjoint []*Node) []*Node { return []*Node{adjoint[0]} })[0]
				return append(Gradient(ReduceAllSum(z), x), z)
			}, []float32{float32(math.NaN()), float32(math.Inf(1))})
			expect(t, "dx", r[0], 1, 1)
			expect(t, "z", r[1], 1, 2)
		})
	})
}

// TestCustomGradientInWhile takes three steps x -= 0.1 dx inside the body of a While, with two uses in one body. Both inputs are
// parameters of the body: XLA takes no operand of an elementwise operation from outside.
func TestCustomGradientInWhile(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		if be.Name() != "xla" {
			t.Skip("the pure Go backend builds a gradient inside a While but cannot run it")
		}
		r := run(t, be, func(x, y *Node) []*Node {
			g := x.Graph()
			cond := NewClosure(g, func(g *Graph) []*Node {
				n := Parameter(g, "n", shapes.Make(dtypes.Int32))
				Parameter(g, "x", x.Shape())
				Parameter(g, "y", y.Shape())
				return []*Node{LessThan(n, Const(g, int32(3)))}
			})
			body := NewClosure(g, func(g *Graph) []*Node {
				n := Parameter(g, "n", shapes.Make(dtypes.Int32))
				p := Parameter(g, "x", x.Shape())
				q := Parameter(g, "y", y.Shape())
				loss := ReduceAllSum(Add(doubleProduct(p, q), doubleProduct(q, p)))
				dp := Gradient(loss, p)[0]
				return []*Node{Add(n, Const(g, int32(1))), Sub(p, Mul(Const(g, float32(0.1)), dp)), q}
			})
			return While(cond, body, Const(g, int32(0)), x, y)[1:2]
		}, []float32{2, 3}, []float32{5, 7})
		expect(t, "x", r[0], 2-3*0.1*20, 3-3*0.1*28)
	})
}

func TestCustomGradientPanics(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for name, fn := range map[string]func(x *Node) *Node{
			"no inputs": func(x *Node) *Node { return CustomGradient(nil, nil, nil)[0] },
			"no outputs": func(x *Node) *Node {
				return CustomGradient([]*Node{x}, func(_ []*Node) []*Node { return nil }, nil)[0]
			},
			"number": func(x *Node) *Node {
				y := CustomGradient([]*Node{x}, func(in []*Node) []*Node { return in },
					func(_, _, adjoint []*Node) []*Node { return nil })[0]
				return Gradient(ReduceAllSum(y), x)[0]
			},
			"shape": func(x *Node) *Node {
				y := CustomGradient([]*Node{x}, func(in []*Node) []*Node { return in },
					func(_, _, adjoint []*Node) []*Node { return []*Node{ReduceAllSum(adjoint[0])} })[0]
				return Gradient(ReduceAllSum(y), x)[0]
			},
		} {
			exec, err := NewExec(be, fn)
			if err == nil {
				_, err = exec.Call([]float32{1, 2})
			}
			if err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}
