package hatlib

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	. "github.com/gomlx/gomlx/support/exceptions"

	"github.com/hatlab/hatlab/hatlib/fused"
)

// MetaLearner is M, the rule that is learned: a multilayer perceptron 3-H-1 with one set of parameters for every
// neuron pair of every layer (paper, section 2 and appendix A),
//
//	z_k = a_k v_i + b_k w_ij + c_k v_j + d_k        k = 1..H
//	M(v_i, w_ij, v_j) = sum_k m_k g(z_k) + e        g = ReLU
//
// At H = 100 it has 3*100 + 100 + 100 + 1 = 501 parameters. They are five vectors and a scalar, in this order:
// theta = a, b, c, d, m [H], e []; with a population axis [P, H] and [P].
type MetaLearner struct {
	// Hidden is H, the number of hidden units, at least 1.
	Hidden int
	// Activation is g; the paper uses ReLU.
	Activation Activation
	// General computes M with [PairMean], as any other rule, instead of the fused form of package fused.
	General bool
	// Memory bounds the temporary memory, in bytes, of the general form; 0 sets no bound. See [WithPairMemory].
	Memory int64
	// Precision of the fused form's z_k, see [fused.Options]; zero is that of the activities.
	Precision dtypes.DType
}

// thetaNames are the names of M's parameters in scope and in weight files, in the order of theta.
var thetaNames = []string{"a", "b", "c", "d", "m", "e"}

// Name implements Rule.
func (r *MetaLearner) Name() string { return "meta" }

// Locality implements Rule: M sees v_i, w_ij and v_j of its own connection only.
func (r *MetaLearner) Locality() Locality { return LocalityPair }

// Theta implements Pointwise: the nodes of a, b, c, d, m, e. It panics when scope lacks one of them.
func (r *MetaLearner) Theta(scope *model.Scope, g *Graph) []*Node {
	theta := make([]*Node, len(thetaNames))
	for i, name := range thetaNames {
		v := scope.GetVariable(name)
		if v == nil {
			Panicf("the meta-learner's parameter %q is missing in scope %q", name, scope.Scope())
		}
		theta[i] = v.NodeValue(g)
	}
	return theta
}

// Pair implements Pointwise: M of one neuron pair, with the hidden units along a last axis that is summed at once.
func (r *MetaLearner) Pair(theta []*Node, vi, wij, vj *Node) *Node {
	of := func(parameter int) *Node { return alongPairs(theta[parameter], vi) }
	hidden := func(x *Node) *Node { return InsertAxes(x, -1) }
	a, b, c, d, m := of(0), of(1), of(2), of(3), of(4)
	z := Add(Add(Mul(a, hidden(vi)), Mul(b, hidden(wij))), Add(Mul(c, hidden(vj)), d))
	return Add(ReduceSum(Mul(m, r.Activation.Apply(z)), -1), Squeeze(of(5), -1))
}

// alongPairs lets a parameter [H], [] or, in a population, [P, H], [P] meet pairs [batch, out, in] or
// [P, batch, out, in] that have one more, last, axis of hidden units.
func alongPairs(parameter, pairs *Node) *Node {
	population := pairs.Rank() - 3
	dims := make([]int, pairs.Rank()+1)
	for axis := range dims {
		dims[axis] = 1
	}
	copy(dims, parameter.Shape().Dimensions[:population])
	if parameter.Rank() > population {
		dims[len(dims)-1] = parameter.Shape().Dimensions[population]
	}
	return Reshape(parameter, dims...)
}

// Update implements Rule: the batch mean of M over every neuron pair.
func (r *MetaLearner) Update(scope *model.Scope, pre, w, post *Node) *Node {
	theta := r.Theta(scope, pre.Graph())
	if r.General {
		return PairMean(r.Pair, theta, pre, w, post, WithPairMemory(r.Memory))
	}
	return fused.MeanUpdate(fusedTheta(theta), pre, w, post, r.fusedOptions())
}

// MeanAndShift implements PairShifter.
func (r *MetaLearner) MeanAndShift(scope *model.Scope, pre, w, post *Node) (mean, shift *Node) {
	theta := r.Theta(scope, pre.Graph())
	if r.General {
		return PairMeanAndShift(r.Pair, theta, pre, w, post, WithPairMemory(r.Memory))
	}
	return fused.MeanAndShift(fusedTheta(theta), pre, w, post, r.fusedOptions())
}

func fusedTheta(theta []*Node) fused.Theta {
	return fused.Theta{A: theta[0], B: theta[1], C: theta[2], D: theta[3], M: theta[4], E: theta[5]}
}

func (r *MetaLearner) fusedOptions() fused.Options {
	forms := map[Activation]fused.Activation{ActivationReLU: fused.ActivationReLU,
		ActivationTanh: fused.ActivationTanh, ActivationLinear: fused.ActivationLinear}
	form, ok := forms[r.Activation]
	if !ok {
		Panicf("M has no fused form with activation %q; set General", string(r.Activation))
	}
	return fused.Options{Activation: form, Precision: r.Precision}
}

// Init creates M's parameters in scope, or gives them new values, from stream; see [Init] for the schemes. outputScale
// multiplies m and e: 0 makes M the zero rule at the start.
func (r *MetaLearner) Init(scope *model.Scope, scheme Init, outputScale float64, stream *Stream) error {
	hidden := scheme.weights(r.Hidden, 3, stream) // row k is (a_k, b_k, c_k)
	hiddenBias := scheme.biases(r.Hidden, 3, stream)
	output := scheme.weights(1, r.Hidden, stream)
	outputBias := scheme.biases(1, r.Hidden, stream)
	columns := make([][]float32, len(thetaNames)-1)
	for i := range columns {
		columns[i] = make([]float32, r.Hidden)
	}
	for k := range r.Hidden {
		columns[0][k], columns[1][k], columns[2][k] = hidden[3*k], hidden[3*k+1], hidden[3*k+2]
		columns[3][k] = hiddenBias[k]
		columns[4][k] = float32(outputScale) * output[k]
	}
	for i, values := range columns {
		if err := assign(scope, thetaNames[i], values, r.Hidden); err != nil {
			return err
		}
	}
	return assign(scope, "e", []float32{float32(outputScale) * outputBias[0]})
}

// Parameters is the number of M's parameters: 5H + 1.
func (r *MetaLearner) Parameters() int { return 5*r.Hidden + 1 }

// Init names an initialisation. The paper does not say which it uses; the released code uses uniform_fan_in, PyTorch's
// default for linear layers.
type Init string

// The initialisations.
const (
	// InitUniformFanIn: weights and biases uniform in +-1/sqrt(fan_in).
	InitUniformFanIn Init = "uniform_fan_in"
	// InitGlorot: weights uniform in +-sqrt(6/(fan_in+fan_out)), biases 0 (Glorot and Bengio 2010).
	InitGlorot Init = "glorot"
	// InitHe: weights normal with variance 2/fan_in, biases 0 (He et al. 2015).
	InitHe Init = "he"
)

// weights draws an [out, in] matrix, row-major.
func (s Init) weights(out, in int, stream *Stream) []float32 {
	values := make([]float32, out*in)
	for i := range values {
		switch s {
		case InitGlorot:
			values[i] = float32(stream.uniform() * math.Sqrt(6/float64(in+out)))
		case InitHe:
			values[i] = float32(stream.NormFloat64() * math.Sqrt(2/float64(in)))
		default:
			values[i] = float32(stream.uniform() / math.Sqrt(float64(in)))
		}
	}
	return values
}

// biases draws the biases of a layer [out] with in inputs.
func (s Init) biases(out, in int, stream *Stream) []float32 {
	values := make([]float32, out)
	if s == InitUniformFanIn {
		for i := range values {
			values[i] = float32(stream.uniform() / math.Sqrt(float64(in)))
		}
	}
	return values
}
