// Package documenttest holds pages that programs write to what the programs say.
package documenttest

import (
	"flag"
	"os"
	"testing"

	"github.com/hatlab/hatlab/hatlib/atomicfile"
)

var update = flag.Bool("update", false, "write the pages again that this package's code writes")

// Same fails where the file at path is not want; with -update it writes the file first.
func Same(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := atomicfile.Write(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != want {
		t.Errorf("%s is not what the code of this package writes: go test -run %s -update, in its folder", path, t.Name())
	}
}
