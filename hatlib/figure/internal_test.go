package figure

import (
	"fmt"
	"math"
	"sort"
	"testing"
)

// TestQuantile has the values that R documents for type 7: quantile(c(1,2,4,8,16), c(.1,.25,.5,.75,.9)).
func TestQuantile(t *testing.T) {
	vs := []float64{1, 2, 4, 8, 16}
	for p, want := range map[float64]float64{0: 1, 0.1: 1.4, 0.25: 2, 0.5: 4, 0.75: 8, 0.9: 12.8, 1: 16} {
		if got := quantile(vs, p); math.Abs(got-want) > 1e-12 {
			t.Errorf("quantile %g = %g, want %g", p, got, want)
		}
	}
	if !math.IsNaN(quantile(nil, 0.5)) {
		t.Error("the median of nothing is a number")
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		got, want []string
	}{
		{lin{0, 1}.labels(), []string{"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
		{lin{0.62, 0.91}.labels(), []string{"0.65", "0.70", "0.75", "0.80", "0.85", "0.90"}},
		{lin{-1, 1}.labels(), []string{"\u22121.0", "\u22120.5", "0.0", "0.5", "1.0"}},
		{lin{0, 3e-4}.labels(), []string{"0", "0.5\u00d710^{\u22124}", "1.0\u00d710^{\u22124}", "1.5\u00d710^{\u22124}", "2.0\u00d710^{\u22124}", "2.5\u00d710^{\u22124}", "3.0\u00d710^{\u22124}"}},
		{lg{0.001, 1}.labels(), []string{"0.001", "0.01", "0.1", "1"}},
		{lg{0.5, 20}.labels(), []string{"0.5", "1", "2", "5", "10", "20"}},
		{lg{1e-9, 1e3}.labels(), []string{"10^{\u22128}", "10^{\u22126}", "10^{\u22124}", "0.01", "1", "100"}},
	} {
		if fmt.Sprint(c.got) != fmt.Sprint(c.want) {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

type lin struct{ lo, hi float64 }

func (l lin) labels() (out []string) {
	for _, t := range (linearTicks{}).Ticks(l.lo, l.hi) {
		out = append(out, t.Label)
	}
	return
}

type lg struct{ lo, hi float64 }

func (l lg) labels() (out []string) {
	for _, t := range (logTicks{}).Ticks(l.lo, l.hi) {
		if t.Label != "" {
			out = append(out, t.Label)
		}
	}
	return
}

// TestContourLines takes a plane and a cone: their level sets are known.
func TestContourLines(t *testing.T) {
	var grid []float64
	for k := -10; k <= 10; k++ {
		grid = append(grid, float64(k)/10)
	}
	plane, cone := make([][]float64, len(grid)), make([][]float64, len(grid))
	for j, y := range grid {
		for _, x := range grid {
			plane[j] = append(plane[j], x+2*y)
			cone[j] = append(cone[j], math.Hypot(x, y))
		}
	}
	lines := contourLines(grid, grid, plane, 0.33)
	if len(lines) != 1 {
		t.Fatalf("a plane has %d lines, want 1", len(lines))
	}
	for _, q := range lines[0] {
		if math.Abs(q[0]+2*q[1]-0.33) > 1e-12 {
			t.Errorf("(%g, %g) is not on x + 2 y = 0.33", q[0], q[1])
		}
	}
	ys := []float64{lines[0][0][1], lines[0][len(lines[0])-1][1]}
	sort.Float64s(ys)
	if math.Abs(ys[0]+0.335) > 1e-12 || math.Abs(ys[1]-0.665) > 1e-12 {
		t.Errorf("the line runs from y = %g to %g, want -0.335 to 0.665", ys[0], ys[1])
	}
	circle := contourLines(grid, grid, cone, 0.5)
	if len(circle) != 1 || circle[0][0] != circle[0][len(circle[0])-1] {
		t.Fatalf("a cone has %d lines, closed: %v; want one closed", len(circle), circle[0][0] == circle[0][len(circle[0])-1])
	}
	for _, q := range circle[0] {
		if r := math.Hypot(q[0], q[1]); math.Abs(r-0.5) > 0.01 {
			t.Errorf("radius %g, want 0.5", r)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Duration(43e-6), "43 \u00b5s"}, {Duration(0.0043), "4.3 ms"}, {Duration(14.1), "14 s"}, {Duration(600), "10 min"}, {Duration(7200), "2 h"},
		{Memory(12), "12 B"}, {Memory(2e6), "2 MB"}, {Memory(9.6e9), "9.6 GB"}, {Memory(512e3), "512 kB"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}
