package claims

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Write prints the outcomes as a table of plain text.
func Write(w io.Writer, outcomes []Outcome) error {
	table := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(table, "claim\treading\tverdict\tn\tabove\tmedian difference\t95% interval\tunit\tp\tp corrected\tp equivalent")
	for _, o := range outcomes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%d\t%.3g\t%.3g to %.3g\t%s\t%.2g\t%.2g\t%.2g\n", o.Claim.ID, o.Reading, o.Verdict, len(o.Differences), o.Above,
			o.Median.Estimate, o.Median.Lo, o.Median.Hi, o.Claim.Unit, o.P, o.Corrected, o.CorrectedEquivalent)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the verdicts: %w", err)
	}
	return nil
}
