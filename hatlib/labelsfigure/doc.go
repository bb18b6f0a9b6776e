// Package labelsfigure is what notebook 04 needs beyond the engine of package experiment: the paper's Figure 1, right, as
// numbers. Two arms by the proportion of labels, compared in pairs, and how fast M comes to rest when labels are scarce.
//
//	found, err := experiment.Do(ctx, be, "fig1-labels", experiment.Options{Profile: "smoke"})
//	curve, err := labelsfigure.New(found.Complete(), experiment.ReadingPaper)
//	rests, err := labelsfigure.Rests(found.Complete(), experiment.ReadingPaper)
//
// It computes from stored runs and draws nothing.
package labelsfigure
