package nb

import "github.com/hatlab/hatlab/hatlib"

// Config returns a preset with the overrides of HATLAB_SET, in the names of [hatlib.Config]; assignments given here come
// first, so that the environment has the last word. It ends the cell when a name or a value is wrong.
func Config(preset string, assignments ...string) hatlib.Config {
	c := Must1(hatlib.Preset(preset))
	Must(c.SetAll(append(assignments, Assignments()...)))
	return c
}

// Assignments are the overrides of HATLAB_SET in the form name=value, as the options of an experiment take them.
func Assignments() []string {
	var assignments []string
	for _, o := range Overrides() {
		assignments = append(assignments, o.Key+"="+o.Value)
	}
	return assignments
}
