package hatlib

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
)

// precisions are the values of pair_precision; float32 is what everything else has.
var precisions = map[string]dtypes.DType{"float32": dtypes.InvalidDType, "bfloat16": dtypes.BFloat16, "float16": dtypes.Float16}

// builders make the rules that a configuration can name.
var builders = map[string]func(c *Config) (Rule, error){
	"meta": func(c *Config) (Rule, error) {
		return &MetaLearner{Hidden: c.MetaHidden, Activation: c.MetaActivation, General: c.PairKernel == "general",
			Memory: int64(c.PairMemoryMB) << 20, Precision: precisions[c.PairPrecision]}, nil
	},
	"none":            func(*Config) (Rule, error) { return None(), nil },
	"hebb":            func(*Config) (Rule, error) { return Hebb(), nil },
	"oja":             func(*Config) (Rule, error) { return Oja(), nil },
	"rich_get_richer": func(c *Config) (Rule, error) { return RichGetRicher(c.RuleSlope, c.RuleIntercept), nil },
}

// RegisterRule lets configurations name a rule: `--set rule=name`. Packages call it from an init function; importing the
// package is then enough (package rules does so). It panics when the name is taken.
func RegisterRule(name string, build func(c *Config) (Rule, error)) {
	if _, taken := builders[name]; taken {
		panic(fmt.Sprintf("hatlib: a rule called %q is registered already", name))
	}
	builders[name] = build
}

// RuleNames returns the names that Config.Rule may take, sorted: those of this package and the registered ones.
func RuleNames() []string { return slices.Sorted(maps.Keys(builders)) }

// NewRule returns the rule that the configuration names.
func (c *Config) NewRule() (Rule, error) {
	build, ok := builders[c.Rule]
	if !ok {
		return nil, fmt.Errorf("unknown rule %q, did you mean %q? Rules are %s", c.Rule, Nearest(c.Rule, RuleNames()),
			strings.Join(RuleNames(), ", "))
	}
	return build(c)
}
