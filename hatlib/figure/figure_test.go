package figure_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib/figure"
)

var update = flag.Bool("update", false, "write golden pictures of testdata anew; look at them before committing")

var (
	raster = regexp.MustCompile(`base64,[^"]*`) // may hold any word
	unfit  = regexp.MustCompile(`NaN|Inf|%!`)
)

var numbers = regexp.MustCompile(`-?\d+(\.\d+)?(e[-+]?\d+)?`)

// alike compares two SVG documents: the same text, and numbers that differ by less than can be seen. Processors that fuse
// multiplications and additions change the last digit of some.
func alike(a, b string) error {
	x, y := numbers.FindAllString(a, -1), numbers.FindAllString(b, -1)
	if numbers.ReplaceAllString(a, "#") != numbers.ReplaceAllString(b, "#") || len(x) != len(y) {
		return errors.New("other elements or text")
	}
	for i := range x {
		p, _ := strconv.ParseFloat(x[i], 64)
		q, _ := strconv.ParseFloat(y[i], 64)
		if math.Abs(p-q) > 0.02 {
			return fmt.Errorf("number %d is %s, want %s", i, x[i], y[i])
		}
	}
	return nil
}

// TestGolden compares each kind of figure with the picture in testdata. Run with -update after a wanted change, and look.
func TestGolden(t *testing.T) {
	for name, spec := range samples() {
		t.Run(name, func(t *testing.T) {
			fig, err := spec.Figure()
			if err != nil {
				t.Fatal(err)
			}
			got, err := fig.SVG()
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".svg")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := alike(string(got), string(want)); err != nil {
				t.Errorf("the picture is not that of %s: %v", path, err)
			}
		})
	}
}

// TestEveryKind checks what must hold for all figures: the SVG is one well-formed document without a reference outside itself, the same
// twice; the PNG has twice the pixels of Size; the CSV is rectangular; the caption says n.
func TestEveryKind(t *testing.T) {
	for name, spec := range samples() {
		t.Run(name, func(t *testing.T) {
			fig, err := spec.Figure()
			if err != nil {
				t.Fatal(err)
			}
			svg, err := fig.SVG()
			if err != nil {
				t.Fatal(err)
			}
			again, err := samples()[name].Figure()
			if err != nil {
				t.Fatal(err)
			}
			if b, err := again.SVG(); err != nil || !bytes.Equal(svg, b) {
				t.Errorf("the same numbers gave another SVG (%v)", err)
			}
			dec := xml.NewDecoder(bytes.NewReader(svg))
			for {
				tok, err := dec.Token()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatalf("SVG: %v", err)
				}
				if el, ok := tok.(xml.StartElement); ok {
					for _, a := range el.Attr {
						if a.Name.Local == "href" && !strings.HasPrefix(a.Value, "data:image/png;base64,") {
							t.Errorf("<%s> refers to %.40q", el.Name.Local, a.Value)
						}
					}
				}
			}
			if bad := unfit.Find(raster.ReplaceAll(svg, nil)); bad != nil {
				t.Errorf("%q in the SVG", bad)
			}
			if !bytes.HasPrefix(svg, []byte("<svg ")) || !bytes.Contains(svg, []byte("<desc>")) {
				t.Errorf("SVG begins %.80q; want <svg, and a <desc>", svg)
			}
			b, err := fig.PNG()
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := png.DecodeConfig(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if w, h := fig.Size(); math.Abs(float64(cfg.Width-2*w)) > 2 || math.Abs(float64(cfg.Height-2*h)) > 2 {
				t.Errorf("PNG is %d x %d, Size is %d x %d", cfg.Width, cfg.Height, w, h)
			}
			c, err := fig.CSV()
			if err != nil {
				t.Fatal(err)
			}
			if rows, err := csv.NewReader(bytes.NewReader(c)).ReadAll(); err != nil || len(rows) < 2 {
				t.Errorf("CSV has %d rows, %v", len(rows), err)
			}
			if !strings.Contains(fig.Caption, "n = ") || fig.N == 0 {
				t.Errorf("N = %d, caption %q", fig.N, fig.Caption)
			}
		})
	}
}

// TestErrors gives every kind what it must refuse, and wants the reason.
func TestErrors(t *testing.T) {
	x, y := []float64{1, 2}, []float64{3, 4}
	arm := figure.Arm{Name: "HAT", X: x, Runs: [][]float64{y}}
	slice := figure.Slice{X: x, Mean: y, SE: y, N: []int{1, 1}}
	for _, c := range []struct {
		spec figure.Spec
		want string
	}{
		{figure.LearningCurves{Name: "A b"}, "Name"},
		{figure.LearningCurves{Name: "../a"}, "Name"},
		{figure.LearningCurves{Name: "a"}, "no arms"},
		{figure.LearningCurves{Name: "a", Arms: []figure.Arm{{Name: "HAT", X: x}}}, "0 runs"},
		{figure.LearningCurves{Name: "a", Arms: []figure.Arm{{Name: "HAT", X: x, Runs: [][]float64{{1}}}}}, "run 0 has 1 points, but X has 2"},
		{figure.LearningCurves{Name: "a", LogX: true, Arms: []figure.Arm{{Name: "HAT", X: []float64{0, 1}, Runs: [][]float64{y}}}}, "log axis"},
		{figure.LearningCurves{Name: "a", Bands: []figure.Band{{Name: "b", X: x, Median: y}}}, "must agree"},
		{figure.LabelCurves{Name: "a", Arms: []figure.Arm{arm}}, "two arms"},
		{figure.LabelCurves{Name: "a", Arms: []figure.Arm{arm, {Name: "b", X: []float64{1, 3}, Runs: [][]float64{y}}}}, "differ in X[1]"},
		{figure.LabelCurves{Name: "a", Arms: []figure.Arm{arm, {Name: "b", X: x, Runs: [][]float64{y, y}}}}, "pairs need the same"},
		{figure.RuleSlices{Name: "a"}, "no rules"},
		{figure.RuleSlices{Name: "a", Rules: []figure.RuleSeries{{Name: "r", Vi: slice, Wij: slice}}}, "v_j: 0 x"},
		{figure.RuleContour{Name: "a", X: x, Y: []float64{1}}, "at least 2"},
		{figure.RuleContour{Name: "a", X: x, Y: []float64{2, 2}}, "Y must increase"},
		{figure.RuleContour{Name: "a", X: x, Y: x, Z: [][]float64{y}}, "one per Y: 2"},
		{figure.RuleContour{Name: "a", X: x, Y: x, Z: [][]float64{y, {1}}}, "Z[1] has 1 numbers"},
		{figure.Images{Name: "a"}, "0 images"},
		{figure.Images{Name: "a", Height: 1, Width: 2, Images: [][]float64{y, {1}}}, "image 1 has 1 numbers"},
		{figure.Images{Name: "a", Height: 1, Width: 2, Images: [][]float64{y}, Labels: []string{"a", "b"}}, "2 labels for 1 images"},
		{figure.Forest{Name: "a"}, "no rows"},
		{figure.Forest{Name: "a", Rows: []figure.Interval{{Label: "r", Estimate: 3, Lo: 0, Hi: 1}}}, "lo <= estimate <= hi"},
		{figure.Cost{Name: "a"}, "no rows"},
		{figure.Scatter{Name: "a", X: x}, "2 x and 0 y"},
		{figure.Scatter{Name: "a", X: x, Y: y, Directions: []figure.Direction{{Name: "d", X: math.NaN()}}}, `direction "d"`},
		{figure.Histogram{Name: "a"}, "at least one set"},
		{figure.Histogram{Name: "a", Sets: []figure.Values{{Name: "s"}}}, `"s" is empty`},
		{figure.Histogram{Name: "a", Sets: []figure.Values{{Name: "s", Values: []float64{math.NaN()}}}}, "no value is finite"},
		{figure.Lines{Name: "a"}, "no series"},
		{figure.Lines{Name: "a", Series: []figure.Series{{Name: "s", X: x}}}, "0 y"},
		{figure.Lines{Name: "a", LogY: true, Series: []figure.Series{{Name: "s", X: x, Y: []float64{1, 0}}}}, "point 1 is not positive"},
	} {
		if fig, err := c.spec.Figure(); err == nil || !strings.Contains(err.Error(), c.want) || fig != nil {
			t.Errorf("%T %+v: error %v, want one with %q", c.spec, c.spec, err, c.want)
		}
	}
}

// TestDivergedRuns draws what diverged runs leave: NaN, Inf, a whole arm of them.
func TestDivergedRuns(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	x := []float64{1, 2, 3}
	all := []float64{nan, nan, nan}
	for _, c := range []struct {
		spec figure.Spec
		want string
	}{
		{figure.LearningCurves{Name: "a", ShowRuns: true, Arms: []figure.Arm{{Name: "HAT", X: x, Runs: [][]float64{{1, nan, inf}, {1, 2, 3}}}}}, "n = 1 to 2 per arm. Hair lines are single runs. 2 values are not finite"},
		{figure.LearningCurves{Name: "a", Arms: []figure.Arm{{Name: "HAT", X: x, Runs: [][]float64{all}}}}, "3 values"},
		{figure.LearningCurves{Name: "a", LogX: true, Arms: []figure.Arm{{Name: "HAT", X: x[:1], Runs: [][]float64{{0.5}}}}}, "n = 1"},
		{figure.LabelCurves{Name: "a", Arms: []figure.Arm{{Name: "control", X: x, Runs: [][]float64{all}}, {Name: "HAT", X: x, Runs: [][]float64{x}}}}, "3 values"},
		{figure.Lines{Name: "a", LogY: true, Series: []figure.Series{{Name: "s", X: x, Y: []float64{1, nan, 3}, Lo: []float64{nan, nan, 1}, Hi: all}}}, "1 value is"},
		{figure.RuleContour{Name: "a", X: x, Y: x, Z: [][]float64{{1, 2, nan}, {2, -3, 4}, {0, 0, inf}}}, "2 grid points"},
		{figure.RuleContour{Name: "a", X: x, Y: x, Z: [][]float64{x, all, all}}, "6 grid points"},
		{figure.RuleContour{Name: "a", X: x, Y: x, Z: [][]float64{{2, 2, 2}, {2, 2, 2}, {2, 2, 2}}}, "Contour"},
		{figure.Images{Name: "a", Height: 1, Width: 3, Images: [][]float64{all, x}}, "3 values"},
		{figure.Forest{Name: "a", Rows: []figure.Interval{{Label: "r", Estimate: nan}}}, "n = 0"},
		{figure.Forest{Name: "a", Rows: []figure.Interval{{Label: "r", Estimate: 1, Lo: 0, Hi: inf, N: 2}}}, "n = 2"},
		{figure.Cost{Name: "a", N: 1, Rows: []figure.CostRow{{Label: "r", Seconds: nan, Bytes: 0}}}, "n = 1"},
		{figure.Scatter{Name: "a", X: x, Y: all}, "n = 0 points. 3 values"},
		{figure.Histogram{Name: "a", Sets: []figure.Values{{Name: "s", Values: []float64{1, nan, 1}}}}, "n = 2 values. 1 value is"},
	} {
		fig, err := c.spec.Figure()
		if err != nil {
			t.Errorf("%T: %v", c.spec, err)
			continue
		}
		if !strings.Contains(fig.Caption, c.want) {
			t.Errorf("%T: caption %q, want %q in it", c.spec, fig.Caption, c.want)
		}
		svg, err := fig.SVG()
		if bad := unfit.Find(raster.ReplaceAll(svg, nil)); err != nil || bad != nil {
			t.Errorf("%T: %q in the SVG, error %v", c.spec, bad, err)
		}
		if _, err := fig.PNG(); err != nil {
			t.Errorf("%T: %v", c.spec, err)
		}
	}
}

func TestSaveSaysWhereItFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "figures"), nil, 0o644); err != nil { // a file where a folder must be
		t.Fatal(err)
	}
	fig, err := figure.Lines{Name: "a", Series: []figure.Series{{Name: "s", X: []float64{1}, Y: []float64{1}}}}.Figure()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fig.Save(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("error %v, want one that names %s", err, dir)
	}
	good := t.TempDir()
	if _, err := fig.Save(good); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(good, func(path string, d os.DirEntry, err error) error {
		if strings.Contains(d.Name(), "tmp-") {
			return errors.New("left behind: " + path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
