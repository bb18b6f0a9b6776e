package oracle

import "math"

// Noise stands in for M's updates: normal noise with their Frobenius norm, from the seed of the run and the number of the
// batch. Its draws are those that the text of hatlib's noise.go describes, in uint32 and float64.
type Noise struct{ Seed, Batch uint32 }

// WithoutNoise is the same net, with the same arrays, that applies M's own updates.
func (n *Net) WithoutNoise() *Net {
	plain := *n
	plain.Noise, plain.Offsets = nil, nil
	return &plain
}

// Drawn is the same net, with the same arrays, without M: its updates are the noise that the batch x gives, and stay as
// they are whatever is changed.
func (n *Net) Drawn(x [][]float64) *Net {
	plain, drawn := n.WithoutNoise(), *n
	drawn.Noise, drawn.Rule, drawn.Given = nil, nil, nil
	v := x
	for l := range n.W {
		t, next := plain.forward(l, v)
		mean, shift := plain.updates(l, v, t.s)
		drawn.Given = append(drawn.Given, Update{n.Noise.like(l, 0, mean), n.Noise.like(l, 1, shift)})
		v = next
	}
	return &drawn
}

// like is noise of the norm of an update of layer l; kind is 0 for the mean and 1 for the shift.
func (n *Noise) like(l, kind int, update [][]float64) [][]float64 {
	key := scramble(scramble(scramble(scramble(n.Seed)+n.Batch)) + uint32(2*l+kind+1))
	size := uint32(len(update) * len(update[0]))
	uniform := func(place uint32) float64 { return (float64(scramble(scramble(place)+key)>>8) + 0.5) / (1 << 24) }
	noise := matrix(len(update), len(update[0]))
	var norm, drawn float64
	for r := range update {
		for c := range update[r] {
			place := uint32(r*len(update[0]) + c)
			noise[r][c] = math.Sqrt(-2*math.Log(uniform(place))) * math.Cos(2*math.Pi*uniform(size+place))
			norm += update[r][c] * update[r][c]
			drawn += noise[r][c] * noise[r][c]
		}
	}
	for r := range noise {
		for c := range noise[r] {
			noise[r][c] *= math.Sqrt(norm / drawn)
		}
	}
	return noise
}

// scramble is the finalizer of MurmurHash3.
func scramble(x uint32) uint32 {
	x = (x ^ x>>16) * 0x85ebca6b
	x = (x ^ x>>13) * 0xc2b2ae35
	return x ^ x>>16
}
