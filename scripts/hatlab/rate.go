package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/stat"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/atomicfile"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/progress"
)

// firstSweepSeed keeps the sweep's seeds apart from those of every reported run, which count from 0.
const firstSweepSeed = 1_000_000

// heldOut is the number of training images on which rates are compared; the test set is not touched.
const heldOut = 5000

// rateSweep is the choice of the paper preset's local rate.
type rateSweep struct {
	config hatlib.Config
	rates  []float64
	seeds  int
	out    string
}

func rateCommand() *cobra.Command {
	var flags configFlags
	var sweep rateSweep
	cmd := &cobra.Command{
		Use:   "rate",
		Short: "Find the largest rate of the local update that does not diverge, on held-out training images",
		Long: fmt.Sprintf("Find the largest rate of the local update that does not diverge.\n\nEvery rate is tried with seeds from %d on, which no reported run uses, and measured on %d training images that are\n"+
			"held out. A run fails when a loss is NaN or infinite, when the last held-out loss is above the first, or when the learner is\n"+
			"left near chance (its output units dead, for instance).", firstSweepSeed, heldOut),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.config()
			if err != nil {
				return err
			}
			sweep.config = c
			return sweep.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	flags.add(cmd)
	cmd.Flags().Float64SliceVar(&sweep.rates, "rates", []float64{1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003}, "rates to try, largest first")
	cmd.Flags().IntVar(&sweep.seeds, "seeds", 20, "seeds for each rate")
	cmd.Flags().StringVar(&sweep.out, "out", "", "CSV file for the results of every run")
	return cmd
}

// run tries every rate and prints one line for each.
func (s *rateSweep) run(ctx context.Context, w io.Writer) error {
	be, err := backend.New()
	if err != nil {
		return err
	}
	train, _, err := dataset.LoadContext(ctx, s.config.Data)
	if err != nil {
		return err
	}
	if err := dataset.RequireTrain(s.config.Data, train); err != nil {
		return err
	}
	rest, held, err := dataset.SplitHeldOut(train, heldOut, firstSweepSeed)
	if err != nil {
		return err
	}
	t, err := hatlib.NewTrainer(be, s.config, rest, held)
	if err != nil {
		return err
	}
	defer t.Close()

	bar := progress.New(len(s.rates)*s.seeds, "rates", progress.WithUnit("runs"))
	defer bar.Done()
	csv := "rate,seed,diverged_at,diverged,first_loss,last_loss,accuracy,dead_outputs,step_ratio\n"
	fmt.Fprintf(w, "%s, %d held out, sizes %s, M 3-%d-1, %g epochs\n", rest, heldOut, s.config.Sizes, s.config.MetaHidden, s.config.Epochs)
	fmt.Fprintf(w, "%10s %9s %9s %9s %9s %12s %12s\n", "rate", "diverged", "failed", "accuracy", "dead", "|dW|/|A|", "its range")
	for _, rate := range s.rates {
		var accuracies, dead, ratios []float64
		diverged, failed := 0, 0
		for seed := range s.seeds {
			c := s.config
			c.LocalRate, c.Seed = rate, int64(firstSweepSeed+seed)
			if err := t.Reset(c); err != nil {
				return err
			}
			r, err := t.Run(ctx, hatlib.RunOptions{})
			if err != nil {
				return err
			}
			last := r.Final()
			ratio := last.LocalNorm / last.StepNorm
			if r.Diverged() {
				diverged++
			}
			nearChance := last.Test.Accuracy < 2/float64(held.Classes)
			if r.Diverged() || nearChance {
				failed++
			} else {
				ratios = append(ratios, ratio)
			}
			accuracies = append(accuracies, last.Test.Accuracy)
			dead = append(dead, float64(last.Test.DeadOutputs))
			csv += fmt.Sprintf("%g,%d,%d,%t,%g,%g,%g,%d,%g\n", rate, c.Seed, r.DivergedAt, r.Diverged(), r.Points[0].Test.Loss,
				last.Test.Loss, last.Test.Accuracy, last.Test.DeadOutputs, ratio)
			bar.Add(1)
		}
		low, high := math.NaN(), math.NaN()
		if len(ratios) > 0 {
			low, high = slices.Min(ratios), slices.Max(ratios)
		}
		fmt.Fprintf(w, "%10g %6d/%d %6d/%d %9.4f %9.1f %12.3g %12s\n", rate, diverged, s.seeds, failed, s.seeds, median(accuracies), median(dead), median(ratios),
			fmt.Sprintf("%.2g-%.2g", low, high))
		if s.out != "" {
			if err := atomicfile.Write(s.out, []byte(strings.ReplaceAll(csv, "NaN", "nan"))); err != nil {
				return err
			}
		}
	}
	return nil
}

// median is the middle of the values, NaN of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return stat.Quantile(0.5, stat.LinInterp, sorted, nil)
}
