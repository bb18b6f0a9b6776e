package rulefigure

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/published"
)

// Row is how one rule depends on its inputs, linearly, at one set of them.
type Row struct {
	Rule, Inputs string
	analysis.Dependence
}

// Names of the rules in rows and figures.
const (
	MeanRule      = "mean rule"
	UntrainedRule = "mean untrained M"
)

// Dependences are those of the mean rule on what training visited, together and layer by layer, and on the grid, then those
// of the mean of the same M before training.
func (r *Rules) Dependences() ([]Row, error) {
	inputs := []Inputs{r.Visited()}
	for l := range r.Layers() {
		inputs = append(inputs, r.Layer(l))
	}
	inputs = append(inputs, r.Grid())
	var rows []Row
	for _, rule := range []struct {
		name     string
		snapshot int
	}{{MeanRule, r.Last()}, {UntrainedRule, 0}} {
		for _, in := range inputs {
			d, err := analysis.Sample(r.Mean(rule.snapshot), in.Pairs).Dependence()
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", rule.name, in.Name, err)
			}
			rows = append(rows, Row{rule.name, in.Name, d})
		}
	}
	return rows, nil
}

// Table has one row for each: the share of variance of the line on v_j, then slopes of the joint regression, what each input
// moves (slope times its deviation), the share of variance lost without v_i and w_ij, and that of the joint regression.
func Table(rows []Row) (header []string, cells [][]string) {
	header = []string{"rule", "inputs", "points", "R2 on v_j", "slope v_i", "slope w_ij", "slope v_j", "sd v_j", "sd update", "lost without v_i", "lost without w_ij", "R2 of all three"}
	for _, r := range rows {
		cells = append(cells, []string{r.Rule, r.Inputs, fmt.Sprint(r.N), fmt.Sprintf("%.3f", r.R2),
			fmt.Sprintf("%+.3f", r.Slopes[0]), fmt.Sprintf("%+.3f", r.Slopes[1]), fmt.Sprintf("%+.3f", r.Slopes[2]),
			fmt.Sprintf("%.3f", r.InputDeviation[2]), fmt.Sprintf("%.3f", r.Deviation), fmt.Sprintf("%.3f", r.Unique[0]), fmt.Sprintf("%.3f", r.Unique[1]), fmt.Sprintf("%.3f", r.JointR2)})
	}
	return header, cells
}

// BesideAuthors lays rows, under their names, beside the numbers that the authors published on their Figure 2.
func BesideAuthors(names []string, rows []Row) (header []string, cells [][]string) {
	a := published.Fig2()
	header = []string{"", "the authors"}
	cells = [][]string{
		{"points", fmt.Sprint(a.N)}, {"correlation with v_i", signed(a.Corr["v_i"])}, {"with w_ij", signed(a.Corr["w_ij"])},
		{"with v_j", signed(a.Corr["v_j"])}, {"with v_i v_j", signed(a.Corr["v_i*v_j"])},
		{"slope of the line on v_j", signed(a.Slope)}, {"its intercept", signed(a.Intercept)}, {"its share of variance, R2", fmt.Sprintf("%.3f", a.R2)},
	}
	for i, r := range rows {
		header = append(header, names[i])
		for k, text := range []string{fmt.Sprint(r.N), signed(r.Correlation[0]), signed(r.Correlation[1]), signed(r.Correlation[2]), signed(r.Correlation[3]),
			signed(r.Slope), signed(r.Intercept), fmt.Sprintf("%.3f", r.R2)} {
			cells[k] = append(cells[k], text)
		}
	}
	return header, cells
}

func signed(v float64) string { return fmt.Sprintf("%+.3f", v) }

// PerRun are numbers of each run's own rule at the end, at the pairs that this run visited, all layers together; and
// of the same M before training at the same pairs.
type PerRun struct{ R2, JointR2, SlopeVj, WithoutVi, WithoutWij [2][]float64 }

// PerRun measures every run before averaging: [0] trained, [1] untrained.
func (r *Rules) PerRun() (PerRun, error) {
	var p PerRun
	for _, run := range r.Runs {
		var pairs [][3]float64
		for _, layer := range run.Visited[r.Last()] {
			pairs = append(pairs, layer...)
		}
		for k, snapshot := range []int{r.Last(), 0} {
			d, err := analysis.Sample(run.Rules[snapshot].Update, pairs).Dependence()
			if err != nil {
				return p, err
			}
			p.R2[k], p.JointR2[k] = append(p.R2[k], d.R2), append(p.JointR2[k], d.JointR2)
			p.SlopeVj[k] = append(p.SlopeVj[k], d.Slopes[2])
			p.WithoutVi[k], p.WithoutWij[k] = append(p.WithoutVi[k], d.Unique[0]), append(p.WithoutWij[k], d.Unique[1])
		}
	}
	return p, nil
}

// Table has the quartiles over runs.
func (p PerRun) Table() (header []string, cells [][]string) {
	header = []string{"each rule by itself", "trained: q1, median, q3", "untrained: q1, median, q3"}
	for _, q := range []struct {
		name   string
		values [2][]float64
	}{{"R2 of the line on v_j", p.R2}, {"R2 of all three inputs", p.JointR2}, {"slope on v_j", p.SlopeVj},
		{"share lost without v_i", p.WithoutVi}, {"share lost without w_ij", p.WithoutWij}} {
		row := []string{q.name}
		for _, values := range q.values {
			q1, median, q3 := analysis.Quartiles(values)
			row = append(row, fmt.Sprintf("%.3f, %.3f, %.3f", q1, median, q3))
		}
		cells = append(cells, row)
	}
	return header, cells
}
