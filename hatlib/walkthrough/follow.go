package walkthrough

import (
	"fmt"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/hatlab/hatlab/hatlib"
)

// Layer is what Algorithm 1 names in one layer, for one batch.
type Layer struct {
	V       hatlib.Array // v_l, what comes in [batch, in]
	W       hatlib.Array // W_l before line 5 [out, in]
	VHat    hatlib.Array // line 4 [batch, out]
	DW      hatlib.Array // M, mean over the batch, before the rate [out, in]
	Updated hatlib.Array // W_l after line 5 [out, in]
	Next    hatlib.Array // line 6 [batch, out]
}

// Follow draws a learner of the configuration's sizes, and its rule, from a seed, sends x [batch, in] through
// [hatlib.HAT.Forward], and returns what every layer saw and made. The update must enter the weights (update_entry=weights),
// and the rule must not be none.
func Follow(be compute.Backend, c hatlib.Config, seed uint64, x hatlib.Array) ([]Layer, error) {
	if c.UpdateEntry != hatlib.EntryWeights || c.Rule == "none" {
		return nil, fmt.Errorf("following the forward pass needs update_entry=weights and a rule, got %s and %s", c.UpdateEntry, c.Rule)
	}
	rule, err := c.NewRule()
	if err != nil {
		return nil, err
	}
	store := model.NewStore()
	stream := &hatlib.Stream{Rand: rand.New(rand.NewPCG(seed, 0))}
	learner := &hatlib.Learner{Sizes: c.Sizes, Hidden: c.HiddenActivation, Output: c.OutputActivation}
	if err := learner.Init(store.RootScope().At("learner"), c.Init, stream); err != nil {
		return nil, err
	}
	if m, ok := rule.(*hatlib.MetaLearner); ok {
		if err := m.Init(store.RootScope().At("meta"), c.MetaInit, c.MetaInitScale, stream); err != nil {
			return nil, err
		}
	}
	exec, err := model.NewExec(be, store, func(scope *model.Scope, in []*Node) []*Node {
		watch := &watched{Rule: rule}
		hat := &hatlib.HAT{Learner: learner, Rule: watch, Entry: c.UpdateEntry, GradientAt: c.GradientAt}
		weights := learner.Nodes(scope.At("learner"), in[0].Graph())
		v, updated := hat.Forward(scope.At("meta"), weights, in[0], in[1])
		var out []*Node
		for l, s := range watch.seen {
			next := v
			if l+1 < len(watch.seen) {
				next = watch.seen[l+1].pre
			}
			out = append(out, s.pre, s.w, s.post, s.dw, updated[l], next)
		}
		return out
	})
	if err != nil {
		return nil, fmt.Errorf("building the forward pass: %w", err)
	}
	defer exec.Finalize()
	outputs, err := exec.Call(tensors.FromFlatDataAndDimensions(x.Values, x.Shape...), float32(c.LocalRate))
	if err != nil {
		return nil, fmt.Errorf("the forward pass: %w", err)
	}
	layers := make([]Layer, learner.Layers())
	for l := range layers {
		s := &layers[l]
		for k, target := range []*hatlib.Array{&s.V, &s.W, &s.VHat, &s.DW, &s.Updated, &s.Next} {
			if *target, err = toArray(outputs[6*l+k]); err != nil {
				return nil, err
			}
		}
	}
	return layers, nil
}

// watched is a rule that remembers what it was shown and what it said.
type watched struct {
	hatlib.Rule
	seen []shown
}

type shown struct{ pre, w, post, dw *Node }

// Update implements hatlib.Rule.
func (r *watched) Update(scope *model.Scope, pre, w, post *Node) *Node {
	dw := r.Rule.Update(scope, pre, w, post)
	r.seen = append(r.seen, shown{pre, w, post, dw})
	return dw
}

func toArray(t *tensors.Tensor) (hatlib.Array, error) {
	values, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return hatlib.Array{}, fmt.Errorf("reading a tensor: %w", err)
	}
	return hatlib.Array{Shape: t.Shape().Dimensions, Values: values}, nil
}

// Random returns an array of the given shape with values uniform in [lo, hi).
func Random(seed uint64, lo, hi float64, shape ...int) hatlib.Array {
	size := 1
	for _, n := range shape {
		size *= n
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	a := hatlib.Array{Shape: shape, Values: make([]float32, size)}
	for i := range a.Values {
		a.Values[i] = float32(lo + (hi-lo)*rng.Float64())
	}
	return a
}
