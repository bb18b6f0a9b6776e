package experiment

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
)

// TestInterrupt: an interrupted run is taken up at its last point, and gives the bytes of one that was not interrupted.
func TestInterrupt(t *testing.T) {
	be := goBackend(t)
	one := spec(tiny(t, "examples=0", "eval_every=0.25"), "HAT")
	calm, s := newStore(t), newStore(t)
	compute1(t, be, calm, one)
	id := mustID(t, &Runner{Store: s, Backend: be}, one)

	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() { // the checkpoint of the first points is the sign to interrupt
		defer close(stopped)
		for {
			if arrays, metadata, err := hatlib.ReadArrays(s.partial(id) + "/" + checkpointFile); err == nil && len(arrays) > 0 &&
				bytes.Count([]byte(metadata["result"]), []byte(`"epoch"`)) >= 3 {
				cancel()
				return
			}
			if ctx.Err() != nil {
				return
			}
		}
	}()
	_, err := (&Runner{Store: s, Backend: be}).Run(ctx, []Spec{one})
	cancel()
	<-stopped
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	compute1(t, be, s, one)
	m, err := s.Manifest(id)
	if err != nil || !m.Made.Resumed {
		t.Errorf("resumed %v, %v", m.Made.Resumed, err)
	}
	for _, name := range []string{curveFile, ruleFile} {
		want, _ := os.ReadFile(calm.file(id, name))
		if got, err := os.ReadFile(s.file(id, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s differs: %v", name, err)
		}
	}
}
