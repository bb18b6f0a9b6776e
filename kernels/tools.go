package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// The programs that GoNB's kernels run with. The versions of the first two are those of go.mod, where they are tools.
const (
	gonbPackage      = "github.com/janpfeifer/gonb"
	goimportsPackage = "golang.org/x/tools/cmd/goimports"
	goimportsModule  = "golang.org/x/tools"
	goplsPackage     = "golang.org/x/tools/gopls"
	goplsVersion     = "v0.21.1"
)

// buildTools builds GoNB and goimports from go.mod, and gopls beside it.
func (in *installer) buildTools(withGopls bool) error {
	for _, tool := range []struct{ name, pkg, module string }{
		{"gonb", gonbPackage, gonbPackage},
		{"goimports", goimportsPackage, goimportsModule},
	} {
		version, err := output(in.module, in.goExe, "list", "-m", "-f", "{{.Version}}", tool.module)
		if err != nil {
			return fmt.Errorf("finding the version of %s: %w", tool.module, err)
		}
		err = in.buildTool(tool.name, tool.pkg, version, func(target string) *exec.Cmd {
			return in.goCommand(in.module, "build", "-ldflags=-s", "-o", target, tool.pkg)
		})
		if err != nil {
			return fmt.Errorf("building %s: %w", tool.name, err)
		}
	}
	if !withGopls {
		in.say("gopls      left out: no completion in cells")
		return nil
	}
	err := in.buildTool("gopls", goplsPackage, goplsVersion, func(target string) *exec.Cmd {
		// Outside any module; go install puts the program into GOBIN under its own name.
		cmd := in.goCommand(os.TempDir(), "install", "-ldflags=-s", goplsPackage+"@"+goplsVersion)
		cmd.Env = append(cmd.Env, "GOBIN="+filepath.Dir(target), "GOWORK=off")
		return cmd
	})
	if err != nil {
		in.say("gopls      WARNING: %v\n           cells work without it, completion does not; running install again tries again", err)
	}
	return nil
}

// goCommand is the go command without the user's GOFLAGS, which could name another module file.
func (in *installer) goCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(in.goExe, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOOS=", "GOARCH=")
	return cmd
}

// buildTool builds a program with command into a fresh folder and moves it to $HATLAB_HOME/bin, unless it is there in this version, built by this Go.
func (in *installer) buildTool(name, pkg, version string, command func(target string) *exec.Cmd) error {
	target := in.bin(name)
	goVersion, err := output(in.module, in.goExe, "env", "GOVERSION")
	if err != nil {
		return err
	}
	if have, err := toolVersion(target); err == nil && have == version+" "+goVersion {
		in.say("%-10s %s unchanged", name, version)
		return nil
	}
	start := time.Now()
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(target), ".build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	built := filepath.Join(dir, name+exeEnding())
	if out, err := command(built).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", pkg, err, strings.TrimSpace(string(out)))
	}
	if err := os.Rename(built, target); err != nil {
		return err
	}
	in.say("%-10s %s built in %.0f s: %s", name, version, time.Since(start).Seconds(), target)
	return nil
}

// toolVersion returns the module version and the Go version that a program was built with, e.g. "v0.11.4 go1.26.8".
func toolVersion(path string) (string, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return "", err
	}
	return info.Main.Version + " " + info.GoVersion, nil
}
