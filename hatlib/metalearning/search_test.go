package metalearning

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
)

func TestBenchmarks(t *testing.T) {
	for _, b := range Benchmarks() {
		for _, x := range b.At {
			// The published places have 6 digits or more; the value is flat there.
			if v := b.Value(x); math.Abs(v-b.Min) > 1e-8 {
				t.Errorf("%s(%v) = %.8f, published %.8f", b.Name, x, v, b.Min)
			}
			for j := range x {
				for _, d := range []float64{-0.01, 0.01} {
					y := append([]float64(nil), x...)
					y[j] += d
					if b.Value(y) <= b.Min {
						t.Errorf("%s is lower than its minimum at %v", b.Name, y)
					}
				}
			}
		}
		var seen []float64
		for _, task := range DrawSearches(b, 1, 20000) {
			x := task.First
			v := b.Value(x)
			if v < b.Min {
				t.Fatalf("%s(%v) = %g is lower than its minimum", b.Name, x, v)
			}
			seen = append(seen, b.Seen(v))
		}
		if mean, sd := meanSD(seen); math.Abs(mean) > 0.03 || math.Abs(sd-1) > 0.03 {
			t.Errorf("%s is seen with mean %.3f and standard deviation %.3f, want 0 and 1", b.Name, mean, sd)
		}
		if b.Seen(b.Min) >= b.Seen(b.Min+0.1) {
			t.Errorf("%s is not seen in its order", b.Name)
		}
	}
}

// TestGPPrior compares the covariance of drawn functions with the kernel.
func TestGPPrior(t *testing.T) {
	const n = 4000
	prior := GPPrior{Dim: 2, Features: 50, Shortest: 0.3, Longest: 0.3}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		var data []any
		for _, v := range prior.Sample(MetaConfig{Seed: 1}.rng(1), n) {
			data = append(data, v)
		}
		value := func(x, y float32) []float32 {
			at := make([]float32, 0, 2*n)
			for range n {
				at = append(at, x, y)
			}
			exec := MustNewExec(be, func(in []*Node) []*Node { return []*Node{prior.Value(in[0], in[1:])} })
			defer exec.Finalize()
			return tensors.MustCopyFlatData[float32](exec.MustCall(append([]any{tensors.FromFlatDataAndDimensions(at, n, 2)}, data...)...)[0])
		}
		a := value(0.2, 0.3)
		for _, d := range []float64{0, 0.1, 0.3, 0.6} {
			b := value(0.2+float32(d), 0.3)
			cov := 0.0
			for i := range a {
				cov += float64(a[i]) * float64(b[i]) / n
			}
			want := math.Exp(-d * d / (2 * 0.3 * 0.3))
			// The standard error of a product of two normal values is at most sqrt(2/n) = 0.022, a little more for 50 features.
			if math.Abs(cov-want) > 0.09 {
				t.Errorf("covariance at distance %g is %.3f, kernel %.3f", d, cov, want)
			}
		}
	})
}

// TestGPPriorBowl holds drawn functions with bowls to mean 0 and variance 1 over functions and places, and each bowl to mean 0 over the cube.
func TestGPPriorBowl(t *testing.T) {
	const n, dim = 300, 3
	prior := GPPrior{Dim: dim, Features: 30, Shortest: 0.3, Longest: 0.6, Bowl: 1}
	rng := MetaConfig{Seed: 1}.rng(2)
	var data [][]float32
	for _, v := range prior.Sample(rng, n) {
		data = append(data, tensors.MustCopyFlatData[float32](v))
	}
	omega, phase, b, centre, slope, shift := data[0], data[1], data[2], data[3], data[4], data[5]
	var all []float64
	for f := range n {
		var bowl []float64
		for range 1000 {
			x := point(rng, dim)
			v := float64(shift[f])
			for j := range x {
				d := x[j] - float64(centre[dim*f+j])
				v += float64(slope[dim*f+j]) * d * d
			}
			bowl = append(bowl, v)
			for k := f * 30; k < (f+1)*30; k++ {
				angle := float64(phase[k])
				for j := range x {
					angle += float64(omega[k*dim+j]) * x[j]
				}
				v += float64(b[k]) * math.Cos(angle)
			}
			all = append(all, v)
		}
		if mean, _ := meanSD(bowl); math.Abs(mean) > 0.15 {
			t.Errorf("bowl %d has mean %.3f", f, mean)
		}
	}
	if mean, sd := meanSD(all); math.Abs(mean) > 0.1 || math.Abs(sd-1) > 0.1 {
		t.Errorf("functions have mean %.3f and standard deviation %.3f, want 0 and 1", mean, sd)
	}
}

// TestGaussianProcess compares the posterior and the likelihood with gonum's multivariate normal distribution.
func TestGaussianProcess(t *testing.T) {
	var xs [][]float64
	for _, task := range DrawSearches(Benchmarks()[0], 3, 6) {
		xs = append(xs, task.First)
	}
	y := []float64{0.3, -1, 0.7, 0.1, 1.2, -0.4}
	g, err := newGaussianProcess(xs[:5], y[:5], 0.4)
	if err != nil {
		t.Fatal(err)
	}
	cov := mat.NewSymDense(6, nil)
	for i := range 6 {
		for j := range i + 1 {
			d := math.Hypot(xs[i][0]-xs[j][0], xs[i][1]-xs[j][1])
			cov.SetSym(i, j, math.Exp(-d*d/0.32))
			if i == j && i < 5 {
				cov.SetSym(i, i, 1+1e-6)
			}
		}
	}
	all, ok := distmv.NewNormal(make([]float64, 6), cov, nil)
	if !ok {
		t.Fatal("covariance is not positive definite")
	}
	seen, ok := distmv.NewNormal(make([]float64, 5), cov.SliceSym(0, 5).(*mat.SymDense), nil)
	if !ok {
		t.Fatal("covariance is not positive definite")
	}
	if want := seen.LogProb(y[:5]) + 2.5*math.Log(2*math.Pi); math.Abs(g.logLikelihood-want) > 1e-6 {
		t.Errorf("log-likelihood %.6f, gonum %.6f", g.logLikelihood, want)
	}
	post, ok := all.ConditionNormal([]int{0, 1, 2, 3, 4}, y[:5], nil)
	if !ok {
		t.Fatal("no conditional distribution")
	}
	var v mat.SymDense
	post.CovarianceMatrix(&v)
	mu, sigma := g.predict(xs[5])
	if math.Abs(mu-post.Mean(nil)[0]) > 1e-6 || math.Abs(sigma-math.Sqrt(v.At(0, 0))) > 1e-6 {
		t.Errorf("posterior %.6f +- %.6f, gonum %.6f +- %.6f", mu, sigma, post.Mean(nil)[0], math.Sqrt(v.At(0, 0)))
	}
	// Expected improvement against a sum over the normal density.
	sum, step := 0.0, 1e-3
	for z := -8.0; z < 8; z += step {
		sum += max(0.2-(0.5+0.7*z), 0) * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * step
	}
	if got := expectedImprovement(0.2, 0.5, 0.7); math.Abs(got-sum) > 1e-5 {
		t.Errorf("expected improvement %.6f, integral %.6f", got, sum)
	}
}

// searchRuns is how many first queries each benchmark is searched from.
const searchRuns = 400

// checkSearch is the claim of Chen et al. 2017: at the horizon, the mean regret over many first queries lies below random search's, with the whole paired interval.
func checkSearch(regret, random []float64) error {
	if d := Paired(regret, random); !(d.High < 0) {
		return fmt.Errorf("not below random search: difference of the mean regret %v", d)
	}
	return nil
}

func TestLearnedSearch(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for _, b := range Benchmarks() {
			m, _ := Search(b.Dim)
			name := fmt.Sprintf("search_%d", b.Dim)
			p := trainedParams(t, name)
			tasks := DrawSearches(b, 5, searchRuns)
			last := func(found [][]float64) []float64 { return Column(Regrets(tasks, found), m.Horizon-1) }
			run := func(p Params, tasks []SearchTask) []float64 {
				found, err := m.Run(be, p, tasks)
				if err != nil {
					t.Fatal(err)
				}
				return last(found)
			}
			learned, random := run(p, tasks), last(RandomSearch(tasks, 6, m.Horizon))
			t.Logf("%s, regret after %d queries: learned %v, random %v, learned less random %v", b.Name, m.Horizon,
				MeanInterval(learned), MeanInterval(random), Paired(learned, random))
			if err := checkSearch(learned, random); err != nil {
				t.Errorf("%s: %v", b.Name, err)
			}
			r, err := FindReference(name)
			if err != nil {
				t.Fatal(err)
			}
			if checkSearch(run(r.Untrained(), tasks), random) == nil {
				t.Errorf("%s: untrained parameters pass the check", b.Name)
			}
			upsideDown := DrawSearches(b, 5, searchRuns)
			for i := range upsideDown {
				upsideDown[i].Seen = func(v float64) float64 { return -b.Seen(v) }
			}
			if checkSearch(run(p, upsideDown), random) == nil {
				t.Errorf("%s: a search that sees the function upside down passes the check", b.Name)
			}
		}
	})
}

// TestSearchMetaLoss compares the meta-loss with searches of the same functions, evaluated in float64 loops: the best value found less the first.
func TestSearchMetaLoss(t *testing.T) {
	const n = 20
	m, prior := LearnedSearch{Dim: 2, Hidden: 5, Horizon: 4}, GPPrior{Dim: 2, Features: 10, Shortest: 0.3, Longest: 1, Bowl: 1}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		cfg := MetaConfig{Seed: 12}
		in := m.inputs(cfg.rng(1), prior, n)
		var v [][]float32
		for _, a := range in {
			v = append(v, tensors.MustCopyFlatData[float32](a.(*tensors.Tensor)))
		}
		first, omega, phase, b, centre, slope, shift := v[0], v[5], v[6], v[7], v[8], v[9], v[10]
		tasks := make([]SearchTask, n)
		for f := range tasks {
			tasks[f].Name, tasks[f].Dim, tasks[f].Seen = "drawn", 2, func(v float64) float64 { return v }
			tasks[f].First = []float64{float64(first[2*f]), float64(first[2*f+1])}
			tasks[f].Value = func(x []float64) float64 {
				y := float64(shift[f])
				for j := range x {
					d := x[j] - float64(centre[2*f+j])
					y += float64(slope[2*f+j]) * d * d
				}
				for k := f * 10; k < (f+1)*10; k++ {
					y += float64(b[k]) * math.Cos(float64(phase[k])+float64(omega[2*k])*x[0]+float64(omega[2*k+1])*x[1])
				}
				return y
			}
		}
		// Large readouts, so that queries spread and some do not improve.
		p := m.Init(cfg).Scale("query.w", 10)
		tr, err := newMetaTrainer(be, cfg, p, m.unroll(prior))
		if err != nil {
			t.Fatal(err)
		}
		defer tr.close()
		loss, _, _, err := tr.gradient(in)
		if err != nil {
			t.Fatal(err)
		}
		found, err := m.Run(be, p, tasks)
		if err != nil {
			t.Fatal(err)
		}
		want, worse := 0.0, 0
		for _, values := range found {
			best := values[0]
			for _, y := range values {
				if y > best {
					worse++
				}
				best = min(best, y)
			}
			want += (best - values[0]) / n
		}
		if math.Abs(loss-want) > 1e-4 || worse == 0 {
			t.Errorf("meta-loss %.6f, by searching %.6f (%d queries did not improve)", loss, want, worse)
		}
	})
}

// TestGPEI holds the method that stands beside the learned one to the same check.
func TestGPEI(t *testing.T) {
	for _, b := range Benchmarks() {
		m, _ := Search(b.Dim)
		tasks := DrawSearches(b, 5, 50)
		found, err := GPEI{Candidates: 300}.Run(tasks, 7, m.Horizon)
		if err != nil {
			t.Fatal(err)
		}
		regret := Column(Regrets(tasks, found), m.Horizon-1)
		random := Column(Regrets(tasks, RandomSearch(tasks, 6, m.Horizon)), m.Horizon-1)
		t.Logf("%s, regret after %d queries: Gaussian process %v", b.Name, m.Horizon, MeanInterval(regret))
		if err := checkSearch(Logs(regret), Logs(random)); err != nil {
			t.Errorf("%s: Gaussian process: %v", b.Name, err)
		}
	}
}

func TestSearchErrors(t *testing.T) {
	m, _ := Search(3)
	be := backendtest.Go(t)
	if _, err := m.Run(be, m.Init(MetaConfig{}), DrawSearches(Benchmarks()[0], 1, 1)); err == nil {
		t.Error("a search in 3 dimensions ran on a function of 2")
	}
	if _, err := m.Train(t.Context(), be, MetaConfig{}, GPPrior{Dim: 2}); err == nil {
		t.Error("a search in 3 dimensions trained on functions of 2")
	}
}
