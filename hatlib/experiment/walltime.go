package experiment

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hatlab/hatlab/hatlib"
)

// EqualTime lays the runs of an arm beside controls that were given the same wall time.
type EqualTime struct {
	// ArmSeconds and ControlSeconds are the measured costs of one batch.
	ArmSeconds, ControlSeconds float64
	// Conditions of the measurements.
	Conditions Conditions
	Pairs      []TimedPair
}

// Conditions of a measurement of time: times are compared where all of them are equal.
type Conditions struct {
	Parallel, Cores  int
	System, XLAFlags string
}

// TimedPair is a run at its end, and its control at the same time.
type TimedPair struct {
	Arm, Control Run
	// Seconds is what the batches of a run of the arm cost, Epoch where the control is then.
	Seconds, Epoch float64
	// Accuracy and Loss are the control's at that time, between two points of its curve by linear interpolation.
	Accuracy, Loss float64
	// Short is true when the control's run was too short: it had less time than the arm, and is taken at its end. (One
	// that diverged is taken at its end too, as everywhere.)
	Short bool
}

// Ratio is how many batches of the control cost as much as one of the arm.
func (e *EqualTime) Ratio() float64 { return e.ArmSeconds / e.ControlSeconds }

// Differences are accuracy of the arm minus accuracy of the control at the same time, in points, by pair.
func (e *EqualTime) Differences() []float64 {
	d := make([]float64, len(e.Pairs))
	for i, p := range e.Pairs {
		d[i] = 100 * (p.Arm.Final() - p.Accuracy)
	}
	return d
}

// Short counts the pairs whose control ended before the arm.
func (e *EqualTime) Short() int {
	n := 0
	for _, p := range e.Pairs {
		if p.Short {
			n++
		}
	}
	return n
}

// AtEqualTime compares an arm with a control that trained longer (see the experiment why), at the wall time at which the
// arm is done, within one reading. The cost of a batch of either is measured: it is the smallest over its runs of the
// manifest's seconds by batches, so that compiling, which only the first runs of a graph pay, and other work on the
// machine count little; runs that were taken up after an interruption, whose seconds are not all of theirs, are left
// out. The seconds include the evaluations along the curve. Costs are compared under equal conditions; an error says
// when the two arms have none in common, or no pairs.
func AtEqualTime(runs []Run, arm, control string) (*EqualTime, error) {
	pairs, _ := Pairs(runs, arm, control)
	if len(pairs) == 0 {
		return nil, fmt.Errorf("there are no pairs of %q and %q to compare at equal time", arm, control)
	}
	ofArm, ofControl := batchSeconds(runs, arm), batchSeconds(runs, control)
	var common []Conditions
	for c := range ofArm {
		if _, both := ofControl[c]; both {
			common = append(common, c)
		}
	}
	if len(common) == 0 {
		return nil, fmt.Errorf("%q and %q were not timed under the same conditions (runs at a time, cores, system, XLA flags): compute both in one sweep, without an interruption", arm, control)
	}
	best := slices.MinFunc(common, func(a, b Conditions) int { // the fastest, for a choice that does not depend on an order
		return cmp.Or(cmp.Compare(ofArm[a], ofArm[b]), cmp.Compare(ofControl[a], ofControl[b]))
	})
	e := &EqualTime{ArmSeconds: ofArm[best], ControlSeconds: ofControl[best], Conditions: best}
	batches := 0 // of a run that did not diverge
	for _, p := range pairs {
		batches = max(batches, p[0].Result.Final().Batch)
	}
	for _, p := range pairs {
		e.Pairs = append(e.Pairs, e.pair(p[0], p[1], batches))
	}
	return e, nil
}

// batchSeconds is the smallest cost of a batch of an arm under each condition.
func batchSeconds(runs []Run, arm string) map[Conditions]float64 {
	least := map[Conditions]float64{}
	for _, r := range Select(runs, "", arm, "") {
		made, batches := r.Manifest.Made, r.Result.Final().Batch
		if made.Resumed || batches == 0 {
			continue
		}
		c := Conditions{Parallel: made.Parallel, Cores: made.Cores, System: made.System, XLAFlags: made.XLAFlags}
		seconds := made.Seconds / float64(batches)
		if before, seen := least[c]; !seen || seconds < before {
			least[c] = seconds
		}
	}
	return least
}

// pair finds the control's place when the arm has taken its batches.
func (e *EqualTime) pair(arm, control Run, batches int) TimedPair {
	p := TimedPair{Arm: arm, Control: control, Seconds: float64(batches) * e.ArmSeconds}
	points := control.Result.Points
	batch := p.Seconds / e.ControlSeconds
	at := slices.IndexFunc(points, func(q hatlib.Point) bool { return float64(q.Batch) >= batch })
	if at < 0 {
		last := points[len(points)-1]
		p.Epoch, p.Accuracy, p.Loss = last.Epoch, last.Test.Accuracy, last.Test.Loss
		p.Short = control.Result.DivergedAt == 0
		return p
	}
	before, after := points[max(at-1, 0)], points[at]
	share := 1.0
	if after.Batch > before.Batch {
		share = (batch - float64(before.Batch)) / float64(after.Batch-before.Batch)
	}
	between := func(a, b float64) float64 { return (1-share)*a + share*b }
	p.Epoch = between(before.Epoch, after.Epoch)
	p.Accuracy = between(before.Test.Accuracy, after.Test.Accuracy)
	p.Loss = between(before.Test.Loss, after.Test.Loss)
	return p
}
