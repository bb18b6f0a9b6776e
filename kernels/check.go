package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/hatlab/hatlab/hatlib/backend"
	"github.com/hatlab/hatlab/hatlib/dataset"
	"golang.org/x/mod/semver"
)

// errCheck makes the program fail after check has said everything.
var errCheck = errors.New("something essential is wrong")

// installAgain mends most things.
const installAgain = "go run ./kernels install"

//go:embed cell.py
var cellScript []byte

// report collects the lines of check.
type report struct {
	in     *installer
	broken int
}

func (r *report) ok(what, format string, args ...any) {
	r.in.say("right  %-16s %s", what, fmt.Sprintf(format, args...))
}

// wrong is for what the kernels cannot do without, lacking for what they can.
func (r *report) wrong(what string, err error, mend string) {
	r.broken++
	r.line("WRONG", what, err, mend)
}

func (r *report) lacking(what string, err error, mend string) { r.line("lacks", what, err, mend) }

func (r *report) line(word, what string, err error, mend string) {
	text := strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "\n         ")
	r.in.say("%s  %-16s %s\n       %-16s mend: %s", word, what, text, "", mend)
}

// check looks at everything that the kernels need, and mends nothing.
func (in *installer) check() error {
	r := &report{in: in}
	in.checkPrograms(r)
	in.checkKernels(r)
	in.checkBackends(r)
	in.checkData(r)
	if r.broken > 0 {
		in.say("\nEssential things that are wrong: %d.", r.broken)
		return errCheck
	}
	in.say("\nEverything essential is right.")
	return nil
}

func (in *installer) checkPrograms(r *report) {
	wanted, err := output(in.module, in.goExe, "list", "-m", "-f", "{{.GoVersion}}", modulePath)
	if err != nil {
		r.wrong("Go", err, "run this inside hatlab's folder")
	} else if have, err := output(in.module, in.goExe, "env", "GOVERSION"); err != nil {
		r.wrong("Go", err, "install Go from https://go.dev/dl")
	} else if semver.Compare("v"+strings.TrimPrefix(have, "go"), "v"+wanted) < 0 {
		r.wrong("Go", fmt.Errorf("%s is older than go%s", have, wanted), "install a newer Go from https://go.dev/dl")
	} else {
		r.ok("Go", "%s at %s", have, in.goExe)
	}
	cc, err := output(in.module, in.goExe, "env", "CC")
	if err == nil && cc != "" {
		cc, err = exec.LookPath(strings.Fields(cc)[0])
	}
	if err != nil || cc == "" {
		r.lacking("C compiler", fmt.Errorf("not found (%v); without it there is only the pure Go backend", err), "Debian: apt-get install gcc libc6-dev")
	} else {
		r.ok("C compiler", "%s", cc)
	}
	for _, name := range []string{"gonb", "goimports", "gopls"} {
		version, err := toolVersion(in.bin(name))
		switch {
		case err == nil:
			r.ok(name, "%s at %s", version, in.bin(name))
		case name == "gopls":
			r.lacking(name, fmt.Errorf("not there, so no completion in cells: %w", err), installAgain)
		default:
			r.wrong(name, err, installAgain)
		}
	}
}

// checkKernels looks for the specs, asks Jupyter whether it sees them, and runs a cell in each.
func (in *installer) checkKernels(r *report) {
	seen, jupyter, err := in.jupyterKernels()
	if err != nil {
		r.wrong("Jupyter", err, "scripts/lab brings its own; or: python3 -m venv ENV && ENV/bin/pip install jupyterlab")
	} else {
		r.ok("Jupyter", "%s", jupyter)
	}
	for _, name := range kernelNames {
		dir := filepath.Join(in.specs, name)
		spec, readErr := readSpec(dir)
		if errors.Is(readErr, os.ErrNotExist) && name == cudaKernel {
			continue // installed only when asked for
		}
		if readErr == nil && spec.Metadata.Hatlab == nil {
			readErr = fmt.Errorf("%s is a kernel that is not ours", dir)
		}
		if readErr == nil && spec.Metadata.Hatlab.Module != in.module {
			readErr = fmt.Errorf("%s binds %s, not this folder", dir, spec.Metadata.Hatlab.Module)
		}
		if readErr == nil && len(spec.Argv) > 0 {
			_, readErr = exec.LookPath(spec.Argv[0])
		}
		if readErr != nil {
			r.wrong("kernel "+name, readErr, installAgain)
			continue
		}
		if config := spec.Env["GOMLX_BACKEND"]; name == xlaKernel && !strings.HasPrefix(config, "xla") {
			r.lacking("kernel "+name, fmt.Errorf("installed without XLA: it computes with %s, which is slower", config), installAgain+" where the plugin can be had")
		} else {
			r.ok("kernel "+name, "%q in %s", spec.DisplayName, dir)
		}
		if jupyter != "" && !samePath(seen[name], dir) {
			err := fmt.Errorf("%s does not list %s (it has %q)", jupyter, dir, seen[name])
			r.wrong("  visible", err, "start Jupyter from the environment that --prefix names, or install without --prefix for all of this user's Jupyters")
		}
		if name == cudaKernel {
			continue // its backend is tried below, and may have no GPU here
		}
		start := time.Now()
		how, text, err := in.runCell(name, spec)
		if err != nil {
			r.wrong("  a cell", fmt.Errorf("a cell that imports hatlab does not run %s: %w", how, err), installAgain)
			continue
		}
		r.ok("  a cell", "with hatlab and GoMLX runs %s in %.1f s: %s", how, time.Since(start).Seconds(), text)
	}
}

func samePath(a, b string) bool {
	ra, errA := filepath.EvalSymlinks(a)
	rb, errB := filepath.EvalSymlinks(b)
	return errA == nil && errB == nil && ra == rb
}

// jupyterKernels asks Jupyter for the kernels it sees: name to folder.
func (in *installer) jupyterKernels() (kernels map[string]string, jupyter string, err error) {
	jupyter, err = in.beside("jupyter")
	if err != nil {
		return nil, "", fmt.Errorf("there is no jupyter command: %w", err)
	}
	text, err := output("", jupyter, "kernelspec", "list", "--json")
	if err != nil {
		return nil, "", err
	}
	var list struct {
		Kernelspecs map[string]struct {
			ResourceDir string `json:"resource_dir"`
		} `json:"kernelspecs"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, "", fmt.Errorf("jupyter kernelspec list --json: %w", err)
	}
	kernels = map[string]string{}
	for name, k := range list.Kernelspecs {
		kernels[name] = k.ResourceDir
	}
	return kernels, jupyter, nil
}

// beside finds a command of the Python environment in use: that of --prefix, that of HATLAB_PYTHON, or the PATH's.
func (in *installer) beside(name string) (string, error) {
	if in.prefix != "" {
		if path, err := exec.LookPath(filepath.Join(in.prefix, "bin", name)); err == nil {
			return path, nil
		}
	}
	if python := os.Getenv("HATLAB_PYTHON"); python != "" {
		if path, err := exec.LookPath(filepath.Join(filepath.Dir(python), name)); err == nil {
			return path, nil
		}
	}
	return exec.LookPath(name)
}

// checkCell uses hatlab and GoMLX as a notebook does.
const checkCell = `import (
	"fmt"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/hatlab/hatlab/hatlib/backend"
)

%%
be, err := backend.New()
if err != nil {
	panic(err)
}
sum := graph.MustExecOnce(be, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(x) }, []float32{1, 2, 3})
fmt.Printf("1+2+3 = %v on %s", sum.Value(), backend.Describe(be).Name)
`

// runCell runs checkCell through Jupyter's client when the Python environment has it, and else compiles and runs it as GoNB would.
func (in *installer) runCell(name string, spec kernelSpec) (how, text string, err error) {
	dir, err := os.MkdirTemp("", "hatlab-check-")
	if err != nil {
		return "", "", err
	}
	defer os.RemoveAll(dir)
	if python, err := in.beside("python"); err == nil {
		if _, err := output("", python, "-c", "import jupyter_client"); err == nil {
			script, code := filepath.Join(dir, "cell.py"), filepath.Join(dir, "cell.txt")
			if err := errors.Join(os.WriteFile(script, cellScript, 0o644), os.WriteFile(code, []byte(checkCell), 0o644)); err != nil {
				return "", "", err
			}
			text, err := output("", python, script, in.specs, name, code)
			return "in the kernel", text, err
		}
	}
	text, err = in.runBound(dir, spec)
	return "(compiled as GoNB does; there is no jupyter_client to ask the kernel itself)", text, err
}

// runBound makes a module bound to hatlab by a workspace, as GoNB does, and runs the cell in it with the kernel's environment.
func (in *installer) runBound(dir string, spec kernelSpec) (string, error) {
	imports, body, _ := strings.Cut(checkCell, "%%\n")
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\n"+imports+"func main() {\n"+body+"}\n"), 0o644); err != nil {
		return "", err
	}
	env := os.Environ()
	for key, value := range spec.Env {
		value = os.Expand(value, func(name string) string {
			if name == "$" {
				return "$"
			}
			return os.Getenv(name)
		})
		env = append(env, key+"="+value)
	}
	program := filepath.Join(dir, "cell"+exeEnding())
	for _, args := range [][]string{
		{"mod", "init", "gonb_check"}, {"work", "init"}, {"work", "use", ".", in.module}, {"build", "-o", program},
	} {
		cmd := exec.Command(in.goExe, args...)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	cmd := exec.Command(program)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// checkBackends loads each backend in a process of its own and runs a graph on it.
func (in *installer) checkBackends(r *report) {
	if info, err := in.tryBackend("go", nil); err != nil {
		r.wrong("pure Go backend", err, "this is a bug of hatlab or GoMLX: please report it")
	} else {
		r.ok("pure Go backend", "runs a graph: %s", info)
	}
	for _, name := range []string{xlaKernel, cudaKernel} {
		what := "XLA for the CPU"
		if name == cudaKernel {
			what = "XLA for CUDA"
		}
		spec, err := readSpec(filepath.Join(in.specs, name))
		if err != nil {
			continue // said above
		}
		config := spec.Env["GOMLX_BACKEND"]
		if !strings.HasPrefix(config, "xla") {
			r.lacking(what, errors.New("no plugin"), installAgain)
			continue
		}
		flags := spec.Env["XLA_FLAGS"]
		info, err := in.tryBackend(strings.ReplaceAll(config, "$$", "$"), &flags)
		switch {
		case err == nil && info.PluginSHA256 != backend.PinnedSHA256 && name == xlaKernel:
			r.ok(what, "runs a graph: %s; not the pinned build, so speed and last bits may differ from the README's", info)
		case err == nil:
			r.ok(what, "runs a graph: %s", info)
		case name == cudaKernel:
			r.lacking(what, err, "it needs an NVIDIA GPU with its driver; "+installAgain+" --cuda")
		default:
			r.wrong(what, err, installAgain)
		}
	}
}

// checkData looks for the data sets, without fetching any.
func (in *installer) checkData(r *report) {
	for _, name := range dataset.Names() {
		train, test, err := dataset.Load(name, dataset.WithOffline())
		if err != nil {
			first, _, _ := strings.Cut(err.Error(), "\n")
			r.lacking("data", fmt.Errorf("%s is not on this machine: %s", name, first), "the first run fetches it; or: go run ./scripts/hatlab data "+name)
			continue
		}
		count := func(s *dataset.Set) string {
			if s == nil {
				return "no"
			}
			return fmt.Sprint(s.N)
		}
		r.ok("data", "%s: %s training and %s test images", name, count(train), count(test))
	}
	r.ok("system", "%s/%s", runtime.GOOS, runtime.GOARCH)
}
