// Package hatlib expresses Hebbian-Augmented Training (HAT) as one differentiable graph on GoMLX.
//
// HAT trains a learner L twice per batch: a local rule changes every weight on the forward pass, from what the two
// neurons of a connection know; backpropagation changes the learner, and the rule itself, on the backward pass.
// The algorithm is that of "Augmenting Supervised Learning by Meta-learning Unsupervised Local Rules"
// (J. Cheng, A. Benjamin, B. Lansdell, K. P. Kording, 2020), Algorithm 1, per batch:
//
//	v_0 = x                                              line 2
//	for each layer l:                                    line 3
//	    vhat = sigma(W_l v_l + b_l)                      line 4   provisional post-synaptic activity
//	    W_l  = W_l + rate * mean_batch M(v_l, W_l, vhat) line 5   every neuron pair; kept for the next batch
//	    v_l+1 = sigma(W_l v_l + b_l)                     line 6   recomputed with the new weights
//	H = loss(v_L, y), backpropagated                     line 7
//	W_l, b_l, M <- optimizer A                           lines 8, 9
//
// [HAT.Forward] in hat.go is lines 2 to 6; [Config.Step] in step.go is the whole listing. Where to look for the rest:
// the meta-learner M is [MetaLearner], a rule in general is [Rule], the update of every neuron pair is [PairMean],
// the learner is [Learner], a training run is [Run], and every choice that the paper leaves open is a field of
// [Config] with its reason.
//
// # Symbols
//
//	paper            Go                      shape                what it is
//	x                x                       [batch, in]          inputs in [0,1]
//	y                labels                  [batch]              int32 classes
//	v_l, v_i         pre, vi                 [batch, in]          pre-synaptic activity
//	v_l+1, v_j       post, vj                [batch, out]         post-synaptic activity
//	vhat             vhat                    [batch, out]         provisional post-synaptic activity, line 4
//	W_l, w_ij        w, wij                  [out, in]            weights; w_ij of the paper is W[j,i]
//	b_l              b                       [out]                biases; no rule touches them
//	sigma            Activation                                   hidden and output activation
//	M, phi_M         MetaLearner, theta      a,b,c,d,m [H], e []  M = sum_k m_k relu(a_k v_i + b_k w_ij + c_k v_j + d_k) + e
//	Delta w_ij       dw                      [out, in]            what a rule returns, before the rate
//	H                loss                    []                   supervised loss
//	A                optimizer                                    returns the signed step
//	theta (section 3) label fraction         (0,1]                share of the examples that are labelled
//
// # Slips of the listing
//
// They are mended here, and named so that nobody copies them. Line 2 sets v_0 while the loop starts at 1 and the loss
// reads v_|L|. Line 5 writes v_{l+1} where vhat_{l+1} is meant: M sees the provisional activity of the layer above
// and the recomputed activity of the layer below. With W stored as [out, in] the paper's w_ij is W[j,i]. Section 2.2
// writes the step as p + A(p, grad), line 9 as A(dH/dW): here the optimizer applies its own signed step.
//
// # Errors
//
// Functions that build graphs (they take and return *Node) panic, as GoMLX's do; everything else returns an error.
//
// # Population axis
//
// Every tensor of [HAT.Forward], [PairMean], the rules and [Config.Step] may carry one more leading axis P: a population of pairs
// (L_i, M_i) that share nothing but the graph and the data. The text of the algorithm is the same. [Population] trains one,
// and [Trainer] is a population of one, without the axis.
package hatlib
