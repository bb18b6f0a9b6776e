package published

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestFig1aIsTheAuthorsTable(t *testing.T) {
	ps := Fig1a()
	if len(ps) != 124 {
		t.Fatalf("%d points, want 124", len(ps))
	}
	if want := (Point{0.01, "control", 565, 0.4132, 0.3411, 0.4719, 0.1574, 0.6333}); ps[0] != want {
		t.Errorf("first point %+v, want %+v", ps[0], want)
	}
	last := map[string]float64{}
	for _, p := range ps {
		if p.Epochs < last[p.Arm] {
			t.Errorf("%s: %g epochs after %g: out of order", p.Arm, p.Epochs, last[p.Arm])
		}
		last[p.Arm] = p.Epochs
	}
	if len(last) != 2 || last["control"] != last["hat"] {
		t.Errorf("last epochs by arm: %v", last)
	}
	ps[0].Median = -1
	if Fig1a()[0].Median == -1 {
		t.Error("the caller can change the embedded table")
	}
}

func TestFig2IsTheAuthorsFit(t *testing.T) {
	r := Fig2()
	// For a line by least squares, R2 is the squared correlation: the file must agree with itself.
	if d := math.Abs(r.R2 - r.Corr["v_j"]*r.Corr["v_j"]); d > 2e-4 {
		t.Errorf("R2 = %g but corr(v_j)^2 = %g", r.R2, r.Corr["v_j"]*r.Corr["v_j"])
	}
	if r.N != 3600 || r.Slope != 2.1314 || r.Intercept != -0.4223 {
		t.Errorf("got %+v", r)
	}
}

func TestParseFig1aErrors(t *testing.T) {
	const head = "epochs,arm,runs,median,q1,q3,min,max\n"
	for _, c := range []struct{ in, want string }{
		{"", "header"},
		{"a,b,c,d,e,f,g,h\n", "header is"},
		{head, "no rows"},
		{head + "1,control,5,0.5,0.4,0.6,0.3\n", "wrong number of fields"},
		{head + "1,Control,5,0.5,0.4,0.6,0.3,0.7\n", `line 2: arm is "Control"`},
		{head + "1,hat,0,0.5,0.4,0.6,0.3,0.7\n", "runs"},
		{head + "1,hat,5,NaN,0.4,0.6,0.3,0.7\n", "median"},
		{head + "0,hat,5,0.5,0.4,0.6,0.3,0.7\n", "epochs"},
		{head + "1,hat,5,0.5,0.55,0.6,0.3,0.7\n", "q1"},
		{head + "1,hat,5,0.5,0.4,0.9,0.3,0.7\n", "q3"},
		{head + "1,hat,5,0.5,0.4,0.6,0.3,1.7\n", "max <= 1"},
	} {
		if _, err := ParseFig1a(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one with %q", c.in, err, c.want)
		}
	}
}

func TestParseFig2Errors(t *testing.T) {
	good := string(fig2JSON)
	for _, c := range []struct{ old, new, want string }{
		{`"n"`, `"m"`, "unknown field"},
		{`"n": 3600`, `"n": 0`, "n = 0"},
		{`"v_j": 0.9909`, `"v_j": 1.9909`, `"v_j"`},
		{`"slope_on_v_j": 2.1314,`, ``, "must all be there"},
		{`"w_ij": 0.0606,`, `"w_ij": 0.0606, "w": 0,`, "entries"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%q is not in the file", c.old)
		}
		if _, err := ParseFig2([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one with %q", c.new, err, c.want)
		}
	}
	if _, err := ParseFig2([]byte(good + "{}")); err == nil {
		t.Error("a second document is accepted")
	}
}

func FuzzParseFig1a(f *testing.F) {
	f.Add(fig1aCSV)
	f.Add([]byte("epochs,arm,runs,median,q1,q3,min,max\n1,hat,5,0.5,0.4,0.6,0.3,0.7\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		ps, err := ParseFig1a(bytes.NewReader(b))
		if err != nil {
			return
		}
		for _, p := range ps { // whatever is accepted keeps the promises of Point
			if !(p.Epochs > 0 && p.Runs > 0 && 0 <= p.Min && p.Min <= p.Q1 && p.Q1 <= p.Median && p.Median <= p.Q3 && p.Q3 <= p.Max && p.Max <= 1) {
				t.Errorf("accepted %+v", p)
			}
		}
	})
}

func FuzzParseFig2(f *testing.F) {
	f.Add(fig2JSON)
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := ParseFig2(b); err == nil && (r.N < 1 || len(r.Corr) != 4 || r.R2 < 0 || r.R2 > 1) {
			t.Errorf("accepted %+v", r)
		}
	})
}

func ExampleFig1a() {
	for _, p := range Fig1a() {
		if p.Epochs == 1 {
			fmt.Printf("%-7s %.4f (quartiles %.4f to %.4f, n = %d)\n", p.Arm, p.Median, p.Q1, p.Q3, p.Runs)
		}
	}
	// Output:
	// control 0.7523 (quartiles 0.6571 to 0.8373, n = 1130)
	// hat     0.7773 (quartiles 0.6925 to 0.8618, n = 1130)
}
