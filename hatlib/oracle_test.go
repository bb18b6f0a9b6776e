package hatlib

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"github.com/hatlab/hatlab/hatlib/internal/oracle"
)

// bench is one small problem in float64, as variables of a store and as an oracle's net.
type bench struct {
	config Config
	hat    *HAT
	store  *model.Store
	net    *oracle.Net
	x      [][]float64
	labels []int
	mask   []float64
}

// benchConfigs are the presets at a size that loops can follow, and variants of every choice that changes a step.
func benchConfigs(t *testing.T) map[string]Config {
	t.Helper()
	configs := map[string]Config{}
	add := func(name, preset string, assignments ...string) {
		c, err := Preset(preset)
		if err != nil {
			t.Fatal(err)
		}
		// The rates of presets are so small that a wrong local update would hide in rounding; literal keeps its own.
		small := []string{"data=synthetic", "sizes=5-4-3-3", "meta_hidden=7", "batch=6"}
		if preset == "paper" || preset == "smoke" {
			small = append(small, "local_rate=0.3")
		}
		if preset == "released" {
			small = append(small, "local_rate=0.4")
		}
		if err := c.SetAll(append(small, assignments...)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		configs[name] = c
	}
	for _, preset := range Presets() {
		add(preset, preset)
	}
	add("before", "paper", "gradient_at=before")
	add("control", "paper", "rule=none")
	add("tanh, linear output, squared loss", "paper", "hidden_activation=tanh", "output_activation=linear", "loss=squared")
	add("sigmoid, M tanh", "paper", "hidden_activation=sigmoid", "output_activation=linear", "meta_activation=tanh", "gradient_at=before")
	add("M linear, preactivation", "paper", "meta_activation=linear", "post_seen=preactivation", "gradient_at=before")
	add("partly labelled", "paper", "label_fraction=0.5", "label_divisor=batch")
	add("after sigma, before", "released", "gradient_at=before", "output_activation=linear")
	add("inverse batch", "paper", "local_rate_schedule=inverse_batch", "optimizer=sgd", "lr_learner=0.1", "lr_meta=0.2")
	add("general vmap", "paper", "pair_kernel=general")
	add("general vmap, after sigma", "released", "pair_kernel=general", "gradient_at=before")
	add("one example", "paper", "granularity=example", "batch=1")
	add("shuffled", "paper", "pairing=shuffled")
	add("shuffled, preactivation, tanh", "paper", "pairing=shuffled", "post_seen=preactivation", "hidden_activation=tanh", "gradient_at=before")
	add("shuffled, after sigma", "released", "pairing=shuffled")
	add("noise", "paper", "local_update=noise", "seed=5")
	add("noise, before, general vmap", "paper", "local_update=noise", "gradient_at=before", "pair_kernel=general")
	add("noise, after sigma", "released", "local_update=noise", "gradient_at=before", "output_activation=linear")
	add("cosine", "paper", "lr_schedule=cosine", "epochs=4")
	add("linear, SGD, partly labelled", "paper", "lr_schedule=linear", "epochs=4", "optimizer=sgd", "lr_learner=0.1", "lr_meta=0.2", "label_fraction=0.5")
	add("two gradient steps", "paper", "rule=none", "gradient_steps=2", "lr_learner=0.01")
	add("three gradient steps, linear", "paper", "rule=none", "gradient_steps=3", "lr_schedule=linear", "epochs=4", "label_fraction=0.5", "optimizer=sgd", "lr_learner=0.1")
	add("one hidden unit of M", "paper", "meta_hidden=1", "sizes=3-1-2")
	return configs
}

// goOnly are variants of variants.
var goOnly = map[string]bool{"shuffled, preactivation, tanh": true, "noise, before, general vmap": true, "three gradient steps, linear": true}

// newBench draws a problem from a seed.
func newBench(t *testing.T, be compute.Backend, c Config) *bench {
	t.Helper()
	hat, err := c.newHAT()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{config: c, hat: hat, store: model.NewStore()}
	scope := b.store.RootScope()
	if err := hat.Learner.Init(scope.At(learnerScope), c.Init, newStream(11, streamLearner, armHAT, 0)); err != nil {
		t.Fatal(err)
	}
	if m, ok := hat.Rule.(*MetaLearner); ok {
		if err := m.Init(scope.At(metaScope), c.MetaInit, 1, newStream(12, streamMeta, armHAT, 0)); err != nil {
			t.Fatal(err)
		}
	}
	for v := range b.store.IterVariables() { // in float64, so that the comparison is not with rounding
		a, err := arrayOf(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.SetValue(tensors.FromFlatDataAndDimensions(wide(a.Values), a.Shape...)); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range c.scalars(c.Batch) {
		scope.VariableWithValue(name, value).SetTrainable(false)
	}
	c.createOptimizerState(be, scope.At(learnerScope), c.LRLearner)
	if c.Rule == "meta" {
		c.createOptimizerState(be, scope.At(metaScope), c.LRMeta)
	}
	b.net = b.toOracle(t)
	b.draw(13)
	return b
}

// draw makes a new batch. Some inputs are 0, as pixels are.
func (b *bench) draw(seed int64) {
	stream := newStream(seed, streamOrder, armHAT, 0)
	b.x, b.labels, b.mask = nil, nil, nil
	for e := range b.config.Batch {
		row := make([]float64, b.config.Sizes[0])
		for i := range row {
			row[i] = max(0, stream.Float64()*1.5-0.5)
		}
		b.x = append(b.x, row)
		b.labels = append(b.labels, stream.IntN(b.config.Sizes[len(b.config.Sizes)-1]))
		label := 1.0
		if b.config.LabelFraction < 1 && e%2 == 1 {
			label = 0
		}
		b.mask = append(b.mask, label)
	}
}

// toOracle reads the variables into an oracle's net.
func (b *bench) toOracle(t *testing.T) *oracle.Net {
	c := b.config
	n := &oracle.Net{Hidden: string(c.HiddenActivation), Output: string(c.OutputActivation), Loss: c.Loss, Entry: c.UpdateEntry,
		GradientAt: c.GradientAt, Preactivation: c.PostSeen == "preactivation", Divisor: c.LabelDivisor, Rate: c.LocalRate,
		Shuffled: c.Pairing == PairingShuffled}
	if c.LocalUpdate == LocalUpdateNoise {
		n.Noise = &oracle.Noise{Seed: uint32(c.noiseSeed())}
	}
	w, bias := b.hat.Learner.variables(b.store.RootScope().At(learnerScope))
	for l := range w {
		n.W = append(n.W, rowsOf(value64(t, w[l]), c.Sizes[l]))
		n.B = append(n.B, value64(t, bias[l]))
	}
	if c.Rule == "meta" {
		theta := b.theta(t)
		n.Rule = &oracle.Meta{A: theta[0], B: theta[1], C: theta[2], D: theta[3], M: theta[4], E: theta[5][0],
			Activation: string(c.MetaActivation)}
	}
	return n
}

func (b *bench) theta(t *testing.T) [][]float64 {
	var theta [][]float64
	for _, name := range thetaNames {
		theta = append(theta, value64(t, b.store.RootScope().At(metaScope).GetVariable(name)))
	}
	return theta
}

// arguments are x, labels and mask as tensors.
func (b *bench) arguments() []any {
	labels := make([]int32, len(b.labels))
	for i, y := range b.labels {
		labels[i] = int32(y)
	}
	return []any{tensors.FromFlatDataAndDimensions(flat(b.x), len(b.x), len(b.x[0])), labels, b.mask}
}

// newStep compiles one step, which returns loss, gradients of L in order, then of M.
func (b *bench) newStep(be compute.Backend) func() [][]float64 {
	exec := model.MustNewExec(be, b.store, func(scope *model.Scope, inputs []*Node) []*Node {
		stats := b.config.Step(scope, b.hat, inputs[0], inputs[1], inputs[2])
		return append([]*Node{stats.Loss}, stats.gradients...)
	})
	return func() [][]float64 {
		var values [][]float64
		for _, o := range exec.MustCall(b.arguments()...) {
			values = append(values, tensors.MustCopyFlatData[float64](o))
		}
		return values
	}
}

// oracleGradients lays the oracle's result out as gradients does.
func oracleGradients(r oracle.Result) [][]float64 {
	values := [][]float64{{r.Loss}}
	for l := range r.W {
		values = append(values, flat(r.W[l]), r.B[l])
	}
	if m := r.Rule; m != nil {
		values = append(values, m.A, m.B, m.C, m.D, m.M, []float64{m.E})
	}
	return values
}

// TestStepEqualsOracle lays three HAT steps beside the oracle: loss, all gradients, every weight kept after line 5 and
// every new weight, for every preset and every choice that changes a step. The gradients of the first step also equal
// finite differences.
func TestStepEqualsOracle(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for name, c := range benchConfigs(t) {
			t.Run(name, func(t *testing.T) {
				if goOnly[name] && canLoop(be) {
					t.Skip("compiling takes long, and another variant shows this backend")
				}
				b := newBench(t, be, c)
				step := b.newStep(be)
				optimizers := map[string]*oracle.Adam{}
				for batch := range 3 {
					b.draw(int64(20 + batch))
					b.net.Rate = c.LocalRate
					if b.net.Noise != nil {
						b.net.Noise.Batch = uint32(batch + 1)
					}
					if c.LocalRateSchedule == "inverse_batch" {
						b.net.Rate /= float64(batch + 1)
					}
					expected := b.net.Step(b.x, b.labels, b.mask)
					got := step()
					compareAll(t, fmt.Sprintf("batch %d loss and gradients", batch), got, oracleGradients(expected), 1e-9)
					if batch == 0 && c.GradientAt != GradientInPlace {
						compareAll(t, "finite differences", got[1:], b.finiteDifferences(), 1e-6)
					}
					factor := oracle.Schedule(c.LRSchedule, batch, int(c.Epochs))
					b.oracleUpdate(expected, optimizers, factor)
					for range c.GradientSteps - 1 {
						b.oracleUpdate(b.net.Step(b.x, b.labels, b.mask), optimizers, factor)
					}
					after := b.toOracle(t)
					for l := range after.W {
						compareAll(t, fmt.Sprintf("batch %d layer %d", batch, l), [][]float64{flat(after.W[l]), after.B[l]},
							[][]float64{flat(b.net.W[l]), b.net.B[l]}, 1e-7)
					}
					if after.Rule != nil {
						compareAll(t, fmt.Sprintf("batch %d M", batch), b.theta(t),
							[][]float64{b.net.Rule.A, b.net.Rule.B, b.net.Rule.C, b.net.Rule.D, b.net.Rule.M, {b.net.Rule.E}}, 1e-7)
					}
				}
			})
		}
	})
}

// oracleUpdate keeps line 5 and applies the optimizer, with the factor of its schedule, to the oracle's net.
func (b *bench) oracleUpdate(r oracle.Result, optimizers map[string]*oracle.Adam, factor float64) {
	apply := func(name string, rate float64, values, gradient []float64) {
		rate *= factor
		if b.config.Optimizer == "sgd" {
			for i := range values {
				values[i] -= rate * gradient[i]
			}
			return
		}
		if optimizers[name] == nil {
			optimizers[name] = &oracle.Adam{Epsilon: b.config.AdamEpsilon}
		}
		optimizers[name].Rate = rate
		optimizers[name].Step(values, gradient)
	}
	for l := range b.net.W {
		values := flat(r.Updated[l])
		apply(fmt.Sprint("w", l), b.config.LRLearner, values, flat(r.W[l]))
		b.net.W[l] = rowsOf(values, b.config.Sizes[l])
		apply(fmt.Sprint("b", l), b.config.LRLearner, b.net.B[l], r.B[l])
	}
	if m := b.net.Rule; m != nil {
		apply("a", b.config.LRMeta, m.A, r.Rule.A)
		apply("b", b.config.LRMeta, m.B, r.Rule.B)
		apply("c", b.config.LRMeta, m.C, r.Rule.C)
		apply("d", b.config.LRMeta, m.D, r.Rule.D)
		apply("m", b.config.LRMeta, m.M, r.Rule.M)
		e := []float64{m.E}
		apply("e", b.config.LRMeta, e, []float64{r.Rule.E})
		m.E = e[0]
	}
}

// finiteDifferences are central differences of the oracle's loss, laid out as the gradients: with gradient_at=before the
// weights before line 5 are moved, with after the weights after it. in_place is not the gradient of a function. Noise is held as it is without the
// differences, and M's derivatives are those of a step with its own updates.
func (b *bench) finiteDifferences() [][]float64 {
	const h = 1e-6
	net := b.net
	if net.Noise != nil {
		net = net.Drawn(b.x)
	}
	derivative := func(at *float64) float64 {
		kept := *at
		*at = kept + h
		above := net.Step(b.x, b.labels, b.mask).Loss
		*at = kept - h
		below := net.Step(b.x, b.labels, b.mask).Loss
		*at = kept
		return (above - below) / (2 * h)
	}
	all := func(values []float64) []float64 {
		d := make([]float64, len(values))
		for i := range values {
			d[i] = derivative(&values[i])
		}
		return d
	}
	net.Offsets = make([][][]float64, len(b.net.W))
	for l, w := range b.net.W {
		net.Offsets[l] = rowsOf(make([]float64, len(w)*len(w[0])), len(w[0]))
	}
	defer func() { b.net.Offsets = nil }()
	var d [][]float64
	for l := range b.net.W {
		rows := b.net.W[l]
		if b.config.GradientAt == GradientAfter {
			rows = net.Offsets[l]
		}
		var w []float64
		for _, row := range rows {
			w = append(w, all(row)...)
		}
		d = append(d, w, all(b.net.B[l]))
	}
	net = b.net.WithoutNoise()
	if m := b.net.Rule; m != nil {
		d = append(d, all(m.A), all(m.B), all(m.C), all(m.D), all(m.M), []float64{derivative(&m.E)})
	}
	return d
}

// compareAll fails where max |a-b| exceeds tolerance times max |b| of a tensor (or of 1e-3, for tensors of zeros).
func compareAll(t *testing.T, what string, got, expected [][]float64, tolerance float64) {
	t.Helper()
	if len(got) != len(expected) {
		t.Fatalf("%s: %d tensors, expected %d", what, len(got), len(expected))
	}
	for i := range got {
		if len(got[i]) != len(expected[i]) {
			t.Fatalf("%s: tensor %d has %d values, expected %d", what, i, len(got[i]), len(expected[i]))
		}
		if e := relativeError(got[i], expected[i]); !(e <= tolerance) {
			t.Errorf("%s: tensor %d differs by %.3g, tolerance %.3g\n got      %.8v\n expected %.8v", what, i, e, tolerance, got[i], expected[i])
		}
	}
}

// relativeError is max |a-b| / max |b|, with a floor of 1e-3 under the divisor.
func relativeError(a, b []float64) float64 {
	difference, size := 0.0, 1e-3
	for i := range a {
		d := math.Abs(a[i] - b[i])
		if math.IsNaN(d) {
			return math.NaN()
		}
		difference, size = math.Max(difference, d), math.Max(size, math.Abs(b[i]))
	}
	return difference / size
}

func value64(t *testing.T, v *model.Variable) []float64 {
	t.Helper()
	return tensors.MustCopyFlatData[float64](v.MustValue())
}

func flat(rows [][]float64) []float64 {
	var values []float64
	for _, row := range rows {
		values = append(values, row...)
	}
	return values
}

func rowsOf(values []float64, width int) [][]float64 {
	var rows [][]float64
	for start := 0; start < len(values); start += width {
		rows = append(rows, append([]float64{}, values[start:start+width]...))
	}
	return rows
}

func wide(values []float32) []float64 {
	w := make([]float64, len(values))
	for i, v := range values {
		w[i] = float64(v)
	}
	return w
}
