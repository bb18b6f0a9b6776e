package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/atomicfile"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// trainFlags are those of one run.
type trainFlags struct {
	configFlags
	seed   int64
	epochs float64
	init   string
	out    string
}

func trainCommand() *cobra.Command {
	var flags trainFlags
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train one pair (L, M) and print its learning curve",
		Long: "Train one pair (L, M) and print its learning curve.\n\nWith --out the folder then holds curve.csv, result.json (configuration, curve, versions) and weights.safetensors;\n" +
			"an interrupted run is taken up from checkpoint.safetensors in that folder by the same command.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var more []string
			if cmd.Flags().Changed("seed") {
				more = append(more, "seed="+strconv.FormatInt(flags.seed, 10))
			}
			if cmd.Flags().Changed("epochs") {
				more = append(more, "epochs="+strconv.FormatFloat(flags.epochs, 'g', -1, 64))
			}
			c, err := flags.config(more...)
			if err != nil {
				return err
			}
			return train(cmd.Context(), cmd.OutOrStdout(), c, flags.init, flags.out)
		},
	}
	flags.add(cmd)
	cmd.Flags().Int64Var(&flags.seed, "seed", 0, "seed of the run; the same as --set seed=N")
	cmd.Flags().Float64Var(&flags.epochs, "epochs", 0, "passes over the training data; the same as --set epochs=X")
	cmd.Flags().StringVar(&flags.init, "init", "", "start from the weights in this safetensors file (names: see hatlib/weights.go)")
	cmd.Flags().StringVar(&flags.out, "out", "", "folder for the curve, the weights and the checkpoint")
	return cmd
}

// train makes one run and reports it on w.
func train(ctx context.Context, w io.Writer, c hatlib.Config, init, out string) error {
	options := hatlib.RunOptions{Title: "training"}
	if init != "" {
		arrays, _, err := hatlib.ReadArrays(init)
		if err != nil {
			return err
		}
		options.Init = arrays
	}
	be, err := backend.New()
	if err != nil {
		return err
	}
	trainSet, testSet, err := dataset.LoadContext(ctx, c.Data)
	if err != nil {
		return err
	}
	if err := dataset.RequireTrain(c.Data, trainSet); err != nil {
		return err
	}
	info := backend.Describe(be)
	fmt.Fprintf(w, "%s, rule %s, seed %d, on %s\n", trainSet, c.Rule, c.Seed, info)
	fmt.Fprintf(w, "%8s %8s %10s %10s %9s %5s %10s\n", "epoch", "batch", "train loss", "test loss", "accuracy", "dead", "|dW|/|A|")
	options.OnPoint = func(t *hatlib.Trainer, p hatlib.Point) error {
		ratio := "-"
		if p.StepNorm > 0 {
			ratio = fmt.Sprintf("%.3g", p.LocalNorm/p.StepNorm)
		}
		fmt.Fprintf(w, "%8.3f %8d %10.4f %10.4f %9.4f %5d %10s\n",
			p.Epoch, p.Batch, p.TrainLoss, p.Test.Loss, p.Test.Accuracy, p.Test.DeadOutputs, ratio)
		if out == "" {
			return nil
		}
		weights, err := t.Weights()
		if err != nil {
			return err
		}
		return hatlib.WriteArrays(filepath.Join(out, "weights.safetensors"), weights, nil)
	}
	if out != "" && c.Curve == "one_run" {
		options.Checkpoint = filepath.Join(out, "checkpoint.safetensors")
	}
	start := time.Now()
	result, err := hatlib.Run(ctx, be, c, trainSet, testSet, options)
	if err != nil {
		if ctx.Err() != nil && options.Checkpoint != "" {
			return fmt.Errorf("interrupted; the same command goes on from %s: %w", options.Checkpoint, err)
		}
		return err
	}
	if result.DivergedAt > 0 {
		fmt.Fprintf(w, "diverged: the loss of batch %d was not finite\n", result.DivergedAt)
	}
	if out == "" {
		return nil
	}
	manifest := map[string]any{"result": result, "backend": info, "go": runtime.Version(),
		"train": trainSet.Checksum(), "test": testSet.Checksum(), "seconds": time.Since(start).Seconds()}
	encoded, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if err := atomicfile.Write(filepath.Join(out, "result.json"), append(encoded, '\n')); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(out, "curve.csv"), curveCSV(result))
}

// curveCSV is the learning curve with one line for each point.
func curveCSV(r *hatlib.Result) []byte {
	text := "epoch,batch,train_loss,local_norm,step_norm,test_loss,test_accuracy,dead_outputs\n"
	for _, p := range r.Points {
		text += fmt.Sprintf("%g,%d,%g,%g,%g,%g,%g,%d\n", p.Epoch, p.Batch, p.TrainLoss, p.LocalNorm, p.StepNorm,
			p.Test.Loss, p.Test.Accuracy, p.Test.DeadOutputs)
	}
	return []byte(text)
}
