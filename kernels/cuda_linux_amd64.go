package main

import (
	"errors"
	"fmt"
	"os"

	goxla "github.com/gomlx/go-xla/installer"
	"github.com/hatlab/hatlab/hatlib/backend"
)

// chooseCUDA finds or fetches the CUDA plugin: jax-cuda13-pjrt and NVIDIA's libraries from the Python package index, several GB, by GoMLX's installer.
func (in *installer) chooseCUDA() (choice, error) {
	if !backend.HasXLA() {
		return choice{}, errors.New("XLA needs cgo: install a C compiler and leave CGO_ENABLED at 1")
	}
	paths := backend.Plugins("cuda")
	if len(paths) == 0 {
		if os.Getenv("HATLAB_OFFLINE") == "1" {
			return choice{}, errors.New("no CUDA plugin is installed, and HATLAB_OFFLINE=1 forbids fetching one")
		}
		in.say("CUDA       fetching jax-cuda13-pjrt and NVIDIA's libraries (several GB) with GoMLX's installer")
		if err := goxla.CudaInstall("cuda13", "latest", in.lib(), false, goxla.Quiet); err != nil {
			return choice{}, fmt.Errorf("GoMLX's installer: %w", err)
		}
		if paths = backend.Plugins("cuda"); len(paths) == 0 {
			return choice{}, errors.New("GoMLX's installer ran, but left no CUDA plugin")
		}
	}
	config := "xla:" + paths[0]
	if !goxla.HasNvidiaGPU() {
		return choice{config: config, reason: "NOT TRIED: there is no NVIDIA GPU on this machine"}, nil
	}
	c, err := in.accept(config, "installed")
	if err != nil {
		return choice{}, fmt.Errorf("the plugin is there, and so is a GPU, but it does not work: %w", err)
	}
	return c, nil
}
