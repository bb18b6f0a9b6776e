package metalearning

import (
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"
)

// An LSTM layer (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000), for input x [rows, in] and state h, c [rows, hidden]:
//
//	[i f o u] = x Wx' + h Wh' + b          Wx [4 hidden, in], Wh [4 hidden, hidden], b [4 hidden]
//	c <- sigmoid(f) c + sigmoid(i) tanh(u)
//	h <- sigmoid(o) tanh(c)
//
// Rows share the weights and nothing else: with one row per coordinate this is the coordinate-wise LSTM of Andrychowicz et al. 2016.

// lstmParams draws the weights of one layer uniformly from +-1/sqrt(hidden), with the forget gate biased to 1 so that the state lives long at the start.
func lstmParams(rng *rand.Rand, prefix string, in, hidden int) Params {
	s := 1 / math.Sqrt(float64(hidden))
	b := uniform(rng, s, 4*hidden)
	for k := hidden; k < 2*hidden; k++ {
		b[k] = 1
	}
	return Params{
		{prefix + ".wx", []int{4 * hidden, in}, uniform(rng, s, 4*hidden*in)},
		{prefix + ".wh", []int{4 * hidden, hidden}, uniform(rng, s, 4*hidden*hidden)},
		{prefix + ".b", []int{4 * hidden}, b},
	}
}

// lstm makes one step; theta holds wx, wh, b. It returns the new h and c.
func lstm(theta []*Node, x, h, c *Node) (hNew, cNew *Node) {
	wx, wh, b := theta[0], theta[1], theta[2]
	hidden := h.Shape().Dim(-1)
	z := Add(Add(linear(x, wx), linear(h, wh)), ExpandAxes(b, 0))
	gate := func(k int) *Node { return SliceAxis(z, -1, AxisRange(k*hidden, (k+1)*hidden)) }
	cNew = Add(Mul(Sigmoid(gate(1)), c), Mul(Sigmoid(gate(0)), Tanh(gate(3))))
	return Mul(Sigmoid(gate(2)), Tanh(cNew)), cNew
}

// linear returns x W' for x [rows, in] and W [out, in].
func linear(x, w *Node) *Node { return DotGeneral(x, []int{1}, nil, w, []int{1}, nil) }

// uniform draws n values from [-s, s).
func uniform(rng *rand.Rand, s float64, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(s * (2*rng.Float64() - 1))
	}
	return v
}

// normal draws n values from the normal distribution with standard deviation s.
func normal(rng *rand.Rand, s float64, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(s * rng.NormFloat64())
	}
	return v
}
