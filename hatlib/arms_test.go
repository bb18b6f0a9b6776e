package hatlib

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// armFields are the choices that make an arm of the experiments on why HAT helps, with what they need.
var armFields = map[string][]string{
	"shuffled":           {"pairing=shuffled", "meta_activation=tanh", "local_rate=0.3"}, // a linear M would not see the pairing
	"noise":              {"local_update=noise"},
	"noise, after sigma": {"local_update=noise", "update_entry=after_sigma", "gradient_at=in_place", "evaluation=stored"},
	"cosine":             {"lr_schedule=cosine"},
	"linear, SGD":        {"lr_schedule=linear", "optimizer=sgd", "lr_learner=0.1", "lr_meta=0.1", "label_fraction=0.5"},
	"two gradient steps": {"rule=none", "gradient_steps=2", "label_fraction=0.5"},
}

// TestArmsInLoops: each choice gives the same bits twice, by many steps in one call the weights of single steps (to
// rounding), and other weights than without it. XLA loops, the pure Go backend takes single steps.
func TestArmsInLoops(t *testing.T) {
	for name, set := range armFields {
		t.Run(name, func(t *testing.T) {
			single := trained(t, backendtest.Go(t), tiny(t, set...))
			without := append(append([]string{}, set...), "pairing=example", "local_update=rule", "lr_schedule=constant", "gradient_steps=1")
			if d := largestDifference(t, single, trained(t, backendtest.Go(t), tiny(t, without...))); d < 1e-4 {
				t.Errorf("it changes the weights by no more than %g", d)
			}
			backendtest.Each(t, func(t *testing.T, be compute.Backend) {
				c := tiny(t, set...)
				trainer := newTrainer(t, be, c)
				var results [2]Arrays
				for i := range results {
					if err := trainer.Reset(c); err != nil {
						t.Fatal(err)
					}
					p := c.plan(300, 0)
					if err := trainer.Train(p.steps, p.labelled, nil); err != nil {
						t.Fatal(err)
					}
					results[i] = weightsOf(t, trainer)
				}
				if !reflect.DeepEqual(results[0], results[1]) {
					t.Errorf("the same seed differs by up to %g", largestDifference(t, results[0], results[1]))
				}
				if d := largestDifference(t, single, results[0]); d > 1e-5 {
					t.Errorf("weights differ from those of single steps by up to %g", d)
				}
			})
		})
	}
}

// TestArmsAfterReset: a trainer that is reset to another seed, other rates and another length gives the bits of a new one.
func TestArmsAfterReset(t *testing.T) {
	be := backendtest.Go(t)
	for name, set := range armFields {
		changed := tiny(t, append(append([]string{}, set...), "seed=6", "lr_learner=0.003", "lr_meta=0.0005", "epochs=3")...)
		trainer := newTrainer(t, be, tiny(t, set...))
		p := changed.plan(300, 0)
		if err := trainer.Train(p.steps, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := trainer.Reset(changed); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := trainer.Train(p.steps, nil, nil); err != nil {
			t.Fatal(err)
		}
		if got, expected := weightsOf(t, trainer), trained(t, be, changed); !reflect.DeepEqual(got, expected) {
			t.Errorf("%s: weights differ by up to %g", name, largestDifference(t, got, expected))
		}
	}
}

// TestArmsTakenUp: a run that stops after its second point and is taken up from its checkpoint gives the points of an
// undisturbed one.
func TestArmsTakenUp(t *testing.T) {
	be := backendtest.Go(t)
	for name, set := range armFields {
		c := tiny(t, append(append([]string{}, set...), "eval_every=0.5")...)
		whole, err := newTrainer(t, be, c).Run(t.Context(), RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		options := RunOptions{Checkpoint: filepath.Join(t.TempDir(), "checkpoint.safetensors")}
		options.OnPoint = func(_ *Trainer, p Point) error {
			if p.Epoch >= 1 {
				return os.ErrDeadlineExceeded
			}
			return nil
		}
		if _, err := newTrainer(t, be, c).Run(t.Context(), options); err == nil {
			t.Fatal("the run was not stopped")
		}
		options.OnPoint = nil
		again, err := newTrainer(t, be, c).Run(t.Context(), options)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(whole.Points, again.Points) {
			t.Errorf("%s: a run that was taken up gives other points", name)
		}
	}
}

// TestNoiseHasTheNormOfTheRule: in a net of one layer the first update of noise is as long as the rule's own, and is
// nearly at right angles to it.
func TestNoiseHasTheNormOfTheRule(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		first := func(update string) (norm float64, weights []float32) {
			trainer := newTrainer(t, be, tiny(t, "sizes=64-10", "lr_learner=0", "lr_meta=0", "local_update="+update))
			before := weightsOf(t, trainer)["learner.0.weight"].Values
			err := trainer.Train(trainer.config.plan(300, 0).steps[:1], nil, func(_ int, log StepLog) error {
				norm = float64(log.LocalNorm[0])
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range weightsOf(t, trainer)["learner.0.weight"].Values {
				weights = append(weights, w-before[i])
			}
			return norm, weights
		}
		norm, a := first("rule")
		noisy, b := first("noise")
		if math.Abs(noisy/norm-1) > 1e-5 {
			t.Errorf("the noise has norm %g, the rule's update %g", noisy, norm)
		}
		dot := 0.0
		for i := range a {
			dot += float64(a[i]) * float64(b[i]) / (norm * norm)
		}
		if bound := 5 / math.Sqrt(float64(len(a))); math.Abs(dot) > bound {
			t.Errorf("the cosine between noise and update is %g, beyond %g", dot, bound)
		}
	})
}

// TestNoiseIsNormal: moments of one draw, and correlations with the draws of other seeds, batches, layers, uses and
// neighbouring places, within five standard errors of those of independent normal numbers; equal on both backends.
func TestNoiseIsNormal(t *testing.T) {
	const n = 200_000
	var draws [][]float64
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		draw := func(keys ...uint32) []float64 {
			out := MustExecOnce(be, func(g *Graph) *Node {
				key := Const(g, uint32(0))
				for _, k := range keys {
					key = scramble(Add(key, Const(g, k)))
				}
				return normal(key, shapes.Make(dtypes.Float64, n))
			})
			return tensors.MustCopyFlatData[float64](out)
		}
		z := draw(1, 1, 1)
		draws = append(draws, z)
		moments := map[int]float64{1: 0, 2: 1, 3: 0, 4: 3}
		for k, want := range moments {
			sum := 0.0
			for _, v := range z {
				sum += math.Pow(v, float64(k)) / n
			}
			variance := map[int]float64{1: 1, 2: 2, 3: 15, 4: 96}[k]
			if math.Abs(sum-want) > 5*math.Sqrt(variance/n) {
				t.Errorf("moment %d is %g, want %g", k, sum, want)
			}
		}
		others := map[string][]float64{"the next place": append(z[1:n:n], z[0]), "seed": draw(2, 1, 1), "batch": draw(1, 2, 1),
			"layer": draw(1, 1, 2)}
		for what, other := range others {
			dot := 0.0
			for i := range z {
				dot += z[i] * other[i] / n
			}
			if math.Abs(dot) > 5/math.Sqrt(n) {
				t.Errorf("correlation with another %s: %g", what, dot)
			}
		}
	})
	if len(draws) == 2 {
		if e := relativeError(draws[0], draws[1]); e > 1e-12 {
			t.Errorf("backends differ by %g", e)
		}
	}
}

// TestScheduleEndsWithTheRun: with epochs=2 the last batch has the smallest rate, and the run takes steps as long as the
// schedule says: the norms of SGD's steps are those of the gradients times the factor.
func TestScheduleEndsWithTheRun(t *testing.T) {
	be := backendtest.Go(t)
	norms := func(set ...string) []float32 {
		c := tiny(t, append(set, "rule=none", "optimizer=sgd", "lr_learner=1e-4", "output_activation=linear")...)
		trainer := newTrainer(t, be, c)
		var all []float32
		if err := trainer.trainTo(24, 12, func(_ int, log StepLog) error { all = append(all, log.StepNorm...); return nil }); err != nil {
			t.Fatal(err)
		}
		return all
	}
	constant := norms()
	for schedule, factor := range map[string]func(t float64) float64{
		"cosine": func(t float64) float64 { return (1 + math.Cos(math.Pi*t)) / 2 },
		"linear": func(t float64) float64 { return 1 - t },
	} {
		for i, norm := range norms("lr_schedule=" + schedule) {
			// Weights hardly move at this rate, so the gradients are the same.
			if want := float64(constant[i]) * factor(float64(i)/24); math.Abs(float64(norm)-want) > 0.02*float64(constant[i]) {
				t.Errorf("%s, batch %d: step of norm %g, want %g", schedule, i+1, norm, want)
			}
		}
	}
}

// TestCheckpointOfAnOlderVersion: a checkpoint whose configuration lacks the fields that were added later is taken up.
func TestCheckpointOfAnOlderVersion(t *testing.T) {
	be := backendtest.Go(t)
	path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
	c := tiny(t)
	whole, err := newTrainer(t, be, c).Run(t.Context(), RunOptions{Checkpoint: path})
	if err != nil {
		t.Fatal(err)
	}
	state, metadata, err := ReadArrays(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, neutral := range map[string]string{"pairing": `"example"`, "local_update": `"rule"`, "lr_schedule": `"constant"`, "gradient_steps": "1"} {
		field := `"` + name + `":` + neutral + ","
		if !strings.Contains(metadata["result"], field) {
			t.Fatalf("the checkpoint has no %s: %s", field, metadata["result"])
		}
		metadata["result"] = strings.Replace(metadata["result"], field, "", 1)
	}
	if err := WriteArrays(path, state, metadata); err != nil {
		t.Fatal(err)
	}
	again, err := newTrainer(t, be, c).Run(t.Context(), RunOptions{Checkpoint: path})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(whole.Points, again.Points) {
		t.Error("the points that the checkpoint had are not those of the run")
	}
}
