package laboratory

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
	"github.com/hatlab/hatlab/hatlib/rules"
	"github.com/hatlab/hatlab/hatlib/twophase"
)

func digits(t *testing.T) (train, test *dataset.Set) {
	t.Helper()
	train, test, err := dataset.Load(dataset.Digits)
	if err != nil {
		t.Fatal(err)
	}
	return train, test
}

// TestMethods: every rule of the catalogue stands in two parts, every two-phase method in one, each after its control.
func TestMethods(t *testing.T) {
	want := map[Part][]string{Alone: rules.Names(), InHAT: append([]string{"meta"}, rules.Names()...), TwoPhase: twophase.Names()}
	want[Alone] = append(want[Alone], "unsupervised_rule")
	got, controls := map[Part][]string{}, map[Part][]string{}
	for _, m := range Methods() {
		if m.Control == "" {
			controls[m.Part] = append(controls[m.Part], m.Name)
			continue
		}
		if !slices.Contains(controls[m.Part], m.Control) {
			t.Errorf("%s of part %s: its control %q does not stand before it", m.Name, m.Part, m.Control)
		}
		got[m.Part] = append(got[m.Part], m.Name)
	}
	for part, names := range want {
		if !slices.Equal(got[part], names) {
			t.Errorf("part %s has %v, want %v", part, got[part], names)
		}
	}
}

// stub is a method whose accuracy is given by rate and seed.
func stub(name, control string, grid []float64, accuracy func(train, test *dataset.Set, rate float64, seed uint64) (float64, error)) Method {
	return Method{Part: Alone, Name: name, Control: control, Grid: grid, open: func(_ compute.Backend, _ Setting, train, test *dataset.Set) (trial, error) {
		return trial{run: func(_ context.Context, rate float64, seed uint64) (float64, error) {
			return accuracy(train, test, rate, seed)
		}, close: func() {}}, nil
	}}
}

// TestCompareChoosesOnHeldOutImages: rates are chosen with the test set out of reach and with seeds of their own, a rate
// that diverges is passed over, and gains are paired by seed.
func TestCompareChoosesOnHeldOutImages(t *testing.T) {
	train, test := digits(t)
	s := Setting{Seeds: 3, Tuning: 2}
	control := stub("control", "", []float64{0}, func(_, _ *dataset.Set, _ float64, seed uint64) (float64, error) { return 0.1 * float64(seed), nil })
	rule := stub("rule", "control", []float64{1, 2, 3}, func(a, b *dataset.Set, rate float64, seed uint64) (float64, error) {
		if tuning := seed >= FirstTuningSeed; tuning == (b == test) || tuning == (a == train) {
			return 0, fmt.Errorf("seed %d was trained on %s and measured on %s", seed, a, b)
		}
		if seed >= FirstTuningSeed && a.N+b.N != train.N {
			return 0, fmt.Errorf("%d and %d images of %d", a.N, b.N, train.N)
		}
		if rate == 3 {
			return 0, fmt.Errorf("rate 3: %w", rules.ErrDiverged)
		}
		return 0.1*float64(seed%FirstTuningSeed) + rate/100, nil
	})
	never := stub("never", "control", []float64{1, 2}, func(_, _ *dataset.Set, rate float64, _ uint64) (float64, error) {
		return 0, fmt.Errorf("rate %g: %w", rate, errLoss)
	})
	broken := stub("broken", "control", []float64{1, 2}, func(_, _ *dataset.Set, _ float64, _ uint64) (float64, error) {
		return 0, errors.New("layer 2: needs a memory")
	})
	seen := 0
	rows, err := Compare(t.Context(), nil, []Method{control, rule, never, broken}, s, train, test, func(Row) { seen++ })
	if err != nil {
		t.Fatal(err)
	}
	if r := rows[1]; r.Err != nil || r.Rate != 2 || len(r.Gains) != 3 || math.Abs(r.Gains[2]-0.02) > 1e-12 || seen != 4 {
		t.Errorf("rule: %+v", r)
	}
	_, cells := Cells(rows, Alone)
	var text []string
	for _, c := range cells {
		text = append(text, strings.Join(c, "|"))
	}
	want := []string{
		"control|||0.200 [-0.048, 0.448]|", "rule|| 2|0.220 [-0.028, 0.468]|+0.020 [+0.020, +0.020]",
		"never|||diverges at every rate of the grid|", "broken|||cannot run: needs a memory|",
	}
	if !slices.Equal(text, want) {
		t.Errorf("cells %q, want %q", text, want)
	}
	if lines := strings.Count(CSV(rows, "digits"), "\n"); lines != 1+3+3+1+1 {
		t.Errorf("the CSV has %d lines", lines)
	}
	if _, err := Compare(t.Context(), nil, []Method{stub("control", "", []float64{0}, func(_, _ *dataset.Set, _ float64, _ uint64) (float64, error) {
		return 0, rules.ErrDiverged
	})}, s, train, test, nil); !errors.Is(err, rules.ErrDiverged) {
		t.Errorf("a control that diverged: %v", err)
	}
	if _, err := Compare(t.Context(), nil, []Method{control}, Setting{Seeds: 1, Tuning: 1}, train, test, nil); err == nil {
		t.Error("an interval of one seed")
	}
}

// TestInterval against the table of Student's t: 2.776 for 5 values.
func TestInterval(t *testing.T) {
	mean, low, high := interval([]float64{1, 2, 3, 4, 5})
	if half := 2.776 * math.Sqrt(2.5) / math.Sqrt(5); mean != 3 || math.Abs(high-3-half) > 1e-3 || math.Abs(3-low-half) > 1e-3 {
		t.Errorf("%g [%g, %g]", mean, low, high)
	}
}

// TestMethodsRun: every method trains the learner on some digits, twice with the same result, and rules alone stay far above chance.
func TestMethodsRun(t *testing.T) {
	be := backendtest.Go(t)
	train, test := digits(t)
	train, test = train.Head(200), test.Head(100)
	s := Setting{Hidden: 12, Batch: 20, Epochs: 2, Ridge: 1e-2}
	for _, m := range Methods() {
		rate := m.Grid[0]
		run, err := m.open(be, s, train, test)
		if err != nil {
			t.Errorf("%s, %s: %v", m.Part, m.Name, err)
			continue
		}
		accuracy, err := run.run(t.Context(), rate, 1)
		again, _ := run.run(t.Context(), rate, 1)
		if err != nil || accuracy != again || (m.Part == Alone && accuracy < 0.3) {
			t.Errorf("%s, %s: accuracy %g, again %g, error %v", m.Part, m.Name, accuracy, again, err)
		}
		run.close()
	}
}
