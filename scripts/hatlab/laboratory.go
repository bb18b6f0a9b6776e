package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hatlab/hatlab/hatlib/atomicfile"
	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/laboratory"
	"github.com/hatlab/hatlab/hatlib/progress"
)

func laboratoryCommand() *cobra.Command {
	s := laboratory.DefaultSetting
	var data, out string
	var examples int
	cmd := &cobra.Command{
		Use:   "laboratory",
		Short: "Compare every rule and method on one learner, as Markdown and CSV",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			be, err := backend.New()
			if err != nil {
				return err
			}
			train, test, err := dataset.LoadContext(cmd.Context(), data)
			if err != nil {
				return err
			}
			if err := dataset.RequireTrain(data, train); err != nil {
				return err
			}
			train, test = train.Head(min(examples, train.N)), test.Head(min(examples, test.N))
			methods := laboratory.Methods()
			bar := progress.New(len(methods), "laboratory", progress.WithUnit("rows"))
			defer bar.Done()
			rows, err := laboratory.Compare(cmd.Context(), be, methods, s, train, test, func(laboratory.Row) { bar.Add(1) })
			if err != nil {
				return err
			}
			command := fmt.Sprintf("go run ./scripts/hatlab laboratory --data %s --examples %d --seeds %d", data, examples, s.Seeds)
			if out != "" {
				command += " --out " + out
			}
			table := laboratory.Table(rows, s, train, test, command)
			if out == "" {
				_, err = fmt.Fprint(cmd.OutOrStdout(), table)
				return err
			}
			if err := atomicfile.Write(out, []byte(table)); err != nil {
				return err
			}
			return atomicfile.Write(strings.TrimSuffix(out, filepath.Ext(out))+".csv", []byte(laboratory.CSV(rows, data)))
		},
	}
	cmd.Flags().StringVar(&data, "data", dataset.Digits, "data set: "+dataset.Digits+" or "+dataset.FashionMNIST)
	cmd.Flags().IntVar(&examples, "examples", 4000, "training and test images, at most; the first in file order")
	cmd.Flags().IntVar(&s.Seeds, "seeds", s.Seeds, "reported runs of each row")
	cmd.Flags().StringVar(&out, "out", "", "Markdown file; the runs go beside it as CSV. Without it the Markdown goes to standard output")
	return cmd
}
