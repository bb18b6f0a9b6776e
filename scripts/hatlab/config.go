package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hatlab/hatlab/hatlib"
)

// configFlags are the flags from which a configuration is made.
type configFlags struct {
	preset string
	set    []string
}

func (f *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.preset, "preset", "paper", "configuration to start from: "+strings.Join(hatlib.Presets(), ", "))
	cmd.Flags().StringArrayVar(&f.set, "set", nil, "change one field, key=value; `hatlab config` lists them (repeatable)")
}

// config returns the preset with the changes, validated.
func (f *configFlags) config(more ...string) (hatlib.Config, error) {
	c, err := hatlib.Preset(f.preset)
	if err != nil {
		return c, err
	}
	return c, c.SetAll(append(append([]string{}, f.set...), more...))
}

func configCommand() *cobra.Command {
	var flags configFlags
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Print every field, its value, the default of the paper preset, and its reason",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := flags.config()
			if err != nil {
				return err
			}
			return printConfig(cmd.OutOrStdout(), c)
		},
	}
	flags.add(cmd)
	return cmd
}

// printConfig writes one paragraph for each field; a star marks values that differ from the paper preset.
func printConfig(w io.Writer, c hatlib.Config) error {
	paper, err := hatlib.Preset("paper")
	if err != nil {
		return err
	}
	defaults := paper.Fields()
	for i, f := range c.Fields() {
		mark := " "
		if f.Value != defaults[i].Value {
			mark = "*"
		}
		if _, err := fmt.Fprintf(w, "%s %s = %s (default %s)\n", mark, f.Name, f.Value, defaults[i].Value); err != nil {
			return err
		}
		if len(f.OneOf) > 0 {
			fmt.Fprintf(w, "      one of %s\n", strings.Join(f.OneOf, ", "))
		}
		if f.Name == "rule" {
			fmt.Fprintf(w, "      one of %s\n", strings.Join(hatlib.RuleNames(), ", "))
		}
		fmt.Fprintf(w, "      %s\n", f.Why)
	}
	return nil
}
