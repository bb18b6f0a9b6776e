// Package twophase has the two supervised methods that the paper names as more plausible than backpropagation
// (section 1, citations 8 and 9). Both run a network with feedback twice, once free and once with its outputs held or
// pulled towards the answer, and change each connection by the difference of what it sees in the two phases.
//
// Layers are 0 (the input x, always held) to L (linear outputs); W_k [n_k, n_k-1] and b_k [n_k] lead into layer k.
// The cost is C = 1/2 |s_L - d|^2, d the answer.
//
// Contrastive Hebbian learning (Xie and Seung 2003), feedback weak by a factor gamma:
//
//	ds_k/dt = -s_k + f_k(W_k s_k-1 + gamma W_k+1' s_k+1 + b_k)           free: all k;  clamped: s_L = d
//	dW_k    = gamma^(k-L) (s_k s_k-1' clamped - s_k s_k-1' free)          -> -dC/dW_k of backpropagation as gamma -> 0
//
// Equilibrium propagation (Scellier and Bengio 2017), the outputs pulled by a small force beta:
//
//	E       = 1/2 sum_k |s_k|^2 - sum_k rho(s_k)' W_k rho(s_k-1) - sum_k b_k' rho(s_k)
//	ds/dt   = -d(E + beta C)/ds                                            free: beta = 0
//	dW_k    = 1/beta (rho(s_k) rho(s_k-1)' nudged - rho(s_k) rho(s_k-1)' free)   -> -dC/dW_k of the free equilibrium as beta -> 0
//
// The error is of first order in beta; with two nudged phases, at +beta and -beta, and 1/(2 beta), of second order
// (Laborieux et al. 2021).
//
// These methods are not [hatlib.Rule]s: no single activity says what to change. Their locality is
// [hatlib.LocalityTwoPhase], and [Method.Update] can see nothing but the states of the phases.
//
// [All] is the table of methods, [New] makes one by name, [Learn] is one update as a graph, [Follow] records a
// relaxation for pictures, [Agree] compares an update with backpropagation's, [Train] trains a network, [Document] writes
// the table as Markdown.
//
// Functions that build graphs panic, as GoMLX's do; everything else returns an error.
package twophase
