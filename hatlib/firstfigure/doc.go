// Package firstfigure is what notebook 03 needs beyond the engine of package experiment: the runs of the paper's Figure 1,
// left, at a profile's size, with those of Algorithm 1 taken literally beside them, and the paper's sentences about the
// figure, each with what our runs say about it.
//
//	specs, err := firstfigure.Specs("smoke", nil)
//	...                                             // experiment.Runner, experiment.Collect
//	control, hat := firstfigure.Curves(runs, experiment.ControlArm), firstfigure.Curves(runs, experiment.HATArm)
//	claims, err := firstfigure.Claims(control, hat)
//
// It computes from stored runs and draws nothing.
package firstfigure
