package hatlib

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed hat.go step.go pairs.go metalearner.go
var sources embed.FS

// Source returns a fenced part of this package's own code, for notebooks that lay it beside the paper: the lines between
// "//hat:begin name" and "//hat:end name". An unknown name is an error.
func Source(name string) (string, error) {
	files, err := sources.ReadDir(".")
	if err != nil {
		return "", fmt.Errorf("reading the embedded sources: %w", err)
	}
	for _, file := range files {
		text, err := sources.ReadFile(file.Name())
		if err != nil {
			return "", fmt.Errorf("reading the embedded %s: %w", file.Name(), err)
		}
		_, after, found := strings.Cut(string(text), "//hat:begin "+name+"\n")
		if !found {
			continue
		}
		part, _, found := strings.Cut(after, "//hat:end "+name+"\n")
		if !found {
			return "", fmt.Errorf("%s: the part %q has no end", file.Name(), name)
		}
		return unindent(strings.TrimRight(part, "\t\n ")), nil
	}
	return "", fmt.Errorf("no part of the code is called %q", name)
}

// unindent removes one tab from every line.
func unindent(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "\t")
	}
	return strings.Join(lines, "\n")
}
