// Package rules is the catalogue of local learning rules that run on one layer, each in a file of its own with its
// formula, what it may see, and where it comes from; each is held to its own theory by a test.
//
// A layer has weights W [out, in], input x [batch, in] (v_i) and output y [batch, out] (v_j). A rule returns
// Delta W [out, in], the batch mean of
//
//	hebb             y_j x_i                                       Hebb 1949
//	oja              y_j (x_i - y_j w_ij)                          Oja 1982
//	rich_get_richer  slope y_j + intercept                         the paper, section 4
//	polynomial       sum_abc theta_abc x_i^a w_ij^b y_j^c          Mehta et al. 2024
//	abcd             A x_i y_j + B x_i + C y_j + D                 Najarro and Risi 2020
//	bcm_fixed        x_i y_j (y_j - theta)                         Bienenstock, Cooper and Munro 1982
//	gha              y_j (x_i - sum_{k<=j} y_k w_ik)               Sanger 1989
//	gha_svd          pairs (a, b): (v_k.b) times a without its part along u_1..u_{k-1}; v_k alike   Gorrell 2006
//	ica              s g(y_j) x_i, then symmetric decorrelation    Hyvarinen and Oja 1998
//	bcm              x_i y_j (y_j - theta_j), theta_j sliding      Intrator and Cooper 1992
//	soft_wta         p_j (x_i - y_j w_ij), p = softmax(y / T)      Moraitis et al. 2022
//
// Those above gha see one connection only and are [hatlib.Pointwise]; the others need the rest of the layer, or a
// memory, and say so in their Locality. [All] is the table, [New] makes a rule from its name and parameters,
// [Document] writes the table as Markdown, [TrainLayer] runs a rule on a layer with no labels, and [Readout] measures
// what the layer has learned.
//
// All rules work on float32 and float64, and take one more leading axis for a population of layers:
// [P, batch, in], [P, out, in] and [P, batch, out] give [P, out, in].
//
// Functions that build graphs panic, as GoMLX's do; everything else returns an error.
package rules
