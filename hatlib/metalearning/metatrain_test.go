package metalearning

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestMetaGradients compares the meta-gradient of the search and of the unsupervised rule with central differences along it: what the meta-loss does when the
// parameters move a little along their gradient g is |g| per unit.
func TestMetaGradients(t *testing.T) {
	clusters, _, err := dataset.Synthetic{Seed: 3, Train: 200, Test: 10, Features: 12, Classes: 4, Noise: 0.3}.Make()
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := NewFewShot(clusters, 4, 3, 5, 16)
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		cfg := MetaConfig{Seed: 6}
		search, prior := LearnedSearch{Dim: 2, Hidden: 5, Horizon: 3}, GPPrior{Dim: 2, Features: 20, Shortest: 0.3, Longest: 1, Bowl: 1}
		rule := UnsupervisedRule{Hidden: 4, Channels: 2, Steps: 2}
		for name, c := range map[string]struct {
			p      Params
			f      unrolled
			inputs []any
		}{
			"search": {search.Init(cfg), search.unroll(prior), search.inputs(cfg.rng(9), prior, 50)},
			"rule":   {rule.Init(cfg), rule.unroll, rule.inputs(cfg.rng(9), tasks, 3, 6)},
		} {
			tr, err := newMetaTrainer(be, cfg, c.p, c.f)
			if err != nil {
				t.Fatal(err)
			}
			defer tr.close()
			_, grad, _, err := tr.gradient(c.inputs)
			if err != nil {
				t.Fatal(err)
			}
			norm := 0.0
			for _, g := range grad {
				norm += float64(g) * float64(g)
			}
			norm = math.Sqrt(norm)
			at := func(step float64) float64 {
				tr.params = c.p.Clone()
				k := 0
				for _, q := range tr.params {
					for i := range q.Data {
						q.Data[i] += float32(step * float64(grad[k]) / norm)
						k++
					}
				}
				loss, _, _, err := tr.gradient(c.inputs)
				if err != nil {
					t.Fatal(err)
				}
				return loss
			}
			const eps = 0.01
			if fd := (at(eps) - at(-eps)) / (2 * eps); math.Abs(fd-norm) > 0.02*norm || norm < 1e-3 {
				t.Errorf("%s: the meta-loss changes by %.5f per unit along the gradient, the gradient has norm %.5f", name, fd, norm)
			}
		}
	})
}
