package treatment

import (
	"fmt"
	"strconv"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// TimeRow is HAT in one reading beside a control that was given the same wall time.
type TimeRow struct {
	Reading string
	// Ratio is how many batches of the control cost as much as one of HAT, Epoch the median epoch at which the control is then.
	Ratio, Epoch float64
	// Difference is the median over pairs of HAT minus control, in points; Ahead counts pairs above 0, Short controls that
	// ended before HAT did.
	Difference   analysis.Interval
	Ahead, Short int
	// Problem, when not empty, says why times cannot be compared.
	Problem string
}

// AtEqualTime compares HAT with the control that trains longer, in every reading that has one; see experiment.AtEqualTime.
func AtEqualTime(runs []experiment.Run) []TimeRow {
	var rows []TimeRow
	for _, g := range experiment.Groups(runs) {
		if g.Arm != experiment.LongerArm {
			continue
		}
		row := TimeRow{Reading: g.Reading}
		e, err := experiment.AtEqualTime(experiment.Select(runs, g.Reading, "", g.X), experiment.HATArm, experiment.LongerArm)
		if err != nil {
			row.Problem = err.Error()
			rows = append(rows, row)
			continue
		}
		var epochs []float64
		for _, p := range e.Pairs {
			epochs = append(epochs, p.Epoch)
		}
		d := e.Differences()
		for _, v := range d {
			if v > 0 {
				row.Ahead++
			}
		}
		row.Ratio, row.Epoch, row.Short = e.Ratio(), analysis.Median(epochs), e.Short()
		row.Difference = analysis.Bootstrap{BCa: true, Resamples: bootstrap.Resamples}.Of(d, analysis.Median)
		rows = append(rows, row)
	}
	return rows
}

// TimeForest is the figure of the rows; it has none where no times can be compared.
func TimeForest(name, title string, rows []TimeRow) figure.Forest {
	f := figure.Forest{Name: name, Title: title, Smallest: smallest, XLabel: "HAT minus control at equal wall time (points)"}
	for _, r := range rows {
		if r.Problem == "" {
			f.Rows = append(f.Rows, forestRow(r.Reading, r.Difference))
		}
	}
	return f
}

// TimeTable is the rows as text: header and cells.
func TimeTable(rows []TimeRow) (header []string, cells [][]string) {
	header = []string{"reading", "n", "batches of the control for one of HAT", "control's epoch then", "HAT minus control [95%]", "ahead", "control too short"}
	for _, r := range rows {
		if r.Problem != "" {
			cells = append(cells, []string{r.Reading, "", "", "", r.Problem, "", ""})
			continue
		}
		cells = append(cells, []string{r.Reading, strconv.Itoa(r.Difference.N), fmt.Sprintf("%.1f", r.Ratio), fmt.Sprintf("%.1f", r.Epoch),
			interval(r.Difference, "%+.2f"), fmt.Sprintf("%d of %d", r.Ahead, r.Difference.N), strconv.Itoa(r.Short)})
	}
	return header, cells
}
