package rules

import (
	"math"
	"testing"

	"github.com/gomlx/compute"
	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestFollow: the path begins at the first weights and is that of a loop written out in float64, for Oja's rule.
func TestFollow(t *testing.T) {
	x := Ellipse(1, 100)
	start := []float64{0.2, -0.1}
	const rate, steps = 0.1, 60
	want := [][]float64{{start[0], start[1]}}
	for range steps {
		w := want[len(want)-1]
		next := []float64{w[0], w[1]}
		for b := range 100 {
			y := w[0]*x[2*b] + w[1]*x[2*b+1]
			for i := range 2 {
				next[i] += rate * y * (x[2*b+i] - y*w[i]) / 100
			}
		}
		want = append(want, next)
	}
	components, _, err := PrincipalComponents(x, 2)
	if err != nil {
		t.Fatal(err)
	}
	backendtest.Each(t, func(t *testing.T, be compute.Backend) {
		path, err := Follow(be, hatlib.Oja(), x, 2, start, rate, steps)
		if err != nil {
			t.Fatal(err)
		}
		if len(path.W) != steps+1 || path.Steps[steps] != steps {
			t.Fatalf("%d points for %d steps", len(path.W), steps)
		}
		for k := range want {
			if d := distance(path.Row(k, 0), want[k]); d > 1e-12 {
				t.Fatalf("step %d differs from the loop by %g", k, d)
			}
		}
		if c := math.Abs(Cosine(path.Row(-1, 0), components[0])); c < 0.999 {
			t.Errorf("|cos| with the first component is %g", c)
		}
		lengths := path.Along(0, Length)
		if lengths[0] != Length(start) || math.Abs(lengths[steps]-1) > 0.01 {
			t.Errorf("lengths go from %g to %g", lengths[0], lengths[steps])
		}
	})
	if _, err := Follow(backendtest.Go(t), hatlib.Oja(), x, 2, start[:1], rate, steps); err == nil {
		t.Error("one weight for two inputs was accepted")
	}
}

// TestPrincipalComponents: the axes and variances that the ellipse was made with, to sampling error.
func TestPrincipalComponents(t *testing.T) {
	components, variances, err := PrincipalComponents(Ellipse(2, 4000), 2)
	if err != nil {
		t.Fatal(err)
	}
	sin, cos := math.Sincos(math.Pi / 6)
	if c := math.Abs(Cosine(components[0], []float64{cos, sin})); c < 0.999 {
		t.Errorf("|cos| of the first component with the long axis is %g", c)
	}
	if math.Abs(variances[0]-2.25) > 0.15 || math.Abs(variances[1]-0.25) > 0.02 {
		t.Errorf("variances %v, want about 2.25 and 0.25", variances)
	}
	if _, _, err := PrincipalComponents([]float64{1, 2, 3}, 2); err == nil {
		t.Error("3 numbers were accepted as points of the plane")
	}
}

// TestTwoSources: the mixture is a rotation of sources that are independent, uniform and of variance 1.
func TestTwoSources(t *testing.T) {
	sources, mixed := TwoSources(3, 4000)
	s, m := Columns(sources, 2), Columns(mixed, 2)
	if c := correlation(s[0], s[1]); math.Abs(c) > 0.05 {
		t.Errorf("the sources correlate by %g", c)
	}
	if c := correlation(m[0], m[1]); math.Abs(c) > 0.05 {
		t.Errorf("the mixture is not white: correlation %g", c)
	}
	for i := range sources[:100] {
		if i%2 == 0 && math.Abs(math.Hypot(sources[i], sources[i+1])-math.Hypot(mixed[i], mixed[i+1])) > 1e-12 {
			t.Fatal("the mixture is not a rotation")
		}
	}
}
