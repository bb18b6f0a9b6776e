// Package firstfigure is what notebook 03 needs beyond the engine of package experiment: the runs of the paper's Figure 1,
// left, at a profile's size, with those of Algorithm 1 taken literally beside them, and how the arms differ along the
// curve. Verdicts on the paper's sentences are those of package claims.
//
//	specs, err := firstfigure.Specs(firstfigure.Options("smoke", nil))
//	...                                             // experiment.Runner, experiment.Collect
//	control := firstfigure.Curves(runs, experiment.ReadingPaper, experiment.ControlArm)
//	hat := firstfigure.Curves(runs, experiment.ReadingPaper, experiment.HATArm)
//	end, err := firstfigure.Compare(control, hat)
//
// It computes from stored runs and draws nothing.
package firstfigure
