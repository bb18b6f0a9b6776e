// Package report is the replication report: every sentence of the paper that states a result (package claims), with a
// verdict from the runs computed here and one from the committed results, clearly told apart.
//
//	r, err := report.Read(store, experiment.Options{Profile: "quick"})   // judged: here, and every committed profile
//	r.Summary()                                                          // one row for each claim
//	r.Section(r.Entries[0])                                              // all there is about one claim
//
// Summary and Section are fragments of HTML that hold all they need, pictures included: a page made of them needs no
// network. Text is the same for a terminal, CSV for programs. The package trains nothing and draws forest plots only.
package report
