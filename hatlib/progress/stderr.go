package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// Plain lines come when a tenth of the work is done or half a minute has passed, so that a log of a long run stays short.
const (
	plainParts   = 10
	plainEvery   = 30 * time.Second
	plainAtLeast = time.Second
)

// newStderrSink is the sink of programs: standard output stays free for results.
func newStderrSink() Sink {
	if fd := int(os.Stderr.Fd()); term.IsTerminal(fd) {
		return Terminal(os.Stderr, func() int {
			width, _, err := term.GetSize(fd)
			if err != nil || width <= 0 {
				return 80
			}
			return width
		})
	}
	return Plain(os.Stderr)
}

// Plain draws occasional lines on w: each time that another tenth of the work is done but not more than one in a second, each half minute, and at the end. Work that
// ends within a second leaves a single line.
func Plain(w io.Writer) Sink { return &plain{w: w} }

type plain struct {
	w       io.Writer
	tenth   int           // tenths of the work at the last line
	elapsed time.Duration // at the last line
}

// Show writes one line or nothing. The state in which the last step is done is left to the final one, which follows at once.
func (p *plain) Show(s State) {
	tenth, since := plainParts*s.Done/max(s.Total, 1), s.Elapsed-p.elapsed
	due := since >= plainEvery || (tenth > p.tenth && since >= plainAtLeast && s.Done < s.Total)
	if !s.Final && !due {
		return
	}
	p.tenth, p.elapsed = tenth, s.Elapsed
	fmt.Fprintln(p.w, s.Line())
}

// barCells is the length of the drawn bar in characters.
const barCells = 20

// Terminal redraws one line on w, which must be a terminal; width returns how many characters fit into a line now. A line that does not fit is cut, because
// what wraps cannot be redrawn.
func Terminal(w io.Writer, width func() int) Sink { return terminal{w, width} }

type terminal struct {
	w     io.Writer
	width func() int
}

// Show returns to the start of the line, writes it anew, and erases what the last one had more.
func (t terminal) Show(s State) {
	line := []rune(s.Line())
	if s.Total > 0 {
		full := int(barCells * s.Fraction())
		line = append([]rune(strings.Repeat("█", full)+strings.Repeat("░", barCells-full)+" "), line...)
	}
	line = line[:min(len(line), max(t.width()-1, 0))]
	end := "\x1b[K"
	if s.Final {
		end += "\n"
	}
	fmt.Fprintf(t.w, "\r%s%s", string(line), end)
}
