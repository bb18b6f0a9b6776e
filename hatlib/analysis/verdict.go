package analysis

import "math"

// Verdict is what the data say about a sentence of the paper.
type Verdict string

// The verdicts.
const (
	Replicates   Verdict = "replicates"
	Reversed     Verdict = "reversed"
	Equivalent   Verdict = "equivalent"
	Inconclusive Verdict = "inconclusive"
	NotTested    Verdict = "not tested at this scale"
)

// Alpha is the chance of a false verdict in a family of claims.
const Alpha = 0.05

// MinPairs is the number of pairs below which a claim is not tested: with 5 even unanimous pairs have a two-sided
// p-value of 1/16.
const MinPairs = 6

// PairsNeeded is the number of pairs below which no effect can be found in a family of so many tests, even if all pairs
// agree: the smallest p-value of n pairs, 2/2^n, times the number of tests must be below Alpha. It is MinPairs at least.
func PairsNeeded(tests int) int {
	n := MinPairs
	for float64(tests)*math.Pow(2, float64(1-n)) >= Alpha {
		n++
	}
	return n
}

// Direction is what a claim says of the difference.
type Direction int

// The directions.
const (
	Lower    Direction = -1
	NoEffect Direction = 0
	Higher   Direction = 1
)

// String is what a claim of this direction says of the difference.
func (d Direction) String() string {
	return map[Direction]string{Lower: "lower", NoEffect: "no effect", Higher: "higher"}[d]
}

// Test is one claim with its data: one number for each pair of runs, treated minus control in the unit of Smallest.
type Test struct {
	Name        string
	Differences []float64
	Direction   Direction
	// Smallest is the smallest effect of interest, above 0.
	Smallest float64
}

// Finding is the outcome of a test within its family.
type Finding struct {
	Test
	Verdict Verdict
	// Mean and Median are of the paired differences, with BCa intervals of 95% (not corrected for the number of claims).
	Mean, Median Interval
	// Above and Below are the numbers of pairs with a difference above and below 0.
	Above, Below int
	// P is Wilcoxon's, Sign the sign test's, PEquivalent that of the two one-sided tests; Corrected and
	// CorrectedEquivalent are P and PEquivalent after Holm over the family.
	P, Sign, PEquivalent, Corrected, CorrectedEquivalent float64
}

// Judge tests a family of claims together. For each, with P and the equivalence test corrected over the family:
//
//	P < alpha and |median difference| >= Smallest   an effect: replicates where the claim says its sign, else reversed
//	equivalence < alpha                             the effect is too small to matter: equivalent
//	otherwise                                       inconclusive
//
// A claim of no effect (NoEffect) replicates where others are equivalent, and is reversed by an effect of either sign.
// Claims with fewer than MinPairs pairs are not tested, and do not count in the correction.
func Judge(tests []Test) []Finding {
	return judge(tests, func(values []float64, statistic func([]float64) float64, seed uint64) Interval {
		return Bootstrap{BCa: true, Seed: seed, Resamples: 4000}.Of(values, statistic)
	})
}

// Verdicts is Judge without intervals, on which no verdict hangs and which take most of its time: for simulations, as of the
// pairs that a study needs.
func Verdicts(tests []Test) []Finding {
	return judge(tests, func(values []float64, statistic func([]float64) float64, _ uint64) Interval {
		return Interval{Estimate: statistic(values), Lo: math.NaN(), Hi: math.NaN(), N: len(values)}
	})
}

// judge is Judge with the way to make an interval.
func judge(tests []Test, interval func([]float64, func([]float64) float64, uint64) Interval) []Finding {
	findings := make([]Finding, len(tests))
	var p, equivalent []float64
	var tested []int
	for i, t := range tests {
		f := &findings[i]
		f.Test, f.Verdict = t, NotTested
		for _, d := range t.Differences {
			if d > 0 {
				f.Above++
			} else if d < 0 {
				f.Below++
			}
		}
		f.Mean, f.Median = interval(t.Differences, Mean, uint64(i)), interval(t.Differences, Median, uint64(i))
		f.P, f.Sign, f.PEquivalent = Wilcoxon(t.Differences), SignTest(t.Differences), Equivalence(t.Differences, t.Smallest)
		f.Corrected, f.CorrectedEquivalent = math.NaN(), math.NaN()
		if len(t.Differences) >= MinPairs {
			tested = append(tested, i)
			p, equivalent = append(p, f.P), append(equivalent, f.PEquivalent)
		}
	}
	p, equivalent = Holm(p), Holm(equivalent)
	for k, i := range tested {
		f := &findings[i]
		f.Corrected, f.CorrectedEquivalent = p[k], equivalent[k]
		f.Verdict = f.judge()
	}
	return findings
}

func (f *Finding) judge() Verdict {
	effect := f.Corrected < Alpha && math.Abs(f.Median.Estimate) >= f.Smallest
	switch {
	case effect && f.Direction != NoEffect && (f.Median.Estimate > 0) == (f.Direction == Higher):
		return Replicates
	case effect:
		return Reversed
	case f.CorrectedEquivalent < Alpha && f.Direction == NoEffect:
		return Replicates
	case f.CorrectedEquivalent < Alpha:
		return Equivalent
	}
	return Inconclusive
}
