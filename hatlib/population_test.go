package hatlib

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// memberSettings make the members of a population differ in everything that they may.
var memberSettings = [][]string{
	{"seed=1", "local_rate=0.01", "label_fraction=0.5"},
	{"seed=2", "local_rate=0.03", "lr_learner=0.002", "lr_meta=0.003", "label_fraction=0.3", "meta_init_scale=0.5", "init=he"},
	{"seed=3", "local_rate=0.02", "label_fraction=1", "arms=independent", "shuffle=false"},
}

// population returns a tiny population, one member for each of the settings.
func population(t testing.TB, settings [][]string, shared ...string) []Config {
	t.Helper()
	var configs []Config
	for _, set := range settings {
		configs = append(configs, tiny(t, append(append([]string{"output_activation=linear", "epochs=3", "eval_every=0.7"}, shared...), set...)...))
	}
	return configs
}

func newPopulation(t testing.TB, be compute.Backend, configs []Config) *Population {
	t.Helper()
	train, test := digits(t)
	p, err := NewPopulation(be, configs, train, test)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// ran is what a run gave: the curve, and the weights at its end.
type ran struct {
	result  *Result
	weights Arrays
}

// together runs a population.
func together(t testing.TB, p *Population) []ran {
	t.Helper()
	results, err := p.Run(context.Background(), make([]RunOptions, len(p.Members())))
	if err != nil {
		t.Fatal(err)
	}
	runs := make([]ran, len(results))
	for i, member := range p.Members() {
		runs[i] = ran{results[i], weightsOf(t, member)}
	}
	return runs
}

// alone runs every configuration by itself, with as few compilations as can be.
func alone(t testing.TB, be compute.Backend, configs []Config) []ran {
	t.Helper()
	var runs []ran
	var trainer *Trainer
	for _, c := range configs {
		if trainer == nil || trainer.Reset(c) != nil {
			trainer = newTrainer(t, be, c)
		}
		r, err := trainer.Run(context.Background(), RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, ran{r, weightsOf(t, trainer)})
	}
	return runs
}

// compareRuns reports where a member differs from its single run by more than rounding. Accuracies are shares of 360
// examples: rounding may turn one of them.
func compareRuns(t *testing.T, what string, got, want ran) {
	t.Helper()
	if got.result.Config.Seed != want.result.Config.Seed || len(got.result.Points) != len(want.result.Points) || got.result.DivergedAt != want.result.DivergedAt {
		t.Fatalf("%s: seed %d, %d points, diverged at %d; alone seed %d, %d points, diverged at %d", what, got.result.Config.Seed, len(got.result.Points),
			got.result.DivergedAt, want.result.Config.Seed, len(want.result.Points), want.result.DivergedAt)
	}
	near := func(name string, a, b, tolerance float64) {
		t.Helper()
		if !(math.Abs(a-b) <= tolerance*math.Max(math.Abs(b), 1e-3)) && !(math.IsNaN(a) && math.IsNaN(b)) && a != b {
			t.Errorf("%s: %s is %.8g, alone %.8g", what, name, a, b)
		}
	}
	for k, w := range want.result.Points {
		g := got.result.Points[k]
		if g.Batch != w.Batch && want.result.DivergedAt == 0 || g.Epoch != w.Epoch {
			t.Errorf("%s: point %d is at batch %d, epoch %v, alone at %d, %v", what, k, g.Batch, g.Epoch, w.Batch, w.Epoch)
		}
		near(fmt.Sprintf("test loss %d", k), g.Test.Loss, w.Test.Loss, 1e-4)
		if want.result.DivergedAt == 0 { // else they depend on where calls end
			near(fmt.Sprintf("training loss %d", k), g.TrainLoss, w.TrainLoss, 1e-4)
			near(fmt.Sprintf("local norm %d", k), g.LocalNorm, w.LocalNorm, 1e-4)
			near(fmt.Sprintf("step norm %d", k), g.StepNorm, w.StepNorm, 1e-4)
		}
		if d := math.Abs(g.Test.Accuracy - w.Test.Accuracy); d > 1.5/360 {
			t.Errorf("%s: accuracy %d is %v, alone %v", what, k, g.Test.Accuracy, w.Test.Accuracy)
		}
		if g.Test.DeadOutputs != w.Test.DeadOutputs || len(g.Test.ByClass) != len(w.Test.ByClass) {
			t.Errorf("%s: point %d has %d dead outputs of %d, alone %d", what, k, g.Test.DeadOutputs, len(g.Test.ByClass), w.Test.DeadOutputs)
		}
	}
	if want.result.DivergedAt > 0 { // both are left as they were after the call in which it diverged
		for name := range want.weights {
			for i, w := range want.weights[name].Values {
				near(fmt.Sprintf("%s[%d]", name, i), float64(got.weights[name].Values[i]), float64(w), 1e-3)
			}
		}
		return
	}
	if len(got.weights) != len(want.weights) {
		t.Errorf("%s: weights %d, alone %d", what, len(got.weights), len(want.weights))
	}
	for name := range want.weights {
		if !reflect.DeepEqual(got.weights[name].Shape, want.weights[name].Shape) {
			t.Errorf("%s: %s has shape %v, alone %v", what, name, got.weights[name].Shape, want.weights[name].Shape)
		}
	}
	if d := largestDifference(t, want.weights, got.weights); d > 1e-4 {
		t.Errorf("%s: weights differ by up to %g from the single run's", what, d)
	}
}

// TestMembersEqualSingleRuns: pairs that are trained in one graph, with seeds, rates, initialisations and labels of their
// own, have the curves and the weights that each has by itself.
func TestMembersEqualSingleRuns(t *testing.T) {
	cases := []struct {
		name string
		set  []string
		xla  bool // compiling takes long: the other backend sees a few of them
	}{
		{"paper", nil, true},
		{"released", []string{"local_rate_schedule=inverse_batch", "update_entry=after_sigma", "gradient_at=in_place", "evaluation=stored", "label_draw=batch"}, true},
		{"control", []string{"rule=none", "short_batch=keep", "batch=40"}, true},
		{"general vmap, tanh, a point a training", []string{"pair_kernel=general", "meta_activation=tanh", "gradient_at=before", "curve=separate", "pair_memory_mb=0"}, false},
		{"small batches without labels, SGD", []string{"batch=3", "optimizer=sgd", "lr_learner=0.1", "lr_meta=0.1", "label_divisor=batch", "examples=60"}, false},
		{"small batches without labels, Adam", []string{"batch=2", "examples=60", "post_seen=preactivation"}, false},
		{"noise of the same norm", []string{"local_update=noise", "evaluation=local"}, false},
		{"noise, after sigma", []string{"local_update=noise", "update_entry=after_sigma", "gradient_at=in_place", "evaluation=stored"}, false},
		{"shuffled, cosine", []string{"pairing=shuffled", "lr_schedule=cosine"}, false},
		{"two gradient steps, linear, SGD", []string{"rule=none", "gradient_steps=2", "lr_schedule=linear", "optimizer=sgd", "lr_learner=0.1"}, false},
		{"Oja, evaluated with it", []string{"rule=oja", "evaluation=local", "hidden_activation=tanh", "output_activation=sigmoid", "inputs=standard", "loss=squared"}, false},
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for _, c := range cases {
			if be.Name() == "xla" && !c.xla {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				configs := population(t, memberSettings, c.set...)
				got, want := together(t, newPopulation(t, be, configs)), alone(t, be, configs)
				for i := range want {
					compareRuns(t, fmt.Sprintf("member %d", i), got[i], want[i])
				}
				if d := largestDifference(t, want[0].weights, got[1].weights); d < 1e-3 {
					t.Errorf("two members differ by no more than %g: this test could not fail", d)
				}
			})
		}
	})
}

// TestPopulationReset: a population that is reset gives the bits of a new one, and the company of a member does not change
// its bits.
func TestPopulationReset(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		configs := population(t, memberSettings)
		p := newPopulation(t, be, configs)
		first := together(t, p)
		order := []Config{configs[2], configs[0], configs[0]}
		order[2].Seed = 77
		if err := p.Reset(order); err != nil {
			t.Fatal(err)
		}
		second := together(t, p)
		for i, k := range []int{2, 0} {
			if !reflect.DeepEqual(second[i], first[k]) {
				t.Errorf("in other company member %d differs by up to %g", k, largestDifference(t, second[i].weights, first[k].weights))
			}
		}
	})
}

// TestDivergingMember: a member that diverges is recorded and left as it is; the others do not notice.
func TestDivergingMember(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		settings := [][]string{{"seed=1", "local_rate=0.001"}, {"seed=2", "local_rate=1000"}, {"seed=3", "local_rate=0.002"}}
		configs := population(t, settings, "rule=hebb", "steps_per_call=4")
		p := newPopulation(t, be, configs)
		got, want := together(t, p), alone(t, be, configs)
		if at := want[1].result.DivergedAt; at < 2 {
			t.Fatalf("alone, a rate of 1000 diverged at batch %d", at)
		}
		for i := range want {
			compareRuns(t, fmt.Sprintf("member %d", i), got[i], want[i])
		}
		if batches := p.Members()[1].Batches(); batches > got[1].result.DivergedAt+3 {
			t.Errorf("member 1 diverged at batch %d and has seen %d", got[1].result.DivergedAt, batches)
		}
		if p.Members()[0].Batches() != 36 || p.Members()[2].Diverged() != 0 {
			t.Errorf("member 0 has seen %d batches, member 2 diverged at %d", p.Members()[0].Batches(), p.Members()[2].Diverged())
		}
	})
}

// TestPopulationGoesOn: a population that is stopped between the points of its members goes on from their checkpoints; a
// member goes on alone as well.
func TestPopulationGoesOn(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		settings := append([][]string{{"seed=4", "local_rate=1e30"}}, memberSettings[:2]...)
		configs := population(t, settings, "local_rate_schedule=inverse_batch", "steps_per_call=4")
		p := newPopulation(t, be, configs)
		whole := together(t, p)
		if whole[0].result.DivergedAt == 0 {
			t.Fatal("nobody diverged")
		}
		dir := t.TempDir()
		options := make([]RunOptions, len(configs))
		for i := range options {
			options[i].Checkpoint = filepath.Join(dir, fmt.Sprint(i), "checkpoint.safetensors")
		}
		stop := errors.New("interrupted")
		interrupted := append([]RunOptions{}, options...)
		interrupted[len(options)-1].OnPoint = func(_ *Trainer, p Point) error {
			if p.Epoch > 1 {
				return stop
			}
			return nil
		}
		if err := p.Reset(configs); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Run(context.Background(), interrupted); !errors.Is(err, stop) {
			t.Fatalf("interrupted: %v", err)
		}
		if err := p.Reset(configs); err != nil {
			t.Fatal(err)
		}
		// The last member was stopped before it wrote its checkpoint, and is a point behind.
		if _, err := p.Run(context.Background(), options); err == nil || !strings.Contains(err.Error(), options[2].Checkpoint) {
			t.Errorf("members at two points gave %v", err)
		}
		for i, want := range []int{3, 3, 2} {
			if n, err := CheckpointPoints(options[i].Checkpoint); n != want || err != nil {
				t.Errorf("checkpoint %d has %d points, %v", i, n, err)
			}
		}
		last := newTrainer(t, be, configs[2])
		result, err := last.Run(context.Background(), options[2])
		if err != nil {
			t.Fatal(err)
		}
		compareRuns(t, "the member that went on alone", ran{result, weightsOf(t, last)}, whole[2])
		rest := newPopulation(t, be, configs[:2])
		results, err := rest.Run(context.Background(), options[:2])
		if err != nil {
			t.Fatal(err)
		}
		for i, member := range rest.Members() {
			compareRuns(t, fmt.Sprintf("member %d in a smaller population", i), ran{results[i], weightsOf(t, member)}, whole[i])
		}

		// All at one point: the bits are those of an undisturbed population.
		again := make([]RunOptions, len(configs))
		for i := range again {
			again[i].Checkpoint = filepath.Join(dir, "again", fmt.Sprint(i))
		}
		ctx, cancel := context.WithCancel(context.Background())
		again[0].OnPoint = func(_ *Trainer, p Point) error {
			if p.Epoch > 1 {
				cancel()
			}
			return nil
		}
		if err := p.Reset(configs); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Run(ctx, again); !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted: %v", err)
		}
		again[0].OnPoint = nil
		if err := p.Reset(configs); err != nil {
			t.Fatal(err)
		}
		resumed, err := p.Run(context.Background(), again)
		if err != nil {
			t.Fatal(err)
		}
		for i, member := range p.Members() {
			a, b := ran{resumed[i], weightsOf(t, member)}, whole[i]
			if i == 0 { // not a number is never equal
				compareRuns(t, "the diverged member", a, b)
			} else if !reflect.DeepEqual(a, b) {
				t.Errorf("member %d differs after it was taken up: %+v, %+v", i, a.result.Final(), b.result.Final())
			}
		}
	})
}

// TestPopulationErrors: what cannot be trained together is refused, with the reason.
func TestPopulationErrors(t *testing.T) {
	be := backendtest.Go(t)
	train, test := digits(t)
	for field, set := range map[string][]string{"rule": {"rule=oja"}, "batch": {"batch=10"}, "epochs": {"epochs=1"}, "optimizer": {"optimizer=sgd"}} {
		if _, err := NewPopulation(be, []Config{tiny(t), tiny(t, set...)}, train, test); err == nil || !strings.Contains(err.Error(), field) || !strings.Contains(err.Error(), "apart") {
			t.Errorf("another %s gave %v", field, err)
		}
	}
	if _, err := NewPopulation(be, nil, train, test); err == nil {
		t.Error("a population of nobody is accepted")
	}
	p := newPopulation(t, be, []Config{tiny(t), tiny(t, "seed=1")})
	if err := p.Reset([]Config{tiny(t)}); err == nil || !strings.Contains(err.Error(), "population of 2") {
		t.Errorf("reset to one: %v", err)
	}
	if _, err := p.Run(context.Background(), nil); err == nil {
		t.Error("a run without options for the members is accepted")
	}
	member := p.Members()[1]
	_, err := member.Run(context.Background(), RunOptions{})
	for _, err := range []error{err, member.Reset(tiny(t)), member.Train([][]int32{{1}}, nil, nil)} {
		if err == nil || !strings.Contains(err.Error(), "member 1 of a population of 2") {
			t.Errorf("a member by itself: %v", err)
		}
	}
	if _, err := NewPopulation(be, []Config{tiny(t, "rule=test_counting"), tiny(t, "rule=test_counting")}, train, test); err == nil ||
		!strings.Contains(err.Error(), "one by one") || !strings.Contains(err.Error(), "updates") {
		t.Errorf("a rule with one counter for all: %v", err)
	}
	newTrainer(t, be, tiny(t, "rule=test_counting"))
}

func init() {
	RegisterRule("test_counting", func(*Config) (Rule, error) { return countingRule{Hebb()}, nil })
}

// countingRule keeps a scalar, which members of a population would share.
type countingRule struct{ *FixedRule }

func (countingRule) Name() string { return "test_counting" }

func (countingRule) Locality() Locality { return LocalityLayer }

func (r countingRule) Update(scope *model.Scope, pre, w, post *Node) *Node {
	v := scope.VariableWithValue("updates", float32(0)).SetTrainable(false)
	v.SetNodeValue(AddScalar(v.NodeValue(pre.Graph()), 1))
	return r.FixedRule.Update(scope, pre, w, post)
}

// TestShortBatches: a last batch that is kept is trained on as it is, also where many steps go into one call.
func TestShortBatches(t *testing.T) {
	be := backendtest.XLA(t)
	configs := []string{"short_batch=keep", "batch=40", "rule=none", "output_activation=linear"}
	many := newTrainer(t, be, tiny(t, configs...))
	one := newTrainer(t, be, tiny(t, append(configs, "steps_per_call=1")...))
	var losses []float64
	for _, trainer := range []*Trainer{many, one} {
		r, err := trainer.Run(context.Background(), RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, r.Final().TrainLoss)
	}
	if d := largestDifference(t, weightsOf(t, one), weightsOf(t, many)); d > 1e-5 {
		t.Errorf("weights differ by up to %g, losses are %v", d, losses)
	}
}
