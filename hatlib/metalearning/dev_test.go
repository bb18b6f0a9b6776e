package metalearning

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib/dataset"
	_ "github.com/gomlx/compute/gobackend"
	_ "github.com/gomlx/go-xla/compute/xla"
)

func env(k string, d float64) float64 {
	if v, err := strconv.ParseFloat(os.Getenv(k), 64); err == nil {
		return v
	}
	return d
}

func TestDevGrad(t *testing.T) {
	be, err := compute.New()
	if err != nil {
		t.Fatal(err)
	}
	m := DefaultLearnedGradient
	m.Scale = env("SCALE", 0.1)
	t0 := time.Now()
	cfg := MetaConfig{Seed: 1, Steps: int(env("STEPS", 500)), Rate: env("RATE", 3e-3), Clip: env("CLIP", 1), Batch: int(env("BATCH", 32))}
	avg := 0.0
	cfg.Progress = func(s, n int, l float64) {
		avg += l
		if s%100 == 0 {
			fmt.Printf("%d %.4f %v\n", s, avg/100, time.Since(t0))
			avg = 0
		}
	}
	p, err := m.Train(context.Background(), be, cfg, GradientTraining{Quadratics{10}, 20, 100})
	if err != nil {
		t.Fatal(err)
	}
	p.Save("/tmp/ml/grad.safetensors")
	evalGrad(t, be, m, p)
}

func evalGrad(t *testing.T, be compute.Backend, m LearnedGradient, p Params) {
	pr := DrawProblems(Quadratics{10}, 99, 100, 100)
	d, _ := NewDescent(be, pr)
	show := func(s Stepper) float64 {
		c, err := d.Run(s)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%10s", s.Name())
		mean := 0.0
		for _, k := range []int{0, 10, 20, 40, 60, 80, 100} {
			mean = 0
			for _, v := range c[k] {
				mean += v / 100
			}
			fmt.Printf(" %8.4f", mean)
		}
		fmt.Println()
		return mean
	}
	l, err := m.Stepper(be, p)
	if err != nil {
		t.Fatal(err)
	}
	show(l)
	for _, s := range []Stepper{&SGD{0.01}, &SGD{0.02}, &SGD{0.03}, &NAG{Rate: 0.01, Momentum: 0.9}, &NAG{Rate: 0.005, Momentum: .9}, &NAG{Rate: 0.02, Momentum: .9},&NAG{Rate: 0.01, Momentum: .95}, &RMSprop{Rate: 0.03, Decay: 0.99}, &RMSprop{Rate: 0.1, Decay: 0.99}, NewAdam(0.03), NewAdam(0.1), NewAdam(0.2), NewAdam(0.3)} {
		show(s)
	}
}

func TestDevSearch(t *testing.T) {
	be, err := compute.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range Benchmarks() {
		var ys []float64
		for _, x := range FirstQueries(1, 100000, b.Dim) {
			ys = append(ys, b.Seen(b.Value(x)))
		}
		m, s := meanSD(ys)
		fmt.Println(b.Name, m, s, b.Seen(b.Min))
	}
	dim := int(env("DIM", 2))
	m := LearnedSearch{Dim: dim, Hidden: int(env("HIDDEN", 48)), Horizon: int(env("T", 30))}
	t0 := time.Now()
	cfg := MetaConfig{Seed: 1, Steps: int(env("STEPS", 500)), Rate: env("RATE", 3e-3), Clip: env("CLIP", 1), Batch: int(env("BATCH", 64))}
	avg := 0.0
	cfg.Progress = func(s, n int, l float64) {
		avg += l
		if s%100 == 0 {
			fmt.Printf("%d %.4f %v\n", s, avg/100, time.Since(t0))
			avg = 0
		}
	}
	p, err := m.Train(context.Background(), be, cfg, GPPrior{dim, 100, env("SHORT", 0.2), env("LONG", 1)})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range Benchmarks() {
		if b.Dim != dim {
			continue
		}
		first := FirstQueries(5, 50, dim)
		show := func(name string, found [][]float64, err error) {
			if err != nil {
				t.Fatal(err)
			}
			r := Regrets(b, found)
			fmt.Printf("%16s %8s", b.Name, name)
			for _, k := range []int{0, 4, 9, 14, 19, 24, 29} {
				if k >= m.Horizon {
					break
				}
				var col []float64
				for i := range r {
					col = append(col, r[i][k])
				}
				mu, _ := meanSD(col)
				fmt.Printf(" %8.4f", mu)
			}
			fmt.Println()
		}
		f, err := m.Run(be, p, b, first)
		show("RNN", f, err)
		show("random", RandomSearch(b, 6, first, m.Horizon), nil)
		t1 := time.Now()
		f, err = GPEI{1000}.Run(b, 7, first, m.Horizon)
		show("GP-EI", f, err)
		fmt.Println(time.Since(t1))
	}
}

func TestDevMetz(t *testing.T) {
	be, err := compute.New()
	if err != nil {
		t.Fatal(err)
	}
	tr, _, err := dataset.Load("digits")
	if err != nil {
		t.Fatal(err)
	}
	ways, shots := int(env("WAYS", 10)), int(env("SHOTS", 5))
	src, err := NewFewShot(tr, ways, shots, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	r := DefaultUnsupervisedRule
	r.Steps = int(env("T", 10))
	t0 := time.Now()
	cfg := MetaConfig{Seed: 1, Steps: int(env("STEPS", 300)), Rate: env("RATE", 5e-3), Clip: env("CLIP", 1), Batch: int(env("BATCH", 4))}
	avg := 0.0
	cfg.Progress = func(s, n int, l float64) {
		avg += l
		if s%50 == 0 {
			fmt.Printf("%d %.4f %v\n", s, avg/50, time.Since(t0))
			avg = 0
		}
	}
	p, err := r.Train(context.Background(), be, cfg, src, int(env("WIDTH", 32)))
	if err != nil {
		t.Fatal(err)
	}
	p.Save("/tmp/ml/metz.safetensors")
	for _, q := range p {
		if len(q.Data) < 5 {
			fmt.Println(q.Name, q.Data)
		}
	}
	evalMetz(t, be, r, p, cfg)
}

func evalMetz(t *testing.T, be compute.Backend, r UnsupervisedRule, p Params, cfg MetaConfig) {
	ftr, _, err := dataset.Load("fashion-mnist")
	if err != nil {
		t.Fatal(err)
	}
	tr, _, _ := dataset.Load("digits")
	syn, _, _ := dataset.Synthetic{Seed: 3, Train: 1000, Test: 10, Features: 64, Classes: 10, Noise: 0.4}.Make()
	for _, s := range []*dataset.Set{tr, syn, ftr.Head(2000)} {
		for _, width := range []int{32, 100} {
			src, err := NewFewShot(s, 10, 5, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			show := func(name string, p Params, steps int) {
				acc, err := r.Evaluate(be, p, src, 77, width, steps, 40)
				if err != nil {
					t.Fatal(err)
				}
				m, sd := meanSD(acc)
				fmt.Printf("%s width %d %20s: %.4f +- %.4f\n", s.Name, width, name, m, sd/6.3)
			}
			show("random", p, 0)
			show("untrained", r.Init(cfg), r.Steps)
			show("trained", p, r.Steps)
			show("trained x3", p, 3*r.Steps)
			show("flipped", p.Clone().Scale("post.w2", -1).Scale("post.b2", -1), r.Steps)
		}
	}
}
