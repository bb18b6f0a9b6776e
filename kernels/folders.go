package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hatlab/hatlab/hatlib/backend"
)

// modulePath is the module that the kernels bind.
const modulePath = "github.com/hatlab/hatlab"

// installer knows the folders, and where to write about what it does.
type installer struct {
	out    io.Writer
	module string // folder of hatlab's module
	home   string // HATLAB_HOME
	specs  string // folder of Jupyter's kernel specs
	prefix string // what the user gave, or ""
	goExe  string // the go command
	self   string // this program, for probing backends in a process of their own
}

func newInstaller(prefix string, out io.Writer) (*installer, error) {
	goExe, err := exec.LookPath("go")
	if err != nil {
		return nil, fmt.Errorf("the go command is not in PATH (%w): install Go from https://go.dev/dl", err)
	}
	if goExe, err = filepath.Abs(goExe); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program's own file: %w", err)
	}
	module, err := output("", goExe, "list", "-m", "-f", "{{.Dir}}", modulePath)
	if err != nil {
		return nil, fmt.Errorf("this must be run inside hatlab's folder: %w", err)
	}
	if strings.Contains(module, ",") {
		return nil, fmt.Errorf("GoNB cannot bind a folder with a comma in its name, %s: move hatlab elsewhere", module)
	}
	home := backend.Home()
	if home == "" {
		return nil, errors.New("there is no cache folder for this user: set HATLAB_HOME to a folder for what is fetched and built")
	}
	if home, err = filepath.Abs(home); err != nil {
		return nil, err
	}
	data := jupyterData()
	if prefix != "" {
		if prefix, err = filepath.Abs(prefix); err != nil {
			return nil, err
		}
		data = filepath.Join(prefix, "share", "jupyter")
	}
	if data == "" {
		return nil, errors.New("there is no home folder for Jupyter's files: give --prefix DIR or set JUPYTER_DATA_DIR")
	}
	return &installer{
		out: out, module: module, home: home, prefix: prefix, goExe: goExe, self: self,
		specs: filepath.Join(data, "kernels"),
	}, nil
}

// jupyterData returns the user's Jupyter data folder, as `jupyter --data-dir` does, or "".
func jupyterData() string {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Jupyter")
	case "windows":
		if appdata := os.Getenv("APPDATA"); appdata != "" {
			return filepath.Join(appdata, "jupyter")
		}
		return filepath.Join(home, ".jupyter", "data")
	}
	if xdg := os.Getenv("XDG_DATA_HOME"); xdg != "" {
		return filepath.Join(xdg, "jupyter")
	}
	return filepath.Join(home, ".local", "share", "jupyter")
}

func (in *installer) bin(name string) string { return filepath.Join(in.home, "bin", name+exeEnding()) }
func (in *installer) lib() string            { return filepath.Join(in.home, "lib") }
func (in *installer) shim() string           { return filepath.Join(in.home, "shim") }

func exeEnding() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// say writes one line.
func (in *installer) say(format string, args ...any) {
	fmt.Fprintf(in.out, format+"\n", args...)
}

// output runs a command in dir and returns its standard output, trimmed. The error holds what it wrote on standard error.
func output(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// place writes a file under a temporary name in the same folder and renames it, unless the file is there already with these bytes and this mode.
// It says whether it changed anything.
func place(path string, content []byte, mode os.FileMode) (changed bool, err error) {
	old, err := os.ReadFile(path)
	if err == nil && string(old) == string(content) {
		info, err := os.Stat(path)
		if err != nil {
			return false, err
		}
		if info.Mode().Perm() == mode {
			return false, nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return false, err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return false, err
	}
	defer os.Remove(tmp.Name())
	if _, err := tmp.Write(content); err != nil {
		tmp.Close()
		return false, err
	}
	if err := tmp.Close(); err != nil {
		return false, err
	}
	if err := os.Chmod(tmp.Name(), mode); err != nil {
		return false, err
	}
	return true, os.Rename(tmp.Name(), path)
}

// changedWord is the word for what place did.
func changedWord(changed bool) string {
	if changed {
		return "written"
	}
	return "unchanged"
}
