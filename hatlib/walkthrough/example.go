package walkthrough

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Example is a learner L of two inputs, two hidden units and one output, with ReLU on both layers, a meta-learner M of
// two hidden units, and one example: small enough to follow by hand.
type Example struct {
	// X are the inputs [2], Target the wanted output, for H = (v - Target)^2 / 2.
	X      []float64
	Target float64
	// W[l] is [out][in], B[l] is [out].
	W [][][]float64
	B [][]float64
	// M = Out[0] relu(z_1) + Out[1] relu(z_2) + OutBias, z_k = Hidden[k] . (v_i, w_ij, v_j) + HiddenBias[k].
	Hidden     [][]float64
	HiddenBias []float64
	Out        []float64
	OutBias    float64
	// LocalRate multiplies M's update (line 5), StepRate the gradient (line 9, plain gradient descent).
	LocalRate, StepRate float64
}

// ByHand is the example of notebook 02. Its M strengthens connections between units that are active together and
// lets positive weights decay: M = relu(v_i + v_j - 1) - relu(w_ij) / 2.
func ByHand() Example {
	return Example{
		X: []float64{1, 0.5}, Target: 1,
		W:      [][][]float64{{{0.5, -1}, {1, 1}}, {{1, -0.5}}},
		B:      [][]float64{{0.6, -0.5}, {0.25}},
		Hidden: [][]float64{{1, 0, 1}, {0, 1, 0}}, HiddenBias: []float64{-1, 0},
		Out: []float64{1, -0.5}, OutBias: 0,
		LocalRate: 0.2, StepRate: 0.1,
	}
}

// Line is one number of the calculation: the line of Algorithm 1, what it is, how it comes about, its value.
type Line struct {
	Number     string
	What       string
	Arithmetic string
	Value      float64
}

// Pass is the forward pass of an example: what every line gave.
type Pass struct {
	Lines   []Line
	Updated [][][]float64 // W after line 5, [layer][out][in]
	Output  float64
	Loss    float64
}

// Forward is lines 2 to 7 in plain arithmetic.
func (e Example) Forward() Pass { return e.forward(nil) }

// forward adds offsets [layer][out][in], when not nil, to the weights after line 5: to differentiate with respect to them.
func (e Example) forward(offsets [][][]float64) Pass {
	var p Pass
	add := func(number, what, arithmetic string, value float64) {
		p.Lines = append(p.Lines, Line{number, what, arithmetic, value})
	}
	v, names := e.X, []string{"x", "v", "output"}
	for i := range v {
		add("2", fmt.Sprintf("x_%d", i+1), "given", v[i])
	}
	for l := range e.W {
		from, to := names[l], names[l+1]
		vhat, next := make([]float64, len(e.W[l])), make([]float64, len(e.W[l]))
		for j, w := range e.W[l] {
			var text string
			vhat[j], text = unit(w, v, e.B[l][j])
			add("4", unitName(to+hat, j, e.W[l]), text, vhat[j])
		}
		updated := make([][]float64, len(e.W[l]))
		for j, w := range e.W[l] {
			for i := range w {
				delta, text := e.M(v[i], w[i], vhat[j])
				pair := fmt.Sprintf("%s_%d → %s", from, i+1, unitName(to, j, e.W[l]))
				add("5", "Δw "+pair, text, delta)
				value := w[i] + e.LocalRate*delta
				add("5", "w "+pair, fmt.Sprintf("%s + %s·%s", number(w[i]), number(e.LocalRate), signed(delta)), value)
				if offsets != nil {
					value += offsets[l][j][i]
				}
				updated[j] = append(updated[j], value)
			}
		}
		for j, w := range updated {
			var text string
			next[j], text = unit(w, v, e.B[l][j])
			add("6", unitName(to, j, updated), text, next[j])
		}
		p.Updated = append(p.Updated, updated)
		v = next
	}
	p.Output = v[0]
	p.Loss = (v[0] - e.Target) * (v[0] - e.Target) / 2
	add("7", "H", fmt.Sprintf("(%s − %s)² / 2", number(v[0]), number(e.Target)), p.Loss)
	return p
}

// M is the meta-learner of one neuron pair, with its arithmetic.
func (e Example) M(vi, wij, vj float64) (value float64, text string) {
	var terms []string
	for k, h := range e.Hidden {
		z := h[0]*vi + h[1]*wij + h[2]*vj + e.HiddenBias[k]
		value += e.Out[k] * math.Max(z, 0)
		var inner []string
		for i, x := range []float64{vi, wij, vj} {
			if h[i] != 0 {
				inner = append(inner, product(h[i], x))
			}
		}
		if e.HiddenBias[k] != 0 {
			inner = append(inner, number(e.HiddenBias[k]))
		}
		terms = append(terms, coefficient(e.Out[k])+"relu("+sum(inner)+")")
	}
	if e.OutBias != 0 {
		terms = append(terms, number(e.OutBias))
	}
	return value + e.OutBias, sum(terms)
}

// Gradients returns dH/dW [layer][out][in], with respect to the weights after line 5, by central differences: every weight is
// nudged, and the rest of the forward pass is done again. The nudge of a weight also changes what M sees above it.
func (e Example) Gradients() [][][]float64 {
	const h = 1e-6
	offsets := zerosLike(e.W)
	gradients := zerosLike(e.W)
	for l := range offsets {
		for j := range offsets[l] {
			for i := range offsets[l][j] {
				offsets[l][j][i] = h
				up := e.forward(offsets).Loss
				offsets[l][j][i] = -h
				down := e.forward(offsets).Loss
				offsets[l][j][i] = 0
				gradients[l][j][i] = (up - down) / (2 * h)
			}
		}
	}
	return gradients
}

func zerosLike(w [][][]float64) [][][]float64 {
	out := make([][][]float64, len(w))
	for l := range w {
		for _, row := range w[l] {
			out[l] = append(out[l], make([]float64, len(row)))
		}
	}
	return out
}

// hat is the combining sign of a placeholder.
const hat = "\u0302"

// unit is relu(w . v + b), with its arithmetic.
func unit(w, v []float64, b float64) (value float64, text string) {
	var terms []string
	for i := range w {
		value += w[i] * v[i]
		terms = append(terms, fmt.Sprintf("%s·%s", number(w[i]), number(v[i])))
	}
	return math.Max(value+b, 0), "relu(" + sum(append(terms, number(b))) + ")"
}

// unitName leaves out the index of a layer of one unit.
func unitName(layer string, j int, w [][]float64) string {
	if len(w) == 1 {
		return layer
	}
	return fmt.Sprintf("%s_%d", layer, j+1)
}

// number writes a number as one would by hand, with a real minus sign.
func number(x float64) string {
	return strings.Replace(strconv.FormatFloat(math.Round(x*1e5)/1e5, 'f', -1, 64), "-", "−", 1)
}

// signed is number in brackets where it is negative.
func signed(x float64) string {
	if x < 0 {
		return "(" + number(x) + ")"
	}
	return number(x)
}

func product(factor, x float64) string {
	if factor == 1 {
		return number(x)
	}
	return number(factor) + "·" + signed(x)
}

func coefficient(x float64) string {
	switch x {
	case 1:
		return ""
	case -1:
		return "−"
	}
	return number(x) + "·"
}

// sum joins terms, and turns "+ −" into "−".
func sum(terms []string) string {
	return strings.ReplaceAll(strings.Join(terms, " + "), "+ −", "− ")
}
