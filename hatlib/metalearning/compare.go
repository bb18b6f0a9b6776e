package metalearning

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a mean with its 95% confidence interval.
type Interval struct{ Mean, Low, High float64 }

// String is "mean [low, high]".
func (i Interval) String() string { return fmt.Sprintf("%.4g [%.4g, %.4g]", i.Mean, i.Low, i.High) }

// MeanInterval returns the mean of v with its 95% interval by Student's t. It needs two values or more, independent of each other.
func MeanInterval(v []float64) Interval {
	mean, sd := meanSD(v)
	n := float64(len(v))
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975) * sd / math.Sqrt(n)
	return Interval{mean, mean - half, mean + half}
}

// Paired returns the mean of a[i] - b[i] with its 95% interval: a is below b for sure where High is below 0. It panics where the lengths differ.
func Paired(a, b []float64) Interval {
	if len(a) != len(b) {
		panic(fmt.Sprintf("metalearning: pairs of %d and %d values", len(a), len(b)))
	}
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return MeanInterval(d)
}

// Logs returns the natural logarithm of every value: the paired difference of logarithms is the logarithm of a ratio, in which no single hard function decides.
func Logs(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.Log(x)
	}
	return out
}

// Column returns v[i][k] for every i.
func Column(v [][]float64, k int) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = v[i][k]
	}
	return out
}

// MeanCurve returns, for losses [steps][runs], the step numbers from first on, and the mean over runs with its 95% interval at each: what a figure of lines needs.
func MeanCurve(losses [][]float64, first int) (x, mean, low, high []float64) {
	for t, row := range losses {
		i := MeanInterval(row)
		x, mean, low, high = append(x, float64(first+t)), append(mean, i.Mean), append(low, i.Low), append(high, i.High)
	}
	return x, mean, low, high
}

// ByStep returns v with its two axes exchanged: regrets are [tasks][queries], losses [steps][functions].
func ByStep(v [][]float64) [][]float64 {
	if len(v) == 0 {
		return nil
	}
	out := make([][]float64, len(v[0]))
	for k := range out {
		out[k] = Column(v, k)
	}
	return out
}

// Baseline is one of the four hand-made optimizers with all settings that Tune tries.
type Baseline struct {
	Name       string
	Candidates []Stepper
}

// Baselines returns SGD, RMSprop, Adam and NAG: rates in steps of 2 from 0.001 to about 8, and for RMSprop and NAG also their decay and momentum, which
// Andrychowicz et al. 2016 left at their defaults.
func Baselines() []Baseline {
	sgd, rms, adam, nag := Baseline{Name: "SGD"}, Baseline{Name: "RMSprop"}, Baseline{Name: "Adam"}, Baseline{Name: "NAG"}
	for k := range 14 {
		rate := 0.001 * math.Pow(2, float64(k))
		sgd.Candidates = append(sgd.Candidates, &SGD{Rate: rate})
		adam.Candidates = append(adam.Candidates, NewAdam(rate))
		for _, d := range []float64{0.9, 0.99, 0.999} {
			rms.Candidates = append(rms.Candidates, &RMSprop{Rate: rate, Decay: d})
		}
		for _, m := range []float64{0.8, 0.9, 0.95, 0.98} {
			nag.Candidates = append(nag.Candidates, &NAG{Rate: rate, Momentum: m})
		}
	}
	return []Baseline{sgd, rms, adam, nag}
}

// Tune returns the candidate whose mean loss over functions and over the last rows of the curve is smallest on d: last 1 asks for the best end, last Steps + 1 for the best
// whole course. Draw d apart from the problems of the comparison.
func Tune(d *Descent, candidates []Stepper, last int) (Stepper, error) {
	var best Stepper
	lowest := math.Inf(1)
	for _, s := range candidates {
		curve, err := d.Run(s)
		if err != nil {
			return nil, err
		}
		if mean, _ := meanSD(Late(curve, last)); mean < lowest {
			best, lowest = s, mean
		}
	}
	if best == nil {
		return nil, fmt.Errorf("metalearning: no candidate stays finite on %s", d.p.Objective.Name())
	}
	return best, nil
}

// Late returns, for losses [steps+1][functions], each function's mean over the last rows.
func Late(losses [][]float64, last int) []float64 {
	out := make([]float64, len(losses[0]))
	for _, row := range losses[len(losses)-last:] {
		for i, v := range row {
			out[i] += v / float64(last)
		}
	}
	return out
}

// Race is the losses of one optimizer on drawn problems.
type Race struct {
	Name, Setting string
	Loss          [][]float64 // [steps+1][functions], row t after t steps
}

// RaceBaselines tunes SGD, RMSprop, Adam and NAG on n functions drawn with tuningSeed, by the criterion last of [Tune], and runs each once on n fresh ones drawn with
// seed. It returns the fresh functions, for others to run on and to Close, and the four results.
func RaceBaselines(be compute.Backend, o Objective, tuningSeed, seed uint64, n, steps, last int) (*Descent, []Race, error) {
	tuning, err := NewDescent(be, DrawProblems(o, tuningSeed, n, steps))
	if err != nil {
		return nil, nil, err
	}
	defer tuning.Close()
	fresh, err := NewDescent(be, DrawProblems(o, seed, n, steps))
	if err != nil {
		return nil, nil, err
	}
	var races []Race
	for _, b := range Baselines() {
		s, err := Tune(tuning, b.Candidates, last)
		if err != nil {
			fresh.Close()
			return nil, nil, err
		}
		loss, err := fresh.Run(s)
		if err != nil {
			fresh.Close()
			return nil, nil, err
		}
		races = append(races, Race{Name: b.Name, Setting: s.String(), Loss: loss})
	}
	return fresh, races, nil
}
