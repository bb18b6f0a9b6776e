package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// command runs the program with arguments and returns what it printed.
func command(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var output bytes.Buffer
	root := newCommand()
	root.SetArgs(arguments)
	root.SetOut(&output)
	root.SetErr(&output)
	err := root.ExecuteContext(t.Context())
	return output.String(), err
}

// TestSweep: shards into folders of their own, merged, counted and reported, without anything computed twice.
func TestSweep(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "go")
	dir := t.TempDir()
	size := []string{"--set", "sizes=64-8-10", "--set", "meta_hidden=3", "--set", "examples=200", "--set", "epochs=1", "--set", "seeds=2"}
	run := func(arguments ...string) string {
		t.Helper()
		out, err := command(t, append(arguments, size...)...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", arguments, err, out)
		}
		return out
	}
	one, two, all := filepath.Join(dir, "1"), filepath.Join(dir, "2"), filepath.Join(dir, "all")
	run("sweep", "fig1-epochs", "--shard", "1/2", "--out", one)
	run("sweep", "fig1-epochs", "--shard", "2/2", "--out", two)
	for _, from := range []string{one, two} {
		if out, err := command(t, "merge", from, "--out", all); err != nil || !strings.Contains(out, "4 runs copied") {
			t.Fatalf("merge: %v: %s", err, out)
		}
	}
	if out := run("status", "fig1-epochs", "--out", all); !strings.Contains(out, "8 of     8 runs") {
		t.Errorf("status: %s", out)
	}
	if out := run("sweep", "fig1-epochs", "--out", all); !strings.Contains(out, "8 were there, 0 computed") {
		t.Errorf("sweep of what is there: %s", out)
	}
	if out := run("report", "fig1-epochs", "--out", all); !strings.Contains(out, "median") || strings.Count(out, "HAT") != 2 {
		t.Errorf("report: %s", out)
	}
	if out := run("report", "--out", all); !strings.Contains(out, "higher-median") || !strings.Contains(out, "not tested at this scale") {
		t.Errorf("report with verdicts: %s", out)
	}
	if out := run("report", "--claim", "robust", "--out", all); strings.Count(out, "robust ") != 3 || strings.Contains(out, "consistent") {
		t.Errorf("report of one claim: %s", out)
	}
	// Of one experiment only whole pairs are copied, and a second time nothing is.
	part := filepath.Join(dir, "part")
	if out := run("merge", one, "--experiment", "fig1-epochs", "--out", part); !strings.Contains(out, "4 runs copied") {
		t.Errorf("merge of one experiment: %s", out)
	}
	if out := run("merge", all, "--experiment", "fig1-epochs", "--experiment", "fig2-rule", "--out", part); !strings.Contains(out, "4 runs copied") {
		t.Errorf("merge of the rest: %s", out)
	}
	if out := run("merge", all, "--experiment", "long", "--out", part); !strings.Contains(out, "0 runs copied") {
		t.Errorf("merge of an experiment without runs: %s", out)
	}
	// Damage is an error of the sweep that says what to do, and what it says works.
	curves, err := filepath.Glob(filepath.Join(all, "runs", "*", "curve.parquet"))
	if err != nil || len(curves) != 8 {
		t.Fatal(curves, err)
	}
	if err := os.WriteFile(curves[3], []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := command(t, append([]string{"sweep", "fig1-epochs", "--out", all}, size...)...)
	if err == nil || !strings.Contains(err.Error(), curves[3]) || !strings.Contains(err.Error(), "--repair") {
		t.Errorf("damaged: %v: %s", err, out)
	}
	if out := run("sweep", "fig1-epochs", "--repair", "--out", all); !strings.Contains(out, "moved aside") || !strings.Contains(out, "7 were there, 1 computed") {
		t.Errorf("repair: %s", out)
	}
}

func TestSweepRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		says      string
		arguments []string
	}{
		{`did you mean "fig1-epochs"`, []string{"sweep", "fig1-epoch", "--out", dir}},
		{"from 1/16 to 16/16", []string{"sweep", "fig1-epochs", "--shard", "0/4", "--out", dir}},
		{`did you mean "quick"`, []string{"sweep", "fig1-epochs", "--profile", "quik", "--out", dir}},
		{`did you mean "epochs"`, []string{"sweep", "fig1-epochs", "--set", "epoch=1", "--out", dir}},
		{"sweep best-tune --profile smoke --set seeds=2`", []string{"sweep", "best", "--set", "seeds=2", "--out", dir}},
		{"fig1-labels at profile cpu", []string{"sweep", "fig1-labels", "--profile", "cpu", "--out", dir}},
		{`did you mean "long"`, []string{"merge", dir, "--experiment", "lon", "--out", filepath.Join(dir, "to")}},
		{`did you mean "robust"`, []string{"report", "--claim", "robus", "--out", dir}},
		{"not a store", []string{"merge", filepath.Join(dir, "nothing"), "--out", dir}},
	} {
		if out, err := command(t, c.arguments...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want %q\n%s", c.arguments, err, c.says, out)
		}
	}
}
