package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

func dataCommand() *cobra.Command {
	return &cobra.Command{
		Use:       "data NAME",
		Short:     "Find a data set, or bring it, and say how",
		Args:      cobra.ExactArgs(1),
		ValidArgs: dataset.Names(),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := dataset.Ensure(cmd.Context(), args[0], cmd.OutOrStdout())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", args[0], folder)
			return err
		},
	}
}
