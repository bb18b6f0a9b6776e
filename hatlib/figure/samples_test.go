package figure_test

import (
	"math"
	"math/rand/v2"

	"github.com/hatlab/hatlab/hatlib/figure"
)

// fakeRuns are learning curves made up of a saturating exponential and noise.
func fakeRuns(seed uint64, n int, x []float64, top float64) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 1))
	out := make([][]float64, n)
	for r := range out {
		a := top + 0.01*rng.NormFloat64()
		for _, e := range x {
			out[r] = append(out[r], a*(1-0.5*math.Exp(-1.6*math.Sqrt(e)))+0.002*rng.NormFloat64())
		}
	}
	return out
}

func upTo(last, step float64) (x []float64) {
	for k := 1; float64(k)*step <= last+1e-9; k++ {
		x = append(x, float64(k)*step)
	}
	return x
}

// samples has one figure of each kind; golden pictures are made of them.
func samples() map[string]figure.Spec {
	x := upTo(20, 0.5)
	control, hat := fakeRuns(1, 11, x, 0.87), fakeRuns(2, 11, x, 0.885)
	hat[3][20] = math.NaN()
	arms := []figure.Arm{{Name: "control", X: x, Runs: control}, {Name: "HAT", X: x, Runs: hat}}
	var theirs []figure.Band
	for i, top := range []float64{0.75, 0.78} {
		px := upTo(19, 1)
		b, _, err := figure.Summarize([]string{"control", "HAT"}[i], px, fakeRuns(uint64(3+i), 30, px, top))
		if err != nil {
			panic(err)
		}
		theirs = append(theirs, b)
	}
	share := []float64{0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1}
	byShare := []figure.Arm{{Name: "control", X: share, Runs: fakeRuns(5, 9, share, 0.85)}, {Name: "HAT", X: share, Runs: fakeRuns(5, 9, share, 0.86)},
		{Name: "2 v_{j}", X: share, Runs: fakeRuns(7, 9, share, 0.80)}}

	rng := rand.New(rand.NewPCG(9, 9))
	const n = 3000
	vi, w, vj, dw := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		vi[i], w[i], vj[i] = rng.Float64(), 0.1*rng.NormFloat64(), math.Abs(rng.NormFloat64())
		dw[i] = 2.13*vj[i] - 0.42 + 0.3*rng.NormFloat64()
	}
	bin := func(in []float64) figure.Slice {
		s, err := figure.BinMeans(in, dw, 12)
		if err != nil {
			panic(err)
		}
		return s
	}
	gx, gy := upTo(1, 0.05), upTo(2, 0.1)
	z := make([][]float64, len(gy))
	for j := range gy {
		for i := range gx {
			z[j] = append(z[j], 2.13*gy[j]-0.42-0.8*gx[i]*gx[i]-1*math.Sin(3*gx[i]))
		}
	}
	var images [][]float64
	var labels []string
	for k := range 12 {
		im := make([]float64, 12*12)
		for p := range im {
			y, x := float64(p/12)-5.5, float64(p%12)-5.5
			im[p] = math.Exp(-(x*x+y*y)/30) * math.Cos(0.2*float64(k)*x+0.3*y)
		}
		images, labels = append(images, im), append(labels, []string{"w_{1}", "w_{2}", "w_{3}", "unit"}[k%4])
	}
	cx, cy := make([]float64, 150), make([]float64, 150)
	for i := range cx {
		a, b := 2*rng.NormFloat64(), 0.6*rng.NormFloat64()
		cx[i], cy[i] = 0.8*a-0.6*b, 0.6*a+0.8*b
	}
	return map[string]figure.Spec{
		"learning": figure.LearningCurves{Name: "learning", Title: "Median accuracy by epochs", Arms: arms, Published: theirs, PublishedTitle: "published"},
		"overlay": figure.LearningCurves{Name: "overlay", Title: "Median accuracy by epochs", Arms: arms, Published: theirs, Overlay: true, ShowRuns: true,
			LogX: true, XLabel: "epochs (log)"},
		"labels":  figure.LabelCurves{Name: "labels", Title: "Median accuracy by proportion of labels", Arms: byShare},
		"slices":  figure.RuleSlices{Name: "slices", Title: "Update of the converged rule", Rules: []figure.RuleSeries{{Name: "mean rule", Vi: bin(vi), Wij: bin(w), Vj: bin(vj)}}},
		"contour": figure.RuleContour{Name: "contour", Title: "Mean rule over v_{i} and v_{j}, at w_{ij} = 0", X: gx, Y: gy, Z: z, N: 100},
		"images":  figure.Images{Name: "images", Title: "Incoming weights", Height: 12, Width: 12, Images: images, Labels: labels, ZLabel: "weight"},
		"forest": figure.Forest{Name: "forest", Title: "HAT minus control", XLabel: "paired difference (points of accuracy)", Smallest: 0.5, Rows: []figure.Interval{
			{Label: "paper, 5 epochs", Estimate: 0.82, Lo: 0.21, Hi: 1.4, N: 30}, {Label: "released, 5 epochs", Estimate: -0.3, Lo: -1.21, Hi: 0.44, N: 30},
			{Label: "frozen M", Estimate: 0.05, Lo: -0.2, Hi: 0.3, N: 20}, {Label: "literal", Estimate: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), N: 30}}},
		"cost": figure.Cost{Name: "cost", Title: "One layer of Appendix A, forward and gradients", N: 5, Rows: []figure.CostRow{
			{Label: "convolution", Seconds: 14.1, Bytes: 9.6e9}, {Label: "vmap", Seconds: 7.2, Bytes: 4e9}, {Label: "fused", Seconds: 0.18, Bytes: 0.5e9},
			{Label: "loops", Seconds: math.NaN(), Bytes: 2e6}}},
		"scatter": figure.Scatter{Name: "scatter", Title: "Oja's rule finds the first principal direction", XLabel: "x_{1}", YLabel: "x_{2}", X: cx, Y: cy,
			Directions: []figure.Direction{{Name: "weights", X: 2.4, Y: 1.8}, {Name: "second principal direction", X: -0.6, Y: 0.8}}},
		"histogram": figure.Histogram{Name: "histogram", Title: "Updates of the rule", XLabel: "\u0394w_{ij}", Sets: []figure.Values{{Name: "HAT", Values: dw}, {Name: "v_{j}", Values: vj}}},
		"lines": figure.Lines{Name: "lines", Title: "Loss", XLabel: "step", YLabel: "cross-entropy (nats, log)", LogX: true, LogY: true, N: 3, Series: []figure.Series{
			{Name: "Hebb", X: upTo(50, 1), Y: falls(0.5)}, {Name: "Oja", X: upTo(50, 1), Y: falls(0.9)}, {Name: "BCM", X: upTo(50, 1), Y: falls(1.4)},
			{Name: "ABCD", X: upTo(50, 1), Y: falls(2)}}},
	}
}

func falls(p float64) (y []float64) {
	for _, x := range upTo(50, 1) {
		y = append(y, math.Pow(x, -p))
	}
	return y
}
