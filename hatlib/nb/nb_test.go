package nb

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hatlab/hatlab/hatlib/figure"
	"github.com/hatlab/hatlab/hatlib/progress"
)

// output runs f and returns what it printed, and the status it ended with (-1 when it returned).
func output(t *testing.T, f func()) (stdout, stderr string, status int) {
	t.Helper()
	type stop struct{ status int }
	oldExit, oldOut, oldErr := exit, os.Stdout, os.Stderr
	defer func() { exit, os.Stdout, os.Stderr = oldExit, oldOut, oldErr }()
	exit = func(s int) { panic(stop{s}) }
	files := [2]*os.File{}
	for i := range files {
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		files[i] = file
	}
	os.Stdout, os.Stderr = files[0], files[1]
	status = -1
	func() {
		defer func() {
			if r := recover(); r != nil {
				s, ok := r.(stop)
				if !ok {
					panic(r)
				}
				status = s.status
			}
		}()
		f()
	}()
	texts := [2]string{}
	for i, file := range files {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = string(b)
	}
	return texts[0], texts[1], status
}

func TestFailingEndsTheCellWithTheReason(t *testing.T) {
	for name, c := range map[string]struct {
		f    func()
		want string
	}{
		"Check":    {func() { Check(1 > 2, "one is above %d", 2) }, "CHECK FAILED: one is above 2"},
		"Must":     {func() { Must(os.ErrNotExist) }, "file does not exist"},
		"Must1":    {func() { Must1(1, os.ErrNotExist) }, "file does not exist"},
		"Must2":    {func() { Must2(1, "", os.ErrNotExist) }, "file does not exist"},
		"Show":     {func() { Show(nil) }, "no figure"},
		"Draw":     {func() { Draw(figure.LearningCurves{Name: "x"}) }, "no arms"},
		"Number":   {func() { Number("n", "k", math.NaN(), 0, 0, 1) }, "k: NaN"},
		"Sentence": {func() { Sentence("it reaches %.2f", math.NaN()) }, "NaN"},
		"format":   {func() { Sentence("it reaches %.2f", []any{}...) }, "%!"},
		"Table":    {func() { Table([]string{"a", "b"}, [][]string{{"1"}}) }, "row 0 has 1 cells"},
		"Tensor":   {func() { Tensor("W", []float32{1, 2, 3}, 2, 2) }, "holds 4 elements, got 3"},
	} {
		stdout, stderr, status := output(t, c.f)
		if status != 1 || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("%s: status %d, stderr %q, stdout %q; want 1, %q and nothing", name, status, stderr, stdout, c.want)
		}
	}
}

func TestPassingPrintsOutsideANotebook(t *testing.T) {
	stdout, stderr, status := output(t, func() {
		Check(true, "two is above %d", 1)
		Must(nil)
		Markdown("**%d** runs", 3)
		Sentence("HAT reaches %.2f", 0.5)
		Table([]string{"arm", "accuracy"}, [][]string{{"control", "0.5"}, {"HAT", "10.25"}})
		Code("hat.go", "x := 1\n")
		SideBySide("paper", "line 4", "code", "vhat := f(x)")
	})
	want := "ok: two is above 1\n**3** runs\nHAT reaches 0.50\narm      accuracy\ncontrol       0.5\nHAT         10.25\n" +
		"hat.go\nx := 1\npaper\nline 4\n\ncode\nvhat := f(x)\n"
	if stdout != want || stderr != "" || status != -1 {
		t.Errorf("stdout %q\nwant   %q\nstderr %q, status %d", stdout, want, stderr, status)
	}
}

func TestShowSavesUnderOut(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HATLAB_OUT", dir)
	stdout, _, status := output(t, func() {
		Draw(figure.LearningCurves{Name: "curves", Title: "T", Arms: []figure.Arm{{Name: "HAT", X: []float64{1, 2}, Runs: [][]float64{{0.5, 0.6}}}}})
	})
	if status != -1 || !strings.Contains(stdout, "n = 1 per arm") {
		t.Errorf("status %d, printed %q", status, stdout)
	}
	for _, f := range []string{"figures/curves.svg", "figures/curves.png", "numbers/curves.csv"} {
		if _, err := os.Stat(filepath.Join(dir, f)); err != nil {
			t.Error(err)
		}
	}
}

func TestOutDir(t *testing.T) {
	t.Setenv("HATLAB_OUT", "")
	t.Setenv("HATLAB_HOME", "/h")
	if got := OutDir(); got != "/h/out" {
		t.Errorf("OutDir = %q", got)
	}
}

// TestNumberFromManyProcesses lets processes write their keys at once, as cells of notebooks that run in parallel do.
func TestNumberFromManyProcesses(t *testing.T) {
	if i := os.Getenv("NB_TEST_WRITER"); i != "" {
		for k := range 20 {
			Number("book", fmt.Sprintf("k%s_%d", i, k), float64(k), 0, 0.5, 3)
		}
		return
	}
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0], "-test.run=^TestNumberFromManyProcesses$")
			cmd.Env = append(os.Environ(), fmt.Sprintf("NB_TEST_WRITER=%d", i), "HATLAB_OUT="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	path := filepath.Join(dir, "numbers", "book.json")
	all, err := ReadNumbers(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 80 || all["k3_19"] != (Recorded{19, 0, 0.5, 3}) {
		t.Errorf("%d entries, k3_19 = %+v; want 80 and 19 +- 0.5, n = 3", len(all), all["k3_19"])
	}
	// The names of the fields are a contract with the notebook runner.
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]map[string]float64
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	if e := raw["k3_19"]; len(e) != 4 || e["value"] != 19 || e["rtol"] != 0 || e["atol"] != 0.5 || e["n"] != 3 {
		t.Errorf("entry %v", e)
	}
}

func TestNumberErrors(t *testing.T) {
	dir := t.TempDir()
	ok := Recorded{1, 0, 0, 1}
	for _, c := range []struct {
		notebook, key string
		r             Recorded
		want          string
	}{
		{"../x", "k", ok, "letters"},
		{"n", "a b", ok, "letters"},
		{"n", "k", Recorded{math.Inf(1), 0, 0, 1}, "not finite"},
		{"n", "k", Recorded{1, -1, 0, 1}, "rtol"},
		{"n", "k", Recorded{1, 0, 0, 0}, "n >= 1"},
	} {
		if err := record(dir, c.notebook, c.key, c.r); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c, err, c.want)
		}
	}
	for _, damaged := range []string{"{", "null"} {
		path := filepath.Join(dir, "numbers", "n.json")
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(damaged), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := record(dir, "n", "k", ok); err == nil || !strings.Contains(err.Error(), "remove the file") {
			t.Errorf("%q: error %v", damaged, err)
		}
	}
}

func TestProfile(t *testing.T) {
	for in, want := range map[string]string{"": "smoke", "smoke": "smoke", "quick": "quick", "paper": "paper"} {
		if got, err := ParseProfile(in); got != want || err != nil {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{"Quick": "quick", "papper": "paper", "smok": "smoke"} {
		if _, err := ParseProfile(in); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("did you mean %q", want)) {
			t.Errorf("%q: error %v, want it to name %q", in, err, want)
		}
	}
	t.Setenv("HATLAB_PROFILE", "paper")
	if got := Pick(3, 20, 100); got != 100 {
		t.Errorf("Pick at paper = %d", got)
	}
}

func TestParseOverrides(t *testing.T) {
	got, err := ParseOverrides("  rate=0.01\tsizes=784,64,10\nnote=\"two = words\" path='a \"b\"' empty=\"\" part=a' 'b ")
	want := []Override{{"rate", "0.01"}, {"sizes", "784,64,10"}, {"note", "two = words"}, {"path", `a "b"`}, {"empty", ""}, {"part", "a b"}}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for in, want := range map[string]string{
		"rate":        "want key=value",
		"=1":          "want key=value",
		"a b=1":       "want key=value",
		"a=":          `write a=""`,
		"a=1 a=2":     "set twice",
		"a='b":        "not closed",
		"a=1 --set=2": "want key=value",
	} {
		if _, err := ParseOverrides(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", in, err, want)
		}
	}
}

func FuzzParseOverrides(f *testing.F) {
	f.Add(`a=1 b="x y" c='z'`)
	f.Fuzz(func(t *testing.T, s string) {
		os1, err := ParseOverrides(s)
		if err != nil {
			return
		}
		// What was read can be written again, and reads the same.
		var b strings.Builder
		for _, o := range os1 {
			if strings.ContainsAny(o.Value, `"'`) {
				return
			}
			b.WriteString(o.Key + `="` + o.Value + `" `)
		}
		os2, err := ParseOverrides(b.String())
		if err != nil || fmt.Sprint(os1) != fmt.Sprint(os2) {
			t.Errorf("%q read as %v, then as %v, %v", s, os1, os2, err)
		}
	})
}

func TestContextIsCancelledByInterrupt(t *testing.T) {
	ctx := Context()
	if ctx.Err() != nil {
		t.Fatal("cancelled before the signal")
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("the signal did not cancel it")
	}
	if ctx.Err() != context.Canceled || Context() != ctx {
		t.Errorf("Err %v, same context %v", ctx.Err(), Context() == ctx)
	}
}

func TestFormatTensor(t *testing.T) {
	for _, c := range []struct {
		got  func() (string, error)
		want string
	}{
		{func() (string, error) { return formatTensor("e", []float64{0.123456}, nil) }, "e []\n   0.1235\n"},
		{func() (string, error) { return formatTensor("v", []int32{1, -20}, []int{2}) }, "v [2]\n     1 -20\n"},
		{func() (string, error) { return formatTensor("W", []float32{1, -0.5, 2, 0.25}, []int{2, 2}) }, "W [2, 2]\n      1 -0.5\n      2 0.25\n"},
		{func() (string, error) { return formatTensor("T", []bool{true, false}, []int{2, 1, 1}) },
			"T [2, 1, 1]\n  [0, :, :]\n    true\n  [1, :, :]\n   false\n"},
		{func() (string, error) { return formatTensor("r", make([]int, 20), []int{20}) }, "r [20]\n   0 0 0 0 0 0  ... 0 0 0 0 0 0\n"},
		{func() (string, error) { return formatTensor("none", []int{}, []int{0, 3}) }, "none [0, 3]\n"},
	} {
		if got, err := c.got(); got != c.want || err != nil {
			t.Errorf("got %q, %v\nwant %q", got, err, c.want)
		}
	}
}

func TestBarEndsAsOneLine(t *testing.T) {
	var ids, shown []string
	b := newBar(func(id, html string) { ids, shown = append(ids, id), append(shown, html) })
	b.Show(progress.State{Title: "<train>", Done: 1, Total: 4, Left: -1})
	b.Show(progress.State{Title: "<train>", Done: 4, Total: 4, Final: true})
	if len(ids) != 2 || ids[0] != ids[1] || ids[0] == newBar(nil).id {
		t.Errorf("ids %v: want one block per bar", ids)
	}
	if !strings.Contains(shown[0], "width:25.0%") || strings.Contains(shown[1], "inline-block") || !strings.Contains(shown[1], "&lt;train&gt;: 4/4") {
		t.Errorf("shown %q", shown)
	}
}

func TestHighlightKeepsTheText(t *testing.T) {
	for _, code := range []string{
		"func f(x int) string {\n\t// why <b>\n\treturn \"a&b\" + `raw`\n}",
		"5: W_l <- W_l + M(v_l, W_l, v_{l+1})  ▷ Updates 'weight'",
		"an \"unclosed string",
		"/* unclosed",
		"",
	} {
		got := highlight(code)
		text := got
		for { // drop the tags
			i := strings.Index(text, "<")
			if i < 0 {
				break
			}
			text = text[:i] + text[i+strings.Index(text[i:], ">")+1:]
		}
		if text != escape(code) {
			t.Errorf("%q became %q", code, text)
		}
	}
	if got := highlight("return 1"); !strings.Contains(got, `<span style="color:#0050a0">return</span>`) {
		t.Errorf("keyword not coloured: %q", got)
	}
}

func FuzzHighlight(f *testing.F) {
	f.Add("a := `b` // c")
	f.Fuzz(func(t *testing.T, code string) {
		got := highlight(code)
		var b bytes.Buffer
		in := false
		for _, r := range []byte(got) {
			switch {
			case r == '<':
				in = true
			case r == '>' && in:
				in = false
			case !in:
				b.WriteByte(r)
			}
		}
		if b.String() != escape(code) {
			t.Errorf("%q became %q", code, got)
		}
	})
}
