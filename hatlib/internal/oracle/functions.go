package oracle

import "math"

// activate is sigma and its derivative at x, by name. The derivative of relu at 0 is 0.
func activate(name string, x float64) (value, slope float64) {
	switch name {
	case "relu":
		if x > 0 {
			return x, 1
		}
		return 0, 0
	case "tanh":
		t := math.Tanh(x)
		return t, 1 - t*t
	case "sigmoid":
		s := 1 / (1 + math.Exp(-x))
		return s, s * (1 - s)
	}
	return x, 1
}

// Meta is M: hidden units z_k = A_k v_i + B_k w_ij + C_k v_j + D_k, output sum_k M_k g(z_k) + E.
type Meta struct {
	A, B, C, D, M []float64
	E             float64
	Activation    string
}

// Value is M of one neuron pair.
func (m *Meta) Value(vi, w, vj float64) float64 {
	sum := m.E
	for k := range m.A {
		g, _ := activate(m.Activation, m.A[k]*vi+m.B[k]*w+m.C[k]*vj+m.D[k])
		sum += m.M[k] * g
	}
	return sum
}

// backward adds the adjoint of M's output to the gradients of its parameters and returns those of its inputs.
func (m *Meta) backward(vi, w, vj, adjoint float64, gradient *Meta) (dvi, dw, dvj float64) {
	gradient.E += adjoint
	for k := range m.A {
		g, slope := activate(m.Activation, m.A[k]*vi+m.B[k]*w+m.C[k]*vj+m.D[k])
		gradient.M[k] += adjoint * g
		dz := adjoint * m.M[k] * slope
		gradient.A[k] += dz * vi
		gradient.B[k] += dz * w
		gradient.C[k] += dz * vj
		gradient.D[k] += dz
		dvi += dz * m.A[k]
		dw += dz * m.B[k]
		dvj += dz * m.C[k]
	}
	return dvi, dw, dvj
}

// NewMeta returns M with h hidden units and all parameters 0.
func NewMeta(h int, activation string) *Meta {
	z := func() []float64 { return make([]float64, h) }
	return &Meta{A: z(), B: z(), C: z(), D: z(), M: z(), Activation: activation}
}

// matrix returns zeros [rows][columns].
func matrix(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for r := range m {
		m[r] = make([]float64, columns)
	}
	return m
}

// loss is H of one example and its gradient with respect to the output.
func loss(name string, output []float64, label int) (value float64, gradient []float64) {
	gradient = make([]float64, len(output))
	if name == "squared" {
		for j, o := range output {
			target := 0.0
			if j == label {
				target = 1
			}
			value += (o - target) * (o - target) / 2
			gradient[j] = o - target
		}
		return value, gradient
	}
	largest := math.Inf(-1)
	for _, o := range output {
		largest = math.Max(largest, o)
	}
	sum := 0.0
	for _, o := range output {
		sum += math.Exp(o - largest)
	}
	for j, o := range output {
		gradient[j] = math.Exp(o-largest) / sum
	}
	gradient[label]--
	return math.Log(sum) + largest - output[label], gradient
}
