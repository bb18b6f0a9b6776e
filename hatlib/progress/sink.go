package progress

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// State is what a [Sink] draws: one moment of a bar.
type State struct {
	// Title names the work, for example "training". It does not change.
	Title string
	// Note is the latest text of [Bar.Describe], for example "loss 0.41". It may be empty.
	Note string
	// Unit is what is counted, for example "steps" or "kB". It may be empty.
	Unit string
	// Done and Total are counts, with 0 <= Done <= Total. Total 0 means that the total is not known.
	Done, Total int
	// Elapsed is the time since [New].
	Elapsed time.Duration
	// Left is the estimate of the time that is left, or negative while there is nothing to estimate from.
	Left time.Duration
	// Final says that this is the last state of the bar: no other follows.
	Final bool
}

// Fraction is Done/Total, in [0,1]; 0 where the total is not known.
func (s State) Fraction() float64 {
	if s.Total <= 0 {
		return 0
	}
	return float64(s.Done) / float64(s.Total)
}

// Line is the state as one plain line without a newline, for example
//
//	training: 300/1200 steps (25%), 12s, about 36s left, loss 0.41
func (s State) Line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", s.Title, s.counts())
	if s.Total > 0 {
		fmt.Fprintf(&b, " (%d%%)", int(100*s.Fraction()))
	}
	fmt.Fprintf(&b, ", %s", round(s.Elapsed))
	if !s.Final && s.Left >= 0 {
		fmt.Fprintf(&b, ", about %s left", round(s.Left))
	}
	if s.Note != "" {
		fmt.Fprintf(&b, ", %s", s.Note)
	}
	return b.String()
}

func (s State) counts() string {
	text := fmt.Sprint(s.Done)
	if s.Total > 0 {
		text = fmt.Sprintf("%d/%d", s.Done, s.Total)
	}
	if s.Unit != "" {
		text += " " + s.Unit
	}
	return text
}

// round leaves two or three digits of a time: nobody reads more from an estimate.
func round(d time.Duration) time.Duration {
	switch {
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond)
	default:
		return d.Round(time.Second)
	}
}

// Sink draws one bar. A bar calls Show from one goroutine at a time: at its start, then at most once in 100 ms, and a last time with
// State.Final set. Show must not block for long and has nobody to report an error to.
type Sink interface {
	Show(State)
}

var (
	defaultMu  sync.Mutex
	defaultNew func() Sink
)

// SetDefaultSink installs the maker of the sink of every bar made afterwards; it is called once per bar. With nil the choice between terminal and plain
// lines comes back. A package that knows of another place to draw, such as a notebook, calls it once.
func SetDefaultSink(newSink func() Sink) {
	defaultMu.Lock()
	defer defaultMu.Unlock()
	defaultNew = newSink
}

func newDefaultSink() Sink {
	defaultMu.Lock()
	newSink := defaultNew
	defaultMu.Unlock()
	if newSink == nil {
		return newStderrSink()
	}
	return newSink()
}
