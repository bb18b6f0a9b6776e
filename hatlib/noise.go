package hatlib

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
)

// noise stands in for a rule: normal noise in the place of its updates, with their norm. It is a function of the run's
// seed, the number of the batch, the layer and the place in the matrix, and of nothing else, so it needs no state, is the
// same in a loop and out of it, and goes on where a checkpoint ends.
//
// Every batch goes forward twice. The first time is HAT's, with the rule's own updates: their norms are those of the
// noise, and the loss trains M as in HAT, so that the norms develop as in HAT too. The second time has the noise in their
// place and is what trains L; nothing of the first is kept in L. To L's gradient the noise is a constant.
type noise struct {
	key     *Node      // uint32 []
	updates [2][]*Node // the rule's, by kind and layer, from the first time
	applied bool       // the second time
	loss    *Node      // of the first time, for M's gradient; nil in evaluations
}

// Kinds of update of one layer that noise stands in for.
const (
	noisyMean  = 0 // the batch mean, [out, in]
	noisyShift = 1 // what the update adds to the activities, [batch, out]; update_entry=after_sigma only
)

// noiseSeed is the seed of the run's noise. It has 24 bits, which float32 holds, as the other variables of a run.
func (c *Config) noiseSeed() float64 {
	return float64(newStream(c.Seed, streamNoise, armHAT, 0).Uint32() >> 8)
}

// withNoise returns h with noise in the place of the rule's updates, where the configuration asks for it; it goes forward
// once with the updates themselves, from the arguments of [HAT.Forward]. use tells the draws of one batch number apart,
// see trainingNoise and evaluationNoise. loss is what M learns from, given v_|L|; nil where nothing learns.
func (c *Config) withNoise(h *HAT, scope *model.Scope, weights Weights, x, rate, use *Node, loss func(v *Node) *Node) *HAT {
	if c.LocalUpdate != LocalUpdateNoise {
		return h
	}
	read := func(name string) *Node {
		return ConvertDType(scope.GetVariable(name).NodeValue(use.Graph()), dtypes.Uint32)
	}
	first := *h
	first.noise = &noise{key: scramble(Add(scramble(Add(scramble(read(noiseSeed)), read(batchCounter))), use))}
	v, _ := first.Forward(scope.At(metaScope), Weights{W: constants(weights.W), B: constants(weights.B)}, x, rate)
	second := *h
	second.noise = &noise{key: first.noise.key, updates: first.noise.updates, applied: true}
	if loss != nil {
		second.noise.loss = loss(v)
	}
	return &second
}

// constants hides nodes from the gradient.
func constants(nodes []*Node) []*Node {
	all := make([]*Node, len(nodes))
	for l, x := range nodes {
		all[l] = StopGradient(x)
	}
	return all
}

// trainingNoise is the use of a training step.
func trainingNoise(g *Graph) *Node { return Const(g, uint32(0)) }

// evaluationNoise is the use of a test batch, told by its first example: indices [batch].
func evaluationNoise(indices *Node) *Node {
	first := Reshape(SliceAxis(indices, 0, AxisRange(0, 1)))
	return Add(ConvertDType(first, dtypes.Uint32), Const(indices.Graph(), uint32(1)))
}

// isApplied says whether noise, and not the rule's update, is to be applied. n may be nil.
func (n *noise) isApplied() bool { return n != nil && n.applied }

// record keeps the rule's update of the next layer. n may be nil.
func (n *noise) record(kind int, update *Node) {
	if n != nil {
		n.updates[kind] = append(n.updates[kind], update)
	}
}

// addLoss adds the loss that M learns from, which no weight of L can change, to L's, which M cannot change. n may be nil.
func (n *noise) addLoss(loss *Node) *Node {
	if n == nil {
		return loss
	}
	return Add(loss, n.loss)
}

// like returns noise with the Frobenius norm of the rule's update of layer l, of its shape.
func (n *noise) like(kind, l int) *Node {
	update := n.updates[kind][l]
	z := normal(scramble(Add(n.key, Const(update.Graph(), uint32(2*l+kind+1)))), update.Shape())
	return Mul(z, Div(StopGradient(frobenius(update)), frobenius(z)))
}

// frobenius is the norm over the last two axes, which stay with size 1.
func frobenius(x *Node) *Node {
	return Sqrt(ReduceAndKeep(Square(x), ReduceSum, -2, -1))
}

// normal draws independent standard normal numbers by Box and Muller's method (1958), from the uniform numbers of two
// places for each.
func normal(key *Node, shape shapes.Shape) *Node {
	g, size := key.Graph(), shape.Size()
	place := Iota(g, shapes.Make(dtypes.Uint32, 2*size), 0)
	bits := scramble(Add(scramble(place), key))
	// 24 bits, in the middle of their interval: never 0, of which there is no logarithm.
	u := DivScalar(AddScalar(ConvertDType(BitwiseShiftRightLogical(bits, Const(g, uint32(8))), shape.DType), 0.5), 1<<24)
	radius := Sqrt(MulScalar(Log(SliceAxis(u, 0, AxisRange(0, size))), -2))
	angle := MulScalar(SliceAxis(u, 0, AxisRange(size, 2*size)), 2*math.Pi)
	return Reshape(Mul(radius, Cos(angle)), shape.Dimensions...)
}

// scramble maps uint32 to uint32 one to one, so that every bit of x moves every bit of the result: the finalizer of
// A. Appleby's MurmurHash3.
func scramble(x *Node) *Node {
	g := x.Graph()
	fold := func(x *Node, by uint32) *Node { return BitwiseXor(x, BitwiseShiftRightLogical(x, Const(g, by))) }
	x = Mul(fold(x, 16), Const(g, uint32(0x85ebca6b)))
	x = Mul(fold(x, 13), Const(g, uint32(0xc2b2ae35)))
	return fold(x, 16)
}
