// Package treatment compares the arms of an experiment: what each ends with, and by how much it differs from another arm
// in pairs of runs that share seed, initial learner, batches and labels. Notebook 06 is made of it.
//
//	sources, err := treatment.Sources(store, "why", experiment.Options{})   // committed results, and those computed here
//	rows := treatment.Compare(sources[0].Runs, experiment.ControlArm)
//	nb.Draw(treatment.Forest("06_why", "Accuracy against the control", rows))
//	nb.Table(treatment.Table(rows))
//
// It reads stored runs, and judges nothing: package claims does.
package treatment
