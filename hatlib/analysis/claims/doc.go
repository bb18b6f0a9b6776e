// Package claims is the protocol of the replication as data: for each sentence of the paper that states a result, one
// primary endpoint, decided before the large runs. [Judge] applies it to the runs that a store has; PROTOCOL.md is
// written from it, see [Protocol].
//
// An endpoint is one number for each pair of runs (same initial learner, batches and labels), HAT minus control unless it
// says otherwise. A run that diverged counts with the accuracy that it is left with; a loss that is not a number, or
// above 10, counts as 10.
package claims
