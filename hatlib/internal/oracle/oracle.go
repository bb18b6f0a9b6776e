package oracle

// Net is L and M with the choices that a step needs; the names of choices are those of hatlib.Config.
type Net struct {
	W              [][][]float64 // [layer][out][in]
	B              [][]float64   // [layer][out]
	Rule           *Meta         // nil for the control
	Hidden, Output string        // sigma
	Loss           string
	Entry          string // weights, after_sigma
	GradientAt     string // after, before, in_place
	Preactivation  bool   // M sees Wv+b
	Divisor        string // labelled, batch
	Rate           float64
	Shuffled       bool   // M sees v_i of example e with v_j of example e+1, the last with the first
	Noise          *Noise // stands in for M's updates; nil for none
	// Given, when not nil, are the updates of every layer, whatever the rule is; see [Net.Drawn].
	Given []Update
	// Offsets, when not nil, are added to the weights after line 5: to differentiate with respect to them.
	Offsets [][][]float64 // [layer][out][in]
}

// Result is what one forward and backward pass gives.
type Result struct {
	Loss    float64
	Output  [][]float64   // [example][class]
	Updated [][][]float64 // U of every layer: what is kept after line 5
	// Gradients with respect to the weights that GradientAt names, the biases and M.
	W    [][][]float64
	B    [][]float64
	Rule *Meta
}

// layerTrace is what the backward pass needs of one layer.
type layerTrace struct {
	v, z, s, y [][]float64 // [example][unit]
	u          [][]float64
}

func (n *Net) sigma(layer int) string {
	if layer == len(n.W)-1 {
		return n.Output
	}
	return n.Hidden
}

// Update is what a rule gives to one layer: the batch mean, and sum_i v_i M for every example.
type Update struct{ Mean, Shift [][]float64 }

// Step runs one batch: x [example][in], labels and mask [example]; a mask of 0 hides the label. With noise the gradients of
// M are those of a step with its own updates.
func (n *Net) Step(x [][]float64, labels []int, mask []float64) Result {
	if n.Noise != nil {
		result := n.Drawn(x).Step(x, labels, mask)
		result.Rule = n.WithoutNoise().Step(x, labels, mask).Rule
		return result
	}
	result := Result{}
	traces := make([]layerTrace, len(n.W))
	v := x
	for l := range n.W {
		traces[l], v = n.forward(l, v)
		result.Updated = append(result.Updated, traces[l].u)
	}
	result.Output = v

	labelled := 0.0
	for _, m := range mask {
		labelled += m
	}
	divisor := max(labelled, 1)
	if n.Divisor == "batch" {
		divisor = float64(len(x))
	}
	adjoint := matrix(len(x), len(v[0]))
	for e := range x {
		value, gradient := loss(n.Loss, v[e], labels[e])
		result.Loss += mask[e] * value / divisor
		for j := range gradient {
			adjoint[e][j] = mask[e] * gradient[j] / divisor
		}
	}
	if n.Rule != nil {
		result.Rule = NewMeta(len(n.Rule.A), n.Rule.Activation)
	}
	result.W, result.B = make([][][]float64, len(n.W)), make([][]float64, len(n.W))
	for l := len(n.W) - 1; l >= 0; l-- {
		result.W[l], result.B[l], adjoint = n.backward(l, traces[l], adjoint, result.Rule)
	}
	return result
}

// affine returns W v + b for every example.
func affine(w [][]float64, b []float64, v [][]float64) [][]float64 {
	z := matrix(len(v), len(w))
	for e := range v {
		for j := range w {
			z[e][j] = b[j]
			for i := range w[j] {
				z[e][j] += w[j][i] * v[e][i]
			}
		}
	}
	return z
}

func (n *Net) forward(l int, v [][]float64) (t layerTrace, next [][]float64) {
	w, b, sigma := n.W[l], n.B[l], n.sigma(l)
	t = layerTrace{v: v, z: affine(w, b, v), s: matrix(len(v), len(w)), u: matrix(len(w), len(w[0]))}
	for e := range v {
		for j := range w {
			t.s[n.partner(e, len(v))][j], _ = activate(sigma, t.z[e][j])
			if n.Preactivation {
				t.s[n.partner(e, len(v))][j] = t.z[e][j]
			}
		}
	}
	mean, shift := n.updates(l, v, t.s)
	for j := range w {
		for i := range w[j] {
			t.u[j][i] = w[j][i] + n.Rate*mean[j][i]
			if n.Offsets != nil {
				t.u[j][i] += n.Offsets[l][j][i]
			}
		}
	}
	if n.Entry == "after_sigma" {
		t.y = t.z
	} else {
		t.y = affine(t.u, b, v)
	}
	next = matrix(len(v), len(w))
	for e := range v {
		for j := range w {
			next[e][j], _ = activate(sigma, t.y[e][j])
			if n.Entry == "after_sigma" {
				next[e][j] += n.Rate * shift[e][j]
			}
		}
	}
	return t, next
}

// partner is the example whose v_i M sees with the v_j of example e.
func (n *Net) partner(e, batch int) int {
	if n.Shuffled {
		return (e + batch - 1) % batch
	}
	return e
}

// updates are the batch mean of M and what it adds to the activities, sum_i v_i M, of layer l.
func (n *Net) updates(l int, v, s [][]float64) (mean, shift [][]float64) {
	if n.Given != nil {
		return n.Given[l].Mean, n.Given[l].Shift
	}
	w := n.W[l]
	mean, shift = matrix(len(w), len(w[0])), matrix(len(v), len(w))
	if n.Rule == nil {
		return mean, shift
	}
	for e := range v {
		for j := range w {
			for i := range w[j] {
				dw := n.Rule.Value(v[e][i], w[j][i], s[e][j])
				mean[j][i] += dw / float64(len(v))
				shift[e][j] += v[e][i] * dw
			}
		}
	}
	return mean, shift
}

// backward takes the adjoint of a layer's output to the gradients of its weights and biases, adds to M's, and returns
// the adjoint of its input.
func (n *Net) backward(l int, t layerTrace, adjoint [][]float64, rule *Meta) (dW [][]float64, dB []float64, dv [][]float64) {
	w, sigma, batch := n.W[l], n.sigma(l), float64(len(t.v))
	dW, dB, dv = matrix(len(w), len(w[0])), make([]float64, len(w)), matrix(len(t.v), len(w[0]))
	dU := matrix(len(w), len(w[0]))
	dz := matrix(len(t.v), len(w)) // adjoint of z = W v + b
	through := w                   // the weights through which the adjoint of z reaches v
	if n.Entry == "after_sigma" {
		if n.GradientAt == "in_place" {
			through = t.u
		}
		for e := range t.v {
			for j := range w {
				_, slope := activate(sigma, t.z[e][j])
				dz[e][j] = adjoint[e][j] * slope
			}
		}
	} else {
		for e := range t.v {
			for j := range w {
				_, slope := activate(sigma, t.y[e][j])
				dy := adjoint[e][j] * slope
				dB[j] += dy
				for i := range w[j] {
					dU[j][i] += dy * t.v[e][i]
					dv[e][i] += dy * t.u[j][i]
				}
			}
		}
	}
	if n.Rule != nil {
		for above := range t.v {
			e := n.partner(above, len(t.v))
			for j := range w {
				_, slope := activate(sigma, t.z[above][j])
				if n.Preactivation {
					slope = 1
				}
				for i := range w[j] {
					vi, s := t.v[e][i], t.s[e][j]
					g := n.Rate * dU[j][i] / batch
					if n.Entry == "after_sigma" {
						g = n.Rate * adjoint[e][j] * vi
						dv[e][i] += n.Rate * adjoint[e][j] * n.Rule.Value(vi, w[j][i], s)
					}
					dvi, dw, ds := n.Rule.backward(vi, w[j][i], s, g, rule)
					dv[e][i] += dvi
					dW[j][i] += dw
					dz[above][j] += ds * slope
				}
			}
		}
	}
	for e := range t.v {
		for j := range w {
			dB[j] += dz[e][j]
			for i := range w[j] {
				dW[j][i] += dz[e][j] * t.v[e][i]
				dv[e][i] += dz[e][j] * through[j][i]
			}
		}
	}
	for j := range w {
		for i := range w[j] {
			dW[j][i] += dU[j][i]
		}
	}
	if n.GradientAt == "after" {
		return dU, dB, dv
	}
	return dW, dB, dv
}

// PairSums is what [Pairs] gives: the batch mean of M over every pair, and the gradients of sum(mean * adjoint).
type PairSums struct {
	Mean, Pre, W, Post [][]float64
	Rule               *Meta
}

// Pairs applies M to every neuron pair of a layer: pre [example][in], w [out][in], post [example][out], adjoint
// [out][in].
func Pairs(m *Meta, pre, w, post, adjoint [][]float64) PairSums {
	batch := float64(len(pre))
	s := PairSums{Mean: matrix(len(w), len(w[0])), Pre: matrix(len(pre), len(w[0])), W: matrix(len(w), len(w[0])),
		Post: matrix(len(pre), len(w)), Rule: NewMeta(len(m.A), m.Activation)}
	for e := range pre {
		for j := range w {
			for i := range w[j] {
				s.Mean[j][i] += m.Value(pre[e][i], w[j][i], post[e][j]) / batch
				dvi, dw, dvj := m.backward(pre[e][i], w[j][i], post[e][j], adjoint[j][i]/batch, s.Rule)
				s.Pre[e][i] += dvi
				s.W[j][i] += dw
				s.Post[e][j] += dvj
			}
		}
	}
	return s
}
