package progress

import (
	"sync"
	"time"
)

// showEvery is the least time between two drawings. Faster ones cannot be read, and in a notebook each is a message to the browser.
const showEvery = 100 * time.Millisecond

// Bar counts the steps of one piece of work. Its methods may be called from several goroutines, and on a nil Bar, where they do nothing: code that
// reports progress needs no "if".
type Bar struct {
	mu    sync.Mutex
	sink  Sink
	now   func() time.Time
	state State

	start     time.Time // of the bar
	first     time.Time // first Add
	firstDone int       // count after the first Add
	shown     time.Time // last call of sink.Show
}

// Option changes how [New] makes a bar.
type Option func(*Bar)

// WithSink draws this bar with the given sink.
func WithSink(s Sink) Option { return func(b *Bar) { b.sink = s } }

// WithUnit names what is counted, for example "steps".
func WithUnit(unit string) Option { return func(b *Bar) { b.state.Unit = unit } }

// withClock is for tests.
func withClock(now func() time.Time) Option { return func(b *Bar) { b.now = now } }

// New starts and shows a bar for total steps; with total <= 0 the total is not known, and only counts and elapsed time are shown.
func New(total int, title string, opts ...Option) *Bar {
	b := &Bar{now: time.Now, state: State{Title: title, Total: max(total, 0), Left: -1}}
	for _, opt := range opts {
		opt(b)
	}
	if b.sink == nil {
		b.sink = newDefaultSink()
	}
	b.start = b.now()
	b.show(b.start)
	return b
}

// Add counts n more steps, n >= 0. The count stops at the total.
func (b *Bar) Add(n int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state.Final {
		return
	}
	now := b.now()
	b.state.Done += max(n, 0)
	if b.state.Total > 0 {
		b.state.Done = min(b.state.Done, b.state.Total)
	}
	if b.first.IsZero() {
		b.first, b.firstDone = now, b.state.Done
	}
	if now.Sub(b.shown) >= showEvery {
		b.show(now)
	}
}

// Describe sets the note shown beside the bar, for example the current loss. It is drawn with the next Add, so it costs nothing in an inner loop.
func (b *Bar) Describe(note string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.Note = note
}

// Done shows the last state and closes the bar; the count stays where it is, so that work that stopped early is seen to have. Later calls do nothing.
func (b *Bar) Done() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state.Final {
		return
	}
	b.state.Final = true
	b.show(b.now())
}

// show is called with the lock held, or before anybody else has the bar.
func (b *Bar) show(now time.Time) {
	b.shown = now
	b.state.Elapsed = now.Sub(b.start)
	b.state.Left = b.left(now)
	b.sink.Show(b.state)
}

// left is the estimate of the package comment. While only one Add has been seen, its own time is all there is to go by.
func (b *Bar) left(now time.Time) time.Duration {
	s := b.state
	if s.Total == 0 || s.Done == 0 {
		return -1
	}
	took, steps := now.Sub(b.start), s.Done
	if s.Done > b.firstDone {
		took, steps = now.Sub(b.first), s.Done-b.firstDone
	}
	return time.Duration(float64(took) / float64(steps) * float64(s.Total-s.Done))
}
