// Command hatlab trains and examines pairs (L, M) of Hebbian-Augmented Training, one at a time or as an experiment.
//
//	go run ./scripts/hatlab train --preset paper --set epochs=3 --seed 1 --out out/run
//	go run ./scripts/hatlab eval --weights out/run/weights.safetensors --preset paper
//	go run ./scripts/hatlab sweep fig1-epochs --profile quick --out out/store
//	go run ./scripts/hatlab report --profile quick --out out/store
//
// `go run ./scripts/hatlab help` lists all commands.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	_ "github.com/hatlab/hatlab/hatlib/rules" // so that --set rule=NAME knows them
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := newCommand().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		stop()
		os.Exit(1)
	}
}

// newCommand is the tree of commands.
func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "hatlab",
		Short:         "Train and examine pairs (L, M) of Hebbian-Augmented Training",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(trainCommand(), evalCommand(), configCommand(), dataCommand(), rateCommand(),
		sweepCommand(), statusCommand(), mergeCommand(), reportCommand(), laboratoryCommand(), populationCommand())
	return root
}
