package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	if err := newCommand().Execute(); err != nil {
		if !errors.Is(err, errCheck) {
			fmt.Fprintln(os.Stderr, "kernels:", err)
		}
		os.Exit(1)
	}
}

// newCommand returns the command line.
func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "kernels",
		Short:         "Install, check and remove hatlab's Jupyter kernels",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	var prefix string
	root.PersistentFlags().StringVar(&prefix, "prefix", "",
		"Jupyter prefix; the kernels go to DIR/share/jupyter/kernels, as those of a virtual environment DIR do (default: the user's Jupyter folder)")

	opts := installOptions{}
	install := &cobra.Command{
		Use:   "install",
		Short: "Build GoNB, get XLA's CPU plugin, write the kernel specs",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := newInstaller(prefix, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return in.install(opts)
		},
	}
	install.Flags().BoolVar(&opts.cuda, "cuda", false, "also install the kernel for NVIDIA GPUs (fetches several GB; linux/amd64)")
	install.Flags().BoolVar(&opts.noGopls, "no-gopls", false, "leave out gopls, which only completion needs")

	check := &cobra.Command{
		Use:   "check",
		Short: "Say line by line what is right, what is wrong, and how to mend it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := newInstaller(prefix, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return in.check()
		},
	}

	var all bool
	remove := &cobra.Command{
		Use:   "remove",
		Short: "Remove hatlab's kernels, and nothing else",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := newInstaller(prefix, cmd.OutOrStdout())
			if err != nil {
				return err
			}
			return in.remove(all)
		},
	}
	remove.Flags().BoolVar(&all, "all", false, "also remove what install put into $HATLAB_HOME/bin, lib and shim")

	probe := &cobra.Command{
		Use:    "probe CONFIG",
		Short:  "Load a backend, run a graph, print what it is as JSON",
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE:   func(cmd *cobra.Command, args []string) error { return probe(args[0], cmd.OutOrStdout()) },
	}
	root.AddCommand(install, check, remove, probe)
	return root
}
