package oracle

import "math"

// Noise stands in for M's updates: normal noise with their Frobenius norm, from the seed of the run and the number of the
// batch. Its draws are those that the text of hatlib's noise.go describes, in uint32 and float64.
type Noise struct {
	Seed, Batch uint32

	holding bool
	held    map[[2]int]*heldUpdate
}

// heldUpdate is what M saw in a layer, and the difference between the noise and M's update.
type heldUpdate struct {
	v, w, s    [][]float64
	difference [][]float64
}

// Hold keeps noise, and what M sees, as they are in the next step, for all steps until Release: M's updates then change
// with M's parameters alone, and the noise moves along with them. That is the function whose gradient a
// straight-through update has.
func (n *Noise) Hold() { n.holding, n.held = true, map[[2]int]*heldUpdate{} }

// Release ends Hold.
func (n *Noise) Release() { n.holding, n.held = false, nil }

// inputs are what M sees in layer l.
func (n *Noise) inputs(l int, v, w, s [][]float64) (_, _, _ [][]float64) {
	if !n.holding {
		return v, w, s
	}
	if h := n.held[[2]int{l, 0}]; h != nil {
		return h.v, h.w, h.s
	}
	for kind := range 2 {
		n.held[[2]int{l, kind}] = &heldUpdate{v: clone(v), w: clone(w), s: clone(s)}
	}
	return v, w, s
}

// replace returns the noise for the update of layer l; kind is 0 for the mean and 1 for the shift.
func (n *Noise) replace(l, kind int, update [][]float64) [][]float64 {
	h := n.held[[2]int{l, kind}]
	noise := matrix(len(update), len(update[0]))
	if h != nil && h.difference != nil {
		for r := range update {
			for c := range update[r] {
				noise[r][c] = update[r][c] + h.difference[r][c]
			}
		}
		return noise
	}
	key := scramble(scramble(scramble(scramble(n.Seed)+n.Batch)) + uint32(2*l+kind+1))
	size := uint32(len(update) * len(update[0]))
	uniform := func(place uint32) float64 { return (float64(scramble(scramble(place)+key)>>8) + 0.5) / (1 << 24) }
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
	if h != nil {
		h.difference = matrix(len(update), len(update[0]))
		for r := range update {
			for c := range update[r] {
				h.difference[r][c] = noise[r][c] - update[r][c]
			}
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

func clone(rows [][]float64) [][]float64 {
	c := make([][]float64, len(rows))
	for r := range rows {
		c[r] = append([]float64{}, rows[r]...)
	}
	return c
}
