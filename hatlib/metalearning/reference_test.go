package metalearning

import (
	"flag"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

var retrain = flag.String("retrain", "", "reference run to train again into trained/ (its name, or all)")

// trainedParams returns the kept parameters of a reference run.
func trainedParams(t *testing.T, name string) Params {
	t.Helper()
	r, err := FindReference(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Params()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRetrain makes the kept parameters again: go test -run 'TestRetrain$' -retrain=all -timeout 3h -v
func TestRetrain(t *testing.T) {
	if *retrain == "" {
		t.Skip("only with -retrain=NAME")
	}
	be := backendtest.XLA(t)
	for _, r := range References() {
		if *retrain != r.Name && *retrain != "all" {
			continue
		}
		start, sum := time.Now(), 0.0
		p, err := r.Train(t.Context(), be, func(step, steps int, loss float64) {
			if sum += loss; step%100 == 0 {
				fmt.Printf("%s %d/%d: mean loss %.4f, %v\n", r.Name, step, steps, sum/100, time.Since(start).Round(time.Second))
				sum = 0
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Save(filepath.Join("trained", r.Name+".safetensors")); err != nil {
			t.Fatal(err)
		}
	}
}
