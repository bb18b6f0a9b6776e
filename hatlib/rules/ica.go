package rules

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// Nonlinearity is the g of [ICA], with its derivative.
type Nonlinearity string

// The nonlinearities of [ICA].
const (
	// TanhNonlinearity: g = tanh, robust against outliers. E[s g(s) - g'(s)] is negative for peaked sources (Laplace).
	TanhNonlinearity Nonlinearity = "tanh"
	// CubeNonlinearity: g = y^3, the kurtosis. E[s g(s) - g'(s)] is positive for peaked sources.
	CubeNonlinearity Nonlinearity = "cube"
)

// ICA is nonlinear Hebbian learning for independent components, on white data (E[x x'] = 1):
//
//	W+ = decorrelate(W + step s E[g(y) x'])          decorrelate(W) = (W W')^(-1/2) W
//
// s = +1 is Hebbian, s = -1 anti-Hebbian. A row at a source is stable when s E[s_i g(s_i) - g'(s_i)] > 0 for that
// source s_i: almost any g will do, but its sign decides which sources can be found. With s = 0 each output takes the
// sign measured on its own activity in the batch, and finds sources of both kinds.
//
// The step must be small against g: with the cube, anti-Hebbian, step E[y^4] > 1 overshoots and turns the condition
// around.
//
// Update returns (W+ - W) / step. A caller whose rate is step lands on W+ exactly; one with a smaller rate goes the
// fraction rate/step of the way, with the same fixed points. Decorrelation needs all rows: the locality is the layer.
// It asks for out <= in, since no more rows can be orthonormal.
//
// Reference: A. Hyvarinen, E. Oja, "Independent component analysis by general nonlinear Hebbian-like learning rules",
// Signal Processing 64(3), 1998 (the paper's reference 5).
type ICA struct {
	g    Nonlinearity
	sign int
	step float64
}

var _ hatlib.Rule = (*ICA)(nil)

// NewICA returns the rule with nonlinearity g, sign +1, -1 or 0 (measured), and a positive step.
func NewICA(g Nonlinearity, sign int, step float64) (*ICA, error) {
	if g != TanhNonlinearity && g != CubeNonlinearity {
		return nil, fmt.Errorf("rule ica: nonlinearity %q, want %q or %q", g, TanhNonlinearity, CubeNonlinearity)
	}
	if sign < -1 || sign > 1 {
		return nil, fmt.Errorf("rule ica: sign %d, want -1, 0 (measured) or 1", sign)
	}
	if !(step > 0) {
		return nil, fmt.Errorf("rule ica: step %g, want a positive number", step)
	}
	return &ICA{g: g, sign: sign, step: step}, nil
}

// Step returns the step: the rate at which a caller lands on decorrelated weights.
func (r *ICA) Step() float64 { return r.step }

// Name implements [hatlib.Rule].
func (r *ICA) Name() string { return "ica" }

// Locality implements [hatlib.Rule]: layer.
func (r *ICA) Locality() hatlib.Locality { return hatlib.LocalityLayer }

// Update implements [hatlib.Rule]. scope is not used. It panics when w has more rows than columns.
func (r *ICA) Update(_ *model.Scope, pre, w, post *Node) *Node {
	checkShapes(r.Name(), pre, w, post)
	if w.Shape().Dim(-2) > w.Shape().Dim(-1) {
		Panicf("rule ica: %d outputs of %d inputs cannot be decorrelated, use at most as many outputs as inputs", w.Shape().Dim(-2), w.Shape().Dim(-1))
	}
	hebbian := Mul(column(r.signs(post)), meanOuter(r.apply(post), pre))
	target := decorrelate(Add(w, MulScalar(hebbian, r.step)))
	return DivScalar(Sub(target, w), r.step)
}

// signs returns s for every output, [..., out].
func (r *ICA) signs(post *Node) *Node {
	if r.sign != 0 {
		return MulScalar(OnesLike(batchMean(post)), float64(r.sign))
	}
	return StopGradient(Sign(batchMean(Sub(Mul(post, r.apply(post)), r.derivative(post)))))
}

// apply is g.
func (r *ICA) apply(y *Node) *Node {
	if r.g == CubeNonlinearity {
		return Mul(y, Square(y))
	}
	return Tanh(y)
}

// derivative is g'.
func (r *ICA) derivative(y *Node) *Node {
	if r.g == CubeNonlinearity {
		return MulScalar(Square(y), 3)
	}
	return OneMinus(Square(Tanh(y)))
}
