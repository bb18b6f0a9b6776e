package hatlib

import (
	"fmt"
	"math"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Trainer is one pair (L, M) in training: its variables, its data on the device, and the compiled step.
type Trainer struct {
	config  Config
	hat     *HAT
	backend compute.Backend
	store   *model.Store

	data       *dataset.Set
	x, y, mask *tensors.Tensor // the training data, resident on the device
	test       *evaluator

	initialized []*model.Variable // state of the optimizer and of rules, which an initializer makes
	ruleStart   Arrays            // first values of a rule's meta-parameters, for Reset; nil for M

	dataChecksum string // of the training and the test set, once a checkpoint has asked for it

	steps    *model.Exec
	loops    bool    // many steps in one call
	perStep  float64 // seconds, of the last call
	batches  int     // batches seen so far
	diverged int     // batch of the first loss that is not finite, 0 for none
}

// maxStepsPerCall is the capacity of a compiled loop; how many of them a call takes is an argument.
const maxStepsPerCall = 1024

// callSeconds is how long one call should last, so that progress, interrupts and divergence stay live.
const callSeconds = 0.4

// NewTrainer makes L and M of the configuration, with its seeds, on backend be, and puts the data on the device.
// train may be shortened by Config.Examples. It returns an error when the configuration is not valid or does not fit
// the data.
func NewTrainer(be compute.Backend, config Config, train, test *dataset.Set) (t *Trainer, err error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	hat, err := config.newHAT()
	if err != nil {
		return nil, err
	}
	if train == nil {
		return nil, fmt.Errorf("training on %s needs its training split", config.Data)
	}
	if config.Examples > train.N {
		return nil, fmt.Errorf("examples: %d asked for, %s has %d", config.Examples, train.Name, train.N)
	}
	if config.Examples > 0 {
		train = train.Head(config.Examples)
	}
	sizes := config.Sizes
	for _, set := range []*dataset.Set{train, test} {
		if set.Features != sizes[0] || set.Classes != sizes[len(sizes)-1] {
			return nil, fmt.Errorf("sizes %s do not fit %s, which has %d features and %d classes",
				sizes, set.Name, set.Features, set.Classes)
		}
	}
	if train.N < config.BatchSize() {
		return nil, fmt.Errorf("batch: %d examples asked for, the training set has %d", config.BatchSize(), train.N)
	}
	defer recoverTo(&err, "building the training step")

	t = &Trainer{config: config, hat: hat, backend: be, store: model.NewStore(), data: train}
	scale := inputScale(config.Inputs, train)
	t.x = scale.tensor(train)
	t.y = tensors.FromFlatDataAndDimensions(train.Y, train.N)
	if t.test, err = newEvaluator(be, t.store, config, hat, scale, test); err != nil {
		return nil, err
	}
	if err := t.Reset(config); err != nil {
		return nil, err
	}
	config.createOptimizerState(be, t.store.RootScope().At(learnerScope), config.LRLearner)
	if meta := t.store.RootScope().At(metaScope); isTrained(meta) {
		config.createOptimizerState(be, meta, config.LRMeta)
	}
	t.createState(config.BatchSize())
	t.loops = canLoop(be) && config.StepsPerCall != 1
	if t.loops {
		t.steps, err = model.NewExec(be, t.store, t.loopGraph)
	} else {
		t.steps, err = model.NewExec(be, t.store, t.singleGraph)
	}
	if err != nil {
		return nil, fmt.Errorf("building the training step: %w", err)
	}
	return t, nil
}

// Reset starts anew with other seeds, other rates or another label fraction, without compiling again: a pair like one that
// [NewTrainer] makes from config. It returns an error, and changes nothing, when another field differs that the compiled
// step depends on; epochs and points of the curve may differ.
func (t *Trainer) Reset(config Config) error {
	if err := config.Validate(); err != nil {
		return err
	}
	if field := config.compiledDifference(t.config); field != "" {
		return fmt.Errorf("a trainer cannot be reset to a configuration with another %s; make a new one", field)
	}
	t.config, t.test.config = config, config
	t.batches, t.diverged = 0, 0
	scope := t.store.RootScope()
	for _, v := range t.initialized {
		if err := v.SetValue(nil); err != nil { // the next call gives it its first value again
			return fmt.Errorf("resetting %s: %w", v.Path(), err)
		}
	}
	if err := t.hat.Learner.Init(scope.At(learnerScope), config.Init, config.stream(streamLearner, 0)); err != nil {
		return err
	}
	if err := t.initRule(scope.At(metaScope)); err != nil {
		return err
	}
	for name, value := range config.scalars(t.data.N) {
		if err := assign(scope, name, []float32{float32(value)}); err != nil {
			return err
		}
		scope.GetVariable(name).SetTrainable(false)
	}
	if err := t.setRate(scope.At(learnerScope), config.LRLearner); err != nil {
		return err
	}
	if err := t.setRate(scope.At(metaScope), config.LRMeta); err != nil {
		return err
	}
	t.mask = tensors.FromFlatDataAndDimensions(config.labelMask(t.data), t.data.N)
	return nil
}

// setRate sets A's rate for the variables of scope, where there are any to train.
func (t *Trainer) setRate(scope *model.Scope, rate float64) error {
	if !isTrained(scope) {
		return nil
	}
	return setVariable(optimizer.LearningRateVar(scope, t.x.DType(), rate), []float32{float32(rate)})
}

// initRule gives the meta-parameters their first values: M's from their stream, those of any other rule that has some as
// its own Init makes them.
func (t *Trainer) initRule(meta *model.Scope) error {
	c := &t.config
	switch r := t.hat.Rule.(type) {
	case *MetaLearner:
		return r.Init(meta, c.MetaInit, c.MetaInitScale, c.stream(streamMeta, 0))
	case interface{ Init(scope *model.Scope) }:
		if t.ruleStart != nil {
			return t.setMeta(t.ruleStart)
		}
		r.Init(meta)
		var err error
		t.ruleStart, err = t.metaArrays()
		return err
	}
	return nil
}

// isTrained reports whether a scope has variables for the optimizer.
func isTrained(scope *model.Scope) bool {
	for v := range scope.IterVariables() {
		if v.Trainable {
			return true
		}
	}
	return false
}

// createState builds one step in a graph that is never run, so that every variable exists: rules may make theirs when
// they are first used, and a loop cannot create variables in its body.
func (t *Trainer) createState(batch int) {
	g := NewGraph(t.backend, "state")
	defer g.Finalize()
	model.SetStore(g, t.store)
	x := Parameter(g, "x", shapes.Make(t.x.DType(), batch, t.config.Sizes[0]))
	labels := Parameter(g, "labels", shapes.Make(t.y.DType(), batch))
	mask := Parameter(g, "mask", shapes.Make(t.mask.DType(), batch))
	t.config.Step(t.store.RootScope(), t.hat, x, labels, mask)
	for v := range t.store.IterVariables() {
		if !v.HasValue() {
			t.initialized = append(t.initialized, v)
		}
	}
}

// resettable are the fields that a compiled step does not depend on.
var resettable = map[string]bool{"seed": true, "seed_learner": true, "seed_meta": true, "seed_order": true, "seed_labels": true,
	"arms": true, "local_rate": true, "lr_learner": true, "lr_meta": true, "label_fraction": true, "epochs": true, "eval_every": true, "curve": true, "shuffle": true,
	"init": true, "meta_init": true, "meta_init_scale": true}

// compiledDifference names the first field that differs and that a compiled step depends on.
func (c *Config) compiledDifference(other Config) string {
	a, b := c.Fields(), other.Fields()
	for i := range a {
		if a[i].Value != b[i].Value && !resettable[a[i].Name] {
			return a[i].Name
		}
	}
	if (c.LabelFraction == 1) != (other.LabelFraction == 1) {
		return "label_fraction (all labelled, or not)"
	}
	return ""
}

// newHAT puts the learner and the rule of a configuration together.
func (c *Config) newHAT() (*HAT, error) {
	rule, err := c.NewRule()
	if err != nil {
		return nil, err
	}
	return &HAT{
		Learner: &Learner{Sizes: c.Sizes, Hidden: c.HiddenActivation, Output: c.OutputActivation},
		Rule:    rule, Entry: c.UpdateEntry, GradientAt: c.GradientAt,
		SeesPreactivation: c.PostSeen == "preactivation", Shuffled: c.Pairing == PairingShuffled,
	}, nil
}

// labelMask is 1 for every training example that has a label, [N]. With label_draw=batch it is by position in the
// order of training, which [Trainer.Train] resolves; here all ones.
func (c *Config) labelMask(train *dataset.Set) []float32 {
	mask := make([]float32, train.N)
	var labelled []bool
	if c.LabelDraw == "example" {
		labelled = dataset.LabelMask(train.Y, train.Classes, c.LabelFraction, c.stream(streamLabels, 0).Rand)
	}
	for i := range mask {
		if labelled == nil || labelled[i] {
			mask[i] = 1
		}
	}
	return mask
}

// stepOn builds one step on the examples with the given indices [batch]; label is 1, or 0 for a batch whose labels are
// all hidden.
func (t *Trainer) stepOn(scope *model.Scope, x, y, mask, indices, label *Node) StepStats {
	rows := InsertAxes(indices, -1)
	return t.config.Step(scope, t.hat, Gather(x, rows), Gather(y, rows), Mul(Gather(mask, rows), label))
}

// singleGraph is one step in one call: indices [1, batch], labels [1] -> loss, local norm, step norm, each [1].
func (t *Trainer) singleGraph(scope *model.Scope, inputs []*Node) []*Node {
	x, y, mask, indices, labels := inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]
	s := t.stepOn(scope, x, y, mask, Reshape(indices, indices.Shape().Dimensions[1]), Reshape(labels))
	return []*Node{Reshape(s.Loss, 1), Reshape(s.LocalNorm, 1), Reshape(s.StepNorm, 1)}
}

// loopGraph is many steps in one call: indices [capacity, batch], labels [capacity], count [] -> loss, local norm, step
// norm, each [capacity], of which the first count are valid. The variables are the state of the loop.
func (t *Trainer) loopGraph(scope *model.Scope, inputs []*Node) []*Node {
	x, y, mask, indices, labels, count := inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], inputs[5]
	g := x.Graph()
	capacity, batch := indices.Shape().Dimensions[0], indices.Shape().Dimensions[1]
	var variables []*model.Variable
	var state []*Node
	for v := range t.store.IterVariables() {
		variables = append(variables, v)
		state = append(state, v.NodeValue(g))
	}
	const counters = 5 // step, number of steps, and the curves of loss, local norm and step norm
	curve := Const(g, tensors.FromScalarAndDimensions(float32(0), capacity))
	state = append([]*Node{Const(g, int32(0)), count, curve, curve, curve}, state...)

	parameters := func(g *Graph) []*Node {
		nodes := make([]*Node, len(state))
		for i, s := range state {
			nodes[i] = Parameter(g, fmt.Sprintf("state_%d", i), s.Shape())
		}
		return nodes
	}
	condition := newClosure(g, func(g *Graph) []*Node {
		p := parameters(g)
		return []*Node{LessThan(p[0], p[1])}
	})
	body := newClosure(g, func(g *Graph) []*Node {
		p := parameters(g)
		i, zero := p[0], Const(g, int32(0))
		for v := range variables {
			variables[v].SetNodeValue(p[counters+v])
		}
		rows := Reshape(DynamicSlice(indices, []*Node{i, zero}, []int{1, batch}), batch)
		label := Reshape(DynamicSlice(labels, []*Node{i}, []int{1}))
		s := t.stepOn(scope, x, y, mask, rows, label)
		next := []*Node{Add(i, Const(g, int32(1))), p[1]}
		for c, value := range []*Node{s.Loss, s.LocalNorm, s.StepNorm} {
			next = append(next, DynamicUpdateSlice(p[2+c], Reshape(value, 1), []*Node{i}))
		}
		for _, v := range variables {
			next = append(next, v.NodeValue(g))
		}
		return next
	})
	results := While(condition, body, state...)
	for v := range variables {
		variables[v].SetNodeValue(results[counters+v])
	}
	return results[2:counters]
}

// StepLog are the numbers of the steps of one call, in order.
type StepLog struct{ Loss, LocalNorm, StepNorm []float32 }

// Train takes steps: plan[s] are the indices of the examples of step s, all of one length, and labelled[s] is false
// when the whole batch is treated as unlabelled (nil: none is). It takes as many steps per call as the backend allows
// and stops, without an error, after the call in which the loss stopped being finite, see [Trainer.Diverged].
// progress, when not nil, is called after every call; when it returns an error Train stops and returns that.
func (t *Trainer) Train(plan [][]int32, labelled []bool, progress func(steps int, log StepLog) error) error {
	for start := 0; start < len(plan) && t.diverged == 0; {
		n := t.nextSteps(len(plan) - start)
		var flags []bool
		if labelled != nil {
			flags = labelled[start : start+n]
		}
		log, err := t.call(plan[start:start+n], flags)
		if err != nil {
			return err
		}
		start += n
		if progress != nil {
			if err := progress(n, log); err != nil {
				return err
			}
		}
	}
	return nil
}

// nextSteps is how many steps the next call takes: one where the backend cannot loop, or to measure.
func (t *Trainer) nextSteps(left int) int {
	n := t.config.StepsPerCall
	switch {
	case !t.loops || t.perStep == 0:
		n = 1
	case n == 0:
		n = int(callSeconds / t.perStep)
	}
	return max(1, min(n, left, maxStepsPerCall))
}

// call runs one graph execution.
func (t *Trainer) call(plan [][]int32, labelled []bool) (log StepLog, err error) {
	defer recoverTo(&err, "training step")
	steps, batch, capacity := len(plan), len(plan[0]), 1
	if t.loops {
		capacity = maxStepsPerCall
	}
	indices, labels := make([]int32, capacity*batch), make([]float32, capacity)
	for s, rows := range plan {
		copy(indices[s*batch:], rows)
		if labelled == nil || labelled[s] {
			labels[s] = 1
		}
	}
	arguments := []any{t.x, t.y, t.mask, tensors.FromFlatDataAndDimensions(indices, capacity, batch),
		tensors.FromFlatDataAndDimensions(labels, capacity)}
	if t.loops {
		arguments = append(arguments, tensors.FromScalar(int32(steps)))
	}
	compiled := t.perStep > 0
	start := time.Now()
	outputs, err := t.steps.Call(arguments...)
	if err != nil {
		return log, fmt.Errorf("training step after batch %d: %w", t.batches, err)
	}
	curves := make([][]float32, len(outputs))
	for i, o := range outputs {
		values, err := tensors.CopyFlatData[float32](o)
		if err != nil {
			return log, fmt.Errorf("reading the losses: %w", err)
		}
		curves[i] = values[:steps]
	}
	if seconds := time.Since(start).Seconds() / float64(steps); compiled || !t.loops {
		t.perStep = seconds
	} else {
		t.perStep = math.Max(seconds, callSeconds) // the first call compiles: measure again with one step
	}
	log = StepLog{curves[0], curves[1], curves[2]}
	for s, loss := range log.Loss {
		if t.diverged == 0 && !isFinite(loss) {
			t.diverged = t.batches + s + 1
		}
	}
	t.batches += steps
	return log, nil
}

// Close frees the compiled graphs; the trainer cannot be used afterwards.
func (t *Trainer) Close() {
	t.steps.Finalize()
	t.test.exec.Finalize()
}

// Diverged returns the number of the first batch whose loss was NaN or infinite, 0 for none.
func (t *Trainer) Diverged() int { return t.diverged }

// Batches returns how many batches the pair was trained on.
func (t *Trainer) Batches() int { return t.batches }

func isFinite[T float32 | float64](x T) bool {
	return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0)
}

// recoverTo turns a panic of graph-building code into an error that says what was being done.
func recoverTo(err *error, what string) {
	if failure := recover(); failure != nil {
		if e, ok := failure.(error); ok {
			*err = fmt.Errorf("%s: %w", what, e)
			return
		}
		*err = fmt.Errorf("%s: %v", what, failure)
	}
}
