package metalearning

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// MetaConfig says how meta-parameters are trained; every method of this package shares it.
type MetaConfig struct {
	Seed  uint64  // of everything that is drawn: initial parameters, problems, batches
	Steps int     // meta-updates, one per unrolled graph
	Rate  float64 // of Adam on the meta-parameters, falling to a twentieth of it along half a cosine
	Clip  float64 // largest norm of the meta-gradient; 0 means no limit
	Batch int     // problems per meta-update

	// Progress, when not nil, is called after each meta-update with its loss. It must not keep the process waiting.
	Progress func(step, steps int, loss float64)
}

// rng returns the generator of one stream of random numbers: streams of one seed are independent of each other.
func (c MetaConfig) rng(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(c.Seed, stream)) }

// unrolled builds, from the meta-parameters and the inputs of one meta-update, the scalar meta-loss and the values to carry to the next one.
type unrolled func(theta, inputs []*Node) (loss *Node, carry []*Node)

// metaTrainer holds the compiled meta-update: inputs -> loss, its gradient in every meta-parameter, carry.
type metaTrainer struct {
	cfg    MetaConfig
	params Params
	adam   *Adam
	exec   *Exec
	step   int
}

// newMetaTrainer prepares (and does not yet compile) the meta-update of f on backend be, starting from a copy of params.
func newMetaTrainer(be compute.Backend, cfg MetaConfig, params Params, f unrolled) (*metaTrainer, error) {
	t := &metaTrainer{cfg: cfg, params: params.Clone(), adam: NewAdam(cfg.Rate)}
	n := len(params)
	exec, err := NewExec(be, func(in []*Node) []*Node {
		loss, carry := f(in[:n], in[n:])
		out := append([]*Node{loss}, Gradient(loss, in[:n]...)...)
		return append(out, carry...)
	})
	if err != nil {
		return nil, fmt.Errorf("metalearning: preparing the meta-update: %w", err)
	}
	t.exec = exec
	return t, nil
}

// gradient evaluates the meta-loss, its gradient in all parameters, one after the other, and what is carried on.
func (t *metaTrainer) gradient(inputs []any) (loss float64, grad []float32, carry []*tensors.Tensor, err error) {
	out, err := t.exec.Call(append(t.params.inputs(), inputs...)...)
	if err != nil {
		return 0, nil, nil, fmt.Errorf("metalearning: meta-update %d: %w", t.step, err)
	}
	for i, p := range t.params {
		g, err := tensors.CopyFlatData[float32](out[1+i])
		if err != nil {
			return 0, nil, nil, fmt.Errorf("metalearning: meta-update %d: reading the gradient of %s: %w", t.step, p.Name, err)
		}
		grad = append(grad, g...)
	}
	return float64(tensors.ToScalar[float32](out[0])), grad, out[1+len(t.params):], nil
}

// update makes one meta-update and returns what is carried on. A loss that is not finite is an error: parameters are left as they were.
func (t *metaTrainer) update(ctx context.Context, inputs []any) ([]*tensors.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("metalearning: meta-training stopped at update %d of %d: %w", t.step, t.cfg.Steps, err)
	}
	loss, grad, carry, err := t.gradient(inputs)
	if err != nil {
		return nil, err
	}
	norm := 0.0
	for _, g := range grad {
		norm += float64(g) * float64(g)
	}
	norm = math.Sqrt(norm)
	if math.IsNaN(loss) || math.IsInf(loss, 0) || math.IsNaN(norm) || math.IsInf(norm, 0) {
		return nil, fmt.Errorf("metalearning: meta-update %d: loss %v, norm of the gradient %v: lower Rate or Clip", t.step, loss, norm)
	}
	if t.cfg.Clip > 0 && norm > t.cfg.Clip {
		for i := range grad {
			grad[i] *= float32(t.cfg.Clip / norm)
		}
	}
	t.adam.Rate = t.cfg.Rate * (0.05 + 0.95*0.5*(1+math.Cos(math.Pi*float64(t.step)/float64(max(t.cfg.Steps, 1)))))
	flat := make([]float32, 0, len(grad))
	for _, p := range t.params {
		flat = append(flat, p.Data...)
	}
	if err := t.adam.Step(flat, grad); err != nil {
		return nil, err
	}
	for _, p := range t.params {
		flat = flat[copy(p.Data, flat):]
	}
	t.step++
	if t.cfg.Progress != nil {
		t.cfg.Progress(t.step, t.cfg.Steps, loss)
	}
	return carry, nil
}

// close frees the compiled graph.
func (t *metaTrainer) close() { t.exec.Finalize() }
