package rules

import (
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// mutation is a rule with one thing wrong, as a reader might write it by mistake. The theory test named must fail.
type mutation struct {
	test, what string
	check      func(be compute.Backend, u update) error
	broken     update
}

// TestMutations shows that every theory test can fail: each broken variant must not pass the check of its rule. The
// pure Go backend is enough, since the question is about the check.
func TestMutations(t *testing.T) {
	be := backendtest.Go(t)
	mutated := map[string]bool{}
	for _, m := range mutations(t) {
		mutated[m.test] = true
		t.Run(m.test+"/"+m.what, func(t *testing.T) {
			if err := m.check(be, m.broken); err == nil {
				t.Errorf("%s passes with %s: it proves nothing about that", m.test, m.what)
			}
		})
	}
	for _, e := range All() {
		if !mutated[e.Test] {
			t.Errorf("%s, the test of rule %s, has no mutation: nothing shows that it can fail", e.Test, e.Name)
		}
	}
}

func mutations(t *testing.T) []mutation {
	t.Helper()
	ica := icaCases()
	all := []mutation{
		{"TestHebb", "the wrong sign", checkHebb, negative(hatlib.Hebb().Update)},
		{"TestHebb", "the sum over the batch instead of the mean", checkHebb, func(s *model.Scope, pre, w, post *Node) *Node {
			return MulScalar(hatlib.Hebb().Update(s, pre, w, post), pre.Shape().Dim(0))
		}},
		{"TestOja", "the wrong sign", checkOja, negative(hatlib.Oja().Update)},
		{"TestOja", "no decay (Hebb)", checkOja, hatlib.Hebb().Update},
		{"TestOja", "decay by y instead of y^2", checkOja, func(_ *model.Scope, pre, w, post *Node) *Node {
			return Sub(meanOuter(post, pre), Mul(column(batchMean(post)), w))
		}},
		{"TestRichGetRicher", "the wrong sign", checkRichGetRicher(2, 0), hatlib.RichGetRicher(-2, 0).Update},
		{"TestRichGetRicher", "no intercept", checkRichGetRicher(2.13, -0.42), hatlib.RichGetRicher(2.13, 0).Update},
		{"TestRichGetRicher", "the input instead of the output", checkRichGetRicher(2, 0), func(_ *model.Scope, pre, w, _ *Node) *Node {
			return BroadcastToDims(MulScalar(row(batchMean(pre)), 2), w.Shape().Dimensions...)
		}},
		{"TestABCD", "B and C exchanged", checkSameAs(hatlib.RichGetRicher(2, 0).Update), (&ABCD{B: 2}).Update},
		{"TestABCD", "coefficients cut off from the gradient", checkRecovers(hatlib.Hebb().Update, []float64{1, 0, 0, 0}),
			func(s *model.Scope, pre, w, post *Node) *Node {
				rule := &ABCD{}
				return rule.mean([]*Node{StopGradient(rule.Theta(s, pre.Graph())[0])}, pre, w, post)
			}},
		{"TestABCD", "no drift", checkRecovers((&ABCD{A: 1, D: 0.5}).Update, []float64{1, 0, 0, 0.5}),
			func(s *model.Scope, pre, w, post *Node) *Node {
				rule := &ABCD{}
				theta := rule.Theta(s, pre.Graph())[0]
				return rule.mean([]*Node{Mul(theta, Const(pre.Graph(), []float64{1, 1, 1, 0}))}, pre, w, post)
			}},
		{"TestPolynomial", "powers of v_i and v_j exchanged", checkSameAs(BCMFixed(0.7).Update),
			polynomial(t, Term{2, 0, 1, 1}, Term{1, 0, 1, -0.7})},
		{"TestPolynomial", "Oja's decay with the wrong sign", checkSameAs(hatlib.Oja().Update),
			polynomial(t, Term{1, 0, 1, 1}, Term{0, 1, 2, 1})},
		{"TestBCMFixed", "the wrong sign", checkBCMFixed, negative(BCMFixed(0.8).Update)},
		{"TestBCMFixed", "no threshold", checkBCMFixed, BCMFixed(0).Update},
		{"TestBCMFixed", "one y too few", checkBCMFixed, func(_ *model.Scope, pre, _, post *Node) *Node {
			return meanOuter(AddScalar(post, -0.8), pre)
		}},
		{"TestGHA", "the wrong sign", checkGHA, negative(GHA{}.Update)},
		{"TestGHA", "no triangle (Oja's subspace rule)", checkGHA, func(_ *model.Scope, pre, w, post *Node) *Node {
			return Sub(meanOuter(post, pre), matmul(meanOuter(post, post), w))
		}},
		{"TestGHA", "the diagonal alone (Oja)", checkGHA, hatlib.Oja().Update},
		{"TestGHA", "a triangle without its diagonal", checkGHA, func(_ *model.Scope, pre, w, post *Node) *Node {
			return Sub(meanOuter(post, pre), matmul(TakeLowerTriangular(meanOuter(post, post), -1), w))
		}},
		{"TestGHASVD", "the wrong sign", checkGHASVD, negative(GHASVD{Split: 6}.Update)},
		{"TestGHASVD", "one side with the wrong sign", checkGHASVD, svd(func(a, b, u, v, yA, yB *Node) (*Node, *Node) {
			return pairedStep(a, u, yA, yB), Neg(pairedStep(b, v, yB, yA))
		})},
		{"TestGHASVD", "no deflation", checkGHASVD, svd(func(a, b, _, _, yA, yB *Node) (*Node, *Node) {
			return meanOuter(yB, a), meanOuter(yA, b)
		})},
		{"TestGHASVD", "each side by itself (two GHAs)", checkGHASVD, svd(func(a, b, u, v, yA, yB *Node) (*Node, *Node) {
			return pairedStep(a, u, yA, yA), pairedStep(b, v, yB, yB)
		})},
		{"TestGHASVD", "vectors not divided by their length", checkGHASVD, func(_ *model.Scope, pre, w, _ *Node) *Node {
			a, b := cut(pre, 6)
			u, v := cut(w, 6)
			yA, yB := project(a, u), project(b, v)
			return Concatenate([]*Node{pairedStep(a, u, yA, yB), pairedStep(b, v, yB, yA)}, -1)
		}},
		{"TestICA", "the other sign", ica[0].check, icaUpdate(t, TanhNonlinearity, 1)},
		{"TestICA", "the other sign", ica[2].check, icaUpdate(t, TanhNonlinearity, -1)},
		{"TestICA", "the other nonlinearity with the same sign", ica[0].check, icaUpdate(t, CubeNonlinearity, -1)},
		{"TestICA", "a fixed sign for mixed sources", ica[9].check, icaUpdate(t, TanhNonlinearity, 1)},
		{"TestICA", "no nonlinearity", ica[0].check, func(_ *model.Scope, pre, w, post *Node) *Node {
			return DivScalar(Sub(decorrelate(Sub(w, MulScalar(meanOuter(post, pre), icaStep))), w), icaStep)
		}},
		{"TestICA", "no decorrelation", ica[0].check, func(_ *model.Scope, pre, w, post *Node) *Node {
			return DivScalar(Sub(unitRows(Sub(w, MulScalar(meanOuter(Tanh(post), pre), icaStep))), w), icaStep)
		}},
		{"TestBCM", "the wrong sign", checkBCM, negative(bcmUpdate(t, 0.1, 1))},
		{"TestBCM", "a threshold that does not slide", checkBCM, BCMFixed(1).Update},
		{"TestBCM", "a threshold that follows y instead of y^2", checkBCM, func(_ *model.Scope, pre, _, post *Node) *Node {
			return meanOuter(Mul(post, Sub(post, row(batchMean(post)))), pre)
		}},
		{"TestBCM", "no threshold", checkBCM, BCMFixed(0).Update},
		{"TestSoftWTA", "the wrong sign", checkSoftWTA, negative(softWTAUpdate(t, 0.1))},
		{"TestSoftWTA", "no competition (Oja)", checkSoftWTA, hatlib.Oja().Update},
		{"TestSoftWTA", "no decay", checkSoftWTA, func(_ *model.Scope, pre, _, post *Node) *Node {
			return meanOuter(Softmax(DivScalar(post, 0.1), -1), pre)
		}},
		{"TestSoftWTA", "shares of the loser", checkSoftWTA, func(_ *model.Scope, pre, w, post *Node) *Node {
			share := Softmax(DivScalar(post, -0.1), -1)
			return Sub(meanOuter(share, pre), Mul(column(batchMean(Mul(share, post))), w))
		}},
	}
	return all
}

func negative(u update) update {
	return func(s *model.Scope, pre, w, post *Node) *Node { return Neg(u(s, pre, w, post)) }
}

// svd writes GHASVD with another step for the two sides.
func svd(sides func(a, b, u, v, yA, yB *Node) (du, dv *Node)) update {
	return func(_ *model.Scope, pre, w, _ *Node) *Node {
		a, b := cut(pre, 6)
		u, v := cut(w, 6)
		u, v = unitRows(u), unitRows(v)
		du, dv := sides(a, b, u, v, project(a, u), project(b, v))
		return Concatenate([]*Node{du, dv}, -1)
	}
}

func polynomial(t *testing.T, terms ...Term) update {
	t.Helper()
	rule, err := NewPolynomial(MaxPolynomialSize, terms...)
	if err != nil {
		t.Fatal(err)
	}
	return rule.Update
}

func icaUpdate(t *testing.T, g Nonlinearity, sign int) update {
	t.Helper()
	rule, err := NewICA(g, sign, icaStep)
	if err != nil {
		t.Fatal(err)
	}
	return rule.Update
}

func bcmUpdate(t *testing.T, follow, initial float64) update {
	t.Helper()
	rule, err := NewBCM(follow, initial)
	if err != nil {
		t.Fatal(err)
	}
	return rule.Update
}

func softWTAUpdate(t *testing.T, temperature float64) update {
	t.Helper()
	rule, err := NewSoftWTA(temperature)
	if err != nil {
		t.Fatal(err)
	}
	return rule.Update
}
