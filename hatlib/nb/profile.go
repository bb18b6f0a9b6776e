package nb

import (
	"fmt"
	"os"
	"strings"
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
	best, least := "", 1<<30
	for _, p := range Profiles {
		if p == name {
			return p, nil
		}
		if d := distance(strings.ToLower(name), p); d < least {
			best, least = p, d
		}
	}
	return "", fmt.Errorf("HATLAB_PROFILE=%q: want %s; did you mean %q?", name, strings.Join(Profiles, ", "), best)
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

// distance is Levenshtein's: how many letters must be added, removed or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 0; i < len(a); i++ {
		diagonal := row[0]
		row[0] = i + 1
		for j := 0; j < len(b); j++ {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
