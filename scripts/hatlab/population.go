package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// populationSettings are what the table of hatlib/experiment/POPULATION.md is about: preset, then assignments.
var populationSettings = []string{
	"smoke rule=none",
	"smoke",
	"paper rule=none sizes=784-64-32-10",
	"paper sizes=784-64-32-10 meta_hidden=32",
	"released",
}

func populationCommand() *cobra.Command {
	var settings []string
	var largest, rounds int
	cmd := &cobra.Command{
		Use:   "population",
		Short: "Measure what a run costs, by how many are trained in one graph",
		Long: "Measure what a run costs, by how many are trained in one graph, beside as many single ones as there are cores.\n\nThe table of " +
			"hatlib/experiment/POPULATION.md is made by this command. A sweep measures by itself what it needs.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			be, err := backend.New()
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "%s, %d cores, %s\n\n", backend.Describe(be).Name, runtime.GOMAXPROCS(0), experiment.ProcessorName())
			fmt.Fprintln(w, "| configuration | graphs x runs in each | processor time of a step | by the clock | ratio | compiled in |\n|---|---|---|---|---|---|")
			for _, text := range settings {
				words := strings.Fields(text)
				if len(words) == 0 {
					return fmt.Errorf("a setting names a preset, and then assignments: %q has neither", text)
				}
				c, err := hatlib.Preset(words[0])
				if err != nil {
					return err
				}
				if err := c.SetAll(words[1:]); err != nil {
					return err
				}
				var arrangements []experiment.Arrangement
				for p := 1; p <= largest; p *= 2 {
					for _, graphs := range slices.Compact([]int{runtime.GOMAXPROCS(0), 1}) {
						arrangements = append(arrangements, experiment.Arrangement{Graphs: graphs, Population: p})
					}
				}
				costs, err := experiment.MeasureArrangements(cmd.Context(), be, c, arrangements, rounds)
				if err != nil {
					return err
				}
				writeCosts(w, text, costs)
			}
			return nil
		},
	}
	cmd.Flags().StringArrayVar(&settings, "setting", populationSettings, "a preset and assignments, 'paper rule=none' (repeatable)")
	cmd.Flags().IntVar(&largest, "largest", 16, "largest population, a power of two")
	cmd.Flags().IntVar(&rounds, "rounds", 7, "rounds in which every arrangement has its turn")
	return cmd
}

func writeCosts(w io.Writer, setting string, costs []experiment.ArrangementCost) {
	for _, c := range costs {
		milliseconds := func(d time.Duration) string { return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond)) }
		fmt.Fprintf(w, "| %s | %d x %d | %s | %s | %.2f | %.0f s |\n", setting, c.Graphs, c.Population, milliseconds(c.Processor),
			milliseconds(c.Clock), c.Ratio, c.Ready.Seconds())
	}
}
