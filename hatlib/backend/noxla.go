//go:build !cgo || noxla

package backend

// hasXLA says whether this program can load XLA plugins.
const hasXLA = false

func pluginVersion(string) string { return "" }
