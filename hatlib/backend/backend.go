package backend

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend" // the backend in pure Go, which is always there
)

// Info says what computes: for manifests of results, and for people.
type Info struct {
	Name          string `json:"name"`                     // "xla" or "go"
	Config        string `json:"config"`                   // GoMLX's configuration, e.g. "xla:/path/plugin.so"
	Plugin        string `json:"plugin,omitempty"`         // absolute path of the XLA plugin
	PluginVersion string `json:"plugin_version,omitempty"` // version of its PJRT API, e.g. "0.106"; only once loaded
	PluginSHA256  string `json:"plugin_sha256,omitempty"`  // hash of the file; filled by Describe
	XLAFlags      string `json:"xla_flags,omitempty"`      // XLA_FLAGS as the plugin got them
	Why           string `json:"why"`                      // who decided: "GOMLX_BACKEND", "installed", "no XLA"
}

// advice is the end of every message about a missing or broken plugin.
const advice = "`go run ./kernels install` (in hatlab's folder) fetches the plugin; GOMLX_BACKEND=go chooses the slower backend in pure Go"

// notices is where the plain lines about the choice go; a variable for the tests.
var notices io.Writer = os.Stderr

var (
	mu     sync.Mutex
	said   = map[string]bool{}          // lines already written by this process
	opened = map[compute.Backend]Info{} // what New and Open made
)

// say writes a line on standard error, once per process.
func say(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	mu.Lock()
	defer mu.Unlock()
	if !said[line] {
		said[line] = true
		fmt.Fprintln(notices, "hatlab: "+line)
	}
}

// New returns the backend that Find chooses, ready to use. Each call makes a new one; a program needs one.
// It returns an error when GOMLX_BACKEND names something that does not work, and falls back to pure Go, with a line on standard
// error, when the user asked for nothing and no plugin works.
func New() (compute.Backend, error) {
	if config := strings.TrimSpace(os.Getenv(compute.ConfigEnvVar)); config != "" {
		be, err := Open(config)
		if err != nil {
			return nil, fmt.Errorf("GOMLX_BACKEND=%s: %w", config, err)
		}
		return be, nil
	}
	why := "no XLA plugin is installed"
	if !hasXLA {
		why = "this program was built without XLA (without cgo, or with the tag noxla)"
	} else {
		for _, path := range Plugins("cpu") {
			be, err := open("xla:"+path, "installed")
			if err == nil {
				return be, nil
			}
			say("passing over an XLA plugin that does not work: %v", err)
			why = "no installed XLA plugin works"
		}
	}
	say("%s: computing in pure Go, which is slower. To get XLA: %s.", why, "`go run ./kernels install` in hatlab's folder")
	return open("go", "no XLA")
}

// Open returns the backend that config names: "go", "xla" or "xla:cpu" (the installed CPU plugin), "xla:cuda", "xla:/absolute/path.so"; options
// follow after a comma as GoMLX takes them. The errors say what is wrong and what to do.
func Open(config string) (compute.Backend, error) {
	return open(config, "GOMLX_BACKEND")
}

func open(config, why string) (be compute.Backend, err error) {
	info, err := resolve(config)
	if err != nil {
		return nil, err
	}
	info.Why = why
	if info.Plugin != "" {
		if info.XLAFlags, err = setFlags(info.Plugin); err != nil {
			return nil, err
		}
	}
	// GoMLX panics for some broken configurations; for us each is an error.
	defer func() {
		if r := recover(); r != nil {
			be, err = nil, fmt.Errorf("backend %s cannot be made: %v", info.Config, r)
		}
	}()
	be, err = compute.NewWithConfig(ordered(info.Config))
	if err != nil {
		if info.Plugin != "" {
			return nil, fmt.Errorf("the XLA plugin %s cannot be loaded: %w; %s", info.Plugin, err, advice)
		}
		return nil, fmt.Errorf("backend %s cannot be made: %w", info.Config, err)
	}
	info.PluginVersion = pluginVersion(info.Plugin)
	mu.Lock()
	opened[be] = info
	mu.Unlock()
	return be, nil
}

// ordered asks the pure Go backend for one operation after the other, unless the configuration says ops_parallel. By default a graph
// that is alone runs operations side by side, and when as many matrix products as there are workers wait for workers of their own,
// all wait forever (compute v0.1.2, Pool.Saturate). Small operations are also faster in order; a large product takes all cores
// either way.
func ordered(config string) string {
	name, options, _ := strings.Cut(config, ":")
	if name != "go" {
		return config
	}
	return "go:ops_sequential," + options
}

// Find returns what New would choose, without loading it. The error is New's, as far as it can be told without loading.
func Find() (Info, error) {
	if config := strings.TrimSpace(os.Getenv(compute.ConfigEnvVar)); config != "" {
		info, err := resolve(config)
		if err != nil {
			return Info{}, fmt.Errorf("GOMLX_BACKEND=%s: %w", config, err)
		}
		info.Why = "GOMLX_BACKEND"
		return info, nil
	}
	if hasXLA {
		for _, path := range Plugins("cpu") {
			if CheckPlugin(path) == nil {
				return Info{Name: "xla", Config: "xla:" + path, Plugin: path, XLAFlags: os.Getenv("XLA_FLAGS"), Why: "installed"}, nil
			}
		}
	}
	return Info{Name: "go", Config: "go", Why: "no XLA"}, nil
}

// resolve turns what the user wrote into a configuration with an absolute path, and checks the file.
// We never leave the search to go-xla: it panics on a broken library in one of its folders.
func resolve(config string) (Info, error) {
	name, rest, _ := strings.Cut(config, ":")
	switch name {
	case "go":
		return Info{Name: "go", Config: config}, nil
	case "xla", "stablehlo", "hlo", "shlo", "pjrt":
	default:
		return Info{}, fmt.Errorf("there is no backend %q: use go, xla, or xla:/absolute/path/of/a/plugin.so", name)
	}
	if !hasXLA {
		return Info{}, fmt.Errorf("this program was built without XLA: build it with cgo (a C compiler and CGO_ENABLED=1) and without the tag noxla, or set GOMLX_BACKEND=go")
	}
	plugin, options, hasOptions := strings.Cut(rest, ",")
	if plugin == "" {
		plugin = "cpu"
	}
	if !filepath.IsAbs(plugin) {
		if strings.ContainsAny(plugin, `/\`) {
			return Info{}, fmt.Errorf("the path of an XLA plugin must be absolute, %q is not", plugin)
		}
		paths := Plugins(plugin)
		if len(paths) == 0 {
			return Info{}, fmt.Errorf("no XLA plugin %q in %s; %s", plugin, strings.Join(Folders(), ", "), advice)
		}
		plugin = paths[0]
	}
	if err := CheckPlugin(plugin); err != nil {
		return Info{}, fmt.Errorf("%w; %s", err, advice)
	}
	info := Info{Name: "xla", Config: "xla:" + plugin, Plugin: plugin, XLAFlags: os.Getenv("XLA_FLAGS")}
	if hasOptions {
		info.Config += "," + options
	}
	return info, nil
}

// setFlags sets XLA_FLAGS to our defaults when the user has not set it, and returns its value. An empty XLA_FLAGS counts as set.
// Flags for the CPU mean nothing to other plugins, so only CPU plugins get them.
func setFlags(plugin string) (string, error) {
	if flags, set := os.LookupEnv("XLA_FLAGS"); set {
		return flags, nil
	}
	if !strings.Contains(strings.ToLower(filepath.Base(plugin)), "cpu") {
		return "", nil
	}
	known, err := KnownFlags(plugin, DefaultXLAFlags)
	if err != nil {
		return "", err
	}
	flags := strings.Join(known, " ")
	if err := os.Setenv("XLA_FLAGS", flags); err != nil {
		return "", fmt.Errorf("setting XLA_FLAGS: %w", err)
	}
	return flags, nil
}

// Describe says what be is. For a backend that New or Open made, everything is known; hashing the plugin (a few hundred MB) takes a fraction
// of a second, once per file. For any other backend only the name is.
func Describe(be compute.Backend) Info {
	mu.Lock()
	info, found := opened[be]
	mu.Unlock()
	if !found {
		return Info{Name: be.Name(), Config: be.Name(), Why: "made elsewhere"}
	}
	if info.Plugin != "" {
		info.PluginSHA256 = pluginHash(info.Plugin)
	}
	return info
}

// String is one line for people.
func (i Info) String() string {
	if i.Plugin == "" {
		return fmt.Sprintf("%s (pure Go, %s/%s)", i.Name, runtime.GOOS, runtime.GOARCH)
	}
	s := i.Name + " with " + i.Plugin
	if i.PluginVersion != "" {
		s += ", PJRT API " + i.PluginVersion
	}
	if i.PluginSHA256 == PinnedSHA256 {
		s += ", the pinned build"
	}
	return s
}

// HasXLA says whether this program was built with XLA (cgo, and not the tag noxla); it says nothing about plugins.
func HasXLA() bool { return hasXLA }
