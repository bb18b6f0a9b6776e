package figure_test

import (
	"os"
	"testing"
)

func TestLook(t *testing.T) {
	dir := os.Getenv("LOOK")
	if dir == "" {
		t.Skip()
	}
	for _, s := range samples() {
		f, err := s.Figure()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Save(dir); err != nil {
			t.Fatal(err)
		}
		t.Log(f.Caption)
	}
}
