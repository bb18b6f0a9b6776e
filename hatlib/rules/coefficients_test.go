package rules

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"gonum.org/v1/gonum/mat"
)

// TestABCD: Hebb and the converged rule are points of the family, and a hidden point is recovered.
func TestABCD(t *testing.T) {
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		prove(t, be, checkSameAs(hatlib.Hebb().Update), (&ABCD{A: 1}).Update)
		prove(t, be, checkSameAs(hatlib.RichGetRicher(2.13, -0.42).Update), (&ABCD{C: 2.13, D: -0.42}).Update)
		hidden := []float64{0.7, -0.2, 1.3, 0.05}
		target := &ABCD{hidden[0], hidden[1], hidden[2], hidden[3]}
		prove(t, be, checkRecovers(target.Update, hidden), (&ABCD{}).Update)
	})
}

// TestPolynomial: the classical pair rules are points of the family, and Oja's is recovered from its updates.
func TestPolynomial(t *testing.T) {
	of := func(size int, terms ...Term) update {
		rule, err := NewPolynomial(size, terms...)
		if err != nil {
			t.Fatal(err)
		}
		return rule.Update
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		prove(t, be, checkSameAs(hatlib.Hebb().Update), of(2, Term{1, 0, 1, 1}))
		prove(t, be, checkSameAs(hatlib.Oja().Update), of(3, Term{1, 0, 1, 1}, Term{0, 1, 2, -1}))
		prove(t, be, checkSameAs(BCMFixed(0.7).Update), of(3, Term{1, 0, 2, 1}, Term{1, 0, 1, -0.7}))
		prove(t, be, checkSameAs(hatlib.RichGetRicher(2, 0.5).Update), of(2, Term{0, 0, 1, 2}, Term{0, 0, 0, 0.5}))
		hidden := make([]float64, 27)
		hidden[1*9+0*3+1], hidden[0*9+1*3+2] = 1, -1
		prove(t, be, checkRecovers(hatlib.Oja().Update, hidden), of(3))
	})
}

func TestPolynomialErrors(t *testing.T) {
	for _, bad := range []struct {
		size  int
		terms []Term
	}{{0, nil}, {4, nil}, {2, []Term{{2, 0, 0, 1}}}, {3, []Term{{0, -1, 0, 1}}}} {
		if _, err := NewPolynomial(bad.size, bad.terms...); err == nil {
			t.Errorf("NewPolynomial(%d, %v) gave no error", bad.size, bad.terms)
		}
	}
}

// checkSameAs holds an update to another one on random numbers.
func checkSameAs(want update) func(be compute.Backend, u update) error {
	return func(be compute.Backend, u update) error {
		rng := random(4)
		pre, w, post := gaussian(rng, 6, 5, 1), gaussian(rng, 4, 5, 1), gaussian(rng, 6, 4, 1)
		results := make([]*mat.Dense, 2)
		for i, f := range []update{u, want} {
			result, err := MustNewExec(be, func(pre, w, post *Node) *Node { return f(nil, pre, w, post) }).Call1(tensor(pre), tensor(w), tensor(post))
			if err != nil {
				return err
			}
			results[i] = mat.NewDense(4, 5, tensors.MustCopyFlatData[float64](result))
		}
		return atMost("relative distance to the named rule", maxDifference(results[0], results[1]), 1e-12)
	}
}

// checkRecovers shows that the coefficients can be learned: the squared distance between the updates of the rule and of
// the target is quadratic in the coefficients, so its gradients at 0 and at the unit vectors give one linear system
// (solved by gonum) whose solution is the target's coefficients. A wrong gradient gives wrong ones.
func checkRecovers(target update, want []float64) func(be compute.Backend, u update) error {
	return func(be compute.Backend, u update) error {
		n := len(want)
		rng := random(5)
		pre, w, post := gaussian(rng, 7, 16, 1), gaussian(rng, 12, 16, 1), gaussian(rng, 7, 12, 1)
		store := model.NewStore()
		coefficients, err := store.RootScope().CreateVariable(CoefficientsVariable, tensors.FromFlatDataAndDimensions(make([]float64, n), n))
		if err != nil {
			return err
		}
		exec := model.MustNewExec1(be, store, func(scope *model.Scope, pre, w, post *Node) *Node {
			distance := Sub(u(scope, pre, w, post), target(nil, pre, w, post))
			return Gradient(ReduceAllSum(Square(distance)), coefficients.NodeValue(pre.Graph()))[0]
		})
		gradient := func(at []float64) ([]float64, error) {
			if err := coefficients.SetValue(tensors.FromFlatDataAndDimensions(at, n)); err != nil {
				return nil, err
			}
			g, err := exec.Call(tensor(pre), tensor(w), tensor(post))
			if err != nil {
				return nil, err
			}
			return tensors.CopyFlatData[float64](g)
		}
		origin, err := gradient(make([]float64, n))
		if err != nil {
			return err
		}
		hessian, right := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
		for k := range n {
			unit := make([]float64, n)
			unit[k] = 1
			g, err := gradient(unit)
			if err != nil {
				return err
			}
			for i := range n {
				hessian.Set(i, k, g[i]-origin[i])
			}
			right.SetVec(k, -origin[k])
		}
		var got mat.VecDense
		if err := got.SolveVec(hessian, right); err != nil {
			return fmt.Errorf("coefficients are not determined: %w", err)
		}
		var failures []error
		for k := range n {
			failures = append(failures, atMost(fmt.Sprintf("error of coefficient %d", k), math.Abs(got.AtVec(k)-want[k]), 1e-8))
		}
		return errors.Join(failures...)
	}
}

func tensor(m *mat.Dense) *tensors.Tensor {
	rows, columns := m.Dims()
	return tensors.FromFlatDataAndDimensions(flat(m), rows, columns)
}
