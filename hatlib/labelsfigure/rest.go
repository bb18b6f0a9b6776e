package labelsfigure

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// Rest is how M comes to rest at one proportion of labels.
type Rest struct {
	Proportion float64
	// Epochs of the snapshots; Left are quartiles over runs of the share of M's way that is still to go, see Left.
	Epochs []float64
	Left   [3][]float64
	// N runs are behind it; Still runs had an M that never moved, or ended in numbers that are not finite.
	N, Still int
}

// Left is, at each snapshot, the share of M's way through its parameters that is still to go: 1 at the first, 0 at the
// last. The way is the sum of the distances between snapshots. It is nil for an M that never moved or is not finite.
func Left(s *experiment.Snapshots) []float64 {
	way := make([]float64, len(s.Rules))
	for k := 1; k < len(way); k++ {
		way[k] = way[k-1] + s.Rules[k-1].Distance(&s.Rules[k])
	}
	total := way[len(way)-1]
	if !(total > 0) || math.IsInf(total, 0) {
		return nil
	}
	left := make([]float64, len(way))
	for k, done := range way {
		left[k] = 1 - done/total
	}
	return left
}

// Rests are those of the HAT runs of fig1-labels in one reading, by ascending proportion. Proportions at which no M moved
// are left out; it is an error when that are all.
func Rests(runs []experiment.Run, reading string) ([]Rest, error) {
	byX := map[float64]*Rest{}
	columns := map[float64][][]float64{} // [snapshot][run]
	for _, r := range experiment.Select(runs, reading, experiment.HATArm, "") {
		x, err := proportion(&r)
		if err != nil {
			return nil, err
		}
		s, err := r.Snapshots()
		if err != nil {
			return nil, err
		}
		if byX[x] == nil {
			byX[x] = &Rest{Proportion: x, Epochs: s.Epochs}
			columns[x] = make([][]float64, len(s.Epochs))
		}
		left := Left(s)
		if left == nil || len(left) != len(byX[x].Epochs) {
			byX[x].Still++
			continue
		}
		byX[x].N++
		for k, v := range left {
			columns[x][k] = append(columns[x][k], v)
		}
	}
	var rests []Rest
	for x, rest := range byX {
		if rest.N == 0 {
			continue
		}
		for _, column := range columns[x] {
			q1, median, q3 := analysis.Quartiles(column)
			for i, q := range []float64{q1, median, q3} {
				rest.Left[i] = append(rest.Left[i], q)
			}
		}
		rests = append(rests, *rest)
	}
	if len(rests) == 0 {
		return nil, fmt.Errorf("reading %q has no HAT run in which M moved", reading)
	}
	slices.SortFunc(rests, func(a, b Rest) int { return cmp.Compare(a.Proportion, b.Proportion) })
	return rests, nil
}

// Still is the number of runs in which M never moved, or diverged.
func Still(rests []Rest) int {
	n := 0
	for _, r := range rests {
		n += r.Still
	}
	return n
}

// maxLines is how many lines can be told apart in one panel.
const maxLines = 5

// Lines are rests as lines with their quartiles: all of them, or where they are many the first, the last, and some between.
func Lines(rests []Rest) []figure.Series {
	n := min(len(rests), maxLines)
	var series []figure.Series
	for k := range n {
		r := rests[k*(len(rests)-1)/max(n-1, 1)]
		series = append(series, figure.Series{Name: r.Label(), X: r.Epochs, Y: r.Left[1], Lo: r.Left[0], Hi: r.Left[2]})
	}
	return series
}

// Label is the proportion for people.
func (r Rest) Label() string { return label(r.Proportion) }

// Half is the snapshot in the middle, and the median share of the way that is then still to go.
func (r Rest) Half() (epoch, left float64) {
	k := len(r.Epochs) / 2
	return r.Epochs[k], r.Left[1][k]
}
