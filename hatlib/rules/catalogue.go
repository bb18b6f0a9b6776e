package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hatlab/hatlab/hatlib"
)

// Entry is one rule of the catalogue: what a reader needs to know and what a program needs to make it.
type Entry struct {
	// Name is the rule's name in configurations; Title is for people.
	Name, Title string
	// Formula is Delta w_ij in LaTeX, with the paper's v_i (input), w_ij and v_j (output).
	Formula string
	// Locality says what the rule may see, Sees says it in words.
	Locality hatlib.Locality
	Sees     string
	// Parameters are the numbers that [New] takes by name.
	Parameters []Param
	// Citation is where the rule comes from.
	Citation string
	// Theory is what the test proves, Test its name in this package.
	Theory, Test string
	// Layer says how the rule is run on a layer by itself, see [TrainLayer].
	Layer LayerSetting
	// Silent: with no activity at all, pre and post zero, the rule changes nothing.
	Silent bool

	build func(p map[string]float64) (hatlib.Rule, error)
}

// Param is one number of a rule.
type Param struct {
	// Name is what [New] takes; Doc says what it does and its range.
	Name    string
	Default float64
	Doc     string
}

// New returns the rule with its default parameters.
func (e Entry) New() hatlib.Rule {
	rule, err := e.build(e.defaults())
	if err != nil {
		// The defaults are ours: TestCatalogue builds every entry.
		panic(fmt.Sprintf("rule %s: defaults are not valid: %v", e.Name, err))
	}
	return rule
}

func (e Entry) defaults() map[string]float64 {
	values := make(map[string]float64, len(e.Parameters))
	for _, p := range e.Parameters {
		values[p.Name] = p.Default
	}
	return values
}

// Names returns the names of the catalogue, in its order.
func Names() []string {
	var names []string
	for _, e := range All() {
		names = append(names, e.Name)
	}
	return names
}

// Lookup returns the entry of a name; the error names the nearest one that is valid.
func Lookup(name string) (Entry, error) {
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("no rule is called %q: did you mean %q? The rules are %s", name, hatlib.Nearest(name, Names()), strings.Join(Names(), ", "))
}

// New returns the rule called name. params replaces some of its default parameters, by name; nil keeps all. It is an
// error when the rule, or a parameter, is not known (the nearest valid name is given) or a value is out of range.
func New(name string, params map[string]float64) (hatlib.Rule, error) {
	e, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	values := e.defaults()
	for _, key := range slices.Sorted(maps.Keys(params)) {
		if _, known := values[key]; !known {
			return nil, fmt.Errorf("rule %s has no parameter %q%s", name, key, suggestion(key, slices.Sorted(maps.Keys(values))))
		}
		values[key] = params[key]
	}
	return e.build(values)
}

func suggestion(key string, valid []string) string {
	if len(valid) == 0 {
		return ": it takes none"
	}
	return fmt.Sprintf(": did you mean %q? It takes %s", hatlib.Nearest(key, valid), strings.Join(valid, ", "))
}

// polynomialParameters are the 27 coefficients of the largest [Polynomial], theta_abc under the name "abc".
func polynomialParameters() []Param {
	all := []Param{{Name: "size", Default: MaxPolynomialSize, Doc: "coefficients per axis, 1 to 3: powers 0 to size-1"}}
	for a := range MaxPolynomialSize {
		for b := range MaxPolynomialSize {
			for c := range MaxPolynomialSize {
				all = append(all, Param{Name: fmt.Sprintf("%d%d%d", a, b, c), Default: ojaCoefficient(a, b, c)})
			}
		}
	}
	return all
}

// ojaCoefficient: the polynomial rule begins as Oja's.
func ojaCoefficient(a, b, c int) float64 {
	switch [3]int{a, b, c} {
	case [3]int{1, 0, 1}:
		return 1
	case [3]int{0, 1, 2}:
		return -1
	}
	return 0
}

func buildPolynomial(p map[string]float64) (hatlib.Rule, error) {
	size, err := integer("size", p["size"])
	if err != nil {
		return nil, err
	}
	var terms []Term
	for key, value := range p {
		if key == "size" || value == 0 {
			continue
		}
		terms = append(terms, Term{int(key[0] - '0'), int(key[1] - '0'), int(key[2] - '0'), value})
	}
	return NewPolynomial(size, terms...)
}

// integer refuses values that are not whole numbers.
func integer(name string, value float64) (int, error) {
	if value != float64(int(value)) {
		return 0, fmt.Errorf("parameter %q is %g, want a whole number", name, value)
	}
	return int(value), nil
}
