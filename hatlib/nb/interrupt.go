package nb

import (
	"context"
	"os"
	"os/signal"
	"sync"
)

var interrupted = sync.OnceValue(func() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt)
	return ctx
})

// Context returns the context of this cell. The notebook's stop button (SIGINT) cancels it; a long loop that watches it can
// then return what it has. The kernel ends the process 5 seconds after the signal, so stop within that time. Before the first
// call, the stop button ends the process at once.
func Context() context.Context { return interrupted() }
