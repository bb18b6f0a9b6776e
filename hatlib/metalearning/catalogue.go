package metalearning

// Entry is one method of the catalogue: what a reader needs to know before using it.
type Entry struct {
	Name, Title string
	// Formula is the update in LaTeX.
	Formula string
	// Sees says what the learned method is told at each step, and what it is not.
	Sees string
	// Differs says where our form is not that of the paper.
	Differs string
	// Parameters are the settings of the reference runs, with what they mean.
	Parameters []Setting
	// Runs are the names of the reference runs, see [References].
	Runs []string
	// Citation is where the method comes from.
	Citation string
	// Theory is what Test, a test of this package, shows; Measured is what it measured with the kept parameters.
	Theory, Test, Measured string
}

// Setting is one number of a reference run.
type Setting struct {
	Name  string
	Value float64
	Doc   string
}

// All returns the catalogue.
func All() []Entry {
	search, prior := Search(2)
	rule := DefaultUnsupervisedRule
	return []Entry{
		{
			Name: "learned_gradient", Title: "Learned gradient-based optimizer",
			Formula: `[g_t, h_{t+1}] = m(\nabla f(x_t), h_t, \phi), \quad x_{t+1} = x_t + g_t, \quad L(\phi) = E_f \big[ \tfrac{1}{T} \sum_t \log f(x_t) \big]`,
			Sees:    "the gradient of one coordinate and what it remembers of that coordinate; no other coordinate, no value of f",
			Differs: "the meta-loss has the logarithm of f, not f; the gradient is preprocessed as in the paper's appendix A on quadratics too",
			Parameters: []Setting{
				{"hidden", float64(DefaultLearnedGradient.Hidden), "units in each of the two LSTM layers"},
				{"scale", DefaultLearnedGradient.Scale, "of the output"},
				{"unroll", 20, "steps through which the meta-gradient flows"},
				{"horizon", 100, "steps on one function"},
			},
			Runs:     []string{"gradient", "gradient_mlp"},
			Citation: "M. Andrychowicz, M. Denil, S. Gomez, M. W. Hoffman, D. Pfau, T. Schaul, B. Shillingford, N. de Freitas, Learning to learn by gradient descent by gradient descent, NeurIPS 2016",
			Theory:   "on 100 fresh 10-dimensional quadratics the loss after 100 steps is below SGD, RMSprop, Adam and NAG, each tuned, with the whole paired 95% interval (their figure 4)",
			Test:     "TestLearnedGradientOnQuadratics",
			Measured: measuredGradient,
		},
		{
			Name: "learned_search", Title: "Learned gradient-free optimizer",
			Formula: `h_t, x_t = \mathrm{RNN}(h_{t-1}, x_{t-1}, y_{t-1}), \quad y_t = f(x_t), \quad L = E_f \big[ \sum_t \min(f(x_t) - \min_{i<t} f(x_i), 0) \big]`,
			Sees:    "where it looked last, what was found there, and the best of both so far; no gradient",
			Differs: "the best query so far is an input, the first query is drawn at random, one LSTM layer with a linear skip stands for the RNN, the functions of meta-training have a random bowl as their mean, and the heavy-tailed test functions are seen through a logarithm",
			Parameters: []Setting{
				{"hidden", float64(search.Hidden), "units of the LSTM"},
				{"horizon", float64(search.Horizon), "queries, in training and in tests"},
				{"shortest", prior.Shortest, "lengthscale of the Gaussian process"},
				{"longest", prior.Longest, "lengthscale of the Gaussian process"},
				{"bowl", prior.Bowl, "largest share of the bowl in a function"},
			},
			Runs:     []string{"search_2", "search_3", "search_6"},
			Citation: "Y. Chen, M. W. Hoffman, S. Gomez Colmenarejo, M. Denil, T. P. Lillicrap, M. Botvinick, N. de Freitas, Learning to learn without gradient descent by gradient descent, ICML 2017",
			Theory:   "at the horizon the mean regret on Branin, Goldstein-Price, Hartmann-3 and Hartmann-6 is below random search's, with the whole paired 95% interval; a Gaussian process with expected improvement stands beside it",
			Test:     "TestLearnedSearch",
			Measured: measuredSearch,
		},
		{
			Name: "unsupervised_rule", Title: "Learned unsupervised local rule",
			Formula: `\Delta w_{ij} = \big\langle S(z_i, h_i) \cdot R(p_j, q_j) \big\rangle_{\mathrm{batch}} / \sqrt{n_{\mathrm{in}}}, \quad w_i \leftarrow \frac{w_i + \eta\, \Delta w_i}{|w_i + \eta\, \Delta w_i|}`,
			Sees:    "one neuron's own activity over the batch and, for an input neuron, what the layer sends back to it over the same weights; no label",
			Differs: "one layer; the feedback runs over W itself, not over learned weights; the networks have no state and read the present batch only",
			Parameters: []Setting{
				{"hidden", float64(rule.Hidden), "tanh units of S and of R"},
				{"channels", float64(rule.Channels), "numbers that S and R give"},
				{"steps", float64(rule.Steps), "batches without labels"},
				{"width", RuleWidth, "of the layers in meta-training"},
			},
			Runs:     []string{"rule"},
			Citation: "L. Metz, N. Maheswaranathan, B. Cheung, J. Sohl-Dickstein, Learning to learn without labels, 2018, as the paper cites it; in full: Meta-learning update rules for unsupervised representation learning, ICLR 2019 (arXiv:1804.00222)",
			Theory:   "on data sets and at a width that it was not trained on, a ridge readout of 5 labels per class is above chance, above random features and above the untrained rule, with the whole paired 95% interval",
			Test:     "TestUnsupervisedRule",
			Measured: measuredRule,
		},
	}
}
