package hatlib

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// FixedRule is a pointwise rule without meta-parameters. For rules that are linear in the activities the batch mean
// over pairs is a matrix product, which Mean, when set, states directly; PairMean of the pair function is the
// definition that it must equal.
type FixedRule struct {
	name string
	pair func(vi, wij, vj *Node) *Node
	mean func(pre, w, post *Node) *Node
}

// NewFixedRule returns a pointwise rule without meta-parameters. mean may be nil; when given it must equal the batch
// mean of pair over every neuron pair: pre [batch, in], w [out, in], post [batch, out] -> [out, in].
func NewFixedRule(name string, pair func(vi, wij, vj *Node) *Node, mean func(pre, w, post *Node) *Node) *FixedRule {
	return &FixedRule{name: name, pair: pair, mean: mean}
}

// Name implements Rule.
func (r *FixedRule) Name() string { return r.name }

// Locality implements Rule: pair.
func (r *FixedRule) Locality() Locality { return LocalityPair }

// Theta implements Pointwise: there are no meta-parameters.
func (r *FixedRule) Theta(*model.Scope, *Graph) []*Node { return nil }

// Pair implements Pointwise.
func (r *FixedRule) Pair(_ []*Node, vi, wij, vj *Node) *Node { return r.pair(vi, wij, vj) }

// Update implements Rule.
func (r *FixedRule) Update(_ *model.Scope, pre, w, post *Node) *Node {
	checkPairShapes(pre, w, post)
	if r.mean != nil {
		return r.mean(pre, w, post)
	}
	return PairMean(r.Pair, nil, pre, w, post)
}

// None is the control: no local update at all, plain backpropagation. [HAT.Forward] skips lines 4 and 5 for it.
func None() *FixedRule {
	zero := func(_, wij, _ *Node) *Node { return ZerosLike(wij) }
	return NewFixedRule("none", zero, zero)
}

// Hebb is Hebb's rule, Delta w_ij = v_i v_j (Hebb 1949; the paper's reference 4).
func Hebb() *FixedRule {
	return NewFixedRule("hebb",
		func(vi, _, vj *Node) *Node { return Mul(vi, vj) },
		func(pre, _, post *Node) *Node { return batchOuter(post, pre) })
}

// Oja is Oja's rule, Delta w_ij = v_j (v_i - v_j w_ij) (Oja 1982; the paper's reference 7).
func Oja() *FixedRule {
	return NewFixedRule("oja",
		func(vi, wij, vj *Node) *Node { return Mul(vj, Sub(vi, Mul(vj, wij))) },
		func(pre, w, post *Node) *Node {
			return Sub(batchOuter(post, pre), Mul(w, columnOf(batchMean(Square(post)))))
		})
}

// RichGetRicher is the paper's converged rule, Delta w_ij = slope v_j + intercept (section 4: about 2 v_j): it moves
// every incoming weight of a unit alike, whatever v_i is. The authors' data give 2.13 v_j - 0.42.
func RichGetRicher(slope, intercept float64) *FixedRule {
	return NewFixedRule("rich_get_richer",
		func(_, _, vj *Node) *Node { return AddScalar(MulScalar(vj, slope), intercept) },
		func(_, w, post *Node) *Node {
			column := columnOf(AddScalar(MulScalar(batchMean(post), slope), intercept))
			return BroadcastToDims(column, w.Shape().Dimensions...)
		})
}

// batchOuter returns the batch mean of post pre', [..., out, in].
func batchOuter(post, pre *Node) *Node {
	sum := contract(post, pre, -2, -2)
	return DivScalar(sum, float64(pre.Shape().Dimensions[pre.Rank()-2]))
}

// batchMean returns the mean over the batch axis, [..., units].
func batchMean(v *Node) *Node { return ReduceMean(v, v.Rank()-2) }

// columnOf turns [..., out] into [..., out, 1].
func columnOf(v *Node) *Node { return InsertAxes(v, -1) }
