package dataset

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hatlab/hatlab/hatlib/progress"
)

func TestMain(m *testing.M) {
	progress.SetDefaultSink(func() progress.Sink { return silent{} })
	os.Exit(m.Run())
}

type silent struct{}

func (silent) Show(progress.State) {}

// server serves the files of a tiny set below /; handle may answer instead and then returns true.
func server(t *testing.T, handle func(w http.ResponseWriter, r *http.Request) bool) (*published, *options) {
	t.Helper()
	p, served := tiny(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handle != nil && handle(w, r) {
			return
		}
		w.Write(served[strings.TrimPrefix(r.URL.Path, "/")])
	}))
	t.Cleanup(s.Close)
	p.addresses = []string{s.URL + "/"}
	register(t, p)
	return p, isolated(t)
}

// leftovers lists the files below the cache.
func leftovers(t *testing.T, o *options) (files []string) {
	t.Helper()
	filepath.WalkDir(o.cache, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != o.cache {
			files = append(files, path)
		}
		return nil
	})
	return files
}

func TestDownload(t *testing.T) {
	p, o := server(t, nil)
	train, test, err := Load("tiny")
	if err != nil {
		t.Fatal(err)
	}
	if train.N != 3 || test.N != 2 {
		t.Errorf("%v, %v", train, test)
	}
	if files := leftovers(t, o); len(files) != 5 { // the folder and its four files
		t.Errorf("the cache holds %v", files)
	}
	p.addresses = []string{"http://127.0.0.1:1/"} // from now on the cache must do
	if _, _, err := Load("tiny"); err != nil {
		t.Errorf("second time: %v", err)
	}
}

// TestDownloadFails: whatever goes wrong with the third file, nothing is left in the cache, and the error says what happened.
func TestDownloadFails(t *testing.T) {
	third := func(r *http.Request) bool { return r.URL.Path == "/test-images.gz" }
	for _, test := range []struct {
		name   string
		handle func(w http.ResponseWriter, r *http.Request) bool
		says   string
	}{
		{"not found", func(w http.ResponseWriter, r *http.Request) bool {
			if third(r) {
				http.NotFound(w, r)
			}
			return third(r)
		}, "404"},
		{"truncated", func(w http.ResponseWriter, r *http.Request) bool {
			if third(r) {
				w.Header().Set("Content-Length", "1000")
				w.Write(make([]byte, 10))
			}
			return third(r)
		}, "unexpected EOF"},
		{"wrong content", func(w http.ResponseWriter, r *http.Request) bool {
			if third(r) {
				w.Write([]byte("<html>please log in to the network</html>"))
			}
			return third(r)
		}, "SHA-256"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, o := server(t, test.handle)
			_, _, err := Load("tiny")
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "test-images.gz") {
				t.Errorf("error %v, want one about test-images.gz with %q", err, test.says)
			}
			if files := leftovers(t, o); len(files) != 0 {
				t.Errorf("left in the cache: %v", files)
			}
		})
	}
}

func TestDownloadStops(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, o := server(t, func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Length", "1000")
		w.Write(make([]byte, 10))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return true
	})
	_, _, err := LoadContext(ctx, "tiny")
	if err == nil || ctx.Err() == nil {
		t.Errorf("error %v", err)
	}
	if files := leftovers(t, o); len(files) != 0 {
		t.Errorf("left in the cache: %v", files)
	}
}

// TestDownloadSecondAddress: the first address is dead, as the home page of MNIST is.
func TestDownloadSecondAddress(t *testing.T) {
	p, o := server(t, nil)
	p.addresses = append([]string{"http://127.0.0.1:1/"}, p.addresses...)
	var log strings.Builder
	dir, err := Ensure(t.Context(), "tiny", &log)
	if err != nil || dir != o.cacheOf(p) {
		t.Fatalf("%q, %v", dir, err)
	}
	for _, want := range []string{"not on this machine", "not from there", "downloading from " + p.addresses[1], "in " + dir} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log %q does not say %q", log.String(), want)
		}
	}
}

// TestEnsureCompletes: one split is in the cache; only the other is fetched. Without a network the one split is accepted.
func TestEnsureCompletes(t *testing.T) {
	var asked []string
	p, o := server(t, func(w http.ResponseWriter, r *http.Request) bool {
		asked = append(asked, r.URL.Path)
		return false
	})
	p.partial = true
	_, served := tiny(t)
	put(t, o.cacheOf(p), map[string][]byte{"test-images.gz": served["test-images.gz"], "test-labels.gz": served["test-labels.gz"]})
	if _, err := Ensure(t.Context(), "tiny", t.Output(), WithOffline()); err != nil {
		t.Errorf("offline: %v", err)
	}
	// A folder that the user names is his: what it holds is what he wants.
	if dir, err := Ensure(t.Context(), "tiny", t.Output(), WithDir(o.cacheOf(p))); err != nil || dir != o.cacheOf(p) {
		t.Errorf("in a named folder: %q, %v", dir, err)
	}
	if len(asked) != 0 {
		t.Errorf("asked for %v", asked)
	}
	if _, err := Ensure(t.Context(), "tiny", t.Output()); err != nil {
		t.Error(err)
	}
	if got := strings.Join(asked, " "); got != "/train-images.gz /train-labels.gz" {
		t.Errorf("asked for %s", got)
	}
	if train, test, err := Load("tiny"); err != nil || train == nil || test == nil {
		t.Errorf("%v, %v, %v", train, test, err)
	}
}

// TestAbandonedDownload: a program was killed in the middle of a download yesterday, and another one is at work now.
func TestAbandonedDownload(t *testing.T) {
	_, o := server(t, nil)
	old, fresh, other := filepath.Join(o.cache, ".tiny-1"), filepath.Join(o.cache, ".tiny-2"), filepath.Join(o.cache, ".other-1")
	for _, dir := range []string{old, fresh, other} {
		put(t, dir, map[string][]byte{"train-images.gz": {1, 2, 3}})
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	for _, dir := range []string{old, other} {
		if err := os.Chtimes(dir, yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := Load("tiny"); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{old: false, fresh: true, other: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", dir, err == nil, want)
		}
	}
}

func TestReadOnlyCache(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root can write everywhere")
	}
	_, o := server(t, nil)
	if err := os.Chmod(filepath.Dir(o.cache), 0o555); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load("tiny"); err == nil || !strings.Contains(err.Error(), "HATLAB_HOME") {
		t.Errorf("error %v, want one that names HATLAB_HOME", err)
	}
}
