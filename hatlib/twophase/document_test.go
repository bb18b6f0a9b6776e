package twophase

import (
	"testing"

	"github.com/hatlab/hatlab/hatlib/internal/documenttest"
)

// TestDocument: METHODS.md is what the catalogue says.
func TestDocument(t *testing.T) { documenttest.Same(t, "METHODS.md", Document()) }
