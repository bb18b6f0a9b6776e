package backend

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
)

// quiet gives a test a world of its own: no plugin anywhere, nothing set, and the notices in a buffer.
func quiet(t *testing.T) *bytes.Buffer {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv(HomeEnv, filepath.Join(home, "hatlab"))
	t.Setenv(pluginPathEnv, filepath.Join(home, "none"))
	t.Setenv("GOMLX_BACKEND", "")
	var buf bytes.Buffer
	notices = &buf
	said = map[string]bool{}
	t.Cleanup(func() { notices = os.Stderr })
	return &buf
}

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// With nothing set and nothing installed: pure Go, and one line that says so and how to get XLA, once.
func TestNewFallsBack(t *testing.T) {
	notes := quiet(t)
	for range 2 {
		be, err := New()
		if err != nil {
			t.Fatal(err)
		}
		if info := Describe(be); info.Name != "go" || info.Config != "go" || info.Plugin != "" || info.Why != "no XLA" {
			t.Errorf("got %+v, want pure Go", info)
		}
	}
	if n := strings.Count(notes.String(), "\n"); n != 1 || !strings.Contains(notes.String(), "go run ./kernels install") {
		t.Errorf("wrote %d lines, want one with the command that gets XLA: %q", n, notes)
	}
	if info, err := Find(); err != nil || info.Name != "go" {
		t.Errorf("Find: %+v, %v", info, err)
	}
}

// A user who asks for pure Go gets no lecture.
func TestGoAsked(t *testing.T) {
	notes := quiet(t)
	t.Setenv("GOMLX_BACKEND", "go")
	be, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if Describe(be).Why != "GOMLX_BACKEND" || notes.Len() > 0 {
		t.Errorf("%+v with notices %q", Describe(be), notes)
	}
}

// A broken plugin that was found, not asked for, is named and passed over.
func TestBrokenInstalled(t *testing.T) {
	if !hasXLA {
		t.Skip("built without XLA")
	}
	notes := quiet(t)
	path := write(t, filepath.Join(Home(), "lib", PluginFile), []byte("not a library"))
	be, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if Describe(be).Name != "go" || !strings.Contains(notes.String(), path) || strings.Count(notes.String(), "\n") != 2 {
		t.Errorf("%+v with notices %q", Describe(be), notes)
	}
}

// What the user asks for and does not work is an error that names it and says what to do.
func TestBrokenAsked(t *testing.T) {
	quiet(t)
	dir := t.TempDir()
	text := write(t, filepath.Join(dir, "cpu_text.so"), []byte("hello"))
	cases := []struct{ config, want string }{
		{"tpu", `no backend "tpu"`},
		{"xla:relative/plugin.so", "must be absolute"},
		{"xla:" + filepath.Join(dir, "missing.so"), "does not exist"},
		{"xla:" + dir, "is a folder"},
		{"xla:" + text, "not a shared library"},
		{"xla", "no XLA plugin"},
		{"xla:cpu", "no XLA plugin"},
		{"xla:cuda", "no XLA plugin"},
		{"go:nonsense", "go:nonsense"},
	}
	if runtime.GOOS == "linux" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, struct{ config, want string }{"xla:" + self, "GetPjrtApi"})
		content, err := os.ReadFile(self)
		if err != nil {
			t.Fatal(err)
		}
		half := write(t, filepath.Join(dir, "cpu_half.so"), content[:len(content)/2])
		cases = append(cases, struct{ config, want string }{"xla:" + half, "cpu_half.so"})
		other := bytes.Clone(content[:4096])
		binary.LittleEndian.PutUint16(other[18:], uint16(elf.EM_S390)) // e_machine
		foreign := write(t, filepath.Join(dir, "cpu_foreign.so"), other)
		cases = append(cases, struct{ config, want string }{"xla:" + foreign, "cpu_foreign.so"})
	}
	for _, c := range cases {
		want := c.want
		if !hasXLA && strings.HasPrefix(c.config, "xla") {
			want = "built without XLA"
		}
		t.Setenv("GOMLX_BACKEND", c.config)
		_, err := New()
		if err == nil {
			t.Errorf("%s: no error", c.config)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "GOMLX_BACKEND="+c.config) {
			t.Errorf("%s: the error is %q, want it to name the setting and say %q", c.config, err, want)
		}
	}
}

// HATLAB_HOME comes first, then the folders in order; in one folder the plain name, then the newest version; a link to a listed file is not listed again.
func TestPlugins(t *testing.T) {
	quiet(t)
	dir := t.TempDir()
	second := filepath.Join(dir, "b[1]*")
	t.Setenv(pluginPathEnv, dir+string(os.PathListSeparator)+second)
	var want []string
	for _, path := range []string{
		filepath.Join(Home(), "lib", PluginFile),
		filepath.Join(dir, "pjrt_c_api_cpu_v0.114.0_plugin.so"),
		filepath.Join(dir, "pjrt_c_api_cpu_v0.98.0_plugin.so"),
		filepath.Join(second, "pjrt_c_api_cpu_v1.0.0_plugin.so"),
	} {
		want = append(want, write(t, path, []byte(path)))
	}
	write(t, filepath.Join(dir, "pjrt_c_api_tpu_plugin.so"), nil)
	cuda := write(t, filepath.Join(dir, "nvidia", "pjrt_c_api_cuda_plugin.so"), nil)
	link := filepath.Join(second, "pjrt_c_api_cpu_plugin.so")
	if err := os.Symlink(want[3], link); err != nil {
		t.Fatal(err)
	}
	want[3] = link
	if got := Plugins("cpu"); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := Plugins("cuda"); !slices.Equal(got, []string{cuda}) {
		t.Errorf("cuda: %q", got)
	}
}

// A flag is known when its name stands in the library as a C string, also across the border of two reads; not when it is part of another name or a field of a protocol buffer.
func TestKnownFlags(t *testing.T) {
	content := make([]byte, 3<<20)
	copy(content[100:], "\x00xla_first\x00")
	copy(content[1<<20+250:], "\x00xla_border\x00") // from 1<<20 + 256 on is the second read
	copy(content[len(content)-20:], "\x00xla_last\x00")
	copy(content[2000:], "\x12\x0axla_removed\x52")
	copy(content[3000:], "\x00xla_first_and_more\x00")
	path := write(t, filepath.Join(t.TempDir(), "lib"), content)
	asked := []string{"--xla_first=1", "--xla_border=", "--xla_removed=1", "--xla_first_and=1", "--xla_last=a", "--xla_nowhere"}
	got, err := KnownFlags(path, asked)
	if want := []string{"--xla_first=1", "--xla_border=", "--xla_last=a"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// A hash is noted, and forgotten when the file changes.
func TestPluginHash(t *testing.T) {
	quiet(t)
	path := write(t, filepath.Join(t.TempDir(), "lib"), []byte("abc"))
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // FIPS 180-2, appendix B.1
	for range 2 {
		if got := pluginHash(path); got != abc {
			t.Errorf("got %s, want %s", got, abc)
		}
	}
	notes, err := filepath.Glob(filepath.Join(Home(), "lib", HashesFolder, "*"))
	if err != nil || len(notes) != 1 {
		t.Fatalf("notes %q, %v, want one", notes, err)
	}
	text, err := os.ReadFile(notes[0])
	if err != nil {
		t.Fatal(err)
	}
	write(t, notes[0], append(text[:len(text)-3], "xyz"...))
	if got := pluginHash(path); !strings.HasSuffix(got, "xyz") {
		t.Errorf("the note is not read: %s", got)
	}
	write(t, path, []byte("abcd"))
	if got := pluginHash(path); got == abc || strings.HasSuffix(got, "xyz") {
		t.Errorf("the note of another content is used: %s", got)
	}
	if got := pluginHash(path + "none"); got != "" {
		t.Errorf("a missing file has the hash %s", got)
	}
}

// installed returns the plugin that this machine has, or skips.
func installed(t *testing.T) string {
	t.Helper()
	if !hasXLA {
		t.Skip("built without XLA")
	}
	if _, path, ok := strings.Cut(os.Getenv("GOMLX_BACKEND"), "xla:"); ok && filepath.IsAbs(path) {
		return path
	}
	paths := Plugins("cpu")
	if len(paths) == 0 {
		if os.Getenv("HATLAB_REQUIRE_XLA") == "1" {
			t.Fatal("no XLA plugin found")
		}
		t.Skip("no XLA plugin found: `go run ./kernels install` fetches it")
	}
	return paths[0]
}

// In a process of its own: make the backend that the environment says, and print XLA_FLAGS and what it is.
func TestMain(m *testing.M) {
	if os.Getenv("BACKEND_TEST_CHILD") == "" {
		os.Exit(m.Run())
	}
	if flag := os.Getenv("BACKEND_TEST_FLAG"); flag != "" {
		os.Setenv("XLA_FLAGS", flag)
	}
	be, err := New()
	if err != nil {
		io.WriteString(os.Stderr, err.Error())
		os.Exit(3)
	}
	info := Describe(be)
	// XLA reads its flags when it compiles.
	if err := runSum(be); err != nil {
		io.WriteString(os.Stderr, err.Error())
		os.Exit(4)
	}
	io.WriteString(os.Stdout, strings.Join([]string{info.Name, info.Plugin, info.PluginVersion, info.XLAFlags, os.Getenv("XLA_FLAGS")}, "|"))
	os.Exit(0)
}

func runSum(be compute.Backend) error {
	_, err := graph.CallOnce(be, func(x *graph.Node) *graph.Node { return graph.ReduceAllSum(x) }, []float32{1, 2})
	return err
}

// child runs TestMain's other half with some environment.
func child(t *testing.T, env ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "XLA_FLAGS=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "BACKEND_TEST_CHILD=1")
	cmd.Env = append(cmd.Env, env...)
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

// XLA gets our flags when the user has set none, and the user's otherwise.
func TestFlagsReachXLA(t *testing.T) {
	path := installed(t)
	known, err := KnownFlags(path, DefaultXLAFlags)
	if err != nil {
		t.Fatal(err)
	}
	config := "GOMLX_BACKEND=xla:" + path
	flags := strings.Join(known, " ")
	out, stderr, err := child(t, config)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	fields := strings.Split(out, "|")
	if len(fields) != 5 || fields[0] != "xla" || fields[1] != path || fields[2] == "" || fields[3] != flags || fields[4] != flags {
		t.Errorf("got %q, want xla with flags %q", out, flags)
	}
	mine := "--xla_cpu_enable_fast_math=false"
	if out, _, err := child(t, config, "XLA_FLAGS="+mine); err != nil || !strings.HasSuffix(out, "|"+mine+"|"+mine) {
		t.Errorf("with the user's flags: %q, %v", out, err)
	}
}

// os.Setenv of this program reaches XLA: it ends the process when the flags that New sets are unknown to it. This is also why KnownFlags exists.
func TestUnknownFlagEndsProcess(t *testing.T) {
	path := installed(t)
	_, stderr, err := child(t, "GOMLX_BACKEND=xla:"+path, "BACKEND_TEST_FLAG=--xla_no_such_flag=1")
	if err == nil || !strings.Contains(stderr, "xla_no_such_flag") {
		t.Errorf("the process ended with %v, stderr %q: XLA did not see the flag", err, stderr)
	}
}

// An installed plugin is found without being asked for.
func TestFindInstalled(t *testing.T) {
	path := installed(t)
	quiet(t)
	lib := filepath.Join(Home(), "lib")
	if err := os.MkdirAll(lib, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(lib, PluginFile)
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	info, err := Find()
	if err != nil || info.Plugin != link || info.Why != "installed" {
		t.Errorf("Find: %+v, %v, want %s", info, err, link)
	}
	out, stderr, err := child(t)
	if err != nil || !strings.HasPrefix(out, "xla|"+link+"|") || stderr != "" {
		t.Errorf("New: %q, %v, stderr %q", out, err, stderr)
	}
	t.Setenv("GOMLX_BACKEND", "xla:cpu")
	if info, err := Find(); err != nil || info.Config != "xla:"+link {
		t.Errorf("xla:cpu is %+v, %v", info, err)
	}
}
