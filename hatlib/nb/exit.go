package nb

import (
	"fmt"
	"os"

	"github.com/janpfeifer/gonb/gonbui"
)

// exit is replaced by tests.
var exit = os.Exit

// fail ends the cell: one line on standard error, what was displayed before flushed, status 1.
func fail(format string, args ...any) {
	flush()
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	exit(1)
}

// Must ends the cell when err is not nil.
func Must(err error) {
	if err != nil {
		fail("error: %v", err)
	}
}

// Must1 returns v, or ends the cell when err is not nil: nb.Must1(f()) for any f that returns a value and an error.
func Must1[T any](v T, err error) T {
	Must(err)
	return v
}

// Must2 is [Must1] for two values.
func Must2[T, U any](v T, u U, err error) (T, U) {
	Must(err)
	return v, u
}

// Check prints a ticked line when cond holds; otherwise it ends the cell, naming the check. The format says what is
// true: "the loops and the graph agree to %g".
func Check(cond bool, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !cond {
		fail("CHECK FAILED: %s", text)
		return
	}
	if InNotebook() {
		showHTML(fmt.Sprintf(`<div style="color:#00694d"><b>&#10003;</b> %s</div>`, escape(text)), "ok: "+text)
		return
	}
	fmt.Println("ok: " + text)
}

// InNotebook tells whether this process is a cell of a GoNB notebook.
func InNotebook() bool { return gonbui.IsNotebook }
