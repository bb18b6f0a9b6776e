// Command kernels installs, checks and removes hatlab's Jupyter kernels.
//
//	go run ./kernels install [--prefix DIR] [--cuda] [--no-gopls]
//	go run ./kernels check   [--prefix DIR]
//	go run ./kernels remove  [--prefix DIR] [--all]
//
// # What install does
//
//  1. Builds GoNB and goimports in the versions of go.mod, and gopls (for completion; it does not share go.mod's versions) into $HATLAB_HOME/bin.
//  2. Gets XLA's CPU plugin, in this order: what GOMLX_BACKEND names; what is installed already; the pinned wheel from the Python
//     package index, by pip, so that mirrors and proxies are honoured; GoMLX's own installer. Where none of them works the kernels compute in pure Go.
//  3. Compiles hatlab once for each kernel, so that the first cell does not wait and later cells need no network.
//  4. Writes the kernel specs, which bind this folder's module.
//
// What is already there and right is left alone: a second run changes nothing. Files are written under a temporary name and renamed.
//
// # The go command in front of Go
//
// Before each cell GoNB runs `go get` in the cell's own module. That asks the network for the newest version of whatever the cell imports,
// although the workspace (-go_work) already has it in ours: it fails with the network cut, and takes other versions than ours with it. GoNB has
// a switch against that, %noautoget, but only in a cell. So the kernels' PATH begins with $HATLAB_HOME/shim, whose `go` does
// nothing for a bare `go get` when all imports are provided, and is Go itself in every other case.
//
// # Origin of the plugin
//
// The wheel fastatomstruct-xla-cpu 2026.6.23 (Apache-2.0) holds libpjrt_cpu.so, by its own description the unmodified
// linux/amd64 build manual-2026-06-23T00-20-00Z of XLA (Apache-2.0) from github.com/zml/pjrt-artifacts. We take that one file out of it, verify its SHA-256, and do
// not redistribute it. There is no such wheel for other systems.
package main

//go:generate go run ./internal/drawlogo
