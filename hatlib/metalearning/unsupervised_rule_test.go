package metalearning

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"gonum.org/v1/gonum/mat"
)

// TestRidgeReadout compares the readout by conjugate gradients with a solution by gonum.
func TestRidgeReadout(t *testing.T) {
	const k, n, out, classes, ridge = 12, 5, 7, 3, 0.2
	rng := MetaConfig{Seed: 2}.rng(1)
	s, q := normal(rng, 1, k*out), normal(rng, 1, n*out)
	y := make([]float32, k*classes)
	for i := range k {
		y[i*classes+i%classes] = 1
	}
	matrix := func(v []float32, r, c int) *mat.Dense {
		d := make([]float64, len(v))
		for i := range v {
			d[i] = float64(v[i])
		}
		return mat.NewDense(r, c, d)
	}
	hs, hq, ys := matrix(s, k, out), matrix(q, n, out), matrix(y, k, classes)
	ys.Apply(func(_, _ int, v float64) float64 { return v - 1.0/classes }, ys)
	var gram, alpha, cross, want mat.Dense
	gram.Mul(hs, hs.T())
	gram.Scale(1.0/out, &gram)
	for i := range k {
		gram.Set(i, i, gram.At(i, i)+ridge)
	}
	if err := alpha.Solve(&gram, ys); err != nil {
		t.Fatal(err)
	}
	cross.Mul(hq, hs.T())
	cross.Scale(1.0/out, &cross)
	want.Mul(&cross, &alpha)
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		exec := MustNewExec(be, func(in []*Node) []*Node { return []*Node{RidgeReadout(in[0], in[1], in[2], ridge, k)} })
		defer exec.Finalize()
		got := tensors.MustCopyFlatData[float32](exec.MustCall(tensors.FromFlatDataAndDimensions(s, 1, k, out),
			tensors.FromFlatDataAndDimensions(y, 1, k, classes), tensors.FromFlatDataAndDimensions(q, 1, n, out))[0])
		for i := range n {
			for c := range classes {
				if w := want.At(i, c) + 1.0/classes; math.Abs(float64(got[i*classes+c])-w) > 1e-4 {
					t.Errorf("score %d,%d is %.5f, gonum %.5f", i, c, got[i*classes+c], w)
				}
			}
		}
	})
}

// TestUpdate compares one update with float64 loops over neurons, written from the formula.
func TestUpdate(t *testing.T) {
	const in, out, batch = 3, 4, 5
	r := UnsupervisedRule{Hidden: 3, Channels: 2, Steps: 1}
	rng := MetaConfig{Seed: 7}.rng(1)
	p := r.Init(MetaConfig{Seed: 7}).Scale("post.w2", 4).Scale("pre.w2", 4)
	w, x := unitRows(normal(rng, 1, out*in), in), unit(rng, batch*in)
	standard := func(v []float64, floor float64) []float64 {
		mean, square := 0.0, 0.0
		for _, a := range v {
			mean += a / batch
		}
		for _, a := range v {
			square += (a - mean) * (a - mean) / batch
		}
		s := make([]float64, batch)
		for k, a := range v {
			s[k] = (a - mean) / math.Sqrt(square+floor)
		}
		return s
	}
	network := func(q Params, a, b float64) []float64 {
		v := make([]float64, r.Channels)
		for c := range v {
			v[c] = float64(q[3].Data[c])
			for h := range r.Hidden {
				z := float64(q[1].Data[h]) + float64(q[0].Data[2*h])*a + float64(q[0].Data[2*h+1])*b
				v[c] += float64(q[2].Data[c*r.Hidden+h]) * math.Tanh(z)
			}
		}
		return v
	}
	pre, post, back := make([][]float64, in), make([][]float64, out), make([][]float64, in)
	for j := range in {
		v := make([]float64, batch)
		for k := range batch {
			v[k] = float64(x[k*in+j])
		}
		pre[j] = standard(v, pixelFloor)
	}
	for i := range out {
		v := make([]float64, batch)
		for k := range batch {
			for j := range in {
				v[k] += float64(w[i*in+j]) * pre[j][k]
			}
		}
		post[i] = standard(v, 1e-6)
	}
	for j := range in {
		v := make([]float64, batch)
		for k := range batch {
			for i := range out {
				v[k] += float64(w[i*in+j]) * max(post[i][k], 0)
			}
		}
		back[j] = standard(v, 1e-6)
	}
	want := make([]float64, out*in)
	for i := range out {
		norm := 0.0
		for j := range in {
			dw := 0.0
			for k := range batch {
				s, t := network(p[0:4], post[i][k], max(post[i][k], 0)), network(p[4:8], pre[j][k], back[j][k])
				for c := range s {
					dw += s[c] * t[c] / batch / math.Sqrt(in)
				}
			}
			want[i*in+j] = float64(w[i*in+j]) + math.Exp(float64(p[8].Data[0]))*dw
			norm += want[i*in+j] * want[i*in+j]
		}
		for j := range in {
			want[i*in+j] /= math.Sqrt(norm)
		}
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		runner, err := r.Runner(be)
		if err != nil {
			t.Fatal(err)
		}
		defer runner.Close()
		got, err := runner.step(p, tensors.FromFlatDataAndDimensions(w, 1, out, in), tensors.FromFlatDataAndDimensions(x, 1, batch, in))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range tensors.MustCopyFlatData[float32](got) {
			if math.Abs(float64(v)-want[k]) > 1e-4 {
				t.Errorf("weight %d is %.6f, float64 loops %.6f", k, v, want[k])
			}
		}
	})
}

// TestUpdateIsLocal holds the rule to what a neuron can know: nothing depends on where a neuron stands, so permuted inputs and neurons give the same
// update, permuted; without feedback (a rule whose pre-synaptic network does not read q) a neuron's update does not depend on any other neuron.
func TestUpdateIsLocal(t *testing.T) {
	const in, out, batch = 5, 4, 6
	r := UnsupervisedRule{Hidden: 3, Channels: 2, Steps: 1}
	rng := MetaConfig{Seed: 4}.rng(1)
	p := r.Init(MetaConfig{Seed: 4}).Scale("post.w2", 4).Scale("pre.w2", 4) // so that one update is seen
	w, x := unitRows(normal(rng, 1, out*in), in), unit(rng, batch*in)
	ins, outs := rng.Perm(in), rng.Perm(out)
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		n := len(p)
		exec := MustNewExec(be, func(v []*Node) []*Node { return []*Node{r.Update(v[:n], v[n], v[n+1])} })
		defer exec.Finalize()
		update := func(p Params, w, x []float32, out, in int) []float32 {
			return tensors.MustCopyFlatData[float32](exec.MustCall(append(p.inputs(), tensors.FromFlatDataAndDimensions(w, 1, out, in),
				tensors.FromFlatDataAndDimensions(x, 1, batch, in))...)[0])
		}
		plain := update(p, w, x, out, in)
		pw, px := make([]float32, len(w)), make([]float32, len(x))
		for j := range in {
			for i := range out {
				pw[i*in+j] = w[outs[i]*in+ins[j]]
			}
			for b := range batch {
				px[b*in+j] = x[b*in+ins[j]]
			}
		}
		moved := 0.0
		for i, v := range update(p, pw, px, out, in) {
			if want := plain[outs[i/in]*in+ins[i%in]]; math.Abs(float64(v-want)) > 1e-5 {
				t.Errorf("weight %d after permuting is %g, want %g", i, v, want)
			}
			moved += math.Abs(float64(plain[i] - w[i]))
		}
		if moved < 0.1 {
			t.Error("the rule hardly moves the weights: this test would show nothing")
		}
		blind := p.Clone()
		for _, q := range blind {
			if q.Name == "pre.w1" {
				for k := range r.Hidden {
					q.Data[2*k+1] = 0
				}
			}
		}
		whole, alone := update(blind, w, x, out, in), update(blind, w[:in], x, 1, in)
		for j, v := range alone {
			if math.Abs(float64(v-whole[j])) > 1e-5 {
				t.Errorf("without feedback, weight %d of the first neuron depends on the others: %g, alone %g", j, whole[j], v)
			}
		}
	})
}

// checkRule is the claim of Metz et al. 2018 in this reduced form: the readout of few labels is better than chance, than on random features, and than after the
// untrained rule, with the whole 95% interval, task by task.
func checkRule(acc, random, untrained []float64, classes int) error {
	if i := MeanInterval(acc); !(i.Low > 1/float64(classes)) {
		return fmt.Errorf("accuracy %v is not above chance", i)
	}
	if d := Paired(acc, random); !(d.Low > 0) {
		return fmt.Errorf("accuracy is not above that of random features: difference %v", d)
	}
	if d := Paired(acc, untrained); !(d.Low > 0) {
		return fmt.Errorf("accuracy is not above that of the untrained rule: difference %v", d)
	}
	return nil
}

func TestUnsupervisedRule(t *testing.T) {
	// Overlapping clusters in 100 dimensions, made from a seed: another data set, another number of inputs, and another width than in meta-training.
	clusters, _, err := dataset.Synthetic{Seed: 3, Train: 1000, Test: 10, Features: 100, Classes: 10, Noise: 0.5}.Make()
	if err != nil {
		t.Fatal(err)
	}
	sets := []*dataset.Set{clusters}
	if clothes, _, err := dataset.Load("fashion-mnist", dataset.WithOffline()); err != nil {
		t.Logf("without Fashion-MNIST: %v", err)
	} else {
		sets = append(sets, clothes.Head(2000))
	}
	r := DefaultUnsupervisedRule
	ref, err := FindReference("rule")
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		p := trainedParams(t, "rule")
		runner, err := r.Runner(be)
		if err != nil {
			t.Fatal(err)
		}
		defer runner.Close()
		sets, fewShotTasks := sets, 40
		if be.Name() == backendtest.Go(t).Name() {
			sets, fewShotTasks = sets[:1], 15 // the same graph, nothing of it fused
		}
		for _, s := range sets {
			const width = 2 * RuleWidth
			tasks, err := NewFewShot(s, 10, 5, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			run := func(p Params, steps int) []float64 {
				acc, err := runner.Evaluate(p, tasks, 77, width, steps, fewShotTasks)
				if err != nil {
					t.Fatal(err)
				}
				return acc
			}
			acc, random, untrained := run(p, r.Steps), run(p, 0), run(ref.Untrained(), r.Steps)
			inputs, err := runner.EvaluateInputs(tasks, 77, width, fewShotTasks)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, width %d, 10 classes, 5 labels each: rule %v, random features %v, untrained rule %v, the inputs themselves %v; rule less random %v, rule less inputs %v",
				s.Name, width, MeanInterval(acc), MeanInterval(random), MeanInterval(untrained), MeanInterval(inputs), Paired(acc, random), Paired(acc, inputs))
			if err := checkRule(acc, random, untrained, 10); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
			flipped := run(p.Clone().Scale("post.w2", -1).Scale("post.b2", -1), r.Steps)
			if checkRule(flipped, random, untrained, 10) == nil {
				t.Errorf("%s: the rule with its sign flipped passes the check", s.Name)
			}
			if checkRule(untrained, random, random, 10) == nil {
				t.Errorf("%s: the untrained rule passes the check", s.Name)
			}
		}
	})
}
