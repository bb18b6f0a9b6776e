package rules

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// MaxPolynomialSize is the largest number of coefficients per axis: powers 0, 1 and 2, as in the reference.
const MaxPolynomialSize = 3

// Polynomial is the Taylor rule: a polynomial in the three things that a pair knows,
//
//	Delta w_ij = sum_{a,b,c < size} theta_abc v_i^a w_ij^b v_j^c
//
// With size 3 it holds Hebb (theta_101), Oja (theta_101 = 1, theta_012 = -1), BCM with a fixed threshold
// (theta_102 = 1, theta_101 = -theta) and the paper's converged rule (theta_001 = 2) as points of one 27-dimensional
// space, so a rule can be read off trained coefficients. With a scope the coefficients are a trainable variable and
// the rule can stand in M's place in HAT; without one they are constants.
//
// Reference: Y. Mehta, D. Tyulmankov, A. Rajagopalan, G. Turner, J. Fitzgerald, J. Funke, "Model based inference of
// synaptic plasticity rules", NeurIPS 2024, the truncated Taylor series; B. Confavreux, F. Zenke, E. Agnes,
// T. Lillicrap, T. Vogels, "A meta-learning approach to (re)discover plasticity rules", NeurIPS 2020.
type Polynomial struct {
	size   int
	values []float64
}

var _ hatlib.Pointwise = (*Polynomial)(nil)

// Term is one monomial of a [Polynomial]: Coefficient v_i^Pre w_ij^Weight v_j^Post.
type Term struct {
	Pre, Weight, Post int
	Coefficient       float64
}

// NewPolynomial returns the rule with size coefficients per axis, 1 to [MaxPolynomialSize], all zero except terms.
// It is an error when a power is outside 0..size-1.
func NewPolynomial(size int, terms ...Term) (*Polynomial, error) {
	if size < 1 || size > MaxPolynomialSize {
		return nil, fmt.Errorf("polynomial rule: size %d, want 1 to %d coefficients per axis", size, MaxPolynomialSize)
	}
	r := &Polynomial{size: size, values: make([]float64, size*size*size)}
	for _, t := range terms {
		for _, power := range []int{t.Pre, t.Weight, t.Post} {
			if power < 0 || power >= size {
				return nil, fmt.Errorf("polynomial rule: term %+v has a power outside 0..%d", t, size-1)
			}
		}
		r.values[r.index(t.Pre, t.Weight, t.Post)] = t.Coefficient
	}
	return r, nil
}

// Size returns the number of coefficients per axis.
func (r *Polynomial) Size() int { return r.size }

// Name implements [hatlib.Rule].
func (r *Polynomial) Name() string { return "polynomial" }

// Locality implements [hatlib.Rule]: pair.
func (r *Polynomial) Locality() hatlib.Locality { return hatlib.LocalityPair }

// Init makes the trainable coefficients in scope, for a caller whose graph must not make variables (the body of a loop).
func (r *Polynomial) Init(scope *model.Scope) { coefficientsVariable(scope, r.values) }

// Theta implements [hatlib.Pointwise]: one node [size^3] in the order of the powers of (v_i, w_ij, v_j), the last
// fastest; see [CoefficientsVariable].
func (r *Polynomial) Theta(scope *model.Scope, g *Graph) []*Node {
	return coefficients(scope, g, r.values)
}

// Pair implements [hatlib.Pointwise].
func (r *Polynomial) Pair(theta []*Node, vi, wij, vj *Node) *Node {
	pre, weight, post := r.powers(vi), r.powers(wij), r.powers(vj)
	sum := ZerosLike(vi)
	for a := range r.size {
		for b := range r.size {
			for c := range r.size {
				sum = Add(sum, Mul(coefficient(theta, r.index(a, b, c), vi), Mul(pre[a], Mul(weight[b], post[c]))))
			}
		}
	}
	return sum
}

// Update implements [hatlib.Rule]. Powers of v_i and v_j meet in size^2 matrix products, and w enters outside the
// batch mean, so no tensor over [batch, out, in] is built.
func (r *Polynomial) Update(scope *model.Scope, pre, w, post *Node) *Node {
	return r.mean(r.Theta(scope, pre.Graph()), pre, w, post)
}

func (r *Polynomial) mean(theta []*Node, pre, w, post *Node) *Node {
	checkShapes(r.Name(), pre, w, post)
	prePowers, weightPowers, postPowers := r.powers(pre), r.powers(w), r.powers(post)
	sum := ZerosLike(w)
	for a := range r.size {
		for c := range r.size {
			inWeight := ZerosLike(w)
			for b := range r.size {
				inWeight = Add(inWeight, Mul(coefficient(theta, r.index(a, b, c), w), weightPowers[b]))
			}
			sum = Add(sum, Mul(meanOuter(postPowers[c], prePowers[a]), inWeight))
		}
	}
	return sum
}

func (r *Polynomial) index(a, b, c int) int { return (a*r.size+b)*r.size + c }

// powers returns x^0 ... x^(size-1), by products: Pow has no gradient at x = 0.
func (r *Polynomial) powers(x *Node) []*Node {
	all := []*Node{OnesLike(x)}
	for len(all) < r.size {
		all = append(all, Mul(all[len(all)-1], x))
	}
	return all
}
