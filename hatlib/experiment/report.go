package experiment

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/hatlab/hatlab/hatlib/analysis"
)

// Report writes a table of an experiment: for each reading, value and arm the number of runs, how many diverged, and the
// quartiles of the accuracy at the end. A run that diverged counts with the accuracy that it is left with.
func Report(w io.Writer, e *Experiment, found *Found) error {
	fmt.Fprintf(w, "%s: %s\n", e.Name, e.Title)
	if len(found.Missing) > 0 {
		fmt.Fprintf(w, "%d of %d runs are missing\n", len(found.Missing), len(found.Missing)+len(found.Runs))
	}
	if len(found.Runs) == 0 {
		_, err := fmt.Fprintln(w)
		return err
	}
	fmt.Fprintf(w, "made on %s in %s\n", found.Machine, Seconds(found.Runs))
	table := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(table, "reading\tx\tarm\tn\tdiverged\tq1\tmedian\tq3")
	for _, g := range Groups(found.Runs) {
		var accuracy []float64
		diverged := 0
		for _, r := range g.Runs {
			accuracy = append(accuracy, r.Final())
			if r.Manifest.Diverged {
				diverged++
			}
		}
		q1, median, q3 := analysis.Quartiles(accuracy)
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%.4f\t%.4f\t%.4f\n", g.Reading, g.X, g.Arm, len(g.Runs), diverged, q1, median, q3)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// Group is the runs that differ in their seed only.
type Group struct {
	Reading, X, Arm string
	Runs            []Run
}

// Groups sorts runs by reading, value and arm, in the order in which these first come.
func Groups(runs []Run) []Group {
	var groups []Group
	at := map[[3]string]int{}
	for _, r := range runs {
		key := [3]string{r.Spec.Reading, r.Spec.X, r.Spec.Arm}
		k, seen := at[key]
		if !seen {
			k = len(groups)
			at[key] = k
			groups = append(groups, Group{Reading: key[0], X: key[1], Arm: key[2]})
		}
		groups[k].Runs = append(groups[k].Runs, r)
	}
	return groups
}

// Seconds is the time that computing the runs took, each counted once.
func Seconds(runs []Run) time.Duration {
	seen := map[string]bool{}
	var sum float64
	for _, r := range runs {
		if !seen[r.Manifest.ID] {
			seen[r.Manifest.ID] = true
			sum += r.Manifest.Made.Seconds
		}
	}
	return time.Duration(sum * float64(time.Second)).Round(100 * time.Millisecond)
}
