package rules

import (
	"slices"

	"github.com/hatlab/hatlab/hatlib"
)

// Importing this package lets configurations name its rules, `--set rule=gha`, with their default parameters.
func init() {
	own := hatlib.RuleNames()
	for _, e := range All() {
		if !slices.Contains(own, e.Name) {
			hatlib.RegisterRule(e.Name, func(*hatlib.Config) (hatlib.Rule, error) { return e.New(), nil })
		}
	}
}
