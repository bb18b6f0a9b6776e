package walkthrough

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"github.com/hatlab/hatlab/hatlib/internal/oracle"
)

// TestByHandAgainstNumbersOnPaper compares with the example worked out with pencil and paper.
func TestByHandAgainstNumbersOnPaper(t *testing.T) {
	p := ByHand().Forward()
	if want := [][][]float64{{{0.57, -0.98}, {1.1, 1}}, {{0.912, -0.404}}}; !near(flat3(p.Updated), flat3(want), 1e-12) {
		t.Errorf("weights after line 5: %v, want %v", p.Updated, want)
	}
	if math.Abs(p.Output-0.42576) > 1e-12 || math.Abs(p.Loss-(1-0.42576)*(1-0.42576)/2) > 1e-12 {
		t.Errorf("output %v, loss %v", p.Output, p.Loss)
	}
	texts := map[string]string{}
	for _, l := range p.Lines {
		texts[l.What] = l.Arithmetic
	}
	for what, want := range map[string]string{
		"v\u0302_1":    "relu(0.5·1 − 1·0.5 + 0.6)",
		"Δw x_2 → v_1": "relu(0.5 + 0.6 − 1) − 0.5·relu(−1)",
		"w x_1 → v_2":  "1 + 0.2·0.5",
		"output":       "relu(0.912·0.68 − 0.404·1.1 + 0.25)",
	} {
		if texts[what] != want {
			t.Errorf("%s = %q, want %q", what, texts[what], want)
		}
	}
}

// TestByHandAgainstOracle compares gradients by differences with the derived ones of the loops that hatlib's own tests trust.
func TestByHandAgainstOracle(t *testing.T) {
	e := ByHand()
	net := &oracle.Net{W: e.W, B: e.B, Hidden: "relu", Output: "relu", Loss: "squared", Entry: "weights", GradientAt: "after",
		Divisor: "labelled", Rate: e.LocalRate, Rule: &oracle.Meta{
			A: []float64{1, 0}, B: []float64{0, 1}, C: []float64{1, 0}, D: e.HiddenBias, M: e.Out, E: e.OutBias, Activation: "relu"}}
	want := net.Step([][]float64{e.X}, []int{0}, []float64{1})
	if got := e.Forward(); math.Abs(got.Loss-want.Loss) > 1e-12 || !near(flat3(got.Updated), flat3(want.Updated), 1e-12) {
		t.Errorf("loss %v, weights %v; want %v, %v", got.Loss, got.Updated, want.Loss, want.Updated)
	}
	if got := e.Gradients(); !near(flat3(got), flat3(want.W), 1e-8) {
		t.Errorf("gradients %v, want %v", got, want.W)
	}
}

func TestByHandAgainstGraph(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		e := ByHand()
		step, err := e.Step(be)
		if err != nil {
			t.Fatal(err)
		}
		p, gradients := e.Forward(), e.Gradients()
		if math.Abs(step.Loss-p.Loss) > 1e-6 {
			t.Errorf("loss %v, by hand %v", step.Loss, p.Loss)
		}
		for l, name := range []string{"learner.0.weight", "learner.1.weight"} {
			var want []float64
			for j := range p.Updated[l] {
				for i := range p.Updated[l][j] {
					want = append(want, p.Updated[l][j][i]-e.StepRate*gradients[l][j][i])
				}
			}
			if got := wide(step.After[name].Values); !near(got, want, 1e-6) {
				t.Errorf("%s after the step %v, by hand %v", name, got, want)
			}
		}
	})
}

func TestFollowIsTheListing(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		c, err := hatlib.Preset("paper")
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetAll([]string{"sizes=3-4-2", "meta_hidden=5", "local_rate=0.5"}); err != nil {
			t.Fatal(err)
		}
		x := Random(1, 0, 1, 6, 3)
		layers, err := Follow(be, c, 7, x)
		if err != nil {
			t.Fatal(err)
		}
		if !near(wide(layers[0].V.Values), wide(x.Values), 0) || !near(wide(layers[1].V.Values), wide(layers[0].Next.Values), 0) {
			t.Error("a layer does not see what the layer below gave")
		}
		for l, s := range layers {
			for k := range s.W.Values {
				if want := s.W.Values[k] + 0.5*s.DW.Values[k]; math.Abs(float64(s.Updated.Values[k]-want)) > 1e-6 {
					t.Fatalf("layer %d: line 5 gives %v, want %v", l, s.Updated.Values[k], want)
				}
			}
			shapes := []hatlib.Array{s.V, s.W, s.VHat, s.DW, s.Updated, s.Next}
			in, out := c.Sizes[l], c.Sizes[l+1]
			for k, want := range [][2]int{{6, in}, {out, in}, {6, out}, {out, in}, {out, in}, {6, out}} {
				if got := shapes[k].Shape; got[0] != want[0] || got[1] != want[1] {
					t.Errorf("layer %d, tensor %d: shape %v, want %v", l, k, got, want)
				}
			}
		}
	})
	c, _ := hatlib.Preset("released")
	if _, err := Follow(backendtest.Go(t), c, 1, Random(1, 0, 1, 2, 784)); err == nil || !strings.Contains(err.Error(), "update_entry") {
		t.Errorf("released: error %v", err)
	}
}

func TestAppendixAShapes(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		rows, parameters := AppendixA(be)
		if parameters != 501 || len(rows) != 12 {
			t.Errorf("%d parameters, %d rows; want 501 and 12", parameters, len(rows))
		}
		for _, r := range rows {
			if !r.Same() {
				t.Errorf("%s: %s, the paper prints %s", r.What, Dims(r.Graph), Dims(r.Paper))
			}
		}
	})
	if (ShapeRow{"", []int{1, 2}, []int{2, 1}}).Same() {
		t.Error("1 × 2 and 2 × 1 count as the same shape")
	}
}

func TestWaysAgreeWithLoops(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		all, err := Agree(be, Size{5, 12, 6, 8}, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(all) != 3 {
			t.Errorf("%d ways, want 3", len(all))
		}
		for _, a := range all {
			if !(a.Update < 1e-5 && a.Gradient < 1e-5) {
				t.Errorf("%s: update differs by %g, gradients by %g", a.Name, a.Update, a.Gradient)
			}
		}
	})
}

// TestAgreeSeesADifference: the measure of agreement is not blind.
func TestAgreeSeesADifference(t *testing.T) {
	if got := relative([]float32{1, 2.5}, []float64{1, 2}); got != 0.25 {
		t.Errorf("got %v, want 0.25", got)
	}
}

func TestMeasure(t *testing.T) {
	size := Size{10, 64, 32, 16}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for _, way := range Ways(0) {
			row, err := Measure(be, way, size, 1)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %.4f s, %.1f MB", way.Name, row.Seconds, row.Bytes/1e6)
			if !(row.Seconds > 0 && row.Seconds < 60) {
				t.Errorf("%s: %v s", way.Name, row.Seconds)
			}
			// The hidden layer of M for every pair, once, is the least that a convolution needs.
			if least := 4 * float64(size.Pairs()*size.Hidden); way.Name == "convolution" && row.Bytes < least {
				t.Errorf("convolution: %v bytes, its hidden layer alone has %v", row.Bytes, least)
			}
		}
	})
}

func TestSeedsAreRunsOfTheirOwn(t *testing.T) {
	be := backendtest.Go(t)
	train, test, err := dataset.Load(dataset.Digits)
	if err != nil {
		t.Fatal(err)
	}
	c, err := hatlib.Preset("smoke")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetAll([]string{"sizes=64-8-10", "meta_hidden=4", "examples=200", "epochs=1"}); err != nil {
		t.Fatal(err)
	}
	both, err := Seeds(context.Background(), be, c, train, test, 2, "")
	if err != nil {
		t.Fatal(err)
	}
	c.Seed++
	alone, err := hatlib.Run(context.Background(), be, c, train, test, hatlib.RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	arm := Arm("HAT", both)
	if len(arm.Runs) != 2 || !near(arm.Runs[1], alone.Accuracies(), 0) || near(arm.Runs[0], arm.Runs[1], 0) {
		t.Errorf("curves %v, the second alone %v", arm.Runs, alone.Accuracies())
	}
}

func near(a, b []float64, tolerance float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= tolerance) {
			return false
		}
	}
	return true
}

func flat3(x [][][]float64) []float64 {
	var out []float64
	for _, rows := range x {
		out = append(out, flat(rows)...)
	}
	return out
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = float64(x[i])
	}
	return out
}
