package progress

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Plain lines come when a tenth of the work is done or half a minute has passed, so that a log of a long run stays short.
const (
	plainFraction = 0.1
	plainEvery    = 30 * time.Second
)

// newStderrSink is the sink of programs: standard output stays free for results.
func newStderrSink() Sink {
	if term.IsTerminal(int(os.Stderr.Fd())) {
		return Terminal(os.Stderr)
	}
	return Plain(os.Stderr)
}

// Plain draws occasional lines on w: each time that another tenth of the work is done, each half minute, and at the end. Work that ends within a second
// leaves a single line.
func Plain(w io.Writer) Sink { return &plain{w: w} }

type plain struct {
	w       io.Writer
	tenth   int           // tenths of the work at the last line
	elapsed time.Duration // at the last line
}

func (p *plain) Show(s State) {
	tenth := int(s.Fraction() / plainFraction)
	due := s.Elapsed-p.elapsed >= plainEvery || (tenth > p.tenth && s.Elapsed-p.elapsed >= time.Second)
	if !s.Final && !due {
		return
	}
	p.tenth, p.elapsed = tenth, s.Elapsed
	fmt.Fprintln(p.w, s.Line())
}

// Terminal draws a moving bar on w, which must be a terminal.
func Terminal(w io.Writer) Sink { return &terminal{w: w} }

type terminal struct {
	w   io.Writer
	bar *progressbar.ProgressBar
}

// Show lets the library draw the bar and nothing else: the estimate is ours, so that every sink says the same.
func (t *terminal) Show(s State) {
	if t.bar == nil {
		total := s.Total
		if total == 0 {
			total = -1 // the library's spinner
		}
		t.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(t.w), progressbar.OptionSetWidth(20),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionShowDescriptionAtLineEnd())
	}
	t.bar.Describe(" " + s.Line())
	_ = t.bar.Set(s.Done) // a bar that cannot be drawn is no reason to stop the work
	if s.Final {
		fmt.Fprintln(t.w)
	}
}
