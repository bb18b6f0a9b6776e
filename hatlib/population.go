package hatlib

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Population is P pairs (L_i, M_i) in training in one graph, each with its own seeds, order of examples, labels, local rate
// and learning curve. They share nothing but the data, so member i gives what it would give alone, to rounding; a member
// that diverges does not disturb the others. Every variable has a leading axis P; a population of one has none.
type Population struct {
	members []*Trainer
	config  Config // what the compiled step depends on, and what all members share
	hat     *HAT
	backend compute.Backend
	store   *model.Store

	data *dataset.Set
	x, y *tensors.Tensor // the training data, resident on the device
	test *evaluator

	initialized []*model.Variable // state of the optimizer and of rules, which an initializer makes
	states      []Arrays          // of the members, once somebody has asked for them; nil after a change

	dataChecksum string // of the training and the test set, once a checkpoint has asked for it

	steps *model.Exec
	loops bool // many steps in one call
	// stepLoops: a step has a loop of its own, as the general vmap in chunks. GoMLX v0.28.2 makes no loop inside of a loop.
	stepLoops bool
	perStep   float64 // seconds, of the last call
	batches   int     // steps so far
}

// maxStepsPerCall is the capacity of a compiled loop; how many of them a call takes is an argument.
const maxStepsPerCall = 1024

// callSeconds is how long one call should last, so that progress, interrupts and divergence stay live.
const callSeconds = 0.4

// NewPopulation makes L and M of every configuration, with its seeds, on backend be, and puts the data on the device. The
// configurations may differ in what [Population.Reset] may change, except for the points of the learning curve: members are
// measured together. train may be shortened by Config.Examples. It returns an error when a configuration is not valid, does
// not fit the others or the data, or when its rule keeps something that has no place for every member.
func NewPopulation(be compute.Backend, configs []Config, train, test *dataset.Set) (p *Population, err error) {
	config, err := sharedConfig(configs)
	if err != nil {
		return nil, err
	}
	hat, err := config.newHAT()
	if err != nil {
		return nil, err
	}
	if train, err = config.trainingSet(train, test); err != nil {
		return nil, err
	}
	defer recoverTo(&err, "building the training step")

	p = &Population{config: config, hat: hat, backend: be, store: model.NewStore(), data: train}
	for i := range configs {
		p.members = append(p.members, &Trainer{population: p, index: i})
	}
	scale := inputScale(config.Inputs, train)
	p.x = scale.tensor(train)
	p.y = tensors.FromFlatDataAndDimensions(train.Y, train.N)
	if p.test, err = newEvaluator(p, scale, test); err != nil {
		return nil, err
	}
	if err := p.Reset(configs); err != nil {
		return nil, err
	}
	if err := p.createState(); err != nil {
		return nil, err
	}
	p.loops = canLoop(be) && config.StepsPerCall != 1 && !p.stepLoops
	if p.loops {
		p.steps, err = model.NewExec(be, p.store, p.loopGraph)
	} else {
		p.steps, err = model.NewExec(be, p.store, p.singleGraph)
	}
	if err != nil {
		return nil, fmt.Errorf("building the training step: %w", err)
	}
	return p, nil
}

// sharedConfig is what the configurations of a population share: the first of them, with the smallest label fraction. It
// is an error when they differ in a field that the compiled step depends on, or in the points of their curves.
func sharedConfig(configs []Config) (Config, error) {
	if len(configs) == 0 {
		return Config{}, fmt.Errorf("a population needs at least one configuration")
	}
	shared := configs[0]
	for i, c := range configs {
		if err := c.Validate(); err != nil {
			return Config{}, err
		}
		if field := c.differenceBut(shared, resettable); field != "" {
			return Config{}, fmt.Errorf("members 0 and %d of a population differ in %s; train them apart", i, field)
		}
		if c.Epochs != shared.Epochs || c.EvalEvery != shared.EvalEvery || c.Curve != shared.Curve {
			return Config{}, fmt.Errorf("members 0 and %d of a population are measured at other points: epochs %v and %v, eval_every %v and %v, curve %s and %s; train them apart",
				i, shared.Epochs, c.Epochs, shared.EvalEvery, c.EvalEvery, shared.Curve, c.Curve)
		}
		shared.LabelFraction = min(shared.LabelFraction, c.LabelFraction)
	}
	return shared, nil
}

// trainingSet returns the examples that are trained on, or an error when the data do not fit the configuration.
func (c *Config) trainingSet(train, test *dataset.Set) (*dataset.Set, error) {
	if train == nil {
		return nil, fmt.Errorf("training on %s needs its training split", c.Data)
	}
	if c.Examples > train.N {
		return nil, fmt.Errorf("examples: %d asked for, %s has %d", c.Examples, train.Name, train.N)
	}
	if c.Examples > 0 {
		train = train.Head(c.Examples)
	}
	sizes := c.Sizes
	for _, set := range []*dataset.Set{train, test} {
		if set.Features != sizes[0] || set.Classes != sizes[len(sizes)-1] {
			return nil, fmt.Errorf("sizes %s do not fit %s, which has %d features and %d classes",
				sizes, set.Name, set.Features, set.Classes)
		}
	}
	if train.N < c.BatchSize() {
		return nil, fmt.Errorf("batch: %d examples asked for, the training set has %d", c.BatchSize(), train.N)
	}
	return train, nil
}

// Members are the pairs, in the order of their configurations.
func (p *Population) Members() []*Trainer { return p.members }

// Reset starts anew with other seeds, other rates or label fractions, without compiling again: a population like one
// that [NewPopulation] makes from configs, which must be as many. It returns an error, and changes nothing, when another
// field differs that the compiled step depends on; epochs and points of the curve may differ.
func (p *Population) Reset(configs []Config) error {
	if len(configs) != len(p.members) {
		return fmt.Errorf("a population of %d cannot be reset to one of %d; make a new one", len(p.members), len(configs))
	}
	shared, err := sharedConfig(configs)
	if err != nil {
		return err
	}
	field := shared.differenceBut(p.config, resettable)
	if field == "" && (shared.LabelFraction == 1) != (p.config.LabelFraction == 1) {
		field = "label_fraction (all labelled, or not)"
	}
	if field != "" {
		return fmt.Errorf("a trainer cannot be reset to a configuration with another %s; make a new one", field)
	}
	starts := make([]*model.Store, len(configs))
	for i := range configs {
		if starts[i], err = p.start(&configs[i]); err != nil {
			return err
		}
	}
	p.config, p.batches, p.states = shared, 0, nil
	for _, v := range p.initialized {
		if err := v.SetValue(nil); err != nil { // the next call gives it its first value again
			return fmt.Errorf("resetting %s: %w", v.Path(), err)
		}
	}
	for v := range starts[0].IterVariables() {
		var values []float32
		for _, start := range starts {
			a, err := arrayOf(start.GetVariable(v.Path()))
			if err != nil {
				return err
			}
			values = append(values, a.Values...)
		}
		scope := p.store.Scope(v.Scope())
		if err := assign(scope, v.Name(), values, p.dims(v.Shape().Dimensions...)...); err != nil {
			return err
		}
		scope.GetVariable(v.Name()).SetTrainable(v.Trainable)
	}
	for i, t := range p.members {
		t.config, t.batches, t.diverged, t.left = configs[i], 0, 0, nil
		t.labels = t.config.labelMask(p.data)
	}
	return nil
}

// start makes the variables of one pair, with their first values: L's and M's from their streams, the meta-parameters of any
// other rule as its own Init makes them, and the counters.
func (p *Population) start(c *Config) (*model.Store, error) {
	store := model.NewStore()
	scope := store.RootScope()
	if err := p.hat.Learner.Init(scope.At(learnerScope), c.Init, c.stream(streamLearner, 0)); err != nil {
		return nil, err
	}
	switch r := p.hat.Rule.(type) {
	case *MetaLearner:
		if err := r.Init(scope.At(metaScope), c.MetaInit, c.MetaInitScale, c.stream(streamMeta, 0)); err != nil {
			return nil, err
		}
	case interface{ Init(scope *model.Scope) }:
		r.Init(scope.At(metaScope))
	}
	for name, value := range c.scalars(p.data.N) {
		if err := assign(scope, name, []float32{float32(value)}); err != nil {
			return nil, err
		}
		scope.GetVariable(name).SetTrainable(false)
	}
	return store, nil
}

// dims puts the population axis, when there is one, before the dimensions of one member.
func (p *Population) dims(member ...int) []int {
	if len(p.members) == 1 {
		return member
	}
	return append([]int{len(p.members)}, member...)
}

// createState builds one step in a graph that is never run, so that every variable exists: the optimizer and rules make
// theirs when they are first used, and a loop cannot create variables in its body.
func (p *Population) createState() error {
	g := NewGraph(p.backend, "state")
	defer g.Finalize()
	model.SetStore(g, p.store)
	batch := p.config.BatchSize()
	x := Parameter(g, "x", shapes.Make(p.x.DType(), p.dims(batch, p.config.Sizes[0])...))
	labels := Parameter(g, "labels", shapes.Make(p.y.DType(), p.dims(batch)...))
	mask := Parameter(g, "mask", shapes.Make(p.x.DType(), p.dims(batch)...))
	p.config.Step(p.store.RootScope(), p.hat, x, labels, mask)
	p.stepLoops = slices.ContainsFunc(g.Nodes(), func(n *Node) bool { return n.Type() == NodeTypeWhile })
	for v := range p.store.IterVariables() {
		if axes := v.Shape().Dimensions; len(p.members) > 1 && (len(axes) == 0 || axes[0] != len(p.members)) {
			return fmt.Errorf("rule %q keeps %s %v, which has no place for each of %d members: train them one by one",
				p.config.Rule, v.Path(), axes, len(p.members))
		}
		if !v.HasValue() {
			p.initialized = append(p.initialized, v)
		}
	}
	return nil
}

// stepOn builds one step on the examples with the given indices, of which mask is 1 for those that have a label.
func (p *Population) stepOn(scope *model.Scope, x, y, indices, mask *Node) StepStats {
	rows := InsertAxes(indices, -1)
	return p.config.Step(scope, p.hat, Gather(x, rows), Gather(y, rows), mask)
}

// In the shapes of the two graphs the population axis P is left out where there is one member.

// singleGraph is one step in one call: indices and mask [1, P, batch] -> loss, local norm, step norm, each [1, P].
func (p *Population) singleGraph(scope *model.Scope, inputs []*Node) []*Node {
	x, y, indices, mask := inputs[0], inputs[1], inputs[2], inputs[3]
	s := p.stepOn(scope, x, y, Squeeze(indices, 0), Squeeze(mask, 0))
	return []*Node{InsertAxes(s.Loss, 0), InsertAxes(s.LocalNorm, 0), InsertAxes(s.StepNorm, 0)}
}

// loopGraph is many steps in one call: indices and mask [capacity, P, batch], count [] -> loss, local norm, step norm, each
// [capacity, P], of which the first count are valid. The variables are the state of the loop.
func (p *Population) loopGraph(scope *model.Scope, inputs []*Node) []*Node {
	x, y, indices, mask, count := inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]
	g := x.Graph()
	capacity, one := indices.Shape().Dimensions[0], indices.Shape().Clone().Dimensions
	one[0] = 1
	var variables []*model.Variable
	var state []*Node
	for v := range p.store.IterVariables() {
		variables = append(variables, v)
		state = append(state, v.NodeValue(g))
	}
	const counters = 5 // step, number of steps, and the curves of loss, local norm and step norm
	curve := Const(g, tensors.FromScalarAndDimensions(float32(0), append([]int{capacity}, p.dims()...)...))
	state = append([]*Node{Const(g, int32(0)), count, curve, curve, curve}, state...)

	parameters := func(g *Graph) []*Node {
		nodes := make([]*Node, len(state))
		for i, s := range state {
			nodes[i] = Parameter(g, fmt.Sprintf("state_%d", i), s.Shape())
		}
		return nodes
	}
	condition := newClosure(g, func(g *Graph) []*Node {
		s := parameters(g)
		return []*Node{LessThan(s[0], s[1])}
	})
	body := newClosure(g, func(g *Graph) []*Node {
		before := parameters(g)
		i, zero := before[0], Const(g, int32(0))
		for v := range variables {
			variables[v].SetNodeValue(before[counters+v])
		}
		at := append([]*Node{i}, slices.Repeat([]*Node{zero}, len(one)-1)...)
		s := p.stepOn(scope, x, y, Squeeze(DynamicSlice(indices, at, one), 0), Squeeze(DynamicSlice(mask, at, one), 0))
		next := []*Node{Add(i, Const(g, int32(1))), before[1]}
		for c, value := range []*Node{s.Loss, s.LocalNorm, s.StepNorm} {
			next = append(next, DynamicUpdateSlice(before[2+c], InsertAxes(value, 0), at[:len(at)-1]))
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

// train takes the steps of plans, one plan for each member, all of one length. It takes as many steps per call as the
// backend allows and stops, without an error, after the call in which the last member diverged. progress, when not nil,
// is called after every call with a log for each member; those of members that had diverged before are empty. When it
// returns an error train stops and returns that.
func (p *Population) train(plans []plan, progress func(steps int, logs []StepLog) error) error {
	for start := 0; start < len(plans[0].steps) && !p.allDiverged(); {
		n := p.nextSteps(plans[0].steps[start:])
		part := make([]plan, len(plans))
		for i := range plans {
			part[i] = plans[i].between(start, start+n)
		}
		logs, err := p.call(part)
		if err != nil {
			return err
		}
		start += n
		if progress != nil {
			if err := progress(n, logs); err != nil {
				return err
			}
		}
	}
	return nil
}

// allDiverged reports whether there is nobody left to train.
func (p *Population) allDiverged() bool {
	return !slices.ContainsFunc(p.members, func(t *Trainer) bool { return t.diverged == 0 })
}

// nextSteps is how many steps the next call takes: one where the backend cannot loop, or to measure. The batches of a call
// have one size.
func (p *Population) nextSteps(steps [][]int32) int {
	n := p.config.StepsPerCall
	switch {
	case !p.loops || p.perStep == 0:
		n = 1
	case n == 0:
		n = int(callSeconds / p.perStep)
	}
	size := len(steps[0])
	if k := slices.IndexFunc(steps, func(batch []int32) bool { return len(batch) != size }); k > 0 {
		steps = steps[:k]
	}
	return max(1, min(n, len(steps), maxStepsPerCall))
}

// call runs one graph execution.
func (p *Population) call(plans []plan) (logs []StepLog, err error) {
	defer recoverTo(&err, "training step")
	members, steps, batch, capacity := len(plans), len(plans[0].steps), len(plans[0].steps[0]), 1
	if p.loops {
		capacity = maxStepsPerCall
	}
	indices, mask := make([]int32, capacity*members*batch), make([]float32, capacity*members*batch)
	for i, t := range p.members {
		for s, rows := range plans[i].steps {
			at := (s*members + i) * batch
			copy(indices[at:], rows)
			if plans[i].labelled == nil || plans[i].labelled[s] {
				for k, row := range rows {
					mask[at+k] = t.labels[row]
				}
			}
		}
	}
	dims := append([]int{capacity}, p.dims(batch)...)
	arguments := []any{p.x, p.y, tensors.FromFlatDataAndDimensions(indices, dims...), tensors.FromFlatDataAndDimensions(mask, dims...)}
	if p.loops {
		arguments = append(arguments, tensors.FromScalar(int32(steps)))
	}
	compiled := p.perStep > 0
	p.states = nil
	start := time.Now()
	outputs, err := p.steps.Call(arguments...)
	if err != nil {
		return nil, fmt.Errorf("training step after batch %d: %w", p.batches, err)
	}
	curves := make([][]float32, len(outputs))
	for i, o := range outputs {
		if curves[i], err = tensors.CopyFlatData[float32](o); err != nil {
			return nil, fmt.Errorf("reading the losses: %w", err)
		}
	}
	if seconds := time.Since(start).Seconds() / float64(steps); compiled || !p.loops {
		p.perStep = seconds
	} else {
		p.perStep = math.Max(seconds, callSeconds) // the first call compiles: measure again with one step
	}
	p.batches += steps
	return p.logs(curves, steps)
}

// logs takes the curves [capacity, P] of a call apart and finds out who has diverged.
func (p *Population) logs(curves [][]float32, steps int) ([]StepLog, error) {
	logs := make([]StepLog, len(p.members))
	for i, t := range p.members {
		if t.diverged > 0 {
			continue
		}
		var own [3][]float32
		for c := range own {
			own[c] = make([]float32, steps)
			for s := range own[c] {
				own[c][s] = curves[c][s*len(p.members)+i]
			}
		}
		logs[i] = StepLog{own[0], own[1], own[2]}
		if s := slices.IndexFunc(own[0], func(loss float32) bool { return !isFinite(loss) }); s >= 0 {
			t.diverged = t.batches + s + 1
			if len(p.members) > 1 {
				states, err := p.memberStates()
				if err != nil {
					return nil, err
				}
				t.left = states[i]
			}
		}
		t.batches += steps
	}
	return logs, nil
}

// Close frees the compiled graphs; the population cannot be used afterwards.
func (p *Population) Close() {
	p.steps.Finalize()
	p.test.exec.Finalize()
}

// TrainFor trains for about the given time and returns how many steps it took. It is for measuring: the first call compiles, and
// the members are left somewhere, so [Population.Reset] before a run.
func (p *Population) TrainFor(ctx context.Context, during time.Duration) (steps int, err error) {
	plans := make([]plan, len(p.members))
	for i, t := range p.members {
		plans[i] = t.config.plan(p.data.N, 0)
	}
	start, enough := time.Now(), errors.New("enough")
	for err == nil {
		err = p.train(plans, func(n int, _ []StepLog) error {
			if steps += n; time.Since(start) >= during {
				return enough
			}
			return ctx.Err()
		})
		if err == nil && p.allDiverged() {
			err = p.Reset(p.configs())
		}
	}
	if !errors.Is(err, enough) {
		return steps, err
	}
	return steps, nil
}

// configs are those of the members.
func (p *Population) configs() []Config {
	configs := make([]Config, len(p.members))
	for i, t := range p.members {
		configs[i] = t.config
	}
	return configs
}
