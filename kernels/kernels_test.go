package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hatlab/hatlab/hatlib/backend"
)

// The tests' own binary stands in for this program when it probes a backend in a process of its own.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "probe" {
		main()
		return
	}
	os.Exit(m.Run())
}

// testInstaller works in temporary folders and finds no plugin.
func testInstaller(t *testing.T) (*installer, *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv(backend.HomeEnv, filepath.Join(dir, "home of hatlab"))
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", filepath.Join(dir, "none"))
	t.Setenv("GOMLX_BACKEND", "")
	t.Setenv("HATLAB_OFFLINE", "1")
	var out bytes.Buffer
	in, err := newInstaller(filepath.Join(dir, "prefix"), &out)
	if err != nil {
		t.Fatal(err)
	}
	return in, &out
}

// snapshot is every file under some folders with its time and content.
func snapshot(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			content, err := os.ReadFile(path)
			files[path] = info.ModTime().Format(time.RFC3339Nano) + info.Mode().String() + string(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// tree is all that the program may touch.
func tree(t *testing.T, in *installer) map[string]string { return snapshot(t, in.home, in.prefix) }

// Install writes specs that bind this module; a second install changes nothing; a cell compiled with the spec's environment runs without network; remove leaves what is not ours.
func TestInstallTwiceAndRemove(t *testing.T) {
	if testing.Short() {
		t.Skip("builds GoNB")
	}
	in, out := testInstaller(t)
	opts := installOptions{noGopls: true}
	if err := in.install(opts); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(out.String(), "NOTICE") {
		t.Errorf("no plugin could be had, and the output does not say so plainly:\n%s", out)
	}
	first := tree(t, in)
	out.Reset()
	if err := in.install(opts); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(first, tree(t, in)) {
		t.Errorf("the second install changed something:\n%s", out)
	}
	if strings.Contains(out.String(), "written") || strings.Contains(out.String(), "built") {
		t.Errorf("the second install says that it did something:\n%s", out)
	}

	for _, name := range []string{xlaKernel, pureGoKernel} {
		spec, err := readSpec(filepath.Join(in.specs, name))
		if err != nil {
			t.Fatal(err)
		}
		if spec.Language != "go" || spec.InterruptMode != "signal" || spec.Env["GOMLX_BACKEND"] != "go" || spec.Metadata.Hatlab.Module != in.module {
			t.Errorf("%s: %+v", name, spec)
		}
		args := strings.Join(spec.Argv, " ")
		for _, want := range []string{in.bin("gonb"), "--kernel {connection_file}", "-raw_error=true", "-go_work=" + in.module} {
			if !strings.Contains(args, want) {
				t.Errorf("%s: argv %q lacks %q", name, args, want)
			}
		}
	}
	spec, err := readSpec(filepath.Join(in.specs, pureGoKernel))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "off")
	text, err := in.runBound(t.TempDir(), spec)
	if err != nil || text != "1+2+3 = 6 on go" {
		t.Errorf("a cell: %q, %v", text, err)
	}

	foreign := filepath.Join(in.specs, "other", specFile)
	mine := filepath.Join(in.specs, xlaKernel, "notes.txt")
	tool := filepath.Join(in.home, "bin", "other")
	for _, path := range []string{foreign, mine, tool} {
		if _, err := place(path, []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.remove(true); err != nil {
		t.Fatal(err)
	}
	left := tree(t, in)
	for path := range left {
		if path != foreign && path != mine && path != tool {
			t.Errorf("remove left %s", path)
		}
	}
	for _, path := range []string{foreign, mine, tool} {
		if _, found := left[path]; !found {
			t.Errorf("remove took %s", path)
		}
	}
	if err := in.remove(false); err != nil {
		t.Errorf("removing twice: %v", err)
	}
}

// A kernel of somebody else's under our name is neither overwritten nor removed.
func TestForeignKernel(t *testing.T) {
	in, out := testInstaller(t)
	path := filepath.Join(in.specs, xlaKernel, specFile)
	const theirs = `{"argv": ["python"], "display_name": "Theirs"}`
	if _, err := place(path, []byte(theirs), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := in.writeSpec(xlaKernel, in.spec(xlaKernel, "Ours", pureGo(""))); err == nil || !strings.Contains(err.Error(), "not ours") {
		t.Errorf("writing over it: %v", err)
	}
	if err := in.remove(false); err != nil || !strings.Contains(out.String(), "stays") {
		t.Errorf("removing it: %v\n%s", err, out)
	}
	if content, _ := os.ReadFile(path); string(content) != theirs {
		t.Errorf("it is now %q", content)
	}
}

// What Jupyter fills into a spec's environment is PATH and nothing of ours.
func TestSpecDollar(t *testing.T) {
	in, _ := testInstaller(t)
	in.home = "/home/a$b"
	spec := in.spec(xlaKernel, "x", choice{config: "xla:/home/a$b/cpu.so", flags: "--f"})
	for key, want := range map[string]string{
		"GOMLX_BACKEND": "xla:/home/a$$b/cpu.so", "HATLAB_HOME": "/home/a$$b", "XLA_FLAGS": "--f", "CGO_ENABLED": "1",
		"PATH": "/home/a$$b/shim:/home/a$$b/bin:" + filepath.Dir(in.goExe) + ":${PATH}",
	} {
		if runtime.GOOS != "windows" && spec.Env[key] != want {
			t.Errorf("%s is %q, want %q", key, spec.Env[key], want)
		}
	}
}

// A broken plugin in HATLAB_HOME and a broken GOMLX_BACKEND are named, passed over, and lead to pure Go.
func TestBrokenPlugin(t *testing.T) {
	in, out := testInstaller(t)
	path := filepath.Join(in.lib(), backend.PluginFile)
	if _, err := place(path, []byte("not a library"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOMLX_BACKEND", "xla:/no/such/plugin.so")
	c := in.choosePlugin()
	if c.config != "go" {
		t.Errorf("chose %+v", c)
	}
	for _, want := range []string{"/no/such/plugin.so", path} {
		if backend.HasXLA() && !strings.Contains(out.String(), want) {
			t.Errorf("the output does not name %s:\n%s", want, out)
		}
	}
}

// What the user set is taken.
func TestUserChoice(t *testing.T) {
	in, out := testInstaller(t)
	t.Setenv("GOMLX_BACKEND", "go")
	if c := in.choosePlugin(); c.config != "go" || !strings.Contains(c.reason, "GOMLX_BACKEND") {
		t.Errorf("chose %+v\n%s", c, out)
	}
}

// The go command in front of Go skips `go get` only when nothing is missing, and passes everything else on.
func TestShim(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is none on Windows")
	}
	in, _ := testInstaller(t)
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	fake := filepath.Join(dir, "it's go")
	// A stand-in that knows all imports as long as the file "missing" is not there.
	script := "#!/bin/sh\necho \"$*\" >> '" + log + "'\n[ \"$1\" = list ] && [ -e missing ] && exit 1\n[ \"$1\" = fail ] && exit 7\nexit 0\n"
	if _, err := place(fake, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	in.goExe = fake
	if err := in.writeShim(); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		os.Remove(log)
		cmd := exec.Command(filepath.Join(in.shim(), "go"), args...)
		cmd.Dir = dir
		err := cmd.Run()
		content, _ := os.ReadFile(log)
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return string(content) + exit.String()
		}
		return string(content)
	}
	if got := run("get"); got != "list -deps .\n" {
		t.Errorf("get, nothing missing: %q", got)
	}
	if got := run("get", "-t"); got != "list -deps -test .\n" {
		t.Errorf("get -t, nothing missing: %q", got)
	}
	if got := run("get", "x@v1"); got != "get x@v1\n" {
		t.Errorf("get x@v1: %q", got)
	}
	if got := run("fail", "a b"); got != "fail a b\nexit status 7" {
		t.Errorf("fail: %q", got)
	}
	if _, err := place(filepath.Join(dir, "missing"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := run("get"); got != "list -deps .\nget\n" {
		t.Errorf("get, something missing: %q", got)
	}
}

// entry is one file of a test's wheel.
type entry struct {
	name    string
	mode    fs.FileMode
	content string
}

// makeWheel writes a zip file and returns its path and hash.
func makeWheel(t testing.TB, entries ...entry) (path, sum string) {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		header.SetMode(e.mode)
		f, err := w.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "x.whl")
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path, hashOf(buf.Bytes())
}

func hashOf(content []byte) string {
	h := sha256.Sum256(content)
	return hex.EncodeToString(h[:])
}

const member, library = "pkg/lib.so", "the library"

// The wheel's one file comes out whole, or nothing does and the error says why; nothing else of a wheel is ever written.
func TestExtract(t *testing.T) {
	good := entry{member, 0o755, library}
	w := wheel{member: member, size: int64(len(library)), memberSHA: hashOf([]byte(library))}
	cases := []struct {
		name    string
		entries []entry
		change  func(*wheel)
		want    string // in the error; "" for none
	}{
		{"good", []entry{{"../../evil", 0o644, "evil"}, good, {"/etc/evil", 0o644, "evil"}}, nil, ""},
		{"wrong hash of the wheel", []entry{good}, func(w *wheel) { w.sha256 = hashOf(nil) }, "not the pinned wheel"},
		{"missing", []entry{{"pkg/other.so", 0o755, library}}, nil, "does not hold"},
		{"climbing", []entry{{"pkg/../pkg/lib.so", 0o755, library}}, nil, "does not hold"},
		{"twice", []entry{good, good}, nil, "twice"},
		{"link", []entry{{member, fs.ModeSymlink | 0o777, library}}, nil, "not a regular file"},
		{"longer", []entry{{member, 0o755, library + "!"}}, nil, "expected 11"},
		{"other content", []entry{{member, 0o755, "the lybrary"}}, nil, "SHA-256"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path, sum := makeWheel(t, c.entries...)
			w := w
			w.sha256 = sum
			if c.change != nil {
				c.change(&w)
			}
			dir := t.TempDir()
			target := filepath.Join(dir, "in", "lib.so")
			if err := os.Mkdir(filepath.Dir(target), 0o755); err != nil {
				t.Fatal(err)
			}
			err := w.extract(path, target)
			files := snapshot(t, dir)
			if c.want == "" {
				content, readErr := os.ReadFile(target)
				if err != nil || readErr != nil || string(content) != library || len(files) != 1 {
					t.Errorf("%v, %v, %q, files %d", err, readErr, content, len(files))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if len(files) != 0 {
				t.Errorf("%d files were left behind", len(files))
			}
		})
	}
}

// A header that gives a smaller size than the data have cannot make us write more.
func TestExtractLyingHeader(t *testing.T) {
	path, _ := makeWheel(t, entry{member, 0o755, strings.Repeat("x", 1<<20)})
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	archive.File[0].UncompressedSize64 = 11
	w := wheel{member: member, size: 11, memberSHA: hashOf([]byte(library))}
	dir := t.TempDir()
	if err := w.extractFrom(&archive.Reader, filepath.Join(dir, "lib.so")); err == nil {
		t.Error("no error")
	}
	if files := snapshot(t, dir); len(files) != 0 {
		t.Errorf("%d files were left behind", len(files))
	}
}

// Whatever the archive: no panic, nothing outside the target, and the target only with the pinned content.
func FuzzExtract(f *testing.F) {
	for _, entries := range [][]entry{{{member, 0o755, library}}, {{"../x", 0o644, "y"}, {member, 0o644, "z"}}, {}} {
		path, _ := makeWheel(f, entries...)
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	w := wheel{member: member, size: int64(len(library)), memberSHA: hashOf([]byte(library))}
	f.Fuzz(func(t *testing.T, content []byte) {
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return
		}
		dir := t.TempDir()
		target := filepath.Join(dir, "lib.so")
		err = w.extractFrom(archive, target)
		files, readErr := os.ReadDir(dir)
		if readErr != nil {
			t.Fatal(readErr)
		}
		got, _ := os.ReadFile(target)
		if (err == nil) != (string(got) == library) || (err == nil) != (len(files) == 1) {
			t.Errorf("error %v, content %q, %d files", err, got, len(files))
		}
	})
}

// The flags and the help stay as the scripts use them.
func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{{"install", "--nonsense"}, {"instal"}, {"install", "extra"}} {
		cmd := newCommand()
		cmd.SetArgs(args)
		cmd.SetOut(&bytes.Buffer{})
		cmd.SetErr(&bytes.Buffer{})
		if err := cmd.Execute(); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

// Check without an installation fails, and says for each thing how to mend it.
func TestCheckNothingInstalled(t *testing.T) {
	in, out := testInstaller(t)
	if err := in.check(); !errors.Is(err, errCheck) {
		t.Errorf("error %v, want %v", err, errCheck)
	}
	if strings.Count(out.String(), "mend: ") < 4 || !strings.Contains(out.String(), installAgain) {
		t.Errorf("the output:\n%s", out)
	}
}
