package twophase

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write METHODS.md")

// TestDocument: METHODS.md is what the catalogue says.
func TestDocument(t *testing.T) {
	const name = "METHODS.md"
	if *update {
		if err := os.WriteFile(name, []byte(Document()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != Document() {
		t.Errorf("%s is not what Document writes: go test ./hatlib/twophase -run TestDocument -update", name)
	}
}
