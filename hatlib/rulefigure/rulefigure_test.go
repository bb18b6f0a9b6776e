package rulefigure

import (
	"fmt"
	"math"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/analysis/claims"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/figure"
	"github.com/hatlab/hatlab/hatlib/internal/experimenttest"
)

// affine is M(v_i, w_ij, v_j) = a v_i + b w_ij + c v_j + e.
func affine(a, b, c, e float64) experiment.RuleParams {
	return experiment.RuleParams{A: []float64{a}, B: []float64{b}, C: []float64{c}, D: []float64{0}, M: []float64{1}, E: e, Activation: hatlib.ActivationLinear}
}

// lattice are points of a rank-1 lattice: v_i in [0,1], w_ij in [-0.3, 0.3], v_j in [0,2].
func lattice(from, n int) [][3]float64 {
	pairs := make([][3]float64, n)
	for i := range pairs {
		at := func(a float64) float64 { return math.Mod(float64(from+i)*a, 1) }
		pairs[i] = [3]float64{at(0.8191725134), 0.6*at(0.6710436067) - 0.3, 2 * at(0.5497004779)}
	}
	return pairs
}

// opposed are two runs whose rules depend on v_i with opposite signs: their mean does not.
func opposed() *Rules {
	r := &Rules{Reading: "test", Config: hatlib.Config{Sizes: hatlib.Sizes{784, 32, 10}}}
	for run, sign := range []float64{1, -1} {
		s := &experiment.Snapshots{Epochs: []float64{0, 1, 2}, Rules: []experiment.RuleParams{
			affine(0, 3, 0, 0), affine(sign*2, 0, 1, -0.2), affine(sign*4, 0, 2, -0.4)}}
		for range s.Rules {
			s.Visited = append(s.Visited, [][][3]float64{lattice(2000*run, 2000), lattice(9000+2000*run, 2000)})
		}
		r.Runs = append(r.Runs, s)
	}
	return r
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.9g, want %.9g", what, got, want)
	}
}

// TestMeanRuleIsLinear: the paper's second hypothesis, built by hand: each rule moves with v_i, their mean is a line in v_j.
func TestMeanRuleIsLinear(t *testing.T) {
	r := opposed()
	rows, err := r.Dependences()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 8 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		trained := row.Rule == MeanRule
		for k, want := range map[bool][3]float64{true: {0, 0, 2}, false: {0, 3, 0}}[trained] {
			near(t, fmt.Sprintf("%s, %s, slope %d", row.Rule, row.Inputs, k), row.Slopes[k], want, 1e-6)
		}
		if trained {
			near(t, row.Inputs+", R2", row.R2, 1, 1e-9)
			near(t, row.Inputs+", intercept", row.Intercept, -0.4, 1e-6)
		} else if row.R2 > 0.02 || row.Unique[1] < 0.97 {
			t.Errorf("%s: %+v", row.Inputs, row.Dependence)
		}
	}
	if rows[0].N != 3600 || rows[3].N != gridPoints*gridPoints*gridPoints || rows[1].Inputs != "visited, layer 1 (784-32)" {
		t.Errorf("rows %+v", rows)
	}
	// Variances of uniform inputs: 1/12 for v_i, 4/12 for v_j, so 16/12 and 16/12 of each single rule's variance.
	p, err := r.PerRun()
	if err != nil {
		t.Fatal(err)
	}
	for run := range r.Runs {
		near(t, "R2 of a single rule", p.R2[0][run], 0.5, 0.02)
		near(t, "share lost without v_i", p.WithoutVi[0][run], 0.5, 0.02)
		near(t, "slope of a single rule", p.SlopeVj[0][run], 2, 1e-6)
		near(t, "share of w_ij, untrained", p.WithoutWij[1][run], 1, 0.01)
	}
	for _, table := range []func() ([]string, [][]string){
		func() ([]string, [][]string) { return Table(rows) }, p.Table,
		func() ([]string, [][]string) { return BesideAuthors([]string{"a", "b"}, []Row{rows[0], rows[4]}) },
	} {
		header, cells := table()
		for _, row := range cells {
			if len(row) != len(header) {
				t.Errorf("%d cells under %v", len(row), header)
			}
		}
	}
}

func TestGrid(t *testing.T) {
	low, high := opposed().Ranges()
	for k, want := range [3][2]float64{{0.01, 0.99}, {-0.294, 0.294}, {0.02, 1.98}} {
		near(t, "low", low[k], want[0], 0.01)
		near(t, "high", high[k], want[1], 0.01)
	}
	silent := opposed()
	for _, run := range silent.Runs {
		for _, layer := range run.Visited[2] {
			for i := range layer {
				layer[i][2] = 0 // all units dead
			}
		}
	}
	if low, high := silent.Ranges(); !(low[2] < high[2]) {
		t.Errorf("v_j from %v to %v", low[2], high[2])
	}
	if _, err := silent.Dependences(); err != nil {
		t.Error(err)
	}
}

// TestPictures: what is drawn of a line is a line.
func TestPictures(t *testing.T) {
	r := opposed()
	s, err := Slices(MeanRule, r.Each(r.Last()), r.Visited())
	if err != nil {
		t.Fatal(err)
	}
	for k := range s.Vj.X {
		near(t, "slice", s.Vj.Mean[k], 2*s.Vj.X[k]-0.4, 1e-9)
	}
	for k := range s.Vi.X {
		near(t, "standard error over two rules that differ by 8 v_i", s.Vi.SE[k], 4*s.Vi.X[k], 1e-9)
	}
	if _, err := Slices(MeanRule, []analysis.RuleFn{affineFn(1, 1, 1, math.NaN())}, r.Visited()); err == nil {
		t.Error("a rule that is no number was drawn")
	}
	vi, vj, z := r.Contour(affineFn(1, 5, 2, 0))
	for j := range vj {
		for i := range vi {
			near(t, "contour", z[j][i], vi[i]+2*vj[j], 0.02) // the weights that were visited have mean 0
		}
	}
	lines, err := r.Polynomials()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		near(t, l.Name+", degree 0", l.Y[0], 0, 0.01)
		near(t, l.Name+", degree 1", l.Y[1], 1, 1e-9)
	}
	header, cells := PolynomialTable(lines)
	if len(lines) != 7 || len(header) != 11 || len(cells) != 7 || cells[6][0] != "mean rule, visited, layer 2 (32-10)" || cells[6][2] != "1.000" {
		t.Errorf("%v, %v", header, cells)
	}
	lines[2].Lo[3], lines[2].Y[3], lines[2].Hi[3] = -2, 0.5, 0.75
	left := Unexplained(lines)
	if left[2].Lo[3] != 0.25 || left[2].Y[3] != 0.5 || left[2].Hi[3] != 3 || left[0].Y[1] <= 0 || left[0].Lo != nil {
		t.Errorf("unexplained %v", left[2])
	}
	if _, err := (figure.Lines{Name: "b", LogY: true, Series: left}).Figure(); err != nil {
		t.Error(err)
	}
	along, err := r.SlicesAlong()
	if err != nil || len(along) != 3 || along[0].Name != "epoch 0" || along[2].Name != "epoch 2" {
		t.Errorf("%v, %v", along, err)
	}
	for name, spec := range map[string]figure.Spec{
		"slices": figure.RuleSlices{Name: "a", Rules: append(along, s)}, "lines": figure.Lines{Name: "b", Series: lines},
		"contour": figure.RuleContour{Name: "c", X: vi, Y: vj, Z: z}} {
		if _, err := spec.Figure(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func affineFn(a, b, c, e float64) analysis.RuleFn {
	rule := affine(a, b, c, e)
	return rule.Update
}

// TestAlong: half way both rules are half of what they become.
func TestAlong(t *testing.T) {
	a, err := opposed().Along()
	if err != nil {
		t.Fatal(err)
	}
	// The mean rule ends at 2 v_j - 0.4 with v_j uniform in [0,2]: half of it has the mean square (4/3 + 1.6^2) / 4.
	near(t, "change of the mean rule, half way", a.Change[1].Y[1], math.Sqrt((4./3+1.6*1.6)/4/(4./3)), 0.01)
	near(t, "at the end", a.Change[1].Y[2], 0, 0)
	// A single rule is 4 v_i + 2 v_j - 0.4 or -4 v_i + 2 v_j - 0.4: variance 8/3, means 3.6 and -0.4.
	near(t, "change of single rules", a.Change[0].Y[1], (math.Sqrt((8./3+3.6*3.6)/4/(8./3))+math.Sqrt((8./3+0.4*0.4)/4/(8./3)))/2, 0.02)
	near(t, "share of the line", a.Shares[0].Y[1], 0.5, 0.02)
	near(t, "share of all", a.Shares[1].Y[0], 1, 1e-9)
	near(t, "what v_j moves", a.Moves[2].Y[2], 2*2/math.Sqrt(12), 0.01)
	near(t, "what w_ij moves at first", a.Moves[1].Y[0], 3*0.6/math.Sqrt(12), 0.01)
	if a.Change[0].Lo == nil || a.Change[1].Lo != nil {
		t.Error("quartiles belong to single rules")
	}
}

func TestSpared(t *testing.T) {
	nan := math.NaN()
	tenth := func(v float64) []float64 { return []float64{v, nan, v + 1, 0, 0, 0, 0, 0, 0, 0} }
	s := &Spared{Runs: []Importance{
		{claims.Importance{RankCorrelation: []float64{-0.2, nan}, ByTenth: [][]float64{tenth(1), tenth(2)}, LossBefore: 1, LossAfter: 0.9, LossShuffled: 1.2}, []float64{0.1, 0.3}},
		{claims.Importance{RankCorrelation: []float64{-0.4, 0}, ByTenth: [][]float64{tenth(3), tenth(4)}, LossBefore: 2, LossAfter: 2.1, LossShuffled: 2.4}, []float64{nan, nan}},
	}}
	trained, untrained := s.Correlation()
	near(t, "correlation", trained, -0.2, 1e-12)
	near(t, "untrained", untrained, 0.1, 1e-12)
	update, shuffled := s.LossChange()
	near(t, "update", update, 0, 1e-12)
	near(t, "shuffled", shuffled, 0.3, 1e-12)
	lines := s.Lines()
	if len(lines) != 2 || lines[0].Y[0] != 2 || len(lines[0].X) != 9 || lines[0].X[1] != 3 || lines[1].Y[1] != 4 || lines[0].Lo[0] != 1.5 {
		t.Errorf("%v", lines)
	}
	if _, cells := s.Table(); len(cells) != 7 || cells[0][3] != "-0.300" || cells[2][3] != "+0.000" {
		t.Errorf("%v", cells)
	}
	if _, err := (figure.Lines{Name: "a", Series: lines}).Figure(); err != nil {
		t.Error(err)
	}
}

// TestRead: real runs of a fraction of a second, from the store; one of them spoilt.
func TestRead(t *testing.T) {
	dir := t.TempDir()
	runs := experimenttest.Run(t, experimenttest.Store(t, dir), "fig2-rule", experiment.Options{Set: []string{"sizes=64-8-10", "meta_hidden=4", "examples=300", "epochs=2", "seeds=2"}}, nil)
	r, err := Read(runs, experiment.ReadingPaper)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Runs) != 2 || r.NotFinite != 0 || r.Last() != 2 || r.Layers() != 2 || len(r.Visited().Pairs) != 1024 || r.Runs[0].Epochs[0] != 0 {
		t.Errorf("%d runs, %d snapshots, %d pairs", len(r.Runs), r.Last()+1, len(r.Visited().Pairs))
	}
	if _, err := r.Dependences(); err != nil {
		t.Error(err)
	}
	if _, err := r.Along(); err != nil {
		t.Error(err)
	}
	if _, err := Read(runs, experiment.ReadingLinear); err == nil {
		t.Error("a reading without runs has rules")
	}
	if all, err := ReadAll(runs); err != nil || len(all) != 2 || all[0].Reading != experiment.ReadingPaper || all[1].Reading != experiment.ReadingReleased {
		t.Errorf("%v, %v", all, err)
	}
	spoilt := r.Runs[1]
	spoilt.Rules[1].C[2] = math.Inf(1)
	if finite(spoilt) || !finite(r.Runs[0]) {
		t.Error("an infinite parameter went unseen")
	}
	s, err := MeasureSpared(t.Context(), runs)
	if err != nil || len(s.Runs) != 2 || s.layers() != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := MeasureSpared(t.Context(), experiment.Select(runs, experiment.ReadingPaper, "", "")); err == nil {
		t.Error("runs without weights were measured")
	}
}

func TestNothingCommitted(t *testing.T) {
	dir := t.TempDir()
	if _, err := experiment.OpenStore(dir); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HATLAB_RESULTS", dir)
	if kept, err := Committed(t.Context()); err != nil || len(kept) != 0 {
		t.Errorf("%v, %v", kept, err)
	}
}
