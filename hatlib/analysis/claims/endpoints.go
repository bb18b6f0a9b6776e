package claims

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// worstLoss stands for the loss of a run that diverged.
const worstLoss = 10

// finiteLoss bounds a loss.
func finiteLoss(loss float64) float64 {
	if math.IsNaN(loss) || loss > worstLoss {
		return worstLoss
	}
	return loss
}

// points is an accuracy in points.
func points(accuracy float64) float64 { return 100 * accuracy }

// along is a curve of one measure.
func along(r *hatlib.Result, of func(hatlib.Point) float64) []float64 {
	values := make([]float64, len(r.Points))
	for i, p := range r.Points {
		values[i] = of(p)
	}
	return values
}

func accuracy(p hatlib.Point) float64  { return points(p.Test.Accuracy) }
func testLoss(p hatlib.Point) float64  { return finiteLoss(p.Test.Loss) }
func trainLoss(p hatlib.Point) float64 { return finiteLoss(p.TrainLoss) }

// asymptote is the mean of the last quarter of a curve, its last point at least.
func asymptote(curve []float64) float64 {
	n := max(1, len(curve)/4)
	return analysis.Mean(curve[len(curve)-n:])
}

// trained are the points after the first, which comes before training.
func trained(curve []float64) []float64 { return curve[min(1, len(curve)-1):] }

// numbers gives one number for each pair, run or seed of the runs of one reading.
type numbers func(runs []experiment.Run) ([]float64, error)

// perRun is the endpoint of numbers that are no difference of arms.
func perRun(of numbers) endpoint {
	return func(runs []experiment.Run) (Sample, error) {
		d, err := of(runs)
		return Sample{Differences: d}, err
	}
}

// paired is the endpoint measure(HAT) - measure(control) of every pair.
func paired(measure func(*hatlib.Result) float64) endpoint {
	return armsPaired(experiment.HATArm, experiment.ControlArm, measure)
}

func armsPaired(arm, control string, measure func(*hatlib.Result) float64) endpoint {
	return func(runs []experiment.Run) (Sample, error) {
		pairs, _ := experiment.Pairs(runs, arm, control)
		var a, b []float64
		for _, p := range pairs {
			a, b = append(a, measure(p[0].Result)), append(b, measure(p[1].Result))
		}
		return differenceOf(a, b), nil
	}
}

// spread is the endpoint |HAT - its median| - |control - its median| (Brown and Forsythe 1974, in pairs).
func spread(measure func(*hatlib.Result) float64) endpoint {
	return func(runs []experiment.Run) (Sample, error) {
		sample, err := paired(measure)(runs)
		if err != nil || len(sample.Differences) == 0 {
			return sample, err
		}
		away := func(values []float64) []float64 {
			var d []float64
			for _, v := range values {
				d = append(d, math.Abs(v-analysis.Median(values)))
			}
			return d
		}
		return differenceOf(away(sample.Treated[0]), away(sample.Control[0])), nil
	}
}

// epochsTo is the epoch at which a curve first reaches a level, by linear interpolation; the end when it never does.
func epochsTo(r *hatlib.Result, curve []float64, level float64) float64 {
	for i, v := range curve {
		if v < level {
			continue
		}
		if i == 0 {
			return r.Points[0].Epoch
		}
		share := (level - curve[i-1]) / (v - curve[i-1])
		return r.Points[i-1].Epoch + share*(r.Points[i].Epoch-r.Points[i-1].Epoch)
	}
	return r.Final().Epoch
}

// epochsToShare is the endpoint: epochs to the given share of the median gain of all controls, over chance.
func epochsToShare(share float64) endpoint {
	return func(runs []experiment.Run) (Sample, error) {
		pairs, _ := experiment.Pairs(runs, experiment.HATArm, experiment.ControlArm)
		var ends []float64
		for _, p := range pairs {
			ends = append(ends, asymptote(along(p[1].Result, accuracy)))
		}
		level := 10 + share*(analysis.Median(ends)-10)
		return paired(func(r *hatlib.Result) float64 { return epochsTo(r, along(r, accuracy), level) })(runs)
	}
}

// inflection is the epoch at which a curve has made nine tenths of its own gain.
func inflection(r *hatlib.Result) float64 {
	curve := along(r, accuracy)
	return epochsTo(r, curve, curve[0]+0.9*(asymptote(curve)-curve[0]))
}

// between is the mean of a curve's points with from < epoch <= to; NaN when there are none.
func between(r *hatlib.Result, from, to float64) float64 {
	var values []float64
	for _, p := range r.Points {
		if from < p.Epoch && p.Epoch <= to {
			values = append(values, accuracy(p))
		}
	}
	return analysis.Mean(values)
}

// laterGain is the gain after half an epoch minus the gain until then. Curves without a point in the first half epoch say
// nothing about it, and give no difference.
func laterGain(r *hatlib.Result) float64 { return between(r, 0.5, math.Inf(1)) - between(r, 0, 0.5) }

// stability is the last quarter of HAT's accuracy minus the quarter before the last half.
func stability(runs []experiment.Run) ([]float64, error) {
	var d []float64
	for _, r := range experiment.Select(runs, "", experiment.HATArm, "") {
		curve := along(r.Result, accuracy)
		n := len(curve)
		if n < 8 {
			continue
		}
		d = append(d, asymptote(curve)-analysis.Mean(curve[n/4:n/2]))
	}
	return d, nil
}

// byLabels is HAT minus control at the end, mean over the proportions of labels for which want holds, for each seed.
func byLabels(runs []experiment.Run, want func(fraction float64) bool) map[int64]float64 {
	sum, count := map[int64]float64{}, map[int64]float64{}
	pairs, _ := experiment.Pairs(runs, experiment.HATArm, experiment.ControlArm)
	for _, p := range pairs {
		if x, err := strconv.ParseFloat(p[0].Spec.X, 64); err == nil && want(x) {
			seed := p[0].Spec.Config.Seed
			sum[seed] += points(p[0].Final()) - points(p[1].Final())
			count[seed]++
		}
	}
	for seed := range sum {
		sum[seed] /= count[seed]
	}
	return sum
}

// scarce and plenty are the two sides of the paper's 20%.
func scarce(x float64) bool { return x <= 0.2 }
func plenty(x float64) bool { return x > 0.2 }

// labels is the endpoint: HAT minus control at the end, mean over the proportions of labels for which want holds. Its arms
// are told apart by proportion.
func labels(want func(float64) bool) endpoint {
	return func(runs []experiment.Run) (Sample, error) {
		sample := Sample{Differences: bySeed(byLabels(runs, want), nil)}
		pairs, _ := experiment.Pairs(runs, experiment.HATArm, experiment.ControlArm)
		slices.SortStableFunc(pairs, func(a, b [2]experiment.Run) int {
			return cmp.Compare(a[0].Spec.Config.Seed, b[0].Spec.Config.Seed)
		})
		at := map[string]int{}
		for _, p := range pairs {
			x, err := strconv.ParseFloat(p[0].Spec.X, 64)
			if err != nil || !want(x) {
				continue
			}
			k, seen := at[p[0].Spec.X]
			if !seen {
				k = len(sample.Treated)
				at[p[0].Spec.X] = k
				sample.Treated, sample.Control = append(sample.Treated, nil), append(sample.Control, nil)
			}
			sample.Treated[k] = append(sample.Treated[k], points(p[0].Final()))
			sample.Control[k] = append(sample.Control[k], points(p[1].Final()))
		}
		return sample, nil
	}
}

func morePlentyThanScarce(runs []experiment.Run) ([]float64, error) {
	return bySeed(byLabels(runs, plenty), byLabels(runs, scarce)), nil
}

// bySeed returns a - b in order of seed, for the seeds that both have; a where b is nil.
func bySeed(a, b map[int64]float64) []float64 {
	var seeds []int64
	for seed := range a {
		if _, both := b[seed]; both || b == nil {
			seeds = append(seeds, seed)
		}
	}
	slices.Sort(seeds)
	var d []float64
	for _, seed := range seeds {
		d = append(d, a[seed]-b[seed])
	}
	return d
}

// slowness of M with few labels: the share of its way that M makes in the second half of its snapshots, at the scarce
// proportions minus with all labels, by seed.
func slowness(runs []experiment.Run) ([]float64, error) {
	few, all, count := map[int64]float64{}, map[int64]float64{}, map[int64]float64{}
	for _, r := range experiment.Select(runs, "", experiment.HATArm, "") {
		x, err := strconv.ParseFloat(r.Spec.X, 64)
		if err != nil || !scarce(x) && x != 1 {
			continue
		}
		s, err := r.Snapshots()
		if err != nil {
			return nil, err
		}
		n := len(s.Rules)
		if n < 3 {
			continue // one step has no second half
		}
		late := s.Rules[n/2].Distance(&s.Rules[n-1])
		way := s.Rules[0].Distance(&s.Rules[n/2]) + late
		share := 0.0
		if way > 0 && !math.IsInf(way, 0) && !math.IsNaN(way) {
			share = late / way
		}
		if seed := r.Spec.Config.Seed; x == 1 {
			all[seed] = share
		} else {
			few[seed] += share
			count[seed]++
		}
	}
	for seed := range few {
		few[seed] /= count[seed]
	}
	return bySeed(few, all), nil
}

// LayerSamples returns M's updates at the pairs that training visited at a snapshot, by layer.
func LayerSamples(s *experiment.Snapshots, snapshot int) []analysis.RuleSample {
	var samples []analysis.RuleSample
	for _, pairs := range s.Visited[snapshot] {
		samples = append(samples, analysis.Sample(s.Rules[snapshot].Update, pairs))
	}
	return samples
}

// ofSnapshots is a number of the snapshots of each HAT run.
func ofSnapshots(number func(*experiment.Snapshots) float64) numbers {
	return func(runs []experiment.Run) ([]float64, error) {
		var d []float64
		for _, r := range experiment.Select(runs, "", experiment.HATArm, "") {
			s, err := r.Snapshots()
			if err != nil {
				return nil, err
			}
			d = append(d, number(s))
		}
		return d, nil
	}
}

// dependence of M on its inputs at a snapshot, of all layers together.
func dependence(s *experiment.Snapshots, snapshot int) (analysis.Dependence, error) {
	return analysis.Join(LayerSamples(s, snapshot)...).Dependence()
}

// shownNothing is what an endpoint measures of a rule that diverged: no share of variance, no slope, no change. A threshold
// of the endpoint is subtracted from it as from every other number. It never speaks for a claim: where a small number
// would, [ofRule] gets another one.
const shownNothing = 0

// ofRule is a number of the rule at the end of each HAT run, and diverged where that rule diverged.
func ofRule(diverged float64, number func(analysis.Dependence) float64) numbers {
	return ofSnapshots(func(s *experiment.Snapshots) float64 {
		d, err := dependence(s, len(s.Rules)-1)
		if err != nil {
			return diverged
		}
		return number(d)
	})
}

// degeneration is how much larger the share of variance of the line on v_j is at the end than at the first snapshot after
// the start, when M has been trained for a first stretch of the curve.
var degeneration = ofSnapshots(func(s *experiment.Snapshots) float64 {
	last := len(s.Rules) - 1
	share := [2]float64{shownNothing, shownNothing}
	for k, snapshot := range []int{min(1, last), last} {
		if d, err := dependence(s, snapshot); err == nil {
			share[k] = d.R2
		}
	}
	return share[1] - share[0]
})

// change of the rule over the second half of training: the root mean square of the difference of its updates at the
// pairs visited at the end, relative to the deviation of the last ones.
var change = ofSnapshots(func(s *experiment.Snapshots) float64 {
	last := len(s.Rules) - 1
	middle := 0
	for i, epoch := range s.Epochs {
		if epoch <= s.Epochs[last]/2 {
			middle = i
		}
	}
	var now, squares []float64
	for _, pairs := range s.Visited[last] {
		for _, p := range pairs {
			u := s.Rules[last].Update(p[0], p[1], p[2])
			difference := u - s.Rules[middle].Update(p[0], p[1], p[2])
			now = append(now, u)
			squares = append(squares, difference*difference)
		}
	}
	mean := analysis.Mean(now)
	variance := 0.0
	for _, u := range now {
		variance += (u - mean) * (u - mean) / float64(len(now))
	}
	relative := math.Sqrt(analysis.Mean(squares) / variance)
	if math.IsNaN(relative) || math.IsInf(relative, 0) {
		return shownNothing
	}
	return relative
})
