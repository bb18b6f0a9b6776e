package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
	goxla "github.com/gomlx/go-xla/installer"
	"github.com/hatlab/hatlab/hatlib/backend"
)

// choice is what the kernel "hatlab" computes on.
type choice struct {
	config string // GOMLX_BACKEND
	flags  string // XLA_FLAGS
	reason string // for people
}

// pureGo is the choice when there is no XLA.
func pureGo(reason string) choice { return choice{config: "go", reason: reason} }

// choosePlugin finds or fetches the CPU plugin. It always returns a choice; trouble is written as it comes.
func (in *installer) choosePlugin() choice {
	if config := strings.TrimSpace(os.Getenv(compute.ConfigEnvVar)); config != "" {
		c, err := in.accept(config, "GOMLX_BACKEND is set")
		if err == nil {
			return c
		}
		in.say("XLA        WARNING: GOMLX_BACKEND=%s does not work and is passed over: %v", config, err)
	}
	if !backend.HasXLA() {
		return pureGo("XLA needs cgo: install a C compiler (Debian: apt-get install gcc libc6-dev) and leave CGO_ENABLED at 1")
	}
	for _, path := range backend.Plugins("cpu") {
		c, err := in.accept("xla:"+path, "installed")
		if err == nil {
			return c
		}
		in.say("XLA        WARNING: %s does not work and is passed over: %v", path, err)
	}
	if os.Getenv("HATLAB_OFFLINE") == "1" {
		return pureGo("no plugin is installed, and HATLAB_OFFLINE=1 forbids fetching one")
	}
	c, err := in.fetchPinned()
	if err == nil {
		return c
	}
	in.say("XLA        the pinned wheel: %v", err)
	c, err = in.fetchUpstream()
	if err == nil {
		return c
	}
	in.say("XLA        GoMLX's own installer: %v", err)
	return pureGo("no plugin could be had")
}

// accept probes a configuration, with hatlab's flags and, should the plugin not bear them, without.
func (in *installer) accept(config, reason string) (choice, error) {
	var userFlags *string
	if flags, set := os.LookupEnv("XLA_FLAGS"); set {
		userFlags = &flags
	}
	info, err := in.tryBackend(config, userFlags)
	if err != nil && userFlags == nil && strings.HasPrefix(config, "xla") {
		none := ""
		if info, err2 := in.tryBackend(config, &none); err2 == nil {
			in.say("XLA        WARNING: %s works only without hatlab's XLA_FLAGS; it may be slow", info.Plugin)
			return choice{config: info.Config, reason: reason}, nil
		}
	}
	if err != nil {
		return choice{}, err
	}
	return choice{config: info.Config, flags: info.XLAFlags, reason: reason + ": " + info.String()}, nil
}

// fetchPinned gets the pinned wheel's library into $HATLAB_HOME/lib.
func (in *installer) fetchPinned() (choice, error) {
	python, err := in.pythonCommand()
	if err != nil {
		return choice{}, fmt.Errorf("no Python to run pip with: %w", err)
	}
	target := filepath.Join(in.lib(), backend.PluginFile)
	in.say("XLA        fetching %s (63 MB) with pip", pinned.requirement)
	if err := pinned.fetch(python, target); err != nil {
		return choice{}, err
	}
	c, err := in.accept("xla:"+target, "fetched")
	if err != nil {
		return choice{}, errors.Join(fmt.Errorf("it was fetched but does not work here: %w", err), os.Remove(target))
	}
	return c, nil
}

// fetchUpstream lets GoMLX's installer get its plugin from its release page into $HATLAB_HOME/lib.
func (in *installer) fetchUpstream() (choice, error) {
	in.say("XLA        trying GoMLX's own installer, which asks github.com")
	err := goxla.CPUInstall(runtime.GOOS+"_"+runtime.GOARCH, "latest", in.lib(), false, goxla.Quiet)
	if err != nil {
		return choice{}, err
	}
	for _, path := range backend.Plugins("cpu") {
		if c, err := in.accept("xla:"+path, "fetched by GoMLX's installer"); err == nil {
			return c, nil
		}
	}
	return choice{}, errors.New("it ran, but left no plugin that works")
}
