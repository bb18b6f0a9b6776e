package hatlib

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/nn"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// tiny returns a configuration of seconds on the embedded digits, with changes.
func tiny(t testing.TB, assignments ...string) Config {
	t.Helper()
	c, err := Preset("smoke")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetAll(append([]string{"sizes=64-12-10", "meta_hidden=5", "examples=300", "local_rate=0.01", "epochs=2"}, assignments...)); err != nil {
		t.Fatal(err)
	}
	return c
}

func digits(t testing.TB) (train, test *dataset.Set) {
	t.Helper()
	train, test, err := dataset.Load(dataset.Digits)
	if err != nil {
		t.Fatal(err)
	}
	return train, test
}

func newTrainer(t testing.TB, be compute.Backend, c Config) *Trainer {
	t.Helper()
	train, test := digits(t)
	trainer, err := NewTrainer(be, c, train, test)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(trainer.Close)
	return trainer
}

// trained returns the weights after one epoch.
func trained(t testing.TB, be compute.Backend, c Config) Arrays {
	t.Helper()
	trainer := newTrainer(t, be, c)
	p := c.plan(trainer.population.data.N, 0)
	if err := trainer.Train(p.steps, p.labelled, nil); err != nil {
		t.Fatal(err)
	}
	return weightsOf(t, trainer)
}

func weightsOf(t testing.TB, trainer *Trainer) Arrays {
	t.Helper()
	weights, err := trainer.Weights()
	if err != nil {
		t.Fatal(err)
	}
	return weights
}

// largestDifference is the largest |a-b| over all arrays of both.
func largestDifference(t testing.TB, a, b Arrays) float64 {
	t.Helper()
	largest := 0.0
	for name := range a {
		other, ok := b[name]
		if !ok {
			continue
		}
		for i, v := range a[name].Values {
			d := math.Abs(float64(v) - float64(other.Values[i]))
			if math.IsNaN(d) {
				t.Fatalf("%s[%d] is not a number", name, i)
			}
			largest = math.Max(largest, d)
		}
	}
	return largest
}

// TestControlIsPlainBackpropagation: the rule "none" gives, bit for bit, what a plain GoMLX multilayer perceptron gives
// on the same batches with the same optimizer, over 1000 steps.
func TestControlIsPlainBackpropagation(t *testing.T) {
	const steps = 1000
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		c := tiny(t, "rule=none", "output_activation=linear", "hidden_activation=tanh", "steps_per_call=1")
		trainer := newTrainer(t, be, c)
		train, _ := digits(t)
		train = train.Head(c.Examples)

		store := model.NewStore()
		start := weightsOf(t, trainer)
		for _, l := range []string{"0", "1"} {
			for kind, name := range map[string]string{"weight": "w", "bias": "b"} {
				a := start["learner."+l+"."+kind]
				store.RootScope().At("layer_%s", l).VariableWithValue(name, tensors.FromFlatDataAndDimensions(slices.Clone(a.Values), a.Shape...))
			}
		}
		plain := model.MustNewExec(be, store, func(scope *model.Scope, inputs []*Node) *Node {
			g := inputs[0].Graph()
			at := func(layer, name string) *Node { return scope.At("%s", layer).GetVariable(name).NodeValue(g) }
			v := Tanh(nn.Dense(inputs[0], at("layer_0", "w"), at("layer_0", "b"), compute.DenseLayoutOutputsInput))
			logits := nn.Dense(v, at("layer_1", "w"), at("layer_1", "b"), compute.DenseLayoutOutputsInput)
			logP := LogSoftmax(logits, -1)
			loss := ReduceAllMean(Neg(ReduceSum(Mul(OneHot(inputs[1], 10, logP.DType()), logP), -1)))
			optimizer.Adam().LearningRate(c.LRLearner).Epsilon(c.AdamEpsilon).Done().UpdateGraph(scope, g, loss)
			return loss
		})
		for step := range steps {
			p := c.plan(train.N, step/12)
			batch := p.steps[step%12]
			if err := trainer.Train([][]int32{batch}, nil, nil); err != nil {
				t.Fatal(err)
			}
			indices := make([]int, len(batch))
			for i, b := range batch {
				indices[i] = int(b)
			}
			set := train.Subset(indices)
			plain.MustCall(tensors.FromFlatDataAndDimensions(set.X, set.N, set.Features), set.Y)
		}
		got := weightsOf(t, trainer)
		for _, l := range []string{"0", "1"} {
			for kind, name := range map[string]string{"weight": "w", "bias": "b"} {
				expected, err := arrayOf(store.RootScope().At("layer_%s", l).GetVariable(name))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got["learner."+l+"."+kind].Values, expected.Values) {
					t.Errorf("layer %s %s differs from plain backpropagation by up to %g", l, kind,
						largestDifference(t, Arrays{"x": got["learner."+l+"."+kind]}, Arrays{"x": expected}))
				}
			}
		}
	})
}

// TestRateZeroEqualsControl: with rate 0 the local update changes nothing and the learner is the control's.
func TestRateZeroEqualsControl(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		hat := trained(t, be, tiny(t, "local_rate=0"))
		control := trained(t, be, tiny(t, "rule=none"))
		if d := largestDifference(t, control, hat); d > 1e-6 {
			t.Errorf("weights differ by up to %g", d)
		}
		if d := largestDifference(t, control, trained(t, be, tiny(t))); d < 1e-4 {
			t.Errorf("a rate of 0.01 changes the weights by no more than %g: this test could not fail", d)
		}
	})
}

// TestOrderWithinBatchDoesNotMatter: reversing every batch changes the weights by rounding only.
func TestOrderWithinBatchDoesNotMatter(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		c := tiny(t, "optimizer=sgd", "lr_learner=0.1", "lr_meta=0.1")
		p := c.plan(300, 0)
		forward := newTrainer(t, be, c)
		backward := newTrainer(t, be, c)
		if err := forward.Train(p.steps, nil, nil); err != nil {
			t.Fatal(err)
		}
		var reversed [][]int32
		for _, batch := range p.steps {
			r := slices.Clone(batch)
			slices.Reverse(r)
			reversed = append(reversed, r)
		}
		if err := backward.Train(reversed, nil, nil); err != nil {
			t.Fatal(err)
		}
		if d := largestDifference(t, weightsOf(t, forward), weightsOf(t, backward)); d > 1e-5 {
			t.Errorf("weights differ by up to %g", d)
		}
	})
}

// TestSameSeedSameBits: a run repeated on the same machine and backend gives the same bits; another seed does not. Many
// steps in one call give what single steps do, to rounding.
func TestSameSeedSameBits(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		one := trained(t, be, tiny(t, "seed=3"))
		if again := trained(t, be, tiny(t, "seed=3")); !reflect.DeepEqual(one, again) {
			t.Errorf("the same seed differs by up to %g", largestDifference(t, one, again))
		}
		if other := trained(t, be, tiny(t, "seed=4")); largestDifference(t, one, other) == 0 {
			t.Error("another seed gives the same weights")
		}
		if d := largestDifference(t, one, trained(t, be, tiny(t, "seed=3", "steps_per_call=1"))); d > 1e-5 {
			t.Errorf("one step per call differs from many by up to %g", d)
		}
	})
}

// TestResetIsAFreshStart: a trainer that is reset gives the bits of a new one, also after it was trained.
func TestResetIsAFreshStart(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		c := tiny(t, "seed=6", "local_rate=0.02", "label_fraction=0.5")
		expected := trained(t, be, c)
		trainer := newTrainer(t, be, tiny(t, "label_fraction=0.7"))
		p := c.plan(300, 0)
		if err := trainer.Train(p.steps, nil, nil); err != nil {
			t.Fatal(err)
		}
		if err := trainer.Reset(c); err != nil {
			t.Fatal(err)
		}
		if err := trainer.Train(p.steps, nil, nil); err != nil {
			t.Fatal(err)
		}
		if got := weightsOf(t, trainer); !reflect.DeepEqual(got, expected) {
			t.Errorf("weights differ by up to %g", largestDifference(t, got, expected))
		}
		if err := trainer.Reset(tiny(t, "rule=none")); err == nil || !strings.Contains(err.Error(), "rule") {
			t.Errorf("reset to another rule gave %v", err)
		}
	})
}

// TestStreamsAreSeparate: each seed moves its own stream and no other, so that arms can share what they should.
func TestStreamsAreSeparate(t *testing.T) {
	be := backendtest.Go(t)
	base := weightsOf(t, newTrainer(t, be, tiny(t)))
	learner := weightsOf(t, newTrainer(t, be, tiny(t, "seed_learner=9")))
	meta := weightsOf(t, newTrainer(t, be, tiny(t, "seed_meta=9")))
	control := weightsOf(t, newTrainer(t, be, tiny(t, "rule=none")))
	alone := weightsOf(t, newTrainer(t, be, tiny(t, "rule=none", "arms=independent")))
	const l, m = "learner.0.weight", "meta.hidden.weight"
	same := func(what string, a, b Arrays, name string, expected bool) {
		if slices.Equal(a[name].Values, b[name].Values) != expected {
			t.Errorf("%s: %s equal is %v, expected %v", what, name, !expected, expected)
		}
	}
	same("seed_learner", base, learner, l, false)
	same("seed_learner", base, learner, m, true)
	same("seed_meta", base, meta, l, true)
	same("seed_meta", base, meta, m, false)
	same("paired control", base, control, l, true)
	same("independent control", base, alone, l, false)
	a, b := tiny(t), tiny(t, "seed_order=9")
	if reflect.DeepEqual(a.plan(300, 0), b.plan(300, 0)) {
		t.Error("seed_order does not change the order")
	}
	if reflect.DeepEqual(a.plan(300, 0), a.plan(300, 1)) {
		t.Error("two epochs have the same order")
	}
	c := tiny(t, "shuffle=false")
	if p := c.plan(300, 1); p.steps[1][0] != 25 || p.steps[0][24] != 24 {
		t.Errorf("without shuffling the batches start with %v", p.steps[0])
	}
}

// TestUnlabelledBatchLeavesOptimizerAlone: a batch without labels changes W by the local rule and nothing else: not M,
// not the biases, not the optimizer's state.
func TestUnlabelledBatchLeavesOptimizerAlone(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		c := tiny(t, "label_fraction=0.5", "label_draw=batch")
		trainer := newTrainer(t, be, c)
		p := c.plan(300, 0)
		if err := trainer.Train(p.steps[:2], []bool{true, true}, nil); err != nil {
			t.Fatal(err)
		}
		before, state := weightsOf(t, trainer), optimizerState(t, trainer)
		if err := trainer.Train(p.steps[2:4], []bool{false, false}, nil); err != nil {
			t.Fatal(err)
		}
		after := weightsOf(t, trainer)
		for name := range before {
			equal := slices.Equal(before[name].Values, after[name].Values)
			if isW := strings.HasPrefix(name, "learner") && strings.HasSuffix(name, "weight"); equal == isW {
				t.Errorf("%s: unchanged is %v", name, equal)
			}
		}
		if !reflect.DeepEqual(state, optimizerState(t, trainer)) {
			t.Error("the optimizer's state changed")
		}
		if err := trainer.Train(p.steps[4:5], []bool{true}, nil); err != nil {
			t.Fatal(err)
		}
		if reflect.DeepEqual(state, optimizerState(t, trainer)) {
			t.Error("a labelled batch does not change the optimizer's state: this test could not fail")
		}
	})
}

func optimizerState(t *testing.T, trainer *Trainer) map[string][]float32 {
	t.Helper()
	state := map[string][]float32{}
	for v := range trainer.population.store.IterVariables() {
		if strings.Contains(v.Path(), "adam") {
			a, err := arrayOf(v)
			if err != nil {
				t.Fatal(err)
			}
			state[v.Path()] = a.Values
		}
	}
	if len(state) == 0 {
		t.Fatal("no optimizer state found")
	}
	return state
}

// TestDivergenceIsAResult: a rate that is far too high ends in a result that says so, not in an error.
func TestDivergenceIsAResult(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		train, test := digits(t)
		c := tiny(t, "rule=hebb", "local_rate=1000", "epochs=4")
		r, err := Run(context.Background(), be, c, train, test, RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if r.DivergedAt == 0 || !r.Diverged() {
			t.Errorf("a rate of 1000 diverged at batch %d", r.DivergedAt)
		}
		if len(r.Points) != len(c.CurveBatches(300)) {
			t.Errorf("the curve has %d points", len(r.Points))
		}
	})
}

// TestEvaluationModes: local and stored evaluation change what is measured and never the pair.
func TestEvaluationModes(t *testing.T) {
	be := backendtest.Go(t)
	losses := map[string]float64{}
	for _, mode := range []string{"plain", "local", "stored"} {
		trainer := newTrainer(t, be, tiny(t, "evaluation="+mode, "rule=hebb", "local_rate=0.05"))
		before := weightsOf(t, trainer)
		e, err := trainer.Evaluate()
		if err != nil {
			t.Fatal(err)
		}
		losses[mode] = e.Loss
		if !reflect.DeepEqual(before, weightsOf(t, trainer)) {
			t.Errorf("%s evaluation changed the weights", mode)
		}
	}
	if losses["plain"] == losses["local"] || losses["local"] == losses["stored"] {
		t.Errorf("evaluations do not differ: %v", losses)
	}
}

// TestInterruptedRunGoesOn: a run that is stopped and taken up from its checkpoint gives the numbers of an undisturbed
// one; a checkpoint of another configuration, or a damaged one, is refused.
func TestInterruptedRunGoesOn(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		train, test := digits(t)
		c := tiny(t, "epochs=3", "eval_every=0.5", "local_rate_schedule=inverse_batch")
		whole, err := Run(context.Background(), be, c, train, test, RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		checkpoint := filepath.Join(t.TempDir(), "run", "checkpoint.safetensors")
		stop := errors.New("interrupted")
		_, err = Run(context.Background(), be, c, train, test, RunOptions{Checkpoint: checkpoint, OnPoint: func(_ *Trainer, p Point) error {
			if p.Epoch > 1.7 {
				return stop
			}
			return nil
		}})
		if !errors.Is(err, stop) {
			t.Fatalf("interrupted run gave %v", err)
		}
		resumed, err := Run(context.Background(), be, c, train, test, RunOptions{Checkpoint: checkpoint})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(whole, resumed) {
			t.Errorf("resumed run differs:\n%+v\n%+v", whole.Final(), resumed.Final())
		}
		other := c
		other.Seed = 8
		if _, err := Run(context.Background(), be, other, train, test, RunOptions{Checkpoint: checkpoint}); err == nil || !strings.Contains(err.Error(), "seed") {
			t.Errorf("checkpoint of another seed gave %v", err)
		}
		data, err := os.ReadFile(checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(checkpoint, data[:len(data)/2], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(context.Background(), be, c, train, test, RunOptions{Checkpoint: checkpoint}); err == nil || !strings.Contains(err.Error(), checkpoint) {
			t.Errorf("half a checkpoint gave %v", err)
		}
	})
}

// TestWeightsRoundTrip: weights written and read start the same run; wrong names and shapes are refused without a change.
func TestWeightsRoundTrip(t *testing.T) {
	be := backendtest.Go(t)
	a := newTrainer(t, be, tiny(t, "seed=1"))
	b := newTrainer(t, be, tiny(t, "seed=2"))
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := WriteArrays(path, weightsOf(t, a), nil); err != nil {
		t.Fatal(err)
	}
	arrays, _, err := ReadArrays(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetWeights(arrays); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(weightsOf(t, a), weightsOf(t, b)) {
		t.Error("weights changed on the way")
	}
	if shape := arrays["meta.hidden.weight"].Shape; !slices.Equal(shape, []int{5, 3}) {
		t.Errorf("meta.hidden.weight has shape %v", shape)
	}
	kept := weightsOf(t, b)
	for name, change := range map[string]func(Arrays){
		"learner.1.weight": func(x Arrays) { delete(x, "learner.1.weight") },
		"learner.0.wieght": func(x Arrays) { x["learner.0.wieght"] = x["learner.0.bias"] },
		"learner.0.bias":   func(x Arrays) { x["learner.0.bias"] = Array{[]int{2}, []float32{1, 2}} },
		"meta.output.bias": func(x Arrays) { delete(x, "meta.output.bias") },
	} {
		broken := weightsOf(t, a)
		change(broken)
		if err := b.SetWeights(broken); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("wrong %s gave %v", name, err)
		}
	}
	if !reflect.DeepEqual(kept, weightsOf(t, b)) {
		t.Error("a refused set of weights left traces")
	}
}

// FuzzParseArrays: no bytes make the reader of weight files panic or return arrays that do not fit their shapes.
func FuzzParseArrays(f *testing.F) {
	path := filepath.Join(f.TempDir(), "w.safetensors")
	if err := WriteArrays(path, Arrays{"learner.0.bias": {[]int{2}, []float32{1, 2}}}, map[string]string{"k": "v"}); err != nil {
		f.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"x":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,0]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		arrays, _, err := parseArrays(data)
		if err != nil {
			return
		}
		for name, a := range arrays {
			size := 1
			for _, n := range a.Shape {
				size *= n
			}
			if size != len(a.Values) {
				t.Errorf("%s: shape %v with %d values", name, a.Shape, len(a.Values))
			}
		}
	})
}

// TestBiasesAreNotTouchedByRules: without an optimizer step, only weights move.
func TestBiasesAreNotTouchedByRules(t *testing.T) {
	be := backendtest.Go(t)
	trainer := newTrainer(t, be, tiny(t, "rule=oja", "lr_learner=0", "local_rate=0.1"))
	before := weightsOf(t, trainer)
	if err := trainer.Train([][]int32{{1, 2, 3}}, nil, nil); err != nil {
		t.Fatal(err)
	}
	after := weightsOf(t, trainer)
	if !slices.Equal(before["learner.0.bias"].Values, after["learner.0.bias"].Values) {
		t.Error("the local rule changed a bias")
	}
	if slices.Equal(before["learner.0.weight"].Values, after["learner.0.weight"].Values) {
		t.Error("the local rule changed nothing")
	}
}

// TestFixedRulesMeans: what fixed rules state as matrix products equals the vmap of their pair functions.
func TestFixedRulesMeans(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		stream := rand.New(rand.NewPCG(1, 2))
		draw := func(dims ...int) *tensors.Tensor {
			values := make([]float64, dims[0]*dims[1])
			for i := range values {
				values[i] = stream.NormFloat64()
			}
			return tensors.FromFlatDataAndDimensions(values, dims...)
		}
		pre, w, post := draw(6, 5), draw(4, 5), draw(6, 4)
		for _, rule := range []*FixedRule{None(), Hebb(), Oja(), RichGetRicher(2.13, -0.42)} {
			outputs := MustNewExec(be, func(x []*Node) []*Node {
				return []*Node{rule.Update(nil, x[0], x[1], x[2]), PairMean(rule.Pair, nil, x[0], x[1], x[2])}
			}).MustCall(pre, w, post)
			compareAll(t, rule.Name(), [][]float64{tensors.MustCopyFlatData[float64](outputs[0])},
				[][]float64{tensors.MustCopyFlatData[float64](outputs[1])}, 1e-12)
		}
	})
}
