package twophase

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hatlab/hatlab/hatlib"
)

// Entry is one method of the catalogue: what a reader needs to know and what a program needs to make it.
type Entry struct {
	// Name is the method's name in configurations; Title is for people.
	Name, Title string
	// Formula is Delta W_k in LaTeX.
	Formula string
	// Relaxation is the equation of the two phases in LaTeX.
	Relaxation string
	// Locality says what the method may see, Sees says it in words.
	Locality hatlib.Locality
	Sees     string
	// Parameters are the numbers that [New] takes by name.
	Parameters []Param
	// Citation is where the method comes from.
	Citation string
	// Theory is what the test proves, Test its name in this package.
	Theory, Test string
	// Training is a setting that learns the embedded digits in seconds, and Digits a test accuracy that it passes.
	Training Training
	Digits   float64

	build func(p map[string]float64) (Method, error)
}

// Param is one number of a method.
type Param struct {
	// Name is what [New] takes; Doc says what it does and its range.
	Name    string
	Default float64
	Doc     string
}

// All is the catalogue. Adding a method is adding its file and its entry here; the tests of conformance then hold it to what every
// method owes, and its own theory test to what this one promises.
func All() []Entry {
	return []Entry{
		{
			Name: "contrastive_hebbian", Title: "Contrastive Hebbian learning",
			Formula:    `\Delta W_k = \gamma^{k-L} \big(\check s_k \check s_{k-1}^\top - s_k s_{k-1}^\top\big)`,
			Relaxation: `\dot s_k = -s_k + f_k\big(W_k s_{k-1} + \gamma W_{k+1}^\top s_{k+1} + b_k\big),\quad \check s_L = d`,
			Locality:   hatlib.LocalityTwoPhase, Sees: "the two activities, once free and once with the outputs held at the answer, and the depth of its layer",
			Parameters: []Param{
				{"gamma", 0.05, "strength of feedback, in (0, 1]; small is nearer to backpropagation, and asks for more digits"},
				unitParam, dtParam(1),
				{"steps", 10, "steps of the relaxation in each phase"},
			},
			Citation: "X. Xie, H. S. Seung, Equivalence of backpropagation and contrastive Hebbian learning in a layered network, Neural Computation 15(2), 2003",
			Theory:   "as gamma goes to 0 the update of every layer becomes that of backpropagation in direction and norm, with an error linear in gamma",
			Test:     "TestContrastiveHebbian",
			Training: digitsTraining, Digits: 0.93,
			build: func(p map[string]float64) (Method, error) {
				unit, err := unitOf(p["tanh"])
				if err != nil {
					return nil, err
				}
				steps, err := whole("steps", p["steps"])
				if err != nil {
					return nil, err
				}
				m := &ContrastiveHebbian{Unit: unit, Gamma: p["gamma"], Dt: p["dt"], Steps: steps}
				return m, m.Validate()
			},
		},
		{
			Name: "equilibrium_propagation", Title: "Equilibrium propagation",
			Formula:    `\Delta W_k = \tfrac{1}{\beta} \big(r_k^{\beta} r_{k-1}^{\beta\top} - r_k^{0} r_{k-1}^{0\top}\big),\quad r_k = \rho(s_k)`,
			Relaxation: energyFormula,
			Locality:   hatlib.LocalityTwoPhase, Sees: "the two firing rates, once free and once with the outputs nudged towards the answer",
			Parameters: propagationParams(0.2),
			Citation:   "B. Scellier, Y. Bengio, Equilibrium propagation: bridging the gap between energy-based models and backpropagation, Frontiers in Computational Neuroscience 11:24, 2017",
			Theory:     "as beta goes to 0 the update becomes minus the gradient of the cost at the free equilibrium, as finite differences find it, with an error of order beta",
			Test:       "TestEquilibriumPropagation",
			Training:   digitsTraining, Digits: 0.93,
			build: buildPropagation(false),
		},
		{
			Name: "equilibrium_propagation_symmetric", Title: "Equilibrium propagation, nudged both ways",
			Formula:    `\Delta W_k = \tfrac{1}{2\beta} \big(r_k^{\beta} r_{k-1}^{\beta\top} - r_k^{-\beta} r_{k-1}^{-\beta\top}\big),\quad r_k = \rho(s_k)`,
			Relaxation: energyFormula,
			Locality:   hatlib.LocalityTwoPhase, Sees: "the two firing rates, with the outputs nudged towards the answer and away from it",
			Parameters: propagationParams(0.5),
			Citation:   "A. Laborieux, M. Ernoult, B. Scellier, Y. Bengio, J. Grollier, D. Querlioz, Scaling equilibrium propagation to deep ConvNets by drastically reducing its gradient estimator bias, Frontiers in Neuroscience 15, 2021; Scellier and Bengio 2017",
			Theory:     "the same with an error of order beta squared",
			Test:       "TestEquilibriumPropagationSymmetric",
			Training:   digitsTraining, Digits: 0.93,
			build: buildPropagation(true),
		},
	}
}

const energyFormula = `\dot s = -\frac{\partial}{\partial s} \Big( \tfrac12 \sum_k |s_k|^2 - \sum_k r_k^\top W_k r_{k-1} - \sum_k b_k^\top r_k + \beta\, \tfrac12 |s_L - d|^2 \Big),\quad r_0 = x`

// digitsTraining is the same for all, so that they can be compared.
var digitsTraining = Training{Hidden: []int{64}, Batch: 20, Epochs: 10, Rate: 0.2, Seed: 1}

var unitParam = Param{"tanh", 0, "the units: 0 is the logistic function 1 / (1 + exp(2 - 4u)), 1 is tanh"}

func dtParam(value float64) Param {
	return Param{"dt", value, "step of the relaxation, in (0, 1]"}
}

func propagationParams(beta float64) []Param {
	return []Param{
		{"beta", beta, "strength of the nudge, in (0, 1]"},
		unitParam, dtParam(0.5),
		{"free_steps", 30, "steps of the free relaxation"},
		{"nudged_steps", 15, "steps of each nudged relaxation, which begins at the free equilibrium"},
	}
}

func buildPropagation(symmetric bool) func(map[string]float64) (Method, error) {
	return func(p map[string]float64) (Method, error) {
		unit, err := unitOf(p["tanh"])
		if err != nil {
			return nil, err
		}
		free, err := whole("free_steps", p["free_steps"])
		if err != nil {
			return nil, err
		}
		nudged, err := whole("nudged_steps", p["nudged_steps"])
		if err != nil {
			return nil, err
		}
		m := &EquilibriumPropagation{Unit: unit, Beta: p["beta"], Symmetric: symmetric, Dt: p["dt"], FreeSteps: free, NudgedSteps: nudged}
		return m, m.Validate()
	}
}

func unitOf(tanh float64) (Unit, error) {
	switch tanh {
	case 0:
		return LogisticUnit, nil
	case 1:
		return TanhUnit, nil
	}
	return "", fmt.Errorf("parameter \"tanh\" is %g, want 0 (logistic) or 1 (tanh)", tanh)
}

// whole refuses values that are not whole numbers.
func whole(name string, value float64) (int, error) {
	if value != float64(int(value)) {
		return 0, fmt.Errorf("parameter %q is %g, want a whole number", name, value)
	}
	return int(value), nil
}

// Names returns the names of the catalogue, in its order.
func Names() []string {
	var names []string
	for _, e := range All() {
		names = append(names, e.Name)
	}
	return names
}

// Lookup returns the entry of a name; the error lists the names that there are.
func Lookup(name string) (Entry, error) {
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("no two-phase method is called %q; there are %s", name, strings.Join(Names(), ", "))
}

// New returns the method called name. values replaces some of its default parameters, by name; nil keeps all. It is an
// error when the method, or a parameter, is not known or a value is out of range.
func New(name string, values map[string]float64) (Method, error) {
	e, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	all := e.defaults()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, known := all[key]; !known {
			return nil, fmt.Errorf("%s has no parameter %q; it takes %s", name, key, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
		}
		all[key] = values[key]
	}
	m, err := e.build(all)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// New returns the method with its default parameters.
func (e Entry) New() Method {
	m, err := e.build(e.defaults())
	if err != nil {
		// The defaults are ours: TestCatalogue builds every entry.
		panic(fmt.Sprintf("%s: defaults are not valid: %v", e.Name, err))
	}
	return m
}

func (e Entry) defaults() map[string]float64 {
	values := make(map[string]float64, len(e.Parameters))
	for _, p := range e.Parameters {
		values[p.Name] = p.Default
	}
	return values
}
