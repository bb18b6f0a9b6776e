// Package nb is what notebook cells call to show things: the only package of hatlab that knows it is in a notebook.
//
//	fig := nb.Must1(figure.LearningCurves{...}.Figure())
//	nb.Show(fig)                                             // picture, caption, files under HATLAB_OUT
//	nb.Number("03_figure_1_epochs", "median_hat", m, 0, 0.01, 20) // a number the runner compares with its reference
//	nb.Check(m > 0.8, "HAT reaches %.3f", m)                 // a tick, or a failed cell
//	ctx := nb.Context()                                      // cancelled by the stop button
//
// Every function works outside a notebook too (go test, go run): it prints plain text to standard output instead.
// Displays hold all they need, so that a saved notebook and a page made of it need no network.
//
// # Failing
//
// A cell is a process. [Must], [Must1], [Check] and whatever else cannot go on write one line to standard error and end
// the process with status 1; the kernel then reports the cell as failed, with that line.
//
// # Environment
//
//	HATLAB_OUT      folder for figures/ and numbers/; default $HATLAB_HOME/out
//	HATLAB_HOME     default: the folder hatlab in the user's cache folder
//	HATLAB_PROFILE  smoke (default), quick or paper: [Profile], [Pick]
//	HATLAB_SET      key=value key=value ...: [Overrides]
//
// In a notebook, bars of hatlib/progress draw themselves in place, in the output of the cell.
package nb
