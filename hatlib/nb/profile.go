package nb

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/hatlab/hatlab/hatlib"
)

// Profiles are the sizes in which notebooks run, small to large: smoke shows that everything works, quick shows the
// effects, paper has the paper's sizes.
var Profiles = []string{"smoke", "quick", "paper"}

// Profile returns the profile of this run: HATLAB_PROFILE, or smoke when that is empty. It ends the cell when the name is
// unknown.
func Profile() string { return Must1(ParseProfile(os.Getenv("HATLAB_PROFILE"))) }

// ParseProfile returns the profile of that name, smoke for the empty name, or an error that names the nearest.
func ParseProfile(name string) (string, error) {
	if name == "" {
		return Profiles[0], nil
	}
	if slices.Contains(Profiles, name) {
		return name, nil
	}
	return "", fmt.Errorf("HATLAB_PROFILE=%q: want %s; did you mean %q?", name, strings.Join(Profiles, ", "), hatlib.Nearest(strings.ToLower(name), Profiles))
}

// Pick returns the value for this run's [Profile].
func Pick[T any](smoke, quick, paper T) T {
	switch Profile() {
	case "quick":
		return quick
	case "paper":
		return paper
	}
	return smoke
}
