package claims

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// atMost is the largest share of n families that may have a false verdict: 5% and three standard errors of the simulation.
func atMost(n int) float64 { return analysis.Alpha + 3*deviation(analysis.Alpha, n) }

// deviation of a share among n independent studies.
func deviation(share float64, n int) float64 { return math.Sqrt(share * (1 - share) / float64(n)) }

// simulate makes the paired differences of a family of the protocol's size from correlated runs: accuracies in points with a
// deviation of 1 between seeds that both arms share, and noise of their own; a tenth of the runs is dead. Labels of the arms are
// permuted; shift is added to what is called HAT in the first claim.
func simulate(rng *rand.Rand, pairs int, noise, shift float64) []analysis.Test {
	tests := make([]analysis.Test, FamilySize())
	for c := range tests {
		tests[c] = analysis.Test{Direction: analysis.Direction(1 - 2*(c%2)), Smallest: smallestGain}
		for range pairs {
			seed := rng.NormFloat64()
			a, b := 80+seed+noise*rng.NormFloat64(), 80+seed+noise*rng.NormFloat64()
			if rng.Float64() < 0.1 {
				a = 10
			}
			if rng.Float64() < 0.1 {
				b = 10
			}
			if rng.IntN(2) == 0 {
				a, b = b, a
			}
			if c == 0 {
				a += shift
			}
			tests[c].Differences = append(tests[c].Differences, a-b)
		}
	}
	return tests
}

// TestFalseVerdicts: where nothing differs, at most 5% of families have any verdict of an effect.
func TestFalseVerdicts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, pairs := range []int{12, 30} {
		const families = 1000
		wrong := 0
		for range families {
			if slices.ContainsFunc(analysis.Verdicts(simulate(rng, pairs, 2, 0)), func(f analysis.Finding) bool {
				return f.Verdict == analysis.Replicates || f.Verdict == analysis.Reversed
			}) {
				wrong++
			}
		}
		t.Logf("%d pairs: %d of %d families of %d tests have a false verdict", pairs, wrong, families, FamilySize())
		if float64(wrong)/families > atMost(families) {
			t.Errorf("%d pairs: %d of %d families have a false verdict", pairs, wrong, families)
		}
	}
}

// TestPower: a gain of one point in one test of the family, with a noise of 0.4 points and a tenth of the runs of each arm
// dead, is found in the share of studies that the protocol states, within three standard errors of the simulation.
func TestPower(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, stated := range power {
		const studies = 400
		found := 0
		for range studies {
			if analysis.Verdicts(simulate(rng, stated.pairs, 0.4, 1))[0].Verdict == analysis.Replicates {
				found++
			}
		}
		share := float64(found) / studies
		t.Logf("%d pairs find one point in %.3f of studies, stated %.2f", stated.pairs, share, stated.share)
		if math.Abs(share-stated.share) > 3*deviation(stated.share, studies) {
			t.Errorf("%d pairs find one point in %.3f of studies, stated %.2f", stated.pairs, share, stated.share)
		}
	}
}

// specsOf are those of simulated, by experiment: to expand a grid takes longer than to simulate its runs.
var specsOf = map[string][]experiment.Spec{}

// simulated makes the runs of an experiment as they would be read from a store: noisy curves with a shared part for each
// seed, a tenth of the runs dead, and gain points of accuracy and a lower loss for HAT in the reading gains ("": in all). Of
// the proportions of labels and of the arms it has those that the claims need, since hundreds of families are to be made.
func simulated(t testing.TB, name string, rng *rand.Rand, gains string, gain float64) []experiment.Run {
	t.Helper()
	if specsOf[name] == nil {
		e, err := experiment.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		specs, err := e.Specs(experiment.Options{Profile: "paper", Set: []string{"seeds=30", "epochs=5", "eval_every=0.25"}})
		if err != nil {
			t.Fatal(err)
		}
		specsOf[name] = slices.DeleteFunc(specs, func(s experiment.Spec) bool {
			return !slices.Contains([]string{"", "0.05", "0.2", "0.5", "1"}, s.X) || !slices.Contains([]string{experiment.ControlArm, experiment.HATArm, "2 v_j"}, s.Arm)
		})
	}
	shared := map[string]float64{}
	var runs []experiment.Run
	for _, s := range specsOf[name] {
		if _, drawn := shared[s.Unit()]; !drawn {
			shared[s.Unit()] = rng.NormFloat64()
		}
		own := 0.4 * rng.NormFloat64()
		if (gains == "" || s.Reading == gains) && s.Arm == experiment.HATArm {
			own += gain
		}
		dead := rng.Float64() < 0.1
		r := &hatlib.Result{Config: s.Config}
		for k := 0; k <= 20; k++ {
			epoch := float64(k) / 4
			a := 10 + 70*(1-math.Exp(-4*epoch)) + shared[s.Unit()] + own + 0.3*rng.NormFloat64()
			if k == 0 || dead {
				a = 10
			}
			r.Points = append(r.Points, hatlib.Point{Epoch: epoch, Batch: 100 * k, TrainLoss: 0.5 - own/50,
				Test: hatlib.Evaluation{Accuracy: a / 100, Loss: 0.5 - own/50}})
		}
		runs = append(runs, experiment.Run{Spec: s, Result: r, Manifest: &experiment.Manifest{}})
	}
	return runs
}

// permuted are the runs with the labels of the arms shuffled within each pair, so that nothing differs between arms.
func permuted(runs []experiment.Run, rng *rand.Rand) []experiment.Run {
	out := slices.Clone(runs)
	units := map[string][]int{}
	var order []string
	for i, r := range runs {
		u := r.Spec.Unit()
		if units[u] == nil {
			order = append(order, u)
		}
		units[u] = append(units[u], i)
	}
	for _, u := range order {
		for k, from := range rng.Perm(len(units[u])) {
			out[units[u][k]].Spec.Arm = runs[units[u][from]].Spec.Arm
		}
	}
	return out
}

// curveClaims are those that need learning curves only.
func curveClaims() []Claim {
	return slices.DeleteFunc(slices.Clone(All), func(c Claim) bool {
		return c.Experiment == "fig2-rule" || c.Experiment == "best" || c.ID == "slow-with-few-labels"
	})
}

// verdicts of the protocol's whole family on simulated runs. The claims that are not measured on learning curves, or of which
// there are no runs, take part in the correction with differences drawn around 0.
func verdicts(t testing.TB, runs map[string][]experiment.Run, rng *rand.Rand) []Outcome {
	t.Helper()
	outcomes, tests, err := measure(curveClaims(), runs, experiment.Options{Profile: "paper"})
	if err != nil {
		t.Fatal(err)
	}
	for len(tests) < FamilySize() {
		tests = append(tests, analysis.Test{Direction: analysis.Higher, Smallest: smallestGain})
		outcomes = append(outcomes, Outcome{Claim: Claim{ID: "not of curves"}})
	}
	for i := range tests {
		for len(tests[i].Differences) < 30 {
			tests[i].Differences = append(tests[i].Differences, 10*tests[i].Smallest*rng.NormFloat64())
		}
	}
	for i, f := range analysis.Verdicts(tests) {
		outcomes[i].Finding = f
	}
	return outcomes
}

// TestSimulatedStores: the whole way from runs to verdicts, on families of the protocol's size. A gain of one point is
// planted: with the labels of the arms permuted at most 5% of families have a false verdict, and without it is found as
// often as the protocol states for 30 pairs, within three standard errors of the simulation.
func TestSimulatedStores(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	rng := rand.New(rand.NewPCG(11, 12))
	store := func(gains string, experiments ...string) map[string][]experiment.Run {
		runs := map[string][]experiment.Run{}
		for _, name := range experiments {
			runs[name] = simulated(t, name, rng, gains, 1)
		}
		return runs
	}
	curved := []string{"fig1-epochs", "fig1-labels", "apriori", "long"} // the experiments of curveClaims
	const stores, permutations = 10, 40
	wrong := 0
	for range stores {
		runs := store("", curved...)
		for range permutations {
			shuffled := map[string][]experiment.Run{}
			for _, name := range curved {
				shuffled[name] = permuted(runs[name], rng)
			}
			for _, o := range verdicts(t, shuffled, rng) {
				// That nothing differs is what a claim of no effect says.
				if o.Verdict == analysis.Reversed || o.Verdict == analysis.Replicates && o.Claim.Direction != analysis.NoEffect {
					wrong++
					t.Logf("false verdict: %s, %s: %s, p %.4f", o.Claim.ID, o.Reading, o.Verdict, o.Corrected)
					break
				}
			}
		}
	}
	t.Logf("labels permuted: %d of %d families have a false verdict", wrong, stores*permutations)
	if float64(wrong)/(stores*permutations) > atMost(stores*permutations) {
		t.Errorf("labels permuted: %d of %d families have a false verdict", wrong, stores*permutations)
	}
	const studies = 400
	found := 0
	for range studies {
		for _, o := range verdicts(t, store(experiment.ReadingLinear, "fig1-epochs"), rng) {
			if o.Claim.ID == "higher-median" && o.Reading == experiment.ReadingLinear && o.Verdict == analysis.Replicates {
				found++
			}
		}
	}
	t.Logf("a planted point is found in %d of %d studies of 30 pairs, stated %.2f", found, studies, power[0].share)
	if share := float64(found) / studies; power[0].pairs != 30 || math.Abs(share-power[0].share) > 3*deviation(power[0].share, studies) {
		t.Errorf("a planted point is found in %.2f of studies of 30 pairs, stated %.2f", share, power[0].share)
	}
}
