package dataset

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDebianExtract runs the way without root against the real archive: 30 MB and half a minute, so only when asked.
func TestDebianExtract(t *testing.T) {
	if os.Getenv("HATLAB_TEST_APT") == "" {
		t.Skip("set HATLAB_TEST_APT=1 to download from the Debian archive")
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		t.Skip("no apt-get here")
	}
	dir := filepath.Join(t.TempDir(), "data")
	var log strings.Builder
	if err := debianExtract(t.Context(), findPublished(FashionMNIST), dir, &log); err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	t.Logf("as user %d:\n%s", os.Geteuid(), log.String())
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("%s holds %v, %v; want the four files and no leftovers", dir, entries, err)
	}
	train, test, err := Load(FashionMNIST, WithDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	if train.N != 60000 || test.N != 10000 {
		t.Errorf("%v, %v", train, test)
	}
}
