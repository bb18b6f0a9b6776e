package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

func evalCommand() *cobra.Command {
	var flags configFlags
	var weights string
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure saved weights on the test set",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.config()
			if err != nil {
				return err
			}
			arrays, _, err := hatlib.ReadArrays(weights)
			if err != nil {
				return err
			}
			be, err := backend.New()
			if err != nil {
				return err
			}
			train, test, err := dataset.LoadContext(cmd.Context(), c.Data)
			if err != nil {
				return err
			}
			if train == nil {
				train = test // only the sizes of the data are needed
			}
			t, err := hatlib.NewTrainer(be, c, train, test)
			if err != nil {
				return err
			}
			defer t.Close()
			if err := t.SetWeights(arrays); err != nil {
				return err
			}
			e, err := t.Evaluate()
			if err != nil {
				return err
			}
			encoded, err := json.MarshalIndent(e, "", "  ")
			if err != nil {
				return fmt.Errorf("printing the evaluation: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), string(encoded))
			return err
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&weights, "weights", "", "safetensors file with the weights")
	if err := cmd.MarkFlagRequired("weights"); err != nil {
		panic(err) // the flag is defined two lines above
	}
	return cmd
}
