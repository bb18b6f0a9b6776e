package twophase

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

func digits(t *testing.T) (train, test *dataset.Set) {
	t.Helper()
	train, test, err := dataset.Load(dataset.Digits)
	if err != nil {
		t.Fatal(err)
	}
	return train, test
}

// TestTrain: every method, with the setting of its entry, learns the embedded digits to the accuracy that it states.
func TestTrain(t *testing.T) {
	be := backendtest.XLA(t)
	train, test := digits(t)
	for _, e := range All() {
		t.Run(e.Name, func(t *testing.T) {
			epochs := 0
			network, history, err := Train(be, e.New(), train, test, e.Training, func(epoch int, _ Epoch) error {
				epochs++
				if epoch != epochs {
					t.Errorf("epoch %d is reported as %d", epochs, epoch)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			first, last := history[0], history[len(history)-1]
			t.Logf("cost %.3f to %.3f, accuracy %.4f to %.4f", first.Cost, last.Cost, first.Accuracy, last.Accuracy)
			if !(last.Accuracy > e.Digits) {
				t.Errorf("accuracy %.4f, want more than %g", last.Accuracy, e.Digits)
			}
			if again, err := Accuracy(be, e.New(), network, test); err != nil || again != last.Accuracy {
				t.Errorf("the trained network has accuracy %g (%v), its history says %g", again, err, last.Accuracy)
			}
			if epochs != e.Training.Epochs {
				t.Errorf("%d epochs were reported, want %d", epochs, e.Training.Epochs)
			}
		})
	}
}

// TestTrainBackpropagation: the yardstick learns too, and from the same first weights: after no epoch at all its network
// is that of a method.
func TestTrainBackpropagation(t *testing.T) {
	be := backendtest.Go(t)
	train, test := digits(t)
	network, history, err := TrainBackpropagation(be, LogisticUnit, train, test, digitsTraining, nil)
	if err != nil {
		t.Fatal(err)
	}
	if last := history[len(history)-1]; !(last.Accuracy > 0.93) || len(network.Sizes) != 3 {
		t.Errorf("backpropagation: accuracy %.4f, want more than 0.93", last.Accuracy)
	}
	none := digitsTraining
	none.Epochs = 0
	var first [][]float32
	for _, start := range []func() (*Network, []Epoch, error){
		func() (*Network, []Epoch, error) {
			return TrainBackpropagation(be, LogisticUnit, train, test, none, nil)
		},
		func() (*Network, []Epoch, error) { return Train(be, All()[1].New(), train, test, none, nil) },
	} {
		network, _, err := start()
		if err != nil {
			t.Fatal(err)
		}
		w, err := network.Weights(1)
		if err != nil {
			t.Fatal(err)
		}
		first = append(first, w)
	}
	if worst := furthest(first[0], first[1]); worst != 0 {
		t.Errorf("first weights differ by %g", worst)
	}
}

// TestAgree: the comparison that notebooks show says what the theory tests say, on a network and data in float32.
func TestAgree(t *testing.T) {
	_, test := digits(t)
	data := test.Head(6)
	network, err := NewNetwork(3, data.Features, 10, data.Classes)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		make     func(strength float64) Method
		strength float64
		falls    float64 // by how much the error falls for a strength 4 times smaller
	}{
		{contrastive(TanhUnit), 0.02, 4},
		{func(beta float64) Method {
			return &EquilibriumPropagation{Unit: LogisticUnit, Beta: beta, Symmetric: true, Dt: 0.5, FreeSteps: 150, NudgedSteps: 150}
		}, 0.02, 16},
	} {
		strong, err := Agree(c.make(c.strength), network, data)
		if err != nil {
			t.Fatal(err)
		}
		weak, err := Agree(c.make(c.strength/4), network, data)
		if err != nil {
			t.Fatal(err)
		}
		for k, a := range weak {
			if falls := strong[k].Error / a.Error; !(math.Abs(falls/c.falls-1) < 0.15) {
				t.Errorf("%s, W_%d: the error falls from %.3g to %.3g, by %.3g, want %g", c.make(1).Name(), k+1, strong[k].Error, a.Error, falls, c.falls)
			}
			// |u - d|^2 = |u|^2 + |d|^2 - 2 u.d holds the three numbers together.
			if byCosine := a.NormRatio*a.NormRatio + 1 - 2*a.NormRatio*a.Cosine; !(math.Abs(byCosine-a.Error*a.Error) < 1e-9) {
				t.Errorf("%s, W_%d: error^2 %g, from cosine and norms %g", c.make(1).Name(), k+1, a.Error*a.Error, byCosine)
			}
		}
	}
}

// TestTrainBackends: an epoch gives the same network on both backends, and equal seeds give equal networks.
func TestTrainBackends(t *testing.T) {
	train, test := digits(t)
	train = train.Head(400)
	for _, e := range All() {
		t.Run(e.Name, func(t *testing.T) {
			setting := Training{Hidden: []int{16}, Batch: 20, Epochs: 2, Rate: 0.2, Seed: 5}
			weights := func(be compute.Backend) []float32 {
				network, _, err := Train(be, e.New(), train, test, setting, nil)
				if err != nil {
					t.Fatal(err)
				}
				w, err := network.Weights(1)
				if err != nil {
					t.Fatal(err)
				}
				return w
			}
			onGo := weights(backendtest.Go(t))
			if worst := furthest(onGo, weights(backendtest.Go(t))); worst != 0 {
				t.Errorf("the same training twice differs by %g", worst)
			}
			if worst := furthest(onGo, weights(backendtest.XLA(t))); !(worst < 1e-4) {
				t.Errorf("the backends differ by %g in W_1", worst)
			}
		})
	}
}

func furthest(a, b []float32) (worst float64) {
	for i := range a {
		worst = math.Max(worst, math.Abs(float64(a[i]-b[i])))
	}
	return worst
}

// TestFashionMNIST trains on a part of Fashion-MNIST, where that is at hand.
func TestFashionMNIST(t *testing.T) {
	be := backendtest.XLA(t)
	train, test, err := dataset.Load(dataset.FashionMNIST, dataset.WithOffline())
	if err != nil {
		t.Skip(err)
	}
	m := All()[0].New()
	_, history, err := Train(be, m, train.Head(10000), test.Head(2000), Training{Hidden: []int{64}, Batch: 20, Epochs: 1, Rate: 0.05, Seed: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("accuracy %.4f", history[0].Accuracy)
	if !(history[0].Accuracy > 0.75) {
		t.Errorf("accuracy %.4f after an epoch of 10000 examples, want more than 0.75", history[0].Accuracy)
	}
}

// TestTrainRefuses: what cannot be trained is an error that says why.
func TestTrainRefuses(t *testing.T) {
	be := backendtest.Go(t)
	train, test := digits(t)
	train = train.Head(60)
	m := All()[0].New()
	good := Training{Hidden: []int{8}, Batch: 20, Epochs: 1, Rate: 0.1, Seed: 1}
	change := func(f func(*Training)) Training { c := good; f(&c); return c }
	for _, c := range []struct {
		what, want  string
		train, test *dataset.Set
		setting     Training
	}{
		{"no data", "no data", nil, test, good},
		{"a batch larger than the data", "batch 61 of 60", train, test, change(func(s *Training) { s.Batch = 61 })},
		{"no rate", "rate 0", train, test, change(func(s *Training) { s.Rate = 0 })},
		{"a layer without units", "layer 1 has no units", train, test, change(func(s *Training) { s.Hidden = []int{0} })},
		{"a rate that diverges", "use a smaller rate", train, test, change(func(s *Training) { s.Rate, s.Epochs = 1e20, 3 })},
	} {
		_, _, err := Train(be, m, c.train, c.test, c.setting, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want a message with %q", c.what, err, c.want)
		}
	}
	stop := errors.New("stop")
	if _, _, err := Train(be, m, train, test, good, func(int, Epoch) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("progress asked to stop, Train says %v", err)
	}
	network, err := NewNetwork(1, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Predict(be, m, network, test); err == nil {
		t.Error("a network with 5 inputs takes digits")
	}
	if _, err := Follow(be, m, network, test); err == nil {
		t.Error("a network with 5 inputs is followed on digits")
	}
	if _, err := network.Weights(2); err == nil {
		t.Error("a network of one layer has W_2")
	}
	if _, err := NewNetwork(1, 5); err == nil {
		t.Error("a network without outputs is made")
	}
}

// TestFollow: the recorded energies fall, the units come to rest where Learn's do, and the second phase lowers the cost.
func TestFollow(t *testing.T) {
	_, test := digits(t)
	data := test.Head(8)
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for _, m := range []Method{
			&ContrastiveHebbian{Unit: TanhUnit, Gamma: 0.3, Dt: 0.2, Steps: 80},
			&EquilibriumPropagation{Unit: LogisticUnit, Beta: 0.2, Symmetric: true, Dt: 0.2, FreeSteps: 150, NudgedSteps: 150},
		} {
			network, err := NewNetwork(2, data.Features, 12, data.Classes)
			if err != nil {
				t.Fatal(err)
			}
			all, err := Follow(be, m, network, data)
			if err != nil {
				t.Fatal(err)
			}
			if len(all) != len(m.Phases()) {
				t.Fatalf("%d phases are recorded, want %d", len(all), len(m.Phases()))
			}
			for _, r := range all {
				n := r.Phase.Steps + 1
				if len(r.Energy) != n || len(r.Cost) != n || len(r.Moves) != n || len(r.Units) != n || len(r.Units[0]) != 12+data.Classes {
					t.Fatalf("%s, %s: %d energies, %d costs, %d moves, %d states of %d units, want %d of %d units", m.Name(), r.Phase.Name,
						len(r.Energy), len(r.Cost), len(r.Moves), len(r.Units), len(r.Units[0]), n, 12+data.Classes)
				}
				// Clamping replaces the outputs at once, which is no relaxation: the energy falls from the step after it.
				begin := 1
				if r.Phase.clamped() {
					begin = 2
				}
				for i := begin; i < n; i++ {
					if r.Energy[i] > r.Energy[i-1]+1e-5*math.Abs(r.Energy[i-1]) {
						t.Errorf("%s, %s, step %d: the energy rises from %g to %g", m.Name(), r.Phase.Name, i, r.Energy[i-1], r.Energy[i])
						break
					}
				}
				if last := r.Moves[n-1]; !(last < 1e-4 && last < r.Moves[0]) {
					t.Errorf("%s, %s: a unit still moves by %g", m.Name(), r.Phase.Name, last)
				}
			}
			rest := all[0].Units[len(all[0].Units)-1]
			for _, r := range all[1:] {
				if different([][]float64{r.Units[0]}, [][]float64{rest}, 0) {
					t.Errorf("%s: the %s phase does not begin where the free one ended", m.Name(), r.Phase.Name)
				}
			}
			free, drawn := all[0].Cost[len(all[0].Cost)-1], all[1].Cost[len(all[1].Cost)-1]
			if !(drawn < free) {
				t.Errorf("%s: the cost is %g free and %g when drawn to the answer", m.Name(), free, drawn)
			}
		}
	})
}
