package rules

import (
	"context"
	"math"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestRulesInPopulations: for every rule, with its meta-parameters and running means, two members of a population give what each
// gives alone.
func TestRulesInPopulations(t *testing.T) {
	be := backendtest.Go(t)
	train, test, err := dataset.Load(dataset.Digits)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range All() {
		t.Run(e.Name, func(t *testing.T) {
			var configs []hatlib.Config
			for _, set := range [][]string{{"seed=1", "local_rate=1e-4", "label_fraction=0.5"}, {"seed=2", "local_rate=2e-4", "label_fraction=0.7"}} {
				c, err := hatlib.Preset("smoke")
				if err != nil {
					t.Fatal(err)
				}
				if err := c.SetAll(append([]string{"rule=" + e.Name, "sizes=64-12-10", "examples=200", "epochs=2", "hidden_activation=tanh", "output_activation=linear"}, set...)); err != nil {
					t.Fatal(err)
				}
				configs = append(configs, c)
			}
			p, err := hatlib.NewPopulation(be, configs, train, test)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			together, err := p.Run(context.Background(), make([]hatlib.RunOptions, 2))
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range configs {
				alone, err := hatlib.Run(context.Background(), be, c, train, test, hatlib.RunOptions{})
				if err != nil {
					t.Fatal(err)
				}
				a, b := alone.Final(), together[i].Final()
				for what, pair := range map[string][2]float64{"test loss": {a.Test.Loss, b.Test.Loss}, "local norm": {a.LocalNorm, b.LocalNorm}, "step norm": {a.StepNorm, b.StepNorm}} {
					if !(math.Abs(pair[0]-pair[1]) <= 1e-4*math.Max(math.Abs(pair[0]), 1e-6)) {
						t.Errorf("member %d: %s %g, alone %g", i, what, pair[1], pair[0])
					}
				}
				if e.Name != "none" && a.LocalNorm == 0 {
					t.Error("the rule changes nothing: this test could not fail")
				}
			}
		})
	}
}
