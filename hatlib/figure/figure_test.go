package figure_test

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/hatlab/hatlab/hatlib/figure"
	"github.com/hatlab/hatlab/hatlib/published"
)

func fakeRuns(seed uint64, n int, x []float64, top float64) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([][]float64, n)
	for r := range out {
		a := top + 0.01*rng.NormFloat64()
		for _, e := range x {
			out[r] = append(out[r], a*(1-math.Exp(-1.6*math.Sqrt(e)-0.6))+0.004*rng.NormFloat64())
		}
	}
	return out
}

func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		t.Skip()
	}
	x := []float64{}
	for e := 0.25; e <= 20; e += 0.25 {
		x = append(x, e)
	}
	c, h := fakeRuns(1, 11, x, 0.87), fakeRuns(2, 11, x, 0.885)
	h[3][40] = math.NaN()
	arms := []figure.Arm{{Name: "control", X: x, Runs: c}, {Name: "HAT", X: x, Runs: h}}
	for _, s := range []figure.Spec{
		figure.LearningCurves{Name: "beside", Title: "Median accuracy by epochs", Arms: arms, Published: published.Fig1aBands(), PublishedTitle: "authors (MNIST)"},
		figure.LearningCurves{Name: "overlay", Title: "Median accuracy by epochs", Arms: arms, Published: published.Fig1aBands(), PublishedTitle: "authors (MNIST)", Overlay: true, ShowRuns: true, LogX: true, XLabel: "epochs (log)"},
		figure.LearningCurves{Name: "alone", Arms: arms, ShowRuns: true},
	} {
		f, err := s.Figure()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Save(dir); err != nil {
			t.Fatal(err)
		}
		t.Log(f.Caption)
	}
}
