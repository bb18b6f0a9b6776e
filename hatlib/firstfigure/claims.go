package firstfigure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/hatlab/hatlab/hatlib"
)

const (
	// Fewest pairs below which no verdict is given.
	Fewest = 10
	// Smallest difference of accuracies that counts, 0.5 points.
	Smallest = 0.005
	// Level of the sign test.
	Level = 0.05
)

// Claim is a sentence of the paper about Figure 1, left (section 3), what our runs measure about it, and whether it holds.
type Claim struct{ Sentence, Measured, Verdict string }

// Claims compares pairs of runs: control[k] and hat[k] share seed, initial learner and batches. Runs that diverged count
// with the accuracy that they are left with. It returns an error when the arms are not paired or have no curve.
func Claims(control, hat []*hatlib.Result) ([]Claim, error) {
	if err := paired(control, hat); err != nil {
		return nil, err
	}
	c, h := Medians(control), Medians(hat)
	epochs := control[0].Epochs()
	return []Claim{
		along(epochs, c, h, control, hat),
		asymptote(epochs, control, hat),
		inflection(epochs, c, h, len(hat)),
		stability(epochs, h, hat),
	}, nil
}

func paired(control, hat []*hatlib.Result) error {
	if len(control) == 0 || len(control) != len(hat) {
		return fmt.Errorf("%d runs of the control and %d of HAT: want pairs", len(control), len(hat))
	}
	for k := range control {
		if control[k].Config.Seed != hat[k].Config.Seed || !slices.Equal(control[k].Epochs(), hat[k].Epochs()) {
			return fmt.Errorf("pair %d: seeds %d and %d, or points of the curve, differ", k, control[k].Config.Seed, hat[k].Config.Seed)
		}
	}
	if len(control[0].Points) < 3 {
		return fmt.Errorf("a curve of %d points: want 3 or more", len(control[0].Points))
	}
	return nil
}

// Medians is the median accuracy over runs at every point of the curve. A run that diverged counts with what it is left with.
func Medians(results []*hatlib.Result) []float64 {
	m := make([]float64, len(results[0].Points))
	for t := range m {
		var column []float64
		for _, r := range results {
			column = append(column, r.Points[t].Test.Accuracy)
		}
		m[t] = median(column)
	}
	return m
}

// tooFew is the verdict of few runs, empty when there are enough.
func tooFew(n int) string {
	if n < Fewest {
		return fmt.Sprintf("too few runs (n = %d)", n)
	}
	return ""
}

func along(epochs, c, h []float64, control, hat []*hatlib.Result) Claim {
	above, points := 0, len(epochs)-1 // without epoch 0, where the arms are one
	gain := make([]float64, 0, points)
	for t := 1; t < len(epochs); t++ {
		if h[t] > c[t] {
			above++
		}
		gain = append(gain, h[t]-c[t])
	}
	mean := func(r *hatlib.Result) float64 { return average(r.Accuracies()[1:]) }
	return Claim{
		"The median accuracy with HAT is clearly higher along the whole curve.",
		fmt.Sprintf("HAT's median is above the control's at %d of %d points; median difference over points %+.2f points of accuracy; %s",
			above, points, 100*median(gain), pairsText(control, hat, mean)),
		verdict(control, hat, mean, above == points),
	}
}

func asymptote(epochs []float64, control, hat []*hatlib.Result) Claim {
	end := func(r *hatlib.Result) float64 {
		a := r.Accuracies()
		return average(a[len(a)-max(1, len(a)/4):])
	}
	return Claim{
		"HAT reaches a higher asymptotic value.",
		fmt.Sprintf("Over the last quarter of the curve, to epoch %g: %s", epochs[len(epochs)-1], pairsText(control, hat, end)),
		verdict(control, hat, end, true),
	}
}

// pairsText says how the pairs differ in one number of a run.
func pairsText(control, hat []*hatlib.Result, of func(*hatlib.Result) float64) string {
	d, wins := differences(control, hat, of)
	return fmt.Sprintf("HAT is ahead in %d of %d pairs, median paired difference %+.2f points", wins, len(d), 100*median(d))
}

func differences(control, hat []*hatlib.Result, of func(*hatlib.Result) float64) (d []float64, wins int) {
	for k := range control {
		d = append(d, of(hat[k])-of(control[k]))
		if d[k] > 0 {
			wins++
		}
	}
	return d, wins
}

// verdict is that of a sign test on pairs, with a smallest difference that counts; also is what the sentence claims besides.
func verdict(control, hat []*hatlib.Result, of func(*hatlib.Result) float64, also bool) string {
	d, _ := differences(control, hat, of)
	if few := tooFew(len(d)); few != "" {
		return few
	}
	p, middle := signTest(d), median(d)
	switch {
	case p >= Level || math.Abs(middle) < Smallest:
		return fmt.Sprintf("not decided (sign test p = %.2g, n = %d)", p, len(d))
	case middle < 0:
		return fmt.Sprintf("the reverse (sign test p = %.2g, n = %d)", p, len(d))
	case !also:
		return fmt.Sprintf("in part: higher on average, not at every point (sign test p = %.2g, n = %d)", p, len(d))
	}
	return fmt.Sprintf("holds (sign test p = %.2g, n = %d)", p, len(d))
}

// inflection compares when the medians have made nine tenths of their way from the first value to the highest.
func inflection(epochs, c, h []float64, n int) Claim {
	at := func(m []float64) int {
		goal := m[0] + 0.9*(slices.Max(m)-m[0])
		return slices.IndexFunc(m, func(a float64) bool { return a >= goal })
	}
	i, j := at(c), at(h)
	claim := Claim{
		Sentence: "Both curves bend at about the same point: HAT converges better, not faster.",
		Measured: fmt.Sprintf("The control's median has made 90%% of its way by epoch %.3g, HAT's by epoch %.3g.", epochs[i], epochs[j]),
		Verdict:  tooFew(n),
	}
	if claim.Verdict == "" {
		claim.Verdict = fmt.Sprintf("does not hold (n = %d)", n)
		if i-j <= 1 && j-i <= 1 {
			claim.Verdict = fmt.Sprintf("the same point, to the spacing of our points (n = %d)", n)
		}
	}
	return claim
}

// stability looks at how far HAT falls below its best median after two epochs.
func stability(epochs, h []float64, hat []*hatlib.Result) Claim {
	const settled = 2.0 // epochs: the paper counts the last 18 of 20
	claim := Claim{Sentence: "After convergence HAT stays stable for 18 epochs."}
	from := slices.IndexFunc(epochs, func(e float64) bool { return e >= settled })
	last := epochs[len(epochs)-1]
	if from < 0 || from == len(epochs)-1 {
		claim.Measured = fmt.Sprintf("Our runs end at epoch %g.", last)
		claim.Verdict = "not tested at this scale"
		return claim
	}
	drop, best := 0.0, 0.0
	for _, a := range h[from:] {
		best = math.Max(best, a)
		drop = math.Max(drop, best-a)
	}
	f := Fates(hat)
	claim.Measured = fmt.Sprintf("From epoch %g to %g HAT's median never falls by more than %.2f points below its best so far; %d of %d runs diverged.",
		epochs[from], last, 100*drop, f.NotFinite+f.Worse, f.N)
	switch {
	case last < 20:
		claim.Verdict = fmt.Sprintf("not tested over 18 epochs (n = %d)", f.N)
	case tooFew(f.N) != "":
		claim.Verdict = tooFew(f.N)
	case drop < 0.02 && f.NotFinite+f.Worse == 0:
		claim.Verdict = fmt.Sprintf("holds (n = %d)", f.N)
	default:
		claim.Verdict = fmt.Sprintf("does not hold (n = %d)", f.N)
	}
	return claim
}

// signTest is the two-sided sign test: the probability of at least as many equal signs, were both signs as likely. Zeros
// are left out.
func signTest(d []float64) float64 {
	plus, minus := 0, 0
	for _, x := range d {
		if x > 0 {
			plus++
		}
		if x < 0 {
			minus++
		}
	}
	if plus+minus == 0 {
		return 1
	}
	b := distuv.Binomial{N: float64(plus + minus), P: 0.5}
	return math.Min(1, 2*b.CDF(float64(min(plus, minus))))
}

func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

func average(x []float64) float64 {
	total := 0.0
	for _, v := range x {
		total += v
	}
	return total / float64(len(x))
}
