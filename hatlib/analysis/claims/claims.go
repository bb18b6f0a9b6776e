package claims

import (
	"fmt"
	"math"
	"strings"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// endpoint measures the runs of one reading.
type endpoint func(runs []experiment.Run) (Sample, error)

// Claim is a sentence of the paper with the one endpoint by which it is judged.
type Claim struct {
	// ID names the claim; Sentence is what the paper says, in our words, and Where.
	ID, Sentence, Where string
	// Experiment is where its runs are, Readings which of its readings are judged.
	Experiment string
	Readings   []string
	// Endpoint says what is measured, in Unit.
	Endpoint, Unit string
	Direction      analysis.Direction
	// Smallest is the smallest effect of interest, in Unit.
	Smallest float64
	// Notebook shows its figure.
	Notebook string
	// Treated is the arm that is compared with the control, HAT when empty.
	Treated string
	// Ours marks a question that the paper does not answer: it is judged as its sentences are, and counted beside them.
	Ours bool

	measure endpoint
}

var (
	curves = []string{experiment.ReadingPaper, experiment.ReadingLinear, experiment.ReadingReleased}
	longer = []string{experiment.ReadingPaper, experiment.ReadingLinear}
	drawn  = []string{experiment.ReadingPaper, experiment.ReadingLinear, experiment.ReadingReleased, experiment.ReadingDrawn}
)

// smallestGain is the smallest effect of interest on an accuracy, in points.
const smallestGain = 0.5

// All are the claims in the order of the paper.
var All = []Claim{
	{ID: "higher-median", Where: "section 3, on Figure 1", Sentence: "The median accuracy of HAT is higher along the learning curve.",
		Experiment: "fig1-epochs", Readings: curves, Endpoint: "mean accuracy over the points of the curve", Unit: "points",
		Direction: analysis.Higher, Smallest: smallestGain, Notebook: "03_figure_1_epochs",
		measure: paired(func(r *hatlib.Result) float64 { return analysis.Mean(trained(along(r, accuracy))) })},
	{ID: "consistent", Where: "abstract", Sentence: "HAT's performance is consistently higher than that of supervised learning alone.",
		Experiment: "fig1-epochs", Readings: curves, Endpoint: "share of points of the curve at which HAT is above its control, minus one half", Unit: "share",
		Direction: analysis.Higher, Smallest: 0.25, Notebook: "03_figure_1_epochs", measure: perRun(shareAbove)},
	{ID: "asymptote", Where: "section 3, on Figure 1", Sentence: "HAT reaches a higher asymptotic accuracy.",
		Experiment: "long", Readings: longer, Endpoint: "mean accuracy over the last quarter of the curve", Unit: "points",
		Direction: analysis.Higher, Smallest: smallestGain, Notebook: "03_figure_1_epochs",
		measure: paired(func(r *hatlib.Result) float64 { return asymptote(along(r, accuracy)) })},
	{ID: "asymptotic-loss", Where: "section 5", Sentence: "HAT converges to a better asymptotic loss.",
		Experiment: "long", Readings: longer, Endpoint: "mean test loss over the last quarter of the curve", Unit: "nats",
		Direction: analysis.Lower, Smallest: 0.01, Notebook: "03_figure_1_epochs",
		measure: paired(func(r *hatlib.Result) float64 { return asymptote(along(r, testLoss)) })},
	{ID: "robust", Where: "section 1", Sentence: "Local rules improve the robustness of learning.",
		Experiment: "fig1-epochs", Readings: curves, Endpoint: "distance of a run's last accuracy from the median of its arm", Unit: "points",
		Direction: analysis.Lower, Smallest: smallestGain, Notebook: "03_figure_1_epochs",
		measure: spread(func(r *hatlib.Result) float64 { return accuracy(r.Final()) })},
	{ID: "faster", Where: "section 3, first hypothesis", Sentence: "HAT trains the learner faster.",
		Experiment: "fig1-epochs", Readings: curves[:2], Endpoint: "epochs until 95% of the controls' median gain over chance", Unit: "epochs",
		Direction: analysis.Lower, Smallest: 0.1, Notebook: "03_figure_1_epochs", measure: epochsToShare(0.95)},
	{ID: "better-optimum", Where: "section 3, second hypothesis", Sentence: "HAT leads the learner into better optima.",
		Experiment: "long", Readings: longer, Endpoint: "mean training loss over the last quarter of the curve", Unit: "nats",
		Direction: analysis.Lower, Smallest: 0.01, Notebook: "06_why_it_works",
		measure: paired(func(r *hatlib.Result) float64 { return asymptote(along(r, trainLoss)) })},
	{ID: "same-inflection", Where: "section 3, on Figure 1", Sentence: "Both curves bend at about the same point: no faster convergence.",
		Experiment: "fig1-epochs", Readings: curves[:2], Endpoint: "epoch at which a run has made nine tenths of its own gain", Unit: "epochs",
		Direction: analysis.NoEffect, Smallest: 0.25, Notebook: "03_figure_1_epochs", measure: paired(inflection)},
	{ID: "after-half-an-epoch", Where: "section 3 and section 5", Sentence: "The gain appears from about half an epoch on.",
		Experiment: "fig1-epochs", Readings: curves, Endpoint: "gain after half an epoch minus gain until then", Unit: "points",
		Direction: analysis.Higher, Smallest: smallestGain, Notebook: "03_figure_1_epochs", measure: paired(laterGain)},
	{ID: "stable", Where: "section 3, on Figure 1", Sentence: "HAT's learner is stable for 18 epochs after it has converged.",
		Experiment: "long", Readings: longer, Endpoint: "HAT's accuracy in the last quarter of the curve minus that in the second quarter", Unit: "points",
		Direction: analysis.NoEffect, Smallest: 1, Notebook: "03_figure_1_epochs", measure: perRun(stability)},
	{ID: "scarce-labels", Where: "section 3, third hypothesis", Sentence: "HAT gains when some examples have no label.",
		Experiment: "fig1-labels", Readings: curves, Endpoint: "last accuracy, mean over proportions of labels up to 20%", Unit: "points",
		Direction: analysis.Higher, Smallest: smallestGain, Notebook: "04_figure_1_labels", measure: labels(scarce)},
	{ID: "more-labels", Where: "section 3, on Figure 1", Sentence: "HAT is more effective with more labels.",
		Experiment: "fig1-labels", Readings: curves, Endpoint: "gain above 20% of labels minus gain up to 20%", Unit: "points",
		Direction: analysis.Higher, Smallest: smallestGain, Notebook: "04_figure_1_labels", measure: perRun(morePlentyThanScarce)},
	{ID: "above-a-fifth", Where: "section 5", Sentence: "HAT is better with more than 20% of labels.",
		Experiment: "fig1-labels", Readings: curves, Endpoint: "last accuracy, mean over proportions of labels above 20%", Unit: "points",
		Direction: analysis.Higher, Smallest: smallestGain, Notebook: "04_figure_1_labels", measure: labels(plenty)},
	{ID: "slow-with-few-labels", Where: "section 3, on Figure 1", Sentence: "With few labels M converges slowly.",
		Experiment: "fig1-labels", Readings: curves, Endpoint: "share of M's way that lies in the second half of its snapshots, up to 20% of labels minus all", Unit: "share",
		Direction: analysis.Higher, Smallest: 0.05, Notebook: "04_figure_1_labels", measure: perRun(slowness)},
	{ID: "linear-in-vj", Where: "section 4, on Figure 2", Sentence: "A linear dependence on v_j explains almost all variance of the rule.",
		Experiment: "fig2-rule", Readings: drawn, Endpoint: "share of variance of the line on v_j, by run, minus 0.9", Unit: "share",
		Direction: analysis.Higher, Smallest: 0.01, Notebook: "05_figure_2_rule",
		measure: perRun(minus(ofRule(shownNothing, func(d analysis.Dependence) float64 { return d.R2 }), 0.9))},
	{ID: "little-of-vi-wij", Where: "section 4, Figure 2", Sentence: "The converged rule depends very little on v_i and w_ij.",
		Experiment: "fig2-rule", Readings: drawn, Endpoint: "the larger of the shares of variance that v_i and w_ij explain beyond the others, minus 0.1", Unit: "share",
		Direction: analysis.Lower, Smallest: 0.01, Notebook: "05_figure_2_rule",
		measure: perRun(minus(ofRule(1, func(d analysis.Dependence) float64 { return math.Max(d.Unique[0], d.Unique[1]) }), 0.1))},
	{ID: "rich-get-richer", Where: "section 4", Sentence: "Weights into units that fire strongly grow.",
		Experiment: "fig2-rule", Readings: drawn, Endpoint: "slope on v_j in the joint regression", Unit: "update per activity",
		Direction: analysis.Higher, Smallest: 0.05, Notebook: "05_figure_2_rule",
		measure: perRun(ofRule(shownNothing, func(d analysis.Dependence) float64 { return d.Slopes[2] }))},
	{ID: "varies-in-time", Where: "abstract and section 5", Sentence: "The rule varies in time and does not stay at a useful one.",
		Experiment: "fig2-rule", Readings: longer, Endpoint: "change of the rule over the second half of training, relative to its deviation, minus 0.1", Unit: "share",
		Direction: analysis.Higher, Smallest: 0.05, Notebook: "05_figure_2_rule",
		measure: perRun(minus(change, 0.1))},
	{ID: "degenerates", Where: "abstract and section 4, first explanation", Sentence: "Once the learner has converged, the rule degenerates into a simple one, linear in v_j.",
		Experiment: "fig2-rule", Readings: longer, Endpoint: "share of variance of the line on v_j at the end minus that at the first snapshot of training", Unit: "share",
		Direction: analysis.Higher, Smallest: 0.05, Notebook: "05_figure_2_rule", measure: perRun(degeneration)},
	{ID: "preserves-weights", Where: "abstract and section 5", Sentence: "The rule preserves weights that matter.",
		Experiment: "fig2-rule", Readings: []string{experiment.ReadingWeights}, Notebook: "05_figure_2_rule",
		Endpoint: "rank correlation of |update| with the Fisher information of the weights, by run", Unit: "correlation",
		Direction: analysis.Lower, Smallest: 0.05, measure: perRun(fisherCorrelation)},
	{ID: "undisturbed", Where: "abstract and section 3, on bouncing out of an optimum", Sentence: "The converged rule does not disturb the converged learner.",
		Experiment: "fig2-rule", Readings: []string{experiment.ReadingWeights}, Notebook: "05_figure_2_rule",
		Endpoint: "training loss after one application of the rule minus before, by run", Unit: "nats",
		Direction: analysis.NoEffect, Smallest: 0.01, measure: perRun(lossOfOneUpdate)},
	{ID: "a-priori-harmful", Where: "section 4", Sentence: "The converged rule, applied a priori, lowers the accuracy.",
		Experiment: "apriori", Readings: curves, Endpoint: "last accuracy of 2 v_j at HAT's rate minus control", Unit: "points",
		Direction: analysis.Lower, Smallest: smallestGain, Notebook: "06_why_it_works", Treated: "2 v_j",
		measure: armsPaired("2 v_j", experiment.ControlArm, func(r *hatlib.Result) float64 { return accuracy(r.Final()) })},
	{ID: "best-against-best", Where: "our question beside section 3, not the paper's: both arms are tuned", Sentence: "HAT improves on supervised learning.", Ours: true,
		Experiment: "best", Readings: []string{"tuned"}, Endpoint: "last accuracy", Unit: "points",
		Direction: analysis.Higher, Smallest: smallestGain, Notebook: "06_why_it_works",
		measure: paired(func(r *hatlib.Result) float64 { return accuracy(r.Final()) })},
}

// TreatedArm is the name of the arm that is compared with the control.
func (c Claim) TreatedArm() string {
	if c.Treated == "" {
		return experiment.HATArm
	}
	return c.Treated
}

// Find returns the claim of that name, or an error that names the nearest.
func Find(id string) (Claim, error) {
	var ids []string
	for _, c := range All {
		if c.ID == id {
			return c, nil
		}
		ids = append(ids, c.ID)
	}
	return Claim{}, fmt.Errorf("unknown claim %q, did you mean %q? Claims are %s", id, hatlib.Nearest(id, ids), strings.Join(ids, ", "))
}

// shareAbove is, for each pair, the share of points at which HAT is above, ties by half, minus one half.
func shareAbove(runs []experiment.Run) ([]float64, error) {
	pairs, _ := experiment.Pairs(runs, experiment.HATArm, experiment.ControlArm)
	var d []float64
	for _, p := range pairs {
		hat, control := trained(along(p[0].Result, accuracy)), trained(along(p[1].Result, accuracy))
		sum := 0.0
		for i := range min(len(hat), len(control)) {
			switch {
			case hat[i] > control[i]:
				sum++
			case hat[i] == control[i]:
				sum += 0.5
			}
		}
		d = append(d, sum/float64(min(len(hat), len(control)))-0.5)
	}
	return d, nil
}

// minus subtracts a threshold, from what stands for a rule that diverged as from any other number.
func minus(of numbers, threshold float64) numbers {
	return func(runs []experiment.Run) ([]float64, error) {
		d, err := of(runs)
		for i := range d {
			d[i] -= threshold
		}
		return d, err
	}
}
