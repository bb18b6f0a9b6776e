package experiment

import (
	"strings"
	"testing"
)

func TestLargest(t *testing.T) {
	quick := Coverage{Profile: "quick", Readings: []ReadingCoverage{{ReadingPaper, 3, 10}, {ReadingLinear, 1, 10}}}
	paper := Coverage{Profile: "paper", Readings: []ReadingCoverage{{ReadingPaper, 2, 100}, {ReadingLinear, 0, 100}}}
	all := []Coverage{quick, paper}
	for reading, want := range map[string]string{ReadingPaper: "paper", ReadingLinear: "quick"} {
		if got := Largest(all, reading); got == nil || got.Profile != want {
			t.Errorf("%s: %+v, want %s", reading, got, want)
		}
	}
	if got := Largest(all, ReadingReleased); got != nil {
		t.Errorf("%+v for a reading without runs", got)
	}
}

func TestDescribe(t *testing.T) {
	c := tiny(t)
	if got, want := Size(c), "learner 64-8-10, M 3-3-1 at rate 0.001, batches of 25, 2 epochs of 200 examples of digits"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	k := Coverage{Profile: "smoke", Found: &Found{Runs: []Run{{Spec: spec(c, HATArm)}}}, Readings: []ReadingCoverage{{ReadingPaper, 1, 3}}}
	if got := k.Describe(ReadingPaper); !strings.Contains(got, "profile smoke: learner 64-8-10") || !strings.Contains(got, "n = 1 of 3 planned seeds") {
		t.Error(got)
	}
	if got := k.Describe(ReadingLinear); !strings.Contains(got, "no complete seed") {
		t.Error(got)
	}
}
