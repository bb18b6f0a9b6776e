package backend

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// HomeEnv names the folder for everything that hatlab fetches or builds.
const HomeEnv = "HATLAB_HOME"

// PluginFile is the name of the CPU plugin in $HATLAB_HOME/lib. go-xla takes a plugin for a CPU plugin when its path
// contains "cpu", and finds it by name when it is called pjrt_c_api_<name>_plugin.so.
const PluginFile = "pjrt_c_api_cpu_plugin.so"

// pluginPathEnv is go-xla's own variable: a list of folders that replaces its standard folders.
const pluginPathEnv = "PJRT_PLUGIN_LIBRARY_PATH"

// Home returns $HATLAB_HOME or, when that is empty, "hatlab" in the user's cache folder. It returns "" when there is neither.
func Home() string {
	if home := os.Getenv(HomeEnv); home != "" {
		return home
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "hatlab")
}

// Folders returns the folders in which plugins are looked for, in this order.
func Folders() []string {
	var folders []string
	if home := Home(); home != "" {
		folders = append(folders, filepath.Join(home, "lib"))
	}
	if list, found := os.LookupEnv(pluginPathEnv); found {
		return append(folders, slices.DeleteFunc(filepath.SplitList(list), func(f string) bool { return f == "" })...)
	}
	if home, err := os.UserHomeDir(); err == nil {
		switch runtime.GOOS {
		case "darwin":
			folders = append(folders, filepath.Join(home, "Library", "Application Support", "go-xla"))
		case "windows":
			folders = append(folders, filepath.Join(home, "AppData", "Local", "go-xla"))
		default:
			folders = append(folders, filepath.Join(home, ".local", "lib", "go-xla"))
		}
	}
	return append(folders, "/usr/local/lib/go-xla")
}

// Plugins returns the absolute paths of the plugins whose names begin with kind ("cpu", "cuda"), best first: by folder, and within a folder
// the file without a version first, then the newest version. A file that two names lead to is listed once.
func Plugins(kind string) []string {
	var found []string
	seen := map[string]bool{}
	folders := Folders()
	if strings.HasPrefix(kind, "cuda") {
		// GoMLX's installer puts it beside NVIDIA's libraries.
		for i := range folders {
			folders = append(folders, filepath.Join(folders[i], "nvidia"))
		}
	}
	for _, folder := range folders {
		for _, ending := range []string{"so", "dylib", "dll"} {
			plain := filepath.Join(folder, "pjrt_c_api_"+kind+"_plugin."+ending)
			versions, _ := filepath.Glob(filepath.Join(globQuote(folder), "pjrt_c_api_"+kind+"*_plugin."+ending))
			slices.SortFunc(versions, func(a, b string) int {
				if (a == plain) != (b == plain) {
					if a == plain {
						return -1
					}
					return 1
				}
				return compareVersions(filepath.Base(b), filepath.Base(a))
			})
			for _, path := range versions {
				real, err := filepath.EvalSymlinks(path)
				if err != nil {
					real = path
				}
				abs, err := filepath.Abs(path)
				if err != nil || seen[real] {
					continue
				}
				seen[real] = true
				found = append(found, abs)
			}
		}
	}
	return found
}

// globQuote quotes the characters of a folder's name that mean something to filepath.Glob.
func globQuote(folder string) string {
	if runtime.GOOS == "windows" {
		return folder
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(folder)
}

// compareVersions compares two names so that numbers in them count as numbers: v0.98.0 comes before v0.114.0.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		na, nb := digits(a), digits(b)
		if na > 0 && nb > 0 {
			x, y := strings.TrimLeft(a[:na], "0"), strings.TrimLeft(b[:nb], "0")
			if len(x) != len(y) {
				return len(x) - len(y)
			}
			if c := strings.Compare(x, y); c != 0 {
				return c
			}
			a, b = a[na:], b[nb:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

// digits returns how many decimal digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
