// Package metalearning holds the relatives of HAT that the paper names in section 1.2: three methods in which one model learns how another one learns. Each
// is here in its essential form, with the formula beside the code, trained from a seed, and held to the claim of its authors by a test.
//
//	gradient-based   [g_t, h_t+1] = m(grad f(x_t), h_t)       x_t+1 = x_t + g_t           Andrychowicz et al. 2016   [LearnedGradient]
//	gradient-free    h_t, x_t = RNN(h_t-1, x_t-1, y_t-1)      y_t = f(x_t)                Chen et al. 2017           [LearnedSearch]
//	unsupervised     dW_ij = mean S(z_i, h_i).R(p_j, q_j)     no f and no labels at all   Metz et al. 2018           [UnsupervisedRule]
//
// What the inner model may know shrinks from line to line: gradients, values, only its own activity. HAT stands beside the third; its M sees less (three numbers
// of one pair), and learns while its learner does.
//
// All three are trained in one way ([MetaConfig]): some steps of the inner model are unrolled in one graph, the meta-loss is differentiated through them, and Adam moves
// the meta-parameters. GoMLX has no gradient through While, so the steps are written out one after the other when the graph is built.
//
// The inner problems: [Quadratics] and [SmallMLP]; functions of a [GPPrior], judged on four [Benchmarks]; [FewShot] tasks. The opponents: [SGD], [NAG], [RMSprop] and
// [Adam], each tuned ([RaceBaselines]); [RandomSearch] and a Gaussian process ([GPEI]); random features and the inputs themselves. [All] is the catalogue, METHODS.md its
// text, and [References] the runs whose parameters are kept in the program:
//
//	be, _ := backend.New()
//	ref, _ := metalearning.FindReference("gradient")
//	p, _ := ref.Params()
//	lstm, _ := metalearning.DefaultLearnedGradient.Stepper(be, p)
//	fresh, tuned, _ := metalearning.RaceBaselines(be, metalearning.Quadratics{N: 10}, 98, 99, 100, 100, 1)
//	loss, _ := fresh.Run(lstm)   // [101][100], to be held against tuned[k].Loss
//
// Functions that build graphs panic, as GoMLX's do; everything else returns an error.
package metalearning
