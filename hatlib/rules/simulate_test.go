package rules

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"
)

// update is what a theory test is about: the catalogue's rule, or a broken variant that must fail the same test.
type update func(scope *model.Scope, pre, w, post *Node) *Node

// course is a training course of one linear layer, in float64.
type course struct {
	x       *mat.Dense // examples, [n, in]
	w       *mat.Dense // first weights, [out, in]
	rate    float64
	batch   int // examples per step, taken in order and round again; 0 is all of them
	steps   int
	unroll  int // steps per call of the backend, 0 is 10
	history []*mat.Dense
}

// run trains and returns the weights. steps is a multiple of unroll; the weights after every call are in history.
func (c *course) run(be compute.Backend, u update) (*mat.Dense, error) {
	n, in := c.x.Dims()
	out, _ := c.w.Dims()
	unroll, batch := c.unroll, c.batch
	if unroll == 0 {
		unroll = 10
	}
	if batch == 0 {
		batch = n
	}
	if c.steps%unroll != 0 {
		return nil, fmt.Errorf("%d steps are not a multiple of %d", c.steps, unroll)
	}
	whole := batch == n
	exec, err := model.NewExec1(be, model.NewStore(), func(scope *model.Scope, x, w *Node) *Node {
		for k := range unroll {
			pre := x
			if !whole {
				pre = Squeeze(SliceAxis(x, 0, AxisElem(k)), 0)
			}
			w = Add(w, MulScalar(u(scope, pre, w, project(pre, w)), c.rate))
		}
		return w
	})
	if err != nil {
		return nil, err
	}
	w := tensors.FromFlatDataAndDimensions(flat(c.w), out, in)
	var x *tensors.Tensor
	if whole {
		x = tensors.FromFlatDataAndDimensions(flat(c.x), n, in)
	}
	next := 0
	for range c.steps / unroll {
		if !whole {
			chunk := make([]float64, 0, unroll*batch*in)
			for range unroll * batch {
				chunk = append(chunk, c.x.RawRowView(next)...)
				next = (next + 1) % n
			}
			x = tensors.FromFlatDataAndDimensions(chunk, unroll, batch, in)
		}
		if w, err = exec.Call(x, w); err != nil {
			return nil, err
		}
		c.history = append(c.history, mat.NewDense(out, in, tensors.MustCopyFlatData[float64](w)))
	}
	return c.history[len(c.history)-1], nil
}

func flat(m *mat.Dense) []float64 {
	var c mat.Dense
	c.CloneFrom(m)
	return c.RawMatrix().Data
}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// gaussian returns [rows, columns] independent normal numbers times scale.
func gaussian(rng *rand.Rand, rows, columns int, scale float64) *mat.Dense {
	m := mat.NewDense(rows, columns, nil)
	for i := range rows {
		for j := range columns {
			m.Set(i, j, scale*rng.NormFloat64())
		}
	}
	return m
}

// orthogonal returns a random orthogonal matrix.
func orthogonal(rng *rand.Rand, n int) *mat.Dense {
	var qr mat.QR
	qr.Factorize(gaussian(rng, n, n, 1))
	var q mat.Dense
	qr.QTo(&q)
	return &q
}

// cloud returns n centred examples with the given variances along random orthogonal directions.
func cloud(rng *rand.Rand, n int, variances []float64) *mat.Dense {
	d := len(variances)
	z := gaussian(rng, n, d, 1)
	for j, v := range variances {
		for i := range n {
			z.Set(i, j, z.At(i, j)*math.Sqrt(v))
		}
	}
	var x mat.Dense
	x.Mul(z, orthogonal(rng, d))
	centre(&x)
	return &x
}

func centre(x *mat.Dense) {
	n, d := x.Dims()
	for j := range d {
		mean := mat.Sum(x.ColView(j)) / float64(n)
		for i := range n {
			x.Set(i, j, x.At(i, j)-mean)
		}
	}
}

// covariance returns x'x / n.
func covariance(x *mat.Dense) *mat.SymDense {
	n, _ := x.Dims()
	var c mat.SymDense
	c.SymOuterK(1/float64(n), x.T())
	return &c
}

// principal returns the eigenvectors of the covariance of x, largest eigenvalue first, by gonum.
func principal(x *mat.Dense) [][]float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance(x), true) {
		panic("no eigenvectors")
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	_, d := x.Dims()
	components := make([][]float64, d)
	for k := range components {
		components[k] = mat.Col(nil, d-1-k, &vectors)
	}
	return components
}

func dot(a, b []float64) float64 {
	var sum float64
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func cosine(a, b []float64) float64 { return dot(a, b) / (length(a) * length(b)) }

// orthonormality returns max |W W' - I|.
func orthonormality(w *mat.Dense) float64 {
	out, _ := w.Dims()
	var worst float64
	for i := range out {
		for j := range out {
			want := 0.0
			if i == j {
				want = 1
			}
			worst = math.Max(worst, math.Abs(dot(w.RawRowView(i), w.RawRowView(j))-want))
		}
	}
	return worst
}

// maxDifference returns the largest |a - b| over the largest |b|; NaN counts as infinite.
func maxDifference(a, b *mat.Dense) float64 {
	var worst, largest float64
	rows, columns := b.Dims()
	for i := range rows {
		for j := range columns {
			d := math.Abs(a.At(i, j) - b.At(i, j))
			if math.IsNaN(d) {
				return math.Inf(1)
			}
			worst, largest = math.Max(worst, d), math.Max(largest, math.Abs(b.At(i, j)))
		}
	}
	return worst / largest
}

// atLeast and atMost are errors in words; NaN fails both.
func atLeast(what string, got, want float64) error {
	if got >= want {
		return nil
	}
	return fmt.Errorf("%s is %.5g, want at least %g", what, got, want)
}

func atMost(what string, got, want float64) error {
	if got <= want {
		return nil
	}
	return fmt.Errorf("%s is %.5g, want at most %g", what, got, want)
}

// prove fails t when the check does not hold for the rule.
func prove(t *testing.T, be compute.Backend, check func(be compute.Backend, u update) error, u update) {
	t.Helper()
	if err := check(be, u); err != nil {
		t.Error(err)
	}
}
