// Package fused computes M's update of every neuron pair without ever building what the equation names.
//
// M is a multilayer perceptron 3-H-1 (paper, section 2 and appendix A). For example b, input i and output j of a layer, with
// v = pre[b,i], w = w[j,i], u = post[b,j],
//
//	z_k = a_k v + b_k w + c_k u + d_k          k = 1..H, for each b, j, i
//	M   = sum_k m_k g(z_k) + e
//
//	mean[j,i]  = 1/B sum_b M                   the update of the weights: MeanUpdate
//	shift[b,j] = sum_i v M                     what the released code adds to the activity: PostShift
//
// The tensor z has batch*out*in*H elements, 717 million for the layer of appendix A. It is never made.
//
// # The gradient
//
// Let G[j,i] and S[b,j] be the adjoints of mean and shift: the derivatives of the loss with respect to them. M of one pair and example enters both,
// so its adjoint is
//
//	g[b,j,i] = G[j,i]/B + S[b,j] v
//
// and since dM/dz_k = m_k g'(z_k), with r_k = g[b,j,i] g'(z_k),
//
//	a_k:  m_k sum_bji r_k v        b_k:  m_k sum_bji r_k w        c_k:  m_k sum_bji r_k u        d_k:  m_k sum_bji r_k
//	m_k:  sum_bji g[b,j,i] g(z_k)                                  e:    sum_bji g[b,j,i]
//	w[j,i]:  sum_b sum_k m_k b_k r_k
//	u[b,j]:  sum_i sum_k m_k c_k r_k
//	v[b,i]:  sum_j sum_k m_k a_k r_k  +  sum_j S[b,j] M            the second because v also multiplies M in the shift
//
// For ReLU g'(z) is 1 for z > 0 and else 0, also at 0, hence g(z) = g'(z) z, and the gradient of m_k is the sum of the four sums above it with weights
// a_k, b_k, c_k and d_k. So r_k is all that is needed, and it is recomputed from z: cheaper than keeping a bit of it for each b, j, i and k.
//
// # Forms
//
// One for compilers that fuse elementwise operations into loops ([unrolled], XLA on CPU and GPU), one for backends that do not ([products], pure Go),
// one for linear M ([affine], a closed form). One function chooses, by activation and backend. NOTES.md says what was tried, with times.
//
// The gradient is attached with [CustomGradient], which is useful beyond this package. Parts that nobody asks for, such as the gradient
// through the inputs of the first layer, are dead code and cost nothing.
package fused
