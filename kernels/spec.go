package main

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hatlab/hatlab/hatlib/backend"
)

//go:embed logo/logo-32x32.png logo/logo-64x64.png logo/logo-svg.svg
var logos embed.FS

var logoFiles = []string{"logo-32x32.png", "logo-64x64.png", "logo-svg.svg"}

const specFile = "kernel.json"

// kernelSpec is Jupyter's kernel.json.
type kernelSpec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
	Metadata      specMetadata      `json:"metadata"`
}

// specMetadata marks a spec as ours, so that remove takes away nothing else.
type specMetadata struct {
	Debugger bool      `json:"debugger"`
	Hatlab   *specMark `json:"hatlab,omitempty"`
}

type specMark struct {
	Module string `json:"module"`
}

// The names of the kernels' folders, which are the names that notebooks call them by.
const (
	xlaKernel    = "hatlab"
	pureGoKernel = "hatlab-go"
	cudaKernel   = "hatlab-cuda"
)

var kernelNames = []string{xlaKernel, pureGoKernel, cudaKernel}

// spec returns the kernel.json of a kernel.
//
// --raw_error makes compile errors text, which is all that a notebook run without a browser can show. -go_work binds our module. Interrupting by signal reaches the
// whole process group, and with it the compiler and the children of shell lines, which an interrupt by message does not.
// GoNB's own log goes nowhere, except for what ends it: it would fill the notebook server's terminal, and all of it that concerns a cell is in the notebook.
func (in *installer) spec(name, display string, c choice) kernelSpec {
	env := map[string]string{
		"GOMLX_BACKEND":         c.config,
		"GOMLX_NO_AUTO_INSTALL": "1",
		"HATLAB_HOME":           in.home,
		// Half of the time of a cell is linking; without symbol tables for debuggers it takes half of that.
		"GOFLAGS": "-ldflags=-s",
		// A workspace or module switch of the user's would hide ours.
		"GOWORK":      "",
		"GO111MODULE": "",
		"PATH":        strings.Join([]string{in.shim(), filepath.Dir(in.bin("gonb")), filepath.Dir(in.goExe)}, string(os.PathListSeparator)),
	}
	switch {
	case name == pureGoKernel:
		// Go's own linker is faster than the C one, and no C compiler is needed.
		env["CGO_ENABLED"] = "0"
	case strings.HasPrefix(c.config, "xla"):
		env["CGO_ENABLED"] = "1"
		env["XLA_FLAGS"] = c.flags
	}
	for key, value := range env {
		env[key] = strings.ReplaceAll(value, "$", "$$")
	}
	// Jupyter fills in ${PATH} when it starts the kernel.
	env["PATH"] += string(os.PathListSeparator) + "${PATH}"
	return kernelSpec{
		Argv: []string{
			in.bin("gonb"), "--kernel", "{connection_file}", "-raw_error=true", "-go_work=" + in.module,
			"-logtostderr=false", "-log_file=" + os.DevNull, "-stderrthreshold=FATAL",
		},
		DisplayName:   display,
		Language:      "go",
		InterruptMode: "signal",
		Env:           env,
		Metadata:      specMetadata{Hatlab: &specMark{Module: in.module}},
	}
}

// writeSpec writes a kernel's folder.
func (in *installer) writeSpec(name string, spec kernelSpec) error {
	dir := filepath.Join(in.specs, name)
	if old, err := readSpec(dir); err == nil && old.Metadata.Hatlab == nil {
		return fmt.Errorf("%s holds a kernel that is not ours; remove it, or install under another --prefix", dir)
	}
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(spec); err != nil {
		return err
	}
	anyChanged := false
	for _, logo := range logoFiles {
		content, err := logos.ReadFile("logo/" + logo)
		if err != nil {
			return err
		}
		changed, err := place(filepath.Join(dir, logo), content, 0o644)
		if err != nil {
			return err
		}
		anyChanged = anyChanged || changed
	}
	// Last, so that Jupyter never sees a spec without the rest.
	changed, err := place(filepath.Join(dir, specFile), []byte(text.String()), 0o644)
	if err != nil {
		return err
	}
	in.say("kernel     %q %s: %s", spec.DisplayName, changedWord(changed || anyChanged), dir)
	return nil
}

// readSpec reads the kernel.json of a kernel's folder.
func readSpec(dir string) (kernelSpec, error) {
	var spec kernelSpec
	content, err := os.ReadFile(filepath.Join(dir, specFile))
	if err != nil {
		return spec, err
	}
	if err := json.Unmarshal(content, &spec); err != nil {
		return spec, fmt.Errorf("%s: %w", filepath.Join(dir, specFile), err)
	}
	return spec, nil
}

// remove takes our kernels away, file by file: a file that we did not write stays, and with it its folder. With all, also what install put into HATLAB_HOME.
func (in *installer) remove(all bool) error {
	for _, name := range kernelNames {
		dir := filepath.Join(in.specs, name)
		spec, err := readSpec(dir)
		switch {
		case errors.Is(err, os.ErrNotExist):
			in.say("kernel     %s is not installed in %s", name, in.specs)
			continue
		case err != nil:
			return err
		case spec.Metadata.Hatlab == nil:
			in.say("kernel     %s is not ours and stays", dir)
			continue
		}
		if err := removeFiles(dir, append([]string{specFile}, logoFiles...)); err != nil {
			return err
		}
		in.say("kernel     %q removed: %s", spec.DisplayName, dir)
	}
	if !all {
		return nil
	}
	programs := []string{"gonb" + exeEnding(), "goimports" + exeEnding(), "gopls" + exeEnding()}
	if err := removeFiles(filepath.Dir(in.bin("gonb")), programs); err != nil {
		return err
	}
	if err := removeFiles(in.shim(), []string{"go"}); err != nil {
		return err
	}
	plugins, err := filepath.Glob(filepath.Join(in.lib(), "pjrt_c_api_cpu*_plugin.*"))
	if err != nil {
		return err
	}
	for i := range plugins {
		plugins[i] = filepath.Base(plugins[i])
	}
	// GoMLX's installer owns the folder nvidia as a whole, and package backend that of the hashes.
	for _, folder := range []string{"nvidia", backend.HashesFolder} {
		if err := os.RemoveAll(filepath.Join(in.lib(), folder)); err != nil {
			return err
		}
	}
	if err := removeFiles(in.lib(), plugins); err != nil {
		return err
	}
	in.say("programs   and plugins removed from %s; data and results stay", in.home)
	return nil
}

// removeFiles removes the named files of a folder, and the folder when nothing is left in it.
func removeFiles(dir string, names []string) error {
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	left, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || len(left) > 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return os.Remove(dir)
}
