// Package oracle computes one step of Hebbian-Augmented Training in float64 with plain loops and a gradient derived by
// hand. It shares no code with package hatlib, is as slow as it is plain, and exists to be compared with.
//
// For a layer with weights W, biases b, inputs v and a rule M, per example e of a batch of B:
//
//	z = W v + b,  vhat = sigma(z),  s = vhat or z                       what M sees as v_j
//	weights:      U = W + rate/B sum_e M(v_i, w_ij, s_j),  v' = sigma(U v + b)
//	after_sigma:  v'_j = vhat_j + rate sum_i v_i M(v_i, w_ij, s_j),  U = W + rate/B sum_e M, for the next batch
//
// The backward pass is the chain rule read from these lines, last line first.
package oracle
