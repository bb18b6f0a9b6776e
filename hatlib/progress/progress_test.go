package progress

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// clock is a time that moves only when told.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }

// record keeps what a bar shows.
type record struct{ states []State }

func (r *record) Show(s State) { r.states = append(r.states, s) }

func (r *record) last() State { return r.states[len(r.states)-1] }

func testBar(total int, sink Sink) (*Bar, *clock) {
	c := &clock{time.Unix(1000, 0)}
	return New(total, "work", WithSink(sink), WithUnit("steps"), withClock(c.now)), c
}

// TestEstimate: compiling takes 30 s, and then each of 100 steps takes 2 s. The estimate must not spread the compilation over the steps.
func TestEstimate(t *testing.T) {
	r := &record{}
	b, c := testBar(100, r)
	if got := r.last(); got.Left >= 0 || got.Done != 0 {
		t.Errorf("at the start: %+v", got)
	}
	c.advance(32 * time.Second)
	b.Add(1)
	if got := r.last().Left; got != 99*32*time.Second {
		t.Errorf("after one step, with nothing better to go by: %v left", got)
	}
	for range 24 {
		c.advance(2 * time.Second)
		b.Add(1)
	}
	got := r.last()
	if got.Left != 75*2*time.Second || got.Elapsed != 80*time.Second || got.Done != 25 {
		t.Errorf("after 25 steps: %+v", got)
	}
	b.Describe("loss 0.5")
	c.advance(2 * time.Second)
	b.Add(1)
	if got, want := r.last().Line(), "work: 26/100 steps (26%), 1m22s, about 2m28s left, loss 0.5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	b.Done()
	if got, want := r.last().Line(), "work: 26/100 steps (26%), 1m22s, loss 0.5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestThrottle: a million steps in a second are ten drawings, and the last state is always shown, once.
func TestThrottle(t *testing.T) {
	r := &record{}
	b, c := testBar(1_000_000, r)
	for range 1_000_000 {
		c.advance(time.Microsecond)
		b.Add(1)
	}
	b.Done()
	b.Done()
	b.Add(1)
	if len(r.states) != 12 { // the start, ten, and the end
		t.Errorf("%d drawings", len(r.states))
	}
	finals := 0
	for _, s := range r.states {
		if s.Final {
			finals++
		}
	}
	if got := r.last(); finals != 1 || !got.Final || got.Done != 1_000_000 {
		t.Errorf("%d final states, the last is %+v", finals, got)
	}
}

func TestBounds(t *testing.T) {
	r := &record{}
	b, _ := testBar(10, r)
	b.Add(-5)
	b.Add(25)
	b.Done()
	if got := r.last(); got.Done != 10 || got.Fraction() != 1 {
		t.Errorf("%+v", got)
	}
	b, _ = testBar(-1, r)
	b.Add(25)
	b.Done()
	if got := r.last(); got.Done != 25 || got.Total != 0 || got.Fraction() != 0 || got.Line() != "work: 25 steps, 0s" {
		t.Errorf("%+v, %q", got, got.Line())
	}
}

func TestNilBar(t *testing.T) {
	var b *Bar
	b.Add(1)
	b.Describe("x")
	b.Done()
}

// TestConcurrent is for the race detector, and counts.
func TestConcurrent(t *testing.T) {
	r := &record{}
	b := New(1000, "work", WithSink(r))
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 100 {
				b.Add(1)
				b.Describe("x")
			}
		})
	}
	wg.Wait()
	b.Done()
	if got := r.last().Done; got != 1000 {
		t.Errorf("counted %d of 1000", got)
	}
}

func TestDefaultSink(t *testing.T) {
	r := &record{}
	SetDefaultSink(func() Sink { return r })
	defer SetDefaultSink(nil)
	New(1, "work").Done()
	if len(r.states) != 2 {
		t.Errorf("the default sink was shown %d states", len(r.states))
	}
}

// TestPlain: a log gets a line per tenth, but not more than one a second, one every 30 s when the work is slow, and one at the end.
func TestPlain(t *testing.T) {
	for _, test := range []struct {
		name  string
		step  time.Duration
		lines []string
	}{
		{"fast", time.Millisecond, []string{"work: 100/100 steps (100%), 100ms"}},
		{"a minute", 600 * time.Millisecond, []string{"10%", "20%", "30%", "40%", "50%", "60%", "70%", "80%", "90%", "100%"}},
		{"slow", 29 * time.Second, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			b, c := testBar(100, Plain(&out))
			for range 100 {
				c.advance(test.step)
				b.Add(1)
			}
			b.Done()
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if test.lines == nil { // every second step, for each is 29 s, and the tenths between
				if len(lines) < 50 || len(lines) > 61 {
					t.Errorf("%d lines", len(lines))
				}
				return
			}
			if len(lines) != len(test.lines) {
				t.Fatalf("%d lines, want %d: %q", len(lines), len(test.lines), lines)
			}
			for i, want := range test.lines {
				if !strings.Contains(lines[i], want) {
					t.Errorf("line %q, want %q in it", lines[i], want)
				}
			}
		})
	}
}

func TestTerminal(t *testing.T) {
	var out strings.Builder
	width := 60
	b, c := testBar(4, Terminal(&out, func() int { return width }))
	c.advance(time.Second)
	b.Add(1)
	width = 30
	c.advance(time.Second)
	b.Add(1)
	b.Done()
	got := strings.Split(out.String(), "\r")
	want := []string{
		"",
		"░░░░░░░░░░░░░░░░░░░░ work: 0/4 steps (0%), 0s\x1b[K",
		"█████░░░░░░░░░░░░░░░ work: 1/4 steps (25%), 1s, about 3s le\x1b[K",
		"██████████░░░░░░░░░░ work: 2/\x1b[K",
		"██████████░░░░░░░░░░ work: 2/\x1b[K\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("drawn\n%q, want\n%q", got, want)
	}
}
