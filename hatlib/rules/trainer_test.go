package rules

import (
	"context"
	"reflect"
	"testing"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestStateOfEachLayer: a rule with running means trains in HAT on both backends, keeps them apart for two layers of one
// size, and starts anew when the trainer is reset.
func TestStateOfEachLayer(t *testing.T) {
	train, test, err := dataset.Load(dataset.Digits)
	if err != nil {
		t.Fatal(err)
	}
	c, err := hatlib.Preset("smoke")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetAll([]string{"rule=bcm", "sizes=64-12-12-10", "examples=200", "local_rate=1e-4", "epochs=1"}); err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		trainer, err := hatlib.NewTrainer(be, c, train, test)
		if err != nil {
			t.Fatal(err)
		}
		defer trainer.Close()
		first, err := trainer.Run(context.Background(), hatlib.RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if first.Final().LocalNorm == 0 {
			t.Error("the rule changed nothing")
		}
		if err := trainer.Reset(c); err != nil {
			t.Fatal(err)
		}
		second, err := trainer.Run(context.Background(), hatlib.RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(first, second) {
			t.Errorf("after a reset the run differs: %+v, %+v", first.Final(), second.Final())
		}
	})
}
