// Package analysis turns the numbers of runs into statements: paired differences with bootstrap intervals, tests,
// equivalence, corrections for many claims, verdicts; and rules into shares of variance. It reads no store and draws
// nothing: package claims applies it to the paper's sentences.
//
// All functions take float64 slices, one number for each run or pair of runs. A run that diverged counts with the number
// that it is left with; there are no gaps. Random numbers come from a seed, so equal arguments give equal results.
//
// The interquartile mean with stratified bootstrap follows Agarwal et al. 2021 (rliable); the BCa interval Efron and
// Tibshirani 1993, chapter 14; the equivalence test is Schuirmann's two one-sided tests (1987); the correction Holm's
// (1979).
package analysis
