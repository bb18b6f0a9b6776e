package rules

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"gonum.org/v1/gonum/mat"
)

func digits(t *testing.T) (train, test *dataset.Set) {
	t.Helper()
	train, test, err := dataset.Load("digits")
	if err != nil {
		t.Fatal(err)
	}
	return train, test
}

// TestTrainLayer: GHA on the digits, through the whole path, finds the components that gonum finds.
func TestTrainLayer(t *testing.T) {
	train, _ := digits(t)
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		layer, err := TrainLayer(be, GHA{}, train, LayerRun{
			LayerSetting: LayerSetting{Input: Centred, Rate: 0.1}, Outputs: 3, Batch: 20, Epochs: 20, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		x := mat.NewDense(train.N, train.Features, nil)
		for i, v := range train.X {
			x.Set(i/train.Features, i%train.Features, float64(v))
		}
		centre(x)
		for k, component := range principal(x)[:3] {
			if c := math.Abs(cosine(layer.Rows()[k], component)); c < 0.98 {
				t.Errorf("|cos| of output %d with component %d of the digits is %g, want at least 0.98", k, k, c)
			}
		}
	})
}

// TestTrainLayerIsReproducible: equal seeds give equal weights, other seeds others; labels are not read.
func TestTrainLayerIsReproducible(t *testing.T) {
	train, _ := digits(t)
	unlabelled := *train
	unlabelled.Y = nil
	be := backendtest.Go(t)
	weights := func(set *dataset.Set, seed uint64) []float32 {
		layer, err := TrainLayer(be, hatlib.Oja(), set, LayerRun{
			LayerSetting: LayerSetting{Input: Centred, Rate: 0.01}, Outputs: 4, Batch: 50, Epochs: 1, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return layer.W
	}
	first := weights(train, 1)
	if !slices.Equal(first, weights(train, 1)) {
		t.Error("the same seed gave other weights")
	}
	if !slices.Equal(first, weights(&unlabelled, 1)) {
		t.Error("without labels the weights are others")
	}
	if slices.Equal(first, weights(train, 2)) {
		t.Error("another seed gave the same weights")
	}
}

func TestTrainLayerErrors(t *testing.T) {
	train, _ := digits(t)
	be := backendtest.Go(t)
	good := LayerRun{LayerSetting: LayerSetting{Input: Centred, Rate: 0.01}, Outputs: 4, Batch: 50, Epochs: 1}
	for what, change := range map[string]func(*LayerRun, *hatlib.Rule){
		"batch 5000": func(r *LayerRun, _ *hatlib.Rule) { r.Batch = 5000 },
		"diverged":   func(r *LayerRun, rule *hatlib.Rule) { r.Rate, *rule = 1e6, hatlib.Hebb() },
		"at most as many outputs as inputs": func(r *LayerRun, rule *hatlib.Rule) {
			r.Outputs, *rule = 65, must(New("ica", nil))
		},
	} {
		run, rule := good, hatlib.Rule(hatlib.Oja())
		change(&run, &rule)
		if _, err := TrainLayer(be, rule, train, run); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: the error is %v", what, err)
		}
	}
}

// TestCompare: one table of all rules on the digits, with the same first weights, batches and budget. Better than
// chance by far is all that is asked of each; what a rule is worth is for the reader of the table.
func TestCompare(t *testing.T) {
	train, test := digits(t)
	rows, err := Compare(backendtest.Go(t), train, test, LayerRun{Outputs: 16, Batch: 50, Epochs: 2}, []uint64{1}, 1e-3)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(All())+3 {
		t.Fatalf("%d rows for %d rules, and none on three inputs", len(rows), len(All()))
	}
	for _, row := range rows {
		if row.Err != nil {
			t.Errorf("%s: %v", row.Rule, row.Err)
			continue
		}
		t.Logf("%-16s %-12s %-12s %.3f", row.Rule, row.Locality, row.Input, row.Accuracies[0])
		if row.Accuracies[0] < 0.3 {
			t.Errorf("%s: accuracy %.3f of a linear readout, want at least 0.3", row.Rule, row.Accuracies[0])
		}
	}
}

// TestRows: on white input, the rows seen from the features give the activities of centred examples.
func TestRows(t *testing.T) {
	train, _ := digits(t)
	train = train.Head(200)
	layer, err := TrainLayer(backendtest.Go(t), must(New("ica", nil)), train, LayerRun{
		LayerSetting: LayerSetting{Input: White, Rate: 0.1}, Outputs: 3, Batch: 50, Epochs: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if layer.Inputs >= train.Features {
		t.Errorf("the white digits have %d inputs of %d features", layer.Inputs, train.Features)
	}
	y := layer.Activities(train.X)
	x := Float64s(train.X)
	centreColumns(x, train.Features)
	for j, row := range layer.Rows() {
		if d := math.Abs(dot(row, x[:train.Features]) - y[j]); d > 1e-4 {
			t.Errorf("output %d answers %g, its row says otherwise by %g", j, y[j], d)
		}
	}
}

// TestWins: each example is counted once, for the unit whose weights it is.
func TestWins(t *testing.T) {
	x := []float32{3, 0, 0, 3, 3, 1}
	preparation, err := Prepare(UnitLength, []float32{1, -1, -1, 1}, 2)
	if err != nil {
		t.Fatal(err)
	}
	layer := &Layer{W: []float32{0, 1, 1, 0}, Outputs: 2, Inputs: 2, preparation: preparation}
	if got := layer.Wins(x); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("wins are %v, want [1 2]", got)
	}
}

// TestTable: best first, diverged last, with the range over the seeds.
func TestTable(t *testing.T) {
	_, cells := Table([]Comparison{
		{Rule: "diverged", Err: errors.New("too fast")},
		{Rule: "second", Accuracies: []float64{0.5, 0.6}},
		{Rule: "first", Accuracies: []float64{0.9, 0.7}},
	})
	var order []string
	for _, row := range cells {
		order = append(order, row[0])
	}
	if !slices.Equal(order, []string{"first", "second", "diverged"}) {
		t.Errorf("the order is %v", order)
	}
	if got := cells[0][3:]; !slices.Equal(got, []string{"0.800", "0.700 to 0.900", "2"}) {
		t.Errorf("the first row ends in %q", got)
	}
}

// TestRidgeRegression: at its solution the gradient of the penalised loss is zero.
func TestRidgeRegression(t *testing.T) {
	rng := random(40)
	h, y := gaussian(rng, 30, 5, 1), gaussian(rng, 30, 2, 1)
	for i := range 30 {
		h.Set(i, 4, 1)
	}
	const ridge = 0.3
	b, err := ridgeRegression(h, y, ridge)
	if err != nil {
		t.Fatal(err)
	}
	var residual, gradient mat.Dense
	residual.Mul(h, b)
	residual.Sub(&residual, y)
	gradient.Mul(h.T(), &residual)
	for j := range 4 {
		for k := range 2 {
			gradient.Set(j, k, gradient.At(j, k)+30*ridge*b.At(j, k))
		}
	}
	if worst := mat.Norm(&gradient, math.Inf(1)); worst > 1e-10 {
		t.Errorf("the gradient at the solution is %g", worst)
	}
}

// TestPrepare: means, lengths and covariances are what the input says.
func TestPrepare(t *testing.T) {
	rng := random(41)
	const n, d = 400, 5
	x := make([]float32, n*d)
	for i := range n {
		common := rng.NormFloat64()
		for j := range d - 1 {
			x[i*d+j] = float32(1 + 0.5*common + (0.5+0.1*float64(j))*rng.NormFloat64())
		}
		x[i*d+d-1] = float32(2 + 0.01*rng.NormFloat64()) // noise, which whitening leaves out
	}
	for _, input := range []Input{Centred, White, UnitLength} {
		p, err := Prepare(input, x, d)
		if err != nil {
			t.Fatal(err)
		}
		inputs := d
		if input == White {
			inputs = d - 1
		}
		if p.Inputs() != inputs {
			t.Fatalf("%s: %d inputs, want %d", input, p.Inputs(), inputs)
		}
		m := mat.NewDense(n, inputs, Float64s(p.Apply(x)))
		if input == UnitLength {
			for i := range n {
				if l := length(m.RawRowView(i)); math.Abs(l-1) > 1e-6 {
					t.Fatalf("example %d has length %g", i, l)
				}
			}
			continue
		}
		for j := range inputs {
			if mean := mat.Sum(m.ColView(j)) / n; math.Abs(mean) > 1e-6 {
				t.Errorf("%s: feature %d has mean %g", input, j, mean)
			}
		}
		if input == White {
			for i, c := 0, covariance(m); i < inputs; i++ {
				for j := range inputs {
					want := 0.0
					if i == j {
						want = 1
					}
					if math.Abs(c.At(i, j)-want) > 1e-5 {
						t.Errorf("covariance[%d,%d] is %g", i, j, c.At(i, j))
					}
				}
			}
		}
	}
	if _, err := Prepare(White, x[:6], d); err == nil {
		t.Error("6 numbers were accepted as examples of 5 features")
	}
}
