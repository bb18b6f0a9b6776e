package rules

import (
	"fmt"
	"math"

	"github.com/hatlab/hatlab/hatlib"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// GHASVD is Gorrell's asymmetric generalized Hebbian algorithm, the paper's reference 3: the singular value
// decomposition of the cross-correlation C = E[a b'] from a stream of pairs (a, b), without ever forming C. The input
// is the pair side by side, x = (a, b), and row k of W is the pair of vectors (u_k, v_k) side by side; ^ is the vector
// divided by its length:
//
//	Delta u_k = (^v_k . b) (a - sum_{m<k} (^u_m . a) ^u_m)
//	Delta v_k = (^u_k . a) (b - sum_{m<k} (^v_m . b) ^v_m)
//
// The mean of the first is C ^v_k without its part along the vectors found before, the mean of the second C' ^u_k
// alike: each of the two is drawn to the image of the other, so the directions converge to the left and right singular
// vectors, in order and with their joint sign. There is no decay, as in the reference: a vector gains its singular
// value times the rate in length at every step, which is where the singular value is read ([GHASVD.SingularValues]),
// and the turn that one example causes shrinks as the vector grows. Both sums need the other outputs: the locality is
// the layer. post is not used, because u.a and v.b are needed apart.
//
// Split is the number of entries of a; 0 stands for half of the input, rounded down.
//
// Reference: G. Gorrell, "Generalized Hebbian algorithm for incremental singular value decomposition in natural
// language processing", EACL 2006.
type GHASVD struct{ Split int }

var _ hatlib.Rule = GHASVD{}

// Name implements [hatlib.Rule].
func (GHASVD) Name() string { return "gha_svd" }

// Locality implements [hatlib.Rule]: layer.
func (GHASVD) Locality() hatlib.Locality { return hatlib.LocalityLayer }

// Update implements [hatlib.Rule]. scope is not used. It panics when Split leaves nothing for a or for b.
func (r GHASVD) Update(_ *model.Scope, pre, w, post *Node) *Node {
	checkShapes(r.Name(), pre, w, post)
	split, err := r.split(w.Shape().Dim(-1))
	if err != nil {
		Panicf("%v", err)
	}
	a, b := cut(pre, split)
	u, v := cut(w, split)
	u, v = unitRows(u), unitRows(v)
	yA, yB := project(a, u), project(b, v)
	return Concatenate([]*Node{pairedStep(a, u, yA, yB), pairedStep(b, v, yB, yA)}, -1)
}

// pairedStep returns one side's update: the mean of other_k (x - sum_{m<k} own_m unit_m), for x [..., batch, in],
// unit [..., out, in], own and other [..., batch, out].
func pairedStep(x, unit, own, other *Node) *Node {
	return Sub(meanOuter(other, x), matmul(TakeLowerTriangular(meanOuter(other, own), -1), unit))
}

// cut divides the last axis at split.
func cut(x *Node, split int) (left, right *Node) {
	return SliceAxis(x, -1, AxisRangeFromStart(split)), SliceAxis(x, -1, AxisRangeToEnd(split))
}

func (r GHASVD) split(inputs int) (int, error) {
	split := r.Split
	if split == 0 {
		split = inputs / 2
	}
	if split < 1 || split >= inputs {
		return 0, fmt.Errorf("rule gha_svd: split %d leaves no pair in %d inputs", split, inputs)
	}
	return split, nil
}

// SingularValues reads the singular values off the growth of the weights between two moments, row-major [out, in],
// steps updates at the given rate apart: value k is how much longer u_k and v_k became, per step and rate (the mean of
// the two, which agree once the directions have settled).
func (r GHASVD) SingularValues(before, after []float64, inputs int, rate float64, steps int) ([]float64, error) {
	split, err := r.split(inputs)
	if err != nil {
		return nil, err
	}
	if len(before) != len(after) || inputs < 1 || len(after)%inputs != 0 || rate == 0 || steps < 1 {
		return nil, fmt.Errorf("rule gha_svd: singular values need two weight matrices of one size with %d inputs, got %d and %d numbers, rate %g, %d steps",
			inputs, len(before), len(after), rate, steps)
	}
	values := make([]float64, len(after)/inputs)
	for k := range values {
		from, to := before[k*inputs:(k+1)*inputs], after[k*inputs:(k+1)*inputs]
		growth := length(to[:split]) - length(from[:split]) + length(to[split:]) - length(from[split:])
		values[k] = growth / (2 * rate * float64(steps))
	}
	return values, nil
}

// length is the Euclidean norm.
func length(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum)
}
