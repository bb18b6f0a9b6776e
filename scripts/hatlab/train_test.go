package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hatlab builds the command and returns a function that prepares a call on the pure Go backend.
func hatlab(t *testing.T) func(arguments ...string) *exec.Cmd {
	t.Helper()
	program := filepath.Join(t.TempDir(), "hatlab")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return func(arguments ...string) *exec.Cmd {
		command := exec.Command(program, arguments...)
		command.Env = append(os.Environ(), "GOMLX_BACKEND=go")
		return command
	}
}

// TestKilledTrainingGoesOn: a training that is killed half-way, with no chance to clean up, goes on from its checkpoint
// when the same command is given again, and writes the curve and the weights of an undisturbed one.
func TestKilledTrainingGoesOn(t *testing.T) {
	command := hatlab(t)
	whole, killed := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "killed")
	arguments := func(out string) []string {
		return []string{"train", "--preset", "smoke", "--set", "sizes=64-20-10", "--set", "meta_hidden=4", "--set", "eval_every=0.2",
			"--set", "local_rate_schedule=inverse_batch", "--epochs", "3", "--seed", "5", "--out", out}
	}
	if output, err := command(arguments(whole)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	first := command(arguments(killed)...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	checkpoint := filepath.Join(killed, "checkpoint.safetensors")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(checkpoint); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no checkpoint after a minute")
		}
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if first.Wait() == nil {
		t.Fatal("the training ended before it was killed: this test shows nothing")
	}
	if output, err := command(arguments(killed)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, name := range []string{"curve.csv", "weights.safetensors"} {
		a, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(killed, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs from that of an undisturbed run:\n%.600s\n%.600s", name, a, b)
		}
	}
}

// TestErrorsHelp: what a user gets wrong is answered with what would be right.
func TestErrorsHelp(t *testing.T) {
	command := hatlab(t)
	notWeights := filepath.Join(t.TempDir(), "w.safetensors")
	if err := os.WriteFile(notWeights, []byte("not weights"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ arguments, expected string }{
		{"train --preset papr", `"paper"`},
		{"train --set lr_lerner=1", `"lr_learner"`},
		{"train --set epochs=soon", "a number"},
		{"train --preset smoke --init " + notWeights, notWeights},
		{"train --preset smoke --set data=fashon-mnist", "fashion-mnist"},
		{"train --preset smoke --set sizes=784-10", "64 features"},
		{"data fashion", "fashion-mnist"},
		{"evaluate", "hatlab"},
	} {
		output, err := command(strings.Fields(c.arguments)...).CombinedOutput()
		if err == nil || !strings.Contains(string(output), c.expected) {
			t.Errorf("%s: %v, expected the output to mention %s\n%s", c.arguments, err, c.expected, output)
		}
	}
}
