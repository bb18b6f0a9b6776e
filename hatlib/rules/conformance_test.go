package rules

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// problem is one call of a rule's Update, in float64: pre [batch, in], w [out, in], post [batch, out]; with members > 0
// everything has a leading axis of that many.
type problem struct {
	members, batch, in, out int
	pre, w, post            []float64
}

func newProblem(seed uint64, members, batch, in, out int) problem {
	rng := random(seed)
	numbers := func(n int) []float64 {
		v := make([]float64, max(members, 1)*n)
		for i := range v {
			v[i] = rng.NormFloat64()
		}
		return v
	}
	return problem{members, batch, in, out, numbers(batch * in), numbers(out * in), numbers(batch * out)}
}

func (p problem) clone() problem {
	p.pre, p.w, p.post = slices.Clone(p.pre), slices.Clone(p.w), slices.Clone(p.post)
	return p
}

// member returns one member of a population as a problem of its own.
func (p problem) member(k int) problem {
	of := func(v []float64) []float64 {
		n := len(v) / p.members
		return v[k*n : (k+1)*n]
	}
	return problem{0, p.batch, p.in, p.out, of(p.pre), of(p.w), of(p.post)}
}

func (p problem) arguments() []any {
	shaped := func(v []float64, rows, columns int) any {
		if p.members > 0 {
			return tensors.FromFlatDataAndDimensions(v, p.members, rows, columns)
		}
		return tensors.FromFlatDataAndDimensions(v, rows, columns)
	}
	return []any{shaped(p.pre, p.batch, p.in), shaped(p.w, p.out, p.in), shaped(p.post, p.batch, p.out)}
}

// subject is a rule ready to be called: f of its arguments, always from the state that it starts with.
type subject struct {
	be    compute.Backend
	store *model.Store
	exec  *model.Exec
	first map[*model.Variable]*tensors.Tensor // the state that it starts with, once known
}

func newSubject(be compute.Backend, f func(scope *model.Scope, pre, w, post *Node) []*Node) *subject {
	store := model.NewStore()
	return &subject{be: be, store: store, exec: model.MustNewExec(be, store, func(scope *model.Scope, arguments []*Node) []*Node {
		return f(scope, arguments[0], arguments[1], arguments[2])
	})}
}

func (s *subject) call(t *testing.T, p problem) [][]float64 {
	t.Helper()
	if s.first == nil {
		// The variables are known after a call; it may have moved them.
		s.continued(t, p)
		s.first = map[*model.Variable]*tensors.Tensor{}
		for v := range s.store.IterVariables() {
			if !v.Trainable {
				if err := v.Reset(); err != nil {
					t.Fatal(err)
				}
				s.first[v] = nil
			}
		}
		if err := s.store.InitializeVariables(s.be, nil); err != nil {
			t.Fatal(err)
		}
		for v := range s.first {
			s.first[v] = must(v.MustValue().Clone())
		}
	}
	for v, start := range s.first {
		if err := v.SetValue(must(start.Clone())); err != nil {
			t.Fatal(err)
		}
	}
	return s.continued(t, p)
}

// continued calls without going back to the first state.
func (s *subject) continued(t *testing.T, p problem) [][]float64 {
	t.Helper()
	outputs, err := s.exec.Call(p.arguments()...)
	if err != nil {
		t.Fatal(err)
	}
	var flat [][]float64
	for _, o := range outputs {
		flat = append(flat, tensors.MustCopyFlatData[float64](o))
	}
	return flat
}

func updateSubject(be compute.Backend, rule hatlib.Rule) *subject {
	return newSubject(be, func(scope *model.Scope, pre, w, post *Node) []*Node {
		return []*Node{rule.Update(scope, pre, w, post)}
	})
}

// TestConformance holds every rule of the table to what all rules owe. A new rule is tested by being in the table. It
// runs on the pure Go backend, where a graph costs nothing to compile; TestBackendsAgree carries the result over to XLA.
func TestConformance(t *testing.T) {
	be := backendtest.Go(t)
	for _, e := range All() {
		t.Run(e.Name, func(t *testing.T) {
			t.Run("shapes", func(t *testing.T) { conformShapes(t, be, e) })
			t.Run("gradients", func(t *testing.T) { conformGradients(t, be, e) })
			t.Run("behaviour", func(t *testing.T) { conformBehaviour(t, be, e) })
			t.Run("population", func(t *testing.T) { conformPopulation(t, be, e) })
			t.Run("locality", func(t *testing.T) { conformLocality(t, be, e) })
		})
	}
}

// conformShapes: the update has the shape and the dtype of w, and shapes that do not fit are refused.
func conformShapes(t *testing.T, be compute.Backend, e Entry) {
	shapeOf := func(x any, dims ...int) *tensors.Tensor {
		n := 1
		for _, d := range dims {
			n *= d
		}
		if _, single := x.(float32); single {
			return tensors.FromFlatDataAndDimensions(make([]float32, n), dims...)
		}
		return tensors.FromFlatDataAndDimensions(make([]float64, n), dims...)
	}
	run := func(pre, w, post *tensors.Tensor) (*tensors.Tensor, error) {
		exec := model.MustNewExec1(be, model.NewStore(), func(scope *model.Scope, pre, w, post *Node) *Node {
			return e.New().Update(scope, pre, w, post)
		})
		return exec.Call(pre, w, post)
	}
	for _, dtype := range []any{float32(0), float64(0)} {
		w := shapeOf(dtype, 2, 6)
		got, err := run(shapeOf(dtype, 3, 6), w, shapeOf(dtype, 3, 2))
		if err != nil {
			t.Fatal(err)
		}
		if !got.Shape().Equal(w.Shape()) {
			t.Errorf("the update of w %s has shape %s", w.Shape(), got.Shape())
		}
	}
	if _, err := run(shapeOf(1.0, 3, 5), shapeOf(1.0, 2, 6), shapeOf(1.0, 3, 2)); err == nil {
		t.Error("5 inputs for weights of 6 were accepted")
	}
	if _, err := run(shapeOf(1.0, 3, 6), shapeOf(1.0, 2, 6), shapeOf(1.0, 3, 4)); err == nil {
		t.Error("4 outputs for weights of 2 were accepted")
	}
}

// conformGradients: the gradient of a random projection of the update with respect to pre, w, post and the trainable
// coefficients is that of central differences.
func conformGradients(t *testing.T, be compute.Backend, e Entry) {
	p := newProblem(21, 0, 4, 5, 3)
	direction := newProblem(22, 0, 4, 5, 3).w
	rule := e.New()
	projection := func(scope *model.Scope, pre, w, post *Node) *Node {
		weights := Reshape(Const(pre.Graph(), direction), p.out, p.in)
		return ReduceAllSum(Mul(rule.Update(scope, pre, w, post), weights))
	}
	value := newSubject(be, func(scope *model.Scope, pre, w, post *Node) []*Node {
		return []*Node{projection(scope, pre, w, post)}
	})
	gradients := newSubject(be, func(scope *model.Scope, pre, w, post *Node) []*Node {
		// A rule that does not use one of its arguments has gradient zero in it.
		nothing := MulScalar(Add(ReduceAllSum(pre), Add(ReduceAllSum(w), ReduceAllSum(post))), 0)
		return Gradient(Add(projection(scope, pre, w, post), nothing), pre, w, post)
	})
	got := gradients.call(t, p)
	const h = 1e-5
	for a, name := range []string{"pre", "w", "post"} {
		q := p.clone()
		values := [][]float64{q.pre, q.w, q.post}[a]
		for i, v := range values {
			values[i] = v + h
			above := value.call(t, q)[0][0]
			values[i] = v - h
			below := value.call(t, q)[0][0]
			values[i] = v
			want := (above - below) / (2 * h)
			if d := math.Abs(got[a][i] - want); !(d <= 1e-6*(1+math.Abs(want))) {
				t.Errorf("gradient in %s[%d] is %g, finite differences give %g", name, i, got[a][i], want)
			}
		}
	}
}

// conformBehaviour: the order of the batch does not matter, rate 0 changes nothing, no activity gives finite numbers
// (zero for a silent rule), and the name is the catalogue's.
func conformBehaviour(t *testing.T, be compute.Backend, e Entry) {
	rule := e.New()
	if rule.Name() != e.Name || rule.Locality() != e.Locality {
		t.Errorf("the rule is called %q with locality %q, the catalogue says %q and %q", rule.Name(), rule.Locality(), e.Name, e.Locality)
	}
	p := newProblem(23, 0, 5, 6, 4)
	s := updateSubject(be, rule)
	got := s.call(t, p)[0]

	reversed := p.clone()
	for b := range p.batch {
		copy(reversed.pre[b*p.in:(b+1)*p.in], p.pre[(p.batch-1-b)*p.in:])
		copy(reversed.post[b*p.out:(b+1)*p.out], p.post[(p.batch-1-b)*p.out:])
	}
	if d := distance(s.call(t, reversed)[0], got); d > 1e-12 {
		t.Errorf("the batch in reverse order gives an update that differs by %g", d)
	}

	still := newSubject(be, func(scope *model.Scope, pre, w, post *Node) []*Node {
		return []*Node{Add(w, MulScalar(rule.Update(scope, pre, w, post), 0))}
	})
	if after := still.call(t, p)[0]; !slices.Equal(after, p.w) {
		t.Errorf("rate 0 changes the weights by %g", distance(after, p.w))
	}

	silent := p.clone()
	clear(silent.pre)
	clear(silent.post)
	for i, v := range s.call(t, silent)[0] {
		if math.IsNaN(v) || math.IsInf(v, 0) || (e.Silent && v != 0) {
			t.Errorf("with no activity the update[%d] is %g", i, v)
			break
		}
	}
	clear(silent.w)
	for i, v := range s.call(t, silent)[0] {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("with no activity and no weights the update[%d] is %g", i, v)
			break
		}
	}
}

// conformPopulation: a leading axis is a population of layers that share nothing but the rule.
func conformPopulation(t *testing.T, be compute.Backend, e Entry) {
	p := newProblem(24, 3, 4, 6, 2)
	got := updateSubject(be, e.New()).call(t, p)[0]
	single := updateSubject(be, e.New())
	size := p.out * p.in
	for k := range p.members {
		if d := distance(got[k*size:(k+1)*size], single.call(t, p.member(k))[0]); d > 1e-12 {
			t.Errorf("member %d differs from the same layer by itself by %g", k, d)
		}
	}
}

// conformLocality: a rule of locality pair is a function of v_i, w_ij and v_j, so it is Pointwise, its Update is
// PairMean of its Pair, and nothing else that changes is seen. A rule of locality layer does see something else, other
// units or the past: otherwise its locality is overstated.
func conformLocality(t *testing.T, be compute.Backend, e Entry) {
	rule := e.New()
	p := newProblem(25, 0, 4, 6, 3)
	s := updateSubject(be, rule)
	got := s.call(t, p)[0]
	const i, j = 4, 1

	elsewhere := newProblem(26, 0, 4, 6, 3)
	for b := range p.batch {
		elsewhere.pre[b*p.in+i] = p.pre[b*p.in+i]
		elsewhere.post[b*p.out+j] = p.post[b*p.out+j]
	}
	elsewhere.w[j*p.in+i] = p.w[j*p.in+i]
	changed := math.Abs(s.call(t, elsewhere)[0][j*p.in+i] - got[j*p.in+i])
	remembered := distance(s.continued(t, elsewhere)[0], s.call(t, elsewhere)[0])

	pointwise, ok := rule.(hatlib.Pointwise)
	if e.Locality != hatlib.LocalityPair {
		if ok {
			t.Error("a rule of locality layer is Pointwise")
		}
		if changed < 1e-9 && remembered < 1e-9 {
			t.Error("the rule sees neither other units nor the past: its locality is pair")
		}
		return
	}
	if !ok {
		t.Fatal("a rule of locality pair is not Pointwise")
	}
	if changed > 1e-12 || remembered > 1e-12 {
		t.Errorf("changing other units changes the update of a pair by %g, the past by %g", changed, remembered)
	}
	pairs := newSubject(be, func(scope *model.Scope, pre, w, post *Node) []*Node {
		return []*Node{hatlib.PairMean(pointwise.Pair, pointwise.Theta(scope, pre.Graph()), pre, w, post)}
	})
	if d := distance(pairs.call(t, p)[0], got); d > 1e-12 {
		t.Errorf("Update differs from PairMean of Pair by %g", d)
	}
	population := newProblem(27, 2, 3, 5, 4)
	if d := distance(pairs.call(t, population)[0], s.call(t, population)[0]); d > 1e-12 {
		t.Errorf("for a population, Update differs from PairMean of Pair by %g", d)
	}
}

// TestBackendsAgree: XLA and pure Go give the same update of a population and the same gradients, to rounding in
// float64, and the same update in float32, to its rounding.
func TestBackendsAgree(t *testing.T) {
	one, other := backendtest.XLA(t), backendtest.Go(t)
	p := newProblem(28, 2, 5, 6, 4)
	direction := newProblem(31, 2, 5, 6, 4).w
	for _, e := range All() {
		everything := func(scope *model.Scope, pre, w, post *Node) []*Node {
			dw := e.New().Update(scope.In("double"), pre, w, post)
			weights := Reshape(Const(pre.Graph(), direction), dw.Shape().Dimensions...)
			nothing := MulScalar(Add(ReduceAllSum(pre), Add(ReduceAllSum(w), ReduceAllSum(post))), 0)
			gradients := Gradient(Add(ReduceAllSum(Mul(dw, weights)), nothing), pre, w, post)
			single := func(x *Node) *Node { return ConvertDType(x, dtypes.Float32) }
			rounded := e.New().Update(scope.In("single"), single(pre), single(w), single(post))
			return append(gradients, dw, ConvertDType(rounded, dtypes.Float64))
		}
		got, want := newSubject(one, everything).continued(t, p), newSubject(other, everything).continued(t, p)
		for i, what := range []string{"gradient in pre", "gradient in w", "gradient in post", "update", "update in float32"} {
			tolerance := 1e-11
			if i == 4 {
				tolerance = 1e-4
			}
			if d := distance(got[i], want[i]); d > tolerance {
				t.Errorf("%s: the %s differs by %g between the backends", e.Name, what, d)
			}
		}
	}
}

// TestCoefficientsOfPopulation: coefficients [P, n] in scope are a set for each member.
func TestCoefficientsOfPopulation(t *testing.T) {
	p := newProblem(29, 2, 3, 5, 4)
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		for _, rule := range []hatlib.Pointwise{&ABCD{}, must(NewPolynomial(2))} {
			n := map[string]int{"abcd": 4, "polynomial": 8}[rule.Name()]
			own := newProblem(30, 2, 1, n, 1).w
			subjectWith := func(values []float64, dims ...int) *subject {
				s := updateSubject(be, rule)
				if _, err := s.store.RootScope().CreateVariable(CoefficientsVariable, tensors.FromFlatDataAndDimensions(values, dims...)); err != nil {
					t.Fatal(err)
				}
				return s
			}
			got := subjectWith(own, 2, n).call(t, p)[0]
			for k := range 2 {
				want := subjectWith(own[k*n:(k+1)*n], n).call(t, p.member(k))[0]
				if d := distance(got[k*20:(k+1)*20], want); d > 1e-12 {
					t.Errorf("%s: member %d differs from its own coefficients by %g", rule.Name(), k, d)
				}
			}
		}
	})
}

// distance is the largest difference, over 1 or the largest number; NaN counts as infinite.
func distance(a, b []float64) float64 {
	if len(a) != len(b) {
		return math.Inf(1)
	}
	var worst, largest float64
	for i := range a {
		d := math.Abs(a[i] - b[i])
		if math.IsNaN(d) {
			return math.Inf(1)
		}
		worst, largest = math.Max(worst, d), math.Max(largest, math.Abs(b[i]))
	}
	return worst / math.Max(1, largest)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(fmt.Sprint(err))
	}
	return v
}
