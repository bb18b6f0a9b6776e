package hatlib

import (
	"fmt"
	"testing"
	"time"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

func TestQuick(t *testing.T) {
	train, test, err := dataset.Load("digits")
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for _, rule := range []string{"meta", "none"} {
			for _, preset := range []string{"smoke"} {
				c, _ := Preset(preset)
				c.Rule = rule
				if err := c.Set("output_activation", "linear"); err != nil {
					t.Fatal(err)
				}
				tr, err := NewTrainer(be, c, train, test)
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				for epoch := range 4 {
					plan := c.plan(train.N, epoch)
					err = tr.Train(plan.steps, plan.labelled, func(n int, l StepLog) error {
						return nil
					})
					if err != nil {
						t.Fatal(err)
					}
					e, err := tr.Evaluate()
					if err != nil {
						t.Fatal(err)
					}
					fmt.Println(rule, epoch, time.Since(start), e)
				}
			}
		}
	})
}
