//go:build cgo && !noxla

package backend

import (
	"fmt"

	"github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/go-xla/pjrt"
)

// hasXLA says whether this program can load XLA plugins.
const hasXLA = true

// A library must never start a download by itself.
func init() { xla.EnableAutoInstall(false) }

// pluginVersion returns the PJRT API version of a loaded plugin, "" for none.
func pluginVersion(path string) string {
	if path == "" {
		return ""
	}
	plugin, err := pjrt.GetPlugin(path)
	if err != nil {
		return ""
	}
	major, minor := plugin.Version()
	return fmt.Sprintf("%d.%d", major, minor)
}
