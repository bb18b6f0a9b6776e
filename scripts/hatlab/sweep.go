package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hatlab/hatlab/hatlib/analysis/claims"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// sweepFlags say which runs of which store are meant.
type sweepFlags struct {
	profile, out string
	set          []string
}

func (f *sweepFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.profile, "profile", "smoke", "size of the experiments: "+strings.Join(experiment.Profiles, ", "))
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "change one field of every run, key=value; seeds=N sets the number of seeds (repeatable)")
	addOut(cmd, &f.out)
}

func addOut(cmd *cobra.Command, out *string) {
	cmd.Flags().StringVar(out, "out", "", "folder of the store (default: results in HATLAB_HOME)")
}

func openStore(out string) (*experiment.Store, error) {
	if out == "" {
		var err error
		if out, err = experiment.DefaultDir(); err != nil {
			return nil, err
		}
	}
	return experiment.OpenStore(out)
}

func (f *sweepFlags) options() experiment.Options {
	return experiment.Options{Profile: f.profile, Set: f.set}
}

func sweepCommand() *cobra.Command {
	var flags sweepFlags
	var shard string
	var parallel int
	var repair bool
	cmd := &cobra.Command{
		Use:   "sweep EXPERIMENT",
		Short: "Compute the missing runs of an experiment, or of one shard of it",
		Long: "Compute the missing runs of an experiment, or of one shard of it.\n\nEvery run is stored when it is finished. Interrupted or killed, the same command goes on. Shards share nothing but the\n" +
			"folder, and may have folders of their own, which `merge` joins. Experiments: " + strings.Join(experiment.Names(), ", ") + ".",
		Args:      cobra.ExactArgs(1),
		ValidArgs: experiment.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := openStore(flags.out)
			if err != nil {
				return err
			}
			part, err := experiment.ParseShard(shard)
			if err != nil {
				return err
			}
			e, err := experiment.Find(args[0])
			if err != nil {
				return err
			}
			specs, err := e.SpecsAfter(store, flags.options())
			if err != nil {
				return err
			}
			return sweep(cmd.Context(), cmd.OutOrStdout(), store, e.Name, part.Of(specs), parallel, repair)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&shard, "shard", "", "which part of how many, from 1/16 to 16/16 (default: all)")
	cmd.Flags().IntVar(&parallel, "parallel", 0, "runs at a time; 0 chooses for this machine")
	cmd.Flags().BoolVar(&repair, "repair", false, "move damaged runs aside, into damaged-* in the store, and make them again")
	return cmd
}

// sweep computes runs and says what became of them.
func sweep(ctx context.Context, w io.Writer, store *experiment.Store, title string, specs []experiment.Spec, parallel int, repair bool) error {
	be, err := backend.New()
	if err != nil {
		return err
	}
	runner := &experiment.Runner{Store: store, Backend: be, Parallel: parallel, Title: title}
	if repair {
		ids, err := runner.RunIDs(ctx, specs)
		if err != nil {
			return err
		}
		moved, err := store.Repair(ids)
		for _, id := range moved {
			fmt.Fprintf(w, "damaged run %s was moved aside\n", id)
		}
		if err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "%s: %d runs in %s, on %s\n", title, len(specs), store.Dir(), backend.Describe(be))
	summary, err := runner.Run(ctx, specs)
	fmt.Fprintln(w, summary)
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("interrupted; the same command goes on where it stopped: %w", err)
	}
	return err
}

func statusCommand() *cobra.Command {
	var flags sweepFlags
	cmd := &cobra.Command{
		Use:       "status [EXPERIMENT...]",
		Short:     "Say how many runs of the experiments are in the store, without computing",
		ValidArgs: experiment.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return eachExperiment(cmd.OutOrStdout(), flags, args, func(w io.Writer, e *experiment.Experiment, found *experiment.Found) error {
				total := len(found.Runs) + len(found.Missing)
				fmt.Fprintf(w, "%-12s %5d of %5d runs", e.Name, len(found.Runs), total)
				if len(found.Runs) > 0 {
					fmt.Fprintf(w, ", on %s, %s of computing", found.Machine, experiment.Seconds(found.Runs))
				}
				for m, n := range found.Others {
					fmt.Fprintf(w, "; %d more on %s", n, m)
				}
				_, err := fmt.Fprintln(w)
				return err
			})
		},
	}
	flags.add(cmd)
	return cmd
}

// eachExperiment collects the runs of the named experiments, all when none is named. Damage is reported after the rest.
func eachExperiment(w io.Writer, flags sweepFlags, names []string, do func(io.Writer, *experiment.Experiment, *experiment.Found) error) error {
	store, err := openStore(flags.out)
	if err != nil {
		return err
	}
	everything := len(names) == 0
	if everything {
		names = experiment.Names()
	}
	var damage error
	for _, name := range names {
		e, err := experiment.Find(name)
		if err != nil {
			return err
		}
		specs, err := e.SpecsAfter(store, flags.options())
		if err != nil {
			if everything && errors.Is(err, experiment.ErrNoProfile) {
				continue
			}
			if everything && errors.Is(err, experiment.ErrWaits) {
				fmt.Fprintf(w, "%-12s waits for %s\n", e.Name, e.After)
				continue
			}
			return err
		}
		found, err := experiment.Collect(store, specs)
		if found == nil {
			return err
		}
		if damage == nil {
			damage = err
		}
		if err := do(w, e, found); err != nil {
			return err
		}
	}
	return damage
}

func mergeCommand() *cobra.Command {
	var flags sweepFlags
	var names []string
	cmd := &cobra.Command{
		Use:   "merge DIR...",
		Short: "Copy the runs of other stores into one, checking each",
		Long: "Copy the runs of other stores into one, checking each.\n\nWith --experiment only the runs of those experiments at the profile are copied, of seeds that lack none in the\n" +
			"store that they come from. So results are committed: `merge out/store --experiment long --profile paper --out notebooks/results`.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := openStore(flags.out)
			if err != nil {
				return err
			}
			var problems []error
			for _, dir := range args {
				from, err := experiment.ExistingStore(dir)
				if err != nil {
					return err
				}
				copied, err := merge(to, from, names, flags.options())
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %d runs copied into %s\n", dir, copied, to.Dir())
				problems = append(problems, err)
			}
			return errors.Join(problems...)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringArrayVar(&names, "experiment", nil, "copy only the runs of this experiment (repeatable): "+strings.Join(experiment.Names(), ", "))
	return cmd
}

// merge copies all runs, or those of the named experiments that belong to complete seeds.
func merge(to, from *experiment.Store, names []string, o experiment.Options) (copied int, err error) {
	if len(names) == 0 {
		return to.Merge(from)
	}
	var ids []string
	for _, name := range names {
		e, err := experiment.Find(name)
		if err != nil {
			return 0, err
		}
		c, err := experiment.Cover(from, e, o)
		if err != nil {
			return 0, err
		}
		for _, r := range c.Found.Complete() {
			if !slices.Contains(ids, r.Manifest.ID) {
				ids = append(ids, r.Manifest.ID)
			}
		}
	}
	return to.MergeRuns(from, ids)
}

func reportCommand() *cobra.Command {
	var flags sweepFlags
	var claim string
	cmd := &cobra.Command{
		Use:       "report [EXPERIMENT...]",
		Short:     "Summarize the runs that are in the store, by reading, arm and value; without a name, also judge every claim of the paper",
		ValidArgs: experiment.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			if claim != "" {
				return reportClaim(cmd.OutOrStdout(), flags, claim)
			}
			err := eachExperiment(cmd.OutOrStdout(), flags, args, func(w io.Writer, e *experiment.Experiment, found *experiment.Found) error {
				return experiment.Report(w, e, found)
			})
			if err != nil || len(args) > 0 {
				return err
			}
			store, err := openStore(flags.out)
			if err != nil {
				return err
			}
			outcomes, err := claims.Judge(store, flags.options())
			if err != nil {
				return err
			}
			return claims.Write(cmd.OutOrStdout(), outcomes)
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&claim, "claim", "", "only the verdicts on this claim of the paper (corrected for all claims, as always)")
	return cmd
}

// reportClaim judges every claim, since they are one family, and prints one.
func reportClaim(w io.Writer, flags sweepFlags, id string) error {
	claim, err := claims.Find(id)
	if err != nil {
		return err
	}
	store, err := openStore(flags.out)
	if err != nil {
		return err
	}
	outcomes, err := claims.Judge(store, flags.options())
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s (%s)\n%s, in %s: the paper says %s\n", claim.Sentence, claim.Where, claim.Endpoint, claim.Unit, claim.Direction)
	return claims.Write(w, slices.DeleteFunc(outcomes, func(o claims.Outcome) bool { return o.Claim.ID != id }))
}
