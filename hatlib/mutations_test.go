package hatlib

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMutations breaks the algorithm, one line at a time, and sees the named tests fail: a test that cannot fail proves
// nothing. The broken source replaces the real one through `go test -overlay`; nothing in the tree changes.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the package several times")
	}
	for _, m := range []struct{ name, file, old, new, test string }{
		{"line 6 dropped", "hat.go",
			"v = sigma.Apply(linear(v, w, b)) // line 6", "v = sigma.Apply(linear(v, weights.W[l], b))", "TestStepEqualsOracle"},
		{"v for vhat", "hat.go",
			"h.update(ruleScope, l, v, w, h.seen(z, vhat))", "h.update(ruleScope, l, v, w, h.seen(vhat, z))", "TestStepEqualsOracle"},
		{"M's gradient zeroed", "step.go",
			"return gradients[:inL], gradients[inL:]",
			"for i := range gradients[inL:] {\n gradients[inL+i] = ZerosLike(gradients[inL+i])\n}\nreturn gradients[:inL], gradients[inL:]", "TestStepEqualsOracle"},
		{"update not kept", "step.go", "w[l].SetNodeValue(updated[l]) // line 5 is kept", "w[l].SetNodeValue(before.W[l])", "TestStepEqualsOracle"},
		{"optimizer moves without labels", "step.go", "if c.LabelFraction == 1 {", "if c.LabelFraction <= 1 {", "TestUnlabelledBatchLeavesOptimizerAlone"},
		{"ReLU has gradient 1 at 0", "activation.go",
			"Where(GreaterThan(x, zero), x, ZerosLike(x))", "Where(GreaterOrEqual(x, zero), x, ZerosLike(x))", "TestReLUAtZero"},
		{"order forgets the epoch", "plan.go", "c.stream(streamOrder, epoch+1)", "c.stream(streamOrder, 1)", "TestStreamsAreSeparate"},
		{"recomputed chunk forgets the shift's adjoint", "pairmemory.go", "if adjoint != nil {\n\t\t\t\tcaptured", "if o == 0 {\n\t\t\t\tcaptured", "TestShiftInChunks"},
		{"pairs are not shuffled", "hat.go", "if h.Shuffled {", "if false {", "TestStepEqualsOracle/go/shuffled"},
		{"noise has another norm", "noise.go", "Div(StopGradient(frobenius(update)), frobenius(z))", "StopGradient(frobenius(update))", "TestStepEqualsOracle/go/noise"},
		{"M learns from the noise", "noise.go", "Div(StopGradient(frobenius(update)), frobenius(z))", "Div(frobenius(update), frobenius(z))", "TestStepEqualsOracle/go/noise"},
		{"L learns from what is not applied", "noise.go", "all[l] = StopGradient(x)", "all[l] = x", "TestStepEqualsOracle/go/noise"},
		{"M does not learn", "noise.go", "return Add(loss, n.loss)", "return loss", "TestStepEqualsOracle/go/noise"},
		{"noise of the first batch for all", "noise.go", "read(batchCounter)", "Const(use.Graph(), uint32(1))", "TestStepEqualsOracle/go/noise"},
		{"schedule is a batch late", "schedule.go", "AddScalar(batch, -1)", "AddScalar(batch, -2)", "TestStepEqualsOracle/go/cosine"},
		{"scheduled rate is kept", "schedule.go", "return func() { v.SetNodeValue(rate) }", "return func() {}", "TestStepEqualsOracle/go/cosine"},
		{"one gradient step for two", "step.go", "range c.GradientSteps - 1 {", "range c.GradientSteps - 2 {", "TestStepEqualsOracle/go/two_gradient_steps"},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			source, err := os.ReadFile(m.file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(string(source), m.old) != 1 {
				t.Fatalf("%s does not have the line to break exactly once: %s", m.file, m.old)
			}
			broken := filepath.Join(folder, m.file)
			if err := os.WriteFile(broken, []byte(strings.Replace(string(source), m.old, m.new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			here, err := filepath.Abs(m.file)
			if err != nil {
				t.Fatal(err)
			}
			overlay, err := json.Marshal(map[string]map[string]string{"Replace": {here: broken}})
			if err != nil {
				t.Fatal(err)
			}
			list := filepath.Join(folder, "overlay.json")
			if err := os.WriteFile(list, overlay, 0o644); err != nil {
				t.Fatal(err)
			}
			test := exec.Command("go", "test", "-overlay", list, "-run", "^"+m.test+"$", ".")
			test.Env = append(os.Environ(), "CGO_ENABLED=0", "GOMLX_BACKEND=go", "HATLAB_REQUIRE_XLA=")
			output, err := test.CombinedOutput()
			if err == nil {
				t.Errorf("%s still passes", m.test)
			} else if !strings.Contains(string(output), "--- FAIL: "+m.test) {
				t.Errorf("%s did not run: %v\n%s", m.test, err, output)
			}
		})
	}
}
