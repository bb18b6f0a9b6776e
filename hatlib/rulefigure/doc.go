// Package rulefigure is what notebook 05 needs beyond the engine of package experiment: the paper's Figure 2 as numbers. The
// pointwise mean of the converged rules and each rule by itself, on the inputs that training visited and on a grid, beside
// an M that was never trained; the rule along training; its updates beside what matters to the loss.
//
//	found, err := experiment.Do(ctx, be, "fig2-rule", experiment.Options{Profile: "smoke"})
//	rules, err := rulefigure.Read(found.Runs, experiment.ReadingPaper)
//	rows, err := rules.Dependences()
//
// Updates are M's outputs, before any rate. The package computes from stored runs and draws nothing.
package rulefigure
