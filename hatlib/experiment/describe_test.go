package experiment

import (
	"strings"
	"testing"
)

func TestLargest(t *testing.T) {
	of := func(paper, linear int) []ReadingCoverage {
		return []ReadingCoverage{{ReadingPaper, paper, 100}, {ReadingLinear, linear, 100}}
	}
	all := []Coverage{{Profile: "smoke", Readings: of(3, 3)}, {Profile: "quick", Readings: of(8, 2)}, {Profile: "cpu", Readings: of(7, 1)}, {Profile: "paper", Readings: of(2, 0)}}
	for reading, want := range map[string]string{ReadingPaper: "cpu", ReadingLinear: "cpu"} {
		if got := Largest(all, reading); got == nil || got.Profile != want {
			t.Errorf("%s: %+v, want %s", reading, got, want)
		}
	}
	if got := Largest(all[3:], ReadingPaper); got == nil || got.Profile != "paper" {
		t.Errorf("%+v where there is nothing else", got)
	}
	for _, none := range []*Coverage{Largest(all[3:], ReadingLinear), Largest(all, ReadingReleased), Largest(nil, ReadingPaper)} {
		if none != nil {
			t.Errorf("%+v for a reading without runs", none)
		}
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
