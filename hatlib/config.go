package hatlib

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Config holds every choice of a run: those that the paper makes, and those that it leaves open. Each field has a name
// for `--set name=value` (its json tag), the values that it may take, and the reason for its value in the presets
// (`go run ./scripts/hatlab config` prints them all). The table of choices is in the design notes of the README.
//
// Start from [Preset]; the zero Config is not valid.
type Config struct {
	// Data and order.

	Data     string `json:"data" why:"the paper names Fashion-MNIST; the authors' released code uses MNIST, of which often only the test split is at hand"`
	Examples int    `json:"examples" why:"number of training examples, the first in file order; 0 takes all"`
	Shuffle  bool   `json:"shuffle" why:"a new order of the examples in every epoch; false keeps file order, to compare with another program batch by batch"`
	Inputs   string `json:"inputs" oneof:"unit|standard" why:"unit keeps pixels in [0,1] as the released code does (the number of dead units depends on it); standard subtracts the training mean and divides by the training deviation"`

	// Learner L.

	Sizes            Sizes      `json:"sizes" why:"units per layer, inputs first: 784-183 are appendix A's example, 784-183-43-10 the released code"`
	HiddenActivation Activation `json:"hidden_activation" oneof:"relu|tanh|sigmoid|linear" why:"sigma of the hidden layers: the paper does not say, the released code uses ReLU"`
	OutputActivation Activation `json:"output_activation" oneof:"relu|tanh|sigmoid|linear" why:"line 6 applies sigma to every layer, the last one too, and the released code puts ReLU on the logits; such units can die, linear ones cannot"`
	Loss             string     `json:"loss" oneof:"cross_entropy|squared" why:"H on v_L: the paper does not say, the released code uses softmax cross-entropy; squared compares v_L with the one-hot label"`
	Init             Init       `json:"init" oneof:"uniform_fan_in|glorot|he" why:"initialisation of L: the paper does not say, the released code uses PyTorch's default, uniform in +-1/sqrt(fan_in) for weights and biases"`

	// Rule.

	Rule           string     `json:"rule" why:"meta is M; none is the control, backpropagation only; others are fixed rules"`
	RuleSlope      float64    `json:"rule_slope" why:"rich_get_richer only: slope on v_j, 2 in the paper's section 4"`
	RuleIntercept  float64    `json:"rule_intercept" why:"rich_get_richer only: intercept, 0 in the paper; the authors' data give 2.13 v_j - 0.42"`
	MetaHidden     int        `json:"meta_hidden" why:"H of M 3-H-1: 100 in the paper, 50 in the released code"`
	MetaActivation Activation `json:"meta_activation" oneof:"relu|tanh|linear" why:"appendix A uses ReLU"`
	MetaInit       Init       `json:"meta_init" oneof:"uniform_fan_in|glorot|he" why:"initialisation of M: as for L"`
	MetaInitScale  float64    `json:"meta_init_scale" why:"multiplies M's output layer at the start: 1 changes nothing, 0 starts from the rule that does nothing"`
	MetaHorizon    int        `json:"meta_horizon" why:"batches through which M's gradient flows: 1 in paper and released code (stored weights of earlier batches are constants); 0 leaves M as it was initialised"`

	// Local update, line 5.

	Granularity       string  `json:"granularity" oneof:"batch|example" why:"appendix A averages over the batch, TRAIN-EXAMPLE takes one example; example trains on batches of one"`
	LocalRate         float64 `json:"local_rate" why:"multiplies M's update: Algorithm 1 has none (1), which diverges; the paper preset's value comes from a sweep, see the README"`
	LocalRateSchedule string  `json:"local_rate_schedule" oneof:"constant|inverse_batch" why:"inverse_batch divides the rate by the number of the batch, as the released code does"`
	UpdateEntry       string  `json:"update_entry" oneof:"weights|after_sigma" why:"weights is lines 5 and 6: the batch mean enters W, activities are recomputed through sigma; after_sigma is the released code: sigma(Wv+b) + sum_i v_i dw_ij per example, and the batch mean is stored"`
	GradientAt        string  `json:"gradient_at" oneof:"after|before|in_place" why:"the W that gradient and step refer to: after line 5 by line 9, before it by section 2.2 (the step is applied to the updated W either way); in_place is what overwriting W before the backward pass computes in the released code, not the gradient of any function"`
	PostSeen          string  `json:"post_seen" oneof:"activity|preactivation" why:"the v_j that M sees: vhat = sigma(Wv+b) of line 4, or Wv+b"`
	Pairing           string  `json:"pairing" oneof:"example|shuffled" why:"example shows M v_i and v_j of one example; shuffled shows it every v_i with the v_j of the next example of the batch: both keep their distributions and lose their relation, which tells whether M needs it"`
	LocalUpdate       string  `json:"local_update" oneof:"rule|noise" why:"noise puts normal noise of the same norm in the place of the rule's update of each layer, which tells whether its direction matters; M goes on learning from what its own update would have done"`

	// Optimizer A.

	Batch       int     `json:"batch" why:"50 is appendix A's example and the released code's"`
	ShortBatch  string  `json:"short_batch" oneof:"drop|keep" why:"a last batch with fewer examples: the released code drops it"`
	Optimizer   string  `json:"optimizer" oneof:"adam|sgd" why:"A is not named in the paper; the released code uses Adam"`
	LRLearner   float64 `json:"lr_learner" why:"rate of A for L: 1e-3 in the released code"`
	LRMeta      float64 `json:"lr_meta" why:"rate of A for M: 1e-3 in the released code"`
	LRSchedule  string  `json:"lr_schedule" oneof:"constant|cosine|linear" why:"factor on both rates of A along the run, from 1 to 0 where it is not constant: (1 + cos(pi t))/2 or 1 - t at the share t of the run's batches; constant in the released code"`
	AdamEpsilon float64 `json:"adam_epsilon" why:"PyTorch's default, 1e-8"`

	GradientSteps int `json:"gradient_steps" why:"steps of A on each batch: 2 gives the control (rule none) as many updates of L as HAT makes, one of the paper's explanations of its gain; a rule takes one"`

	// Labels.

	LabelFraction float64 `json:"label_fraction" why:"share of the training examples that have a label (section 3); the others take part in the local update only"`
	LabelDraw     string  `json:"label_draw" oneof:"example|batch" why:"example labels a stratified share of the examples; batch tosses a coin for every whole batch, as the released code does"`
	LabelDivisor  string  `json:"label_divisor" oneof:"labelled|batch" why:"what the loss of a partly labelled batch is divided by"`

	// Run.

	Epochs     float64 `json:"epochs" why:"passes over the training data; the paper shows up to 20, the released runs make at most one"`
	EvalEvery  float64 `json:"eval_every" why:"epochs between two points of the learning curve"`
	Curve      string  `json:"curve" oneof:"one_run|separate" why:"separate trains anew for every point of the curve, as the released code does"`
	Evaluation string  `json:"evaluation" oneof:"plain|local|stored" why:"plain evaluates L alone; local applies M to each test batch and forgets it; stored is the released code: M is applied and kept from test batch to test batch, with the rate of the last training batch"`
	Arms       string  `json:"arms" oneof:"paired|independent" why:"paired gives the control the same initial L, batches and labels as HAT with that seed; independent draws them anew, as the released code does"`

	// Random streams.

	Seed        int64 `json:"seed" why:"seed of the run; the streams below follow from it unless set"`
	SeedLearner int64 `json:"seed_learner" why:"stream of L's initial weights; -1 follows seed"`
	SeedMeta    int64 `json:"seed_meta" why:"stream of M's initial weights; -1 follows seed"`
	SeedOrder   int64 `json:"seed_order" why:"stream of the order of examples; -1 follows seed"`
	SeedLabels  int64 `json:"seed_labels" why:"stream of the label mask; -1 follows seed"`

	PairPrecision string `json:"pair_precision" oneof:"float32|bfloat16|float16" why:"precision of z_k in M's expression for every pair, fused form only; sums and gradients are float32. What the shorter ones cost and gain is in hatlib/fused/NOTES.md: nothing is gained on a CPU"`

	// Execution: these change speed and memory, and the numbers only by rounding.

	PairKernel   string `json:"pair_kernel" oneof:"fused|general" why:"how M is applied to every pair: fused is the fast form with a gradient derived by hand, general the vmap that takes any rule; they agree to rounding"`
	PairMemoryMB int    `json:"pair_memory_mb" why:"bound on the temporary memory of the general vmap over pairs, in MB; the fused M needs none"`
	StepsPerCall int    `json:"steps_per_call" why:"batches per graph execution; 0 lets a call last up to half a second, backends without loops take one"`
}

// Validate reports every field that has no meaning, or nil. The error names the field, its value and what is valid.
func (c *Config) Validate() error {
	var problems []error
	bad := func(field, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...)))
	}
	for _, f := range c.Fields() {
		if len(f.OneOf) > 0 && !slices.Contains(f.OneOf, f.Value) {
			bad(f.Name, "%q is not one of %s", f.Value, strings.Join(f.OneOf, ", "))
		}
		if value, isFloat := f.pointer.(*float64); isFloat && (math.IsNaN(*value) || math.IsInf(*value, 0)) {
			bad(f.Name, "%v is not a finite number", *value)
		}
	}
	if !slices.Contains(RuleNames(), c.Rule) {
		bad("rule", "%q is not one of %s", c.Rule, strings.Join(RuleNames(), ", "))
	}
	if len(c.Sizes) < 2 || slices.Min(c.Sizes) < 1 {
		bad("sizes", "%q needs at least inputs and outputs, each 1 or more", c.Sizes)
	}
	atLeast := func(field string, value, least float64) {
		if value < least {
			bad(field, "%v is below %v", value, least)
		}
	}
	atLeast("examples", float64(c.Examples), 0)
	atLeast("meta_hidden", float64(c.MetaHidden), 1)
	atLeast("batch", float64(c.Batch), 1)
	atLeast("gradient_steps", float64(c.GradientSteps), 1)
	atLeast("pair_memory_mb", float64(c.PairMemoryMB), 0)
	atLeast("steps_per_call", float64(c.StepsPerCall), 0)
	atLeast("epochs", c.Epochs, 0)
	atLeast("lr_learner", c.LRLearner, 0)
	atLeast("lr_meta", c.LRMeta, 0)
	if c.EvalEvery <= 0 {
		bad("eval_every", "%v is not above 0", c.EvalEvery)
	}
	if c.AdamEpsilon <= 0 {
		bad("adam_epsilon", "%v is not above 0", c.AdamEpsilon)
	}
	if c.LabelFraction < 0 || c.LabelFraction > 1 {
		bad("label_fraction", "%v is outside [0, 1]", c.LabelFraction)
	}
	if c.MetaHorizon < 0 || c.MetaHorizon > 1 {
		bad("meta_horizon", "%d is not 0 or 1: weights stored by earlier batches are constants", c.MetaHorizon)
	}
	if c.GradientSteps > 1 && c.Rule != "none" {
		bad("gradient_steps", "%d is for the control; a rule updates L a second time by itself: use rule=none", c.GradientSteps)
	}
	if c.Pairing == PairingShuffled && c.Rule != "none" && c.BatchSize() == 1 {
		bad("pairing", "shuffled needs a second example in the batch, which has 1")
	}
	if c.UpdateEntry == EntryAfterSigma && c.GradientAt == GradientAfter {
		bad("gradient_at", "after has no meaning with update_entry=after_sigma, where the new weights are not on the path to the loss; use before or in_place")
	}
	if c.UpdateEntry == EntryWeights && c.GradientAt == GradientInPlace {
		bad("gradient_at", "in_place describes the released code and needs update_entry=after_sigma; use after or before")
	}
	if c.PairPrecision != "float32" && c.PairKernel == "general" {
		bad("pair_precision", "%q needs pair_kernel=fused", c.PairPrecision)
	}
	if len(problems) > 0 {
		return fmt.Errorf("invalid configuration: %w", errors.Join(problems...))
	}
	return nil
}

// Values of fields that code branches on.
const (
	EntryWeights    = "weights"
	EntryAfterSigma = "after_sigma"

	GradientAfter   = "after"
	GradientBefore  = "before"
	GradientInPlace = "in_place"

	PairingShuffled = "shuffled"

	LocalUpdateNoise = "noise"
)

// BatchSize is the number of examples in a training step: Batch, or 1 when each example is a step of its own.
func (c *Config) BatchSize() int {
	if c.Granularity == "example" {
		return 1
	}
	return c.Batch
}

// stream returns one of the run's random streams; epoch is 0 for what is drawn once, and counts from 1 for what is drawn
// anew in every epoch. The control's streams differ from HAT's when arms are independent.
func (c *Config) stream(kind streamKind, epoch int) *Stream {
	own := map[streamKind]int64{streamLearner: c.SeedLearner, streamMeta: c.SeedMeta, streamOrder: c.SeedOrder, streamLabels: c.SeedLabels}
	if seed := own[kind]; seed >= 0 {
		return newStream(seed, kind, armHAT, epoch)
	}
	if c.Arms == "independent" && c.Rule == "none" {
		return newStream(c.Seed, kind, armControl, epoch)
	}
	return newStream(c.Seed, kind, armHAT, epoch)
}
