package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// installOptions are the flags of install.
type installOptions struct {
	cuda, noGopls bool
}

// install does what the package comment says.
func (in *installer) install(opts installOptions) error {
	if err := in.buildTools(!opts.noGopls); err != nil {
		return err
	}
	if err := in.writeShim(); err != nil {
		return err
	}
	xla := in.choosePlugin()
	if strings.HasPrefix(xla.config, "xla") {
		in.say("XLA        %s", xla.reason)
	} else {
		in.say("XLA        NOTICE: the kernel \"Go (hatlab)\" computes in pure Go, which is slower: %s", xla.reason)
	}
	specs := []struct {
		name string
		spec kernelSpec
	}{
		{xlaKernel, in.spec(xlaKernel, "Go (hatlab)", xla)},
		{pureGoKernel, in.spec(pureGoKernel, "Go (hatlab, pure Go)", pureGo(""))},
	}
	var cudaErr error
	if opts.cuda {
		c, err := in.chooseCUDA()
		if err != nil {
			cudaErr = fmt.Errorf("the CUDA kernel was not installed: %w", err)
		} else {
			in.say("CUDA       %s", c.reason)
			specs = append(specs, struct {
				name string
				spec kernelSpec
			}{cudaKernel, in.spec(cudaKernel, "Go (hatlab, CUDA)", c)})
		}
	}
	for _, s := range specs {
		in.warm(s.spec)
	}
	for _, s := range specs {
		if err := in.writeSpec(s.name, s.spec); err != nil {
			return err
		}
	}
	return cudaErr
}

// warm compiles hatlab, and what cells use to show things, with a kernel's settings. Compiled packages stay in Go's build cache, so this is slow only once.
// Code of ours that does not compile just now is no reason to leave the kernels out.
func (in *installer) warm(spec kernelSpec) {
	start := time.Now()
	cmd := in.goCommand(in.module, "build", modulePath+"/hatlib/...", gonbPackage+"/gonbui")
	for _, key := range []string{"GOFLAGS", "CGO_ENABLED"} {
		if value, set := spec.Env[key]; set {
			cmd.Env = append(cmd.Env, key+"="+value)
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		in.say("compiled   WARNING: not everything of hatlab compiles for %q: %v\n%s", spec.DisplayName, err, strings.TrimSpace(string(out)))
		return
	}
	if took := time.Since(start); took > 2*time.Second {
		in.say("compiled   hatlab for %q in %.0f s", spec.DisplayName, took.Seconds())
	}
}

// shimText is the go command in front of Go; see the package comment.
const shimText = `#!/bin/sh
# Written by hatlab's kernels program. GoNB runs a bare "go get" before each cell, which would ask the network for the newest version
# of what hatlab's workspace already provides. When everything is provided there is nothing to get.
real='%s'
case "$*" in
    get) "$real" list -deps . >/dev/null 2>&1 && exit 0 ;;
    "get -t") "$real" list -deps -test . >/dev/null 2>&1 && exit 0 ;;
esac
exec "$real" "$@"
`

// writeShim writes the go command in front of Go. Windows has no such scripts; there GoNB goes without, and needs the network for some cells.
func (in *installer) writeShim() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	text := fmt.Sprintf(shimText, strings.ReplaceAll(in.goExe, "'", `'\''`))
	path := filepath.Join(in.shim(), "go")
	if _, err := place(path, []byte(text), 0o755); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.Chmod(path, 0o755)
}
