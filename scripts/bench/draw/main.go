// Command draw draws the pictures of the benchmark's results.json into a folder: draw RESULTS.json FOLDER.
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hatlab/hatlab/hatlib/figure"
)

// row is what the pictures need of a measurement; a failed one has no times.
type row struct {
	Name, Group, Curve             string
	Batch, Inputs, Outputs, Hidden float64
	Wall                           float64 `json:"wall_median_s"`
	Limit                          float64 `json:"limit_s"`
	PeakMB                         float64 `json:"peak_mb"`
}

func (r row) terms() float64 { return r.Batch * r.Inputs * r.Outputs * r.Hidden }

type results struct {
	Sections map[string]struct{ Rows []row }
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: draw RESULTS.json FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(path, folder string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the results: %w", err)
	}
	var r results
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	var all []row
	for _, s := range r.Sections {
		all = append(all, s.Rows...)
	}
	for name, spec := range map[string]figure.Spec{"layer.svg": layer(r.Sections["layer"].Rows, r.Sections["layer, torch.compile"].Rows), "curves.svg": curves(all)} {
		if spec == nil {
			continue // not measured
		}
		picture, err := spec.Figure()
		if err != nil {
			return err
		}
		svg, err := picture.SVG()
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), svg, 0o644); err != nil {
			return fmt.Errorf("writing the picture: %w", err)
		}
	}
	return nil
}

// layer compares time and memory of all implementations, the fastest first, and the limit. hatlib is in both sections; the first counts.
func layer(first, compiled []row) figure.Spec {
	compiled = slices.DeleteFunc(slices.Clone(compiled), func(r row) bool { return r.Group == "ours" })
	rows := slices.DeleteFunc(slices.Concat(first, compiled), func(r row) bool { return r.Wall == 0 })
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b row) int { return int(math.Copysign(1, a.Wall-b.Wall)) })
	cost := figure.Cost{Name: "layer", Title: "One layer of appendix A, forward and gradients",
		Rows: []figure.CostRow{{Label: "arithmetic limit", Seconds: rows[0].Limit}}}
	for _, r := range rows {
		cost.Rows = append(cost.Rows, figure.CostRow{Label: r.Name, Seconds: r.Wall, Bytes: r.PeakMB * 1e6})
	}
	return cost
}

// curves is time over the number of terms, for each implementation and axis.
func curves(rows []row) figure.Spec {
	lines := figure.Lines{Name: "curves", Title: "Time in proportion to the number of terms", LogX: true, LogY: true,
		XLabel: "batch x inputs x outputs x H", YLabel: "seconds"}
	byLine := map[string][]row{}
	for _, r := range rows {
		if r.Curve != "" && r.Wall > 0 {
			name, _, _ := strings.Cut(r.Name, ",")
			byLine[name+" over "+r.Curve] = append(byLine[name+" over "+r.Curve], r)
		}
	}
	if len(byLine) == 0 {
		return nil
	}
	var names []string
	for name := range byLine {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		line := byLine[name]
		slices.SortFunc(line, func(a, b row) int { return int(math.Copysign(1, a.terms()-b.terms())) })
		s := figure.Series{Name: name}
		for _, r := range line {
			s.X, s.Y = append(s.X, r.terms()), append(s.Y, r.Wall)
		}
		lines.Series = append(lines.Series, s)
	}
	return lines
}
