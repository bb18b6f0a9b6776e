package metalearning

// What the tests measured with the kept parameters, on XLA on the CPU; intervals are 95%.
const (
	measuredGradient = "loss after 100 steps on 100 quadratics 0.348; NAG (rate 0.008, momentum 0.98) 0.420, Adam (0.512) 0.431, RMSprop (0.016, decay 0.999) 0.767, " +
		"SGD (0.016) 0.968. Paired differences: NAG -0.072 [-0.104, -0.040], Adam -0.084 [-0.124, -0.043], RMSprop -0.419 [-0.546, -0.293], SGD -0.620 [-0.781, -0.459]. " +
		"On the network 64-20-10, ten fresh initialisations, the mean cross-entropy over the course of 100 steps is 0.396, against NAG 0.511, Adam 0.578, RMSprop 0.684 and SGD 1.16, tuned " +
		"for the same (`TestLearnedGradientOnMLP`); at the end of the course the learned optimizer, at 0.127 over the last ten steps, is behind NAG (0.085) and Adam (0.094) when those are tuned " +
		"for the end, and ahead of RMSprop (0.170) and SGD (0.718)"
	measuredSearch = "mean regret after 20 queries over 400 first queries and orientations, learned against random search: Branin 1.95 and 2.45 (difference -0.50 [-0.80, " +
		"-0.20]), Goldstein-Price 65.7 and 104.9 (-39 [-56, -22]), Hartmann-3 0.464 and 0.743 (-0.279 [-0.335, -0.222]), Hartmann-6 1.26 and 2.04 (-0.78 [-0.86, -0.70]). " +
		"The Gaussian process is far better on all four: 0.52, 13.0, 0.24 and 0.84 on the first 50 of the tasks. So our short meta-training shows " +
		"the method, and does not reach the paper's figures, in which it is level with such optimizers"
	measuredRule = "accuracy with 10 classes, 5 labels each, 64 features, over 40 tasks. Fashion-MNIST: rule 0.623, random features 0.580, untrained rule 0.471 (rule less random " +
		"0.043 [0.027, 0.059]); clusters in 100 dimensions: 0.591, 0.290, 0.275 (0.301 [0.282, 0.320]). The same readout on the 784 inputs themselves is better " +
		"than the rule's 64 features on Fashion-MNIST (0.666) and worse on the clusters (0.508)"
)
