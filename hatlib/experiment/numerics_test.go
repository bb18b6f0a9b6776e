package experiment

import (
	"math"
	"testing"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// golden are the last points of short runs as Numerics = 1 gives them.
var golden = []struct {
	name                       string
	set                        []string
	loss, localNorm, trainLoss float64
}{
	{"paper", nil, 2.3028948, 0.0068520667, 2.2887104},
	{"linear outputs, a tenth of the labels", []string{"output_activation=linear", "label_fraction=0.1", "local_rate=0.01"}, 2.3588266, 0.05140082, 2.1571274},
	{"released", []string{"local_rate=0.1", "local_rate_schedule=inverse_batch", "update_entry=after_sigma", "gradient_at=in_place", "evaluation=stored"}, 2.3483666, 0.020300352, 2.3071896},
	{"control, squared loss, SGD", []string{"rule=none", "loss=squared", "optimizer=sgd", "lr_learner=0.1", "inputs=standard"}, 0.42504104, 0, 0.4066915},
	{"Oja, tanh", []string{"rule=oja", "hidden_activation=tanh", "output_activation=linear", "gradient_at=before", "seed=3"}, 2.3125083, 0.0022359297, 2.3271934},
}

// TestNumerics says when Numerics must be raised. The tolerance lets rounding pass, which differs between backends and
// machines, and nothing else: the runs are 16 steps long.
func TestNumerics(t *testing.T) {
	if Numerics != 1 {
		t.Fatalf("Numerics is %d and the golden values are those of 1: take the new ones from the log of this test", Numerics)
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		runner := &Runner{Store: newStore(t), Backend: be}
		for i, g := range golden {
			if MachineOf(be).Backend != "go" && i > 0 && i != 3 {
				continue // compiling takes long: M and the control are enough to see the other backend
			}
			c := tiny(t, g.set...)
			data, err := runner.load(t.Context(), spec(c, g.name))
			if err != nil {
				t.Fatal(err)
			}
			r, err := hatlib.Run(t.Context(), be, c, data.train, data.test, hatlib.RunOptions{})
			if err != nil {
				t.Fatal(err)
			}
			p := r.Final()
			t.Logf("{%q, %#v, %.8g, %.8g, %.8g},", g.name, g.set, p.Test.Loss, p.LocalNorm, p.TrainLoss)
			for what, pair := range map[string][2]float64{"test loss": {p.Test.Loss, g.loss}, "local norm": {p.LocalNorm, g.localNorm},
				"training loss": {p.TrainLoss, g.trainLoss}} {
				if math.Abs(pair[0]-pair[1]) > 2e-5*math.Max(math.Abs(pair[1]), 1e-3) {
					t.Errorf("%s, %s: %.8g, with Numerics = 1 it was %.8g. If the change is meant, raise Numerics and take the new golden values: stored results keep their names and are not mixed with new ones",
						g.name, what, pair[0], pair[1])
				}
			}
		}
	})
}
