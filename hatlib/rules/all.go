package rules

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib"
)

// All is the catalogue: every rule of one layer, pointwise ones first. Adding a rule is adding its file and its entry
// here; TestConformance then holds it to what every rule owes, and its own theory test to what this one promises.
func All() []Entry {
	return []Entry{
		{
			Name: "hebb", Title: "Hebb's rule",
			Formula:  `\Delta w_{ij} = v_i v_j`,
			Locality: hatlib.LocalityPair, Sees: "the two activities",
			Citation: "D. O. Hebb, The Organization of Behavior, Wiley, 1949",
			Theory:   "the batch rule is the power method without a norm, W(t) = W(0) (1 + eta C)^t: it turns to the first principal component and diverges",
			Test:     "TestHebb",
			Layer:    LayerSetting{Input: Centred, Rate: 1e-2},
			Silent:   true,
			build:    func(map[string]float64) (hatlib.Rule, error) { return hatlib.Hebb(), nil },
		},
		{
			Name: "oja", Title: "Oja's rule",
			Formula:  `\Delta w_{ij} = v_j (v_i - v_j w_{ij})`,
			Locality: hatlib.LocalityPair, Sees: "the two activities and the weight",
			Citation: "E. Oja, Simplified neuron model as a principal component analyzer, J. Mathematical Biology 15(3), 1982",
			Theory:   "on centred data the weights of a unit converge to the first principal component, with length 1",
			Test:     "TestOja",
			Layer:    LayerSetting{Input: Centred, Rate: 1e-2},
			Silent:   true,
			build:    func(map[string]float64) (hatlib.Rule, error) { return hatlib.Oja(), nil },
		},
		{
			Name: "rich_get_richer", Title: "The paper's converged rule",
			Formula:  `\Delta w_{ij} = s\, v_j + t`,
			Locality: hatlib.LocalityPair, Sees: "the output activity alone",
			Parameters: []Param{
				{"slope", 2, "s; about 2 in the paper, 2.13 in the authors' data"},
				{"intercept", 0, "t; -0.42 in the authors' data"},
			},
			Citation: "J. Cheng, A. Benjamin, B. Lansdell, K. P. Kording, Augmenting Supervised Learning by Meta-learning Unsupervised Local Rules, 2020, section 4",
			Theory:   "all incoming weights of a unit move alike, so their differences never change, and on a linear unit the common part grows geometrically",
			Test:     "TestRichGetRicher",
			Layer:    LayerSetting{Input: Centred, Rate: 0.1},
			Silent:   true,
			build: func(p map[string]float64) (hatlib.Rule, error) {
				return hatlib.RichGetRicher(p["slope"], p["intercept"]), nil
			},
		},
		{
			Name: "polynomial", Title: "Polynomial (Taylor) rule",
			Formula:  `\Delta w_{ij} = \sum_{a,b,c=0}^{2} \theta_{abc}\, v_i^a\, w_{ij}^b\, v_j^c`,
			Locality: hatlib.LocalityPair, Sees: "the two activities and the weight",
			Parameters: polynomialParameters(),
			Citation:   "Y. Mehta, D. Tyulmankov, A. Rajagopalan, G. Turner, J. Fitzgerald, J. Funke, Model based inference of synaptic plasticity rules, NeurIPS 2024",
			Theory:     "Hebb, Oja, BCM with a fixed threshold and the converged rule are points of it, exactly; and from the updates alone the coefficients of a hidden rule are recovered through the gradient",
			Test:       "TestPolynomial",
			Layer:      LayerSetting{Input: Centred, Rate: 1e-2},
			Silent:     true,
			build:      buildPolynomial,
		},
		{
			Name: "abcd", Title: "ABCD rule",
			Formula:  `\Delta w_{ij} = A\, v_i v_j + B\, v_i + C\, v_j + D`,
			Locality: hatlib.LocalityPair, Sees: "the two activities",
			Parameters: []Param{
				{"A", 1, "correlation"}, {"B", 0.1, "input alone"}, {"C", 0.1, "output alone"}, {"D", 0, "drift"},
			},
			Citation: "E. Najarro, S. Risi, Meta-learning through Hebbian plasticity in random networks, NeurIPS 2020",
			Theory:   "Hebb and the converged rule are points of it, exactly; and from the updates alone the coefficients of a hidden rule are recovered through the gradient",
			Test:     "TestABCD",
			Layer:    LayerSetting{Input: Centred, Rate: 1e-2},
			Silent:   true,
			build: func(p map[string]float64) (hatlib.Rule, error) {
				return &ABCD{A: p["A"], B: p["B"], C: p["C"], D: p["D"]}, nil
			},
		},
		{
			Name: "bcm_fixed", Title: "BCM, fixed threshold",
			Formula:  `\Delta w_{ij} = v_i\, v_j (v_j - \theta)`,
			Locality: hatlib.LocalityPair, Sees: "the two activities",
			Parameters: []Param{{"theta", 1, "the threshold, in units of the activity"}},
			Citation:   "E. L. Bienenstock, L. N. Cooper, P. W. Munro, Theory for the development of neuron selectivity, J. Neuroscience 2(1), 1982",
			Theory:     "for one pattern the activity follows y' = |x|^2 y (y - theta): it decays from below the threshold along the logistic curve and runs away from above it",
			Test:       "TestBCMFixed",
			Layer:      LayerSetting{Input: UnitLength, Rate: 1e-3},
			Silent:     true,
			build:      func(p map[string]float64) (hatlib.Rule, error) { return BCMFixed(p["theta"]), nil },
		},
		{
			Name: "gha", Title: "Generalized Hebbian algorithm",
			Formula:  `\Delta w_{ij} = v_j \big(v_i - \sum_{k \le j} v_k w_{ik}\big)`,
			Locality: hatlib.LocalityLayer, Sees: "also the activities and weights of the outputs before it",
			Citation: "T. D. Sanger, Optimal unsupervised learning in a single-layer linear feedforward neural network, Neural Networks 2(6), 1989",
			Theory:   "on centred data the outputs converge to the principal components, in order and orthonormal",
			Test:     "TestGHA",
			Layer:    LayerSetting{Input: Centred, Rate: 1e-2},
			Silent:   true,
			build:    func(map[string]float64) (hatlib.Rule, error) { return GHA{}, nil },
		},
		{
			Name: "gha_svd", Title: "Generalized Hebbian algorithm for the SVD",
			Formula: `\Delta u_k = (\hat v_k \cdot b)\big(a - \sum_{m<k} (\hat u_m \cdot a)\, \hat u_m\big),\quad ` +
				`\Delta v_k = (\hat u_k \cdot a)\big(b - \sum_{m<k} (\hat v_m \cdot b)\, \hat v_m\big)`,
			Locality: hatlib.LocalityLayer, Sees: "also the other outputs, the lengths of the weight vectors, and the two halves of the input apart",
			Parameters: []Param{{"split", 0, "entries of a in the input (a, b); 0 is half of it"}},
			Citation:   "G. Gorrell, Generalized Hebbian algorithm for incremental singular value decomposition in natural language processing, EACL 2006",
			Theory:     "from a stream of pairs both singular vectors of each pair, their joint sign, their order and the singular values of E[a b']",
			Test:       "TestGHASVD",
			Layer:      LayerSetting{Input: Centred, Rate: 1e-2},
			Silent:     true,
			build: func(p map[string]float64) (hatlib.Rule, error) {
				split, err := integer("split", p["split"])
				if err != nil {
					return nil, fmt.Errorf("rule gha_svd: %w", err)
				}
				if split < 0 {
					return nil, fmt.Errorf("rule gha_svd: split %d, want 0 (half) or more", split)
				}
				return GHASVD{Split: split}, nil
			},
		},
		{
			Name: "ica", Title: "Nonlinear Hebbian learning (ICA)",
			Formula:  `W \leftarrow (V V^\top)^{-1/2} V,\quad V = W + \eta\, s\, \langle g(v_j)\, v_i \rangle`,
			Locality: hatlib.LocalityLayer, Sees: "also the weights of all other outputs, which are decorrelated together",
			Parameters: []Param{
				{"sign", 0, "s: 1 Hebbian, -1 anti-Hebbian, 0 measured for each output"},
				{"cube", 0, "g: 0 is tanh, 1 is the cube"},
				{"step", 0.5, "eta; a caller with this rate lands on decorrelated weights"},
			},
			Citation: "A. Hyvarinen, E. Oja, Independent component analysis by general nonlinear Hebbian-like learning rules, Signal Processing 64(3), 1998",
			Theory:   "on white data the outputs find the sources for which s E[s_i g(s_i) - g'(s_i)] > 0: the wrong sign finds none, and of Laplace and uniform sources mixed each sign finds its own kind",
			Test:     "TestICA",
			Layer:    LayerSetting{Input: White, Rate: 3e-2},
			build: func(p map[string]float64) (hatlib.Rule, error) {
				sign, err := integer("sign", p["sign"])
				if err != nil {
					return nil, fmt.Errorf("rule ica: %w", err)
				}
				g := TanhNonlinearity
				switch p["cube"] {
				case 0:
				case 1:
					g = CubeNonlinearity
				default:
					return nil, fmt.Errorf("rule ica: cube %g, want 0 (tanh) or 1 (cube)", p["cube"])
				}
				return NewICA(g, sign, p["step"])
			},
		},
		{
			Name: "bcm", Title: "BCM, sliding threshold",
			Formula:  `\theta_j \leftarrow \theta_j + f\,(\langle v_j^2 \rangle - \theta_j),\quad \Delta w_{ij} = v_i\, v_j (v_j - \theta_j)`,
			Locality: hatlib.LocalityLayer, Sees: "also a running mean of the squared output",
			Parameters: []Param{
				{"follow", 0.1, "f in (0,1], how fast the threshold follows"},
				{"initial", 1, "the threshold before the first batch"},
			},
			Citation: "N. Intrator, L. N. Cooper, Objective function formulation of the BCM theory of visual cortical plasticity, Neural Networks 5(1), 1992; Bienenstock, Cooper and Munro 1982",
			Theory:   "with K linearly independent patterns, equally frequent, a linear unit ends up answering to one of them with K and to the others with 0",
			Test:     "TestBCM",
			Layer:    LayerSetting{Input: UnitLength, Rate: 0.3},
			Silent:   true,
			build: func(p map[string]float64) (hatlib.Rule, error) {
				return NewBCM(p["follow"], p["initial"])
			},
		},
		{
			Name: "soft_wta", Title: "Soft winner-take-all (SoftHebb)",
			Formula:  `\Delta w_{ij} = p_j (v_i - v_j w_{ij}),\quad p = \mathrm{softmax}(v / T)`,
			Locality: hatlib.LocalityLayer, Sees: "also the activities of all other outputs",
			Parameters: []Param{{"temperature", 0.1, "T > 0, in units of the activity; low is a hard competition"}},
			Citation:   "T. Moraitis, D. Toichkin, A. Journe, Y. Chua, Q. Guo, SoftHebb: Bayesian inference in unsupervised Hebbian soft winner-take-all networks, Neuromorphic Computing and Engineering 2(4), 2022",
			Theory:     "on inputs of length 1 in clusters, the weights have length 1 and point to the centres of the clusters, one each",
			Test:       "TestSoftWTA",
			Layer:      LayerSetting{Input: UnitLength, Rate: 0.1},
			Silent:     true,
			build:      func(p map[string]float64) (hatlib.Rule, error) { return NewSoftWTA(p["temperature"]) },
		},
	}
}
