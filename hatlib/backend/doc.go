// Package backend is the one place that decides on which GoMLX backend hatlab computes.
//
// The order is:
//
//  1. what the user set in GOMLX_BACKEND ("go", "xla", "xla:cpu", "xla:/absolute/path.so", each with GoMLX's ",option=value");
//  2. an installed XLA CPU plugin: $HATLAB_HOME/lib, then the folders of go-xla (PJRT_PLUGIN_LIBRARY_PATH when set, else
//     ~/.local/lib/go-xla and /usr/local/lib/go-xla);
//  3. GoMLX's backend in pure Go, with one plain line on standard error that says so and how to get XLA.
//
// Nothing is ever downloaded here; `go run ./kernels install` does that. Nothing panics: what the user set and what does not
// work is an error that names it, what was found by itself and does not work is named on standard error and passed over.
//
// XLA needs cgo. It is imported by one file, xla.go, built with the tag `cgo && !noxla`; without cgo, or with `-tags noxla`,
// the same package offers the pure Go backend alone.
//
// XLA reads XLA_FLAGS from the environment when it compiles for the first time, and ends the process on a flag that it does not know. So
// when the user has not set XLA_FLAGS, New sets [DefaultXLAFlags], but of these only the flags whose names the library contains.
package backend
