package experiment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Figure 2 of the paper shows what the rule does to the neuron pairs that training visited. A run of rule meta therefore
// keeps, at chosen points of its curve, M and a sample of the pairs (v_i, w_ij, v_j) that it would be shown then, by
// layer.
const (
	maxSnapshots    = 8   // points of the curve at which M is kept
	visitedExamples = 64  // training examples that are shown to L for a sample of pairs
	visitedPairs    = 256 // pairs of each layer in the sample
)

// Snapshots is M along a run, and the neuron pairs that it met.
type Snapshots struct {
	// Epochs of the snapshots, ascending.
	Epochs []float64
	// Rules are the parameters of M at each epoch.
	Rules []RuleParams
	// Visited[s][l] is the sample of layer l at snapshot s: rows of v_i, w_ij, v_j.
	Visited [][][][3]float64
}

// RuleParams are the parameters of M, see hatlib.MetaLearner.
type RuleParams struct {
	A, B, C, D, M []float64
	E             float64
	Activation    hatlib.Activation
}

// Update is M(v_i, w_ij, v_j) = sum_k m_k g(a_k v_i + b_k w_ij + c_k v_j + d_k) + e, before any rate.
func (r *RuleParams) Update(vi, wij, vj float64) float64 {
	sum := r.E
	if r.Activation == hatlib.ActivationReLU { // figures ask for hundreds of millions of these
		a, b, c, d := r.A[:len(r.M)], r.B[:len(r.M)], r.C[:len(r.M)], r.D[:len(r.M)]
		for k, m := range r.M {
			if z := a[k]*vi + b[k]*wij + c[k]*vj + d[k]; !(z <= 0) { // NaN stays NaN
				sum += m * z
			}
		}
		return sum
	}
	for k, m := range r.M {
		sum += m * activate(r.Activation, r.A[k]*vi+r.B[k]*wij+r.C[k]*vj+r.D[k])
	}
	return sum
}

// Distance is the Euclidean distance between the parameters of two rules of one size.
func (r *RuleParams) Distance(other *RuleParams) float64 {
	sum := (r.E - other.E) * (r.E - other.E)
	for k := range r.M {
		for _, d := range [...]float64{r.A[k] - other.A[k], r.B[k] - other.B[k], r.C[k] - other.C[k], r.D[k] - other.D[k], r.M[k] - other.M[k]} {
			sum += d * d
		}
	}
	return math.Sqrt(sum)
}

func activate(a hatlib.Activation, x float64) float64 {
	switch a {
	case hatlib.ActivationReLU:
		if x > 0 || math.IsNaN(x) {
			return x
		}
		return 0
	case hatlib.ActivationTanh:
		return math.Tanh(x)
	case hatlib.ActivationSigmoid:
		return 1 / (1 + math.Exp(-x))
	}
	return x
}

// snapshotPoints chooses which points of a curve with n points keep M: all, or maxSnapshots of them, the first and the
// last among them, closer together at the start, where M changes fast.
func snapshotPoints(n int) []int {
	if n <= maxSnapshots {
		points := make([]int, n)
		for i := range points {
			points[i] = i
		}
		return points
	}
	points := []int{0}
	for k := 1; k < maxSnapshots; k++ {
		p := int(math.Round(math.Pow(float64(n-1), float64(k-1)/float64(maxSnapshots-2))))
		points = append(points, max(p, points[len(points)-1]+1))
	}
	points[len(points)-1] = n - 1
	return points
}

// snapshotter collects the snapshots of one run in the folder of its partial state, so that a run that is taken up again
// has them all.
type snapshotter struct {
	dir     string
	config  hatlib.Config
	train   *dataset.Set
	batches []int // at which a snapshot is due
}

func newSnapshotter(dir string, config hatlib.Config, train *dataset.Set) *snapshotter {
	s := &snapshotter{dir: dir, config: config, train: train}
	stops := config.CurveBatches(train.N)
	for _, p := range snapshotPoints(len(stops)) {
		s.batches = append(s.batches, stops[p])
	}
	return s
}

func (s *snapshotter) path(batch int) string {
	return filepath.Join(s.dir, fmt.Sprintf("rule-%08d.safetensors", batch))
}

// take keeps the snapshot of a point, where one is due.
func (s *snapshotter) take(t *hatlib.Trainer, p hatlib.Point) error {
	if s.config.Rule != "meta" || !slices.Contains(s.batches, p.Batch) {
		return nil
	}
	weights, err := t.Weights()
	if err != nil {
		return err
	}
	kept := hatlib.Arrays{"epoch": {Shape: []int{}, Values: []float32{float32(p.Epoch)}}}
	for _, name := range metaArrays {
		kept[name] = weights[name]
	}
	for layer, pairs := range visit(s.config, weights, s.train, p.Batch) {
		kept[fmt.Sprintf("visited.%d", layer)] = pairs
	}
	return hatlib.WriteArrays(s.path(p.Batch), kept, nil)
}

var metaArrays = []string{"meta.hidden.weight", "meta.hidden.bias", "meta.output.weight", "meta.output.bias"}

// visit shows training examples to L and draws pairs of every layer: v_i is the activity of the layer below, v_j that of
// the layer above, both with the weights as they are stored. The draw depends on the seed and the batch alone.
func visit(c hatlib.Config, weights hatlib.Arrays, train *dataset.Set, batch int) []hatlib.Array {
	rng := rand.New(rand.NewPCG(uint64(c.Seed), uint64(batch)<<16|0x7669)) // a stream of its own
	n := min(visitedExamples, train.N)
	rows := make([]int, n)
	for i := range rows {
		rows[i] = rng.IntN(train.N)
	}
	shift, scale := inputScale(c, train)
	pre := make([][]float64, n)
	for i, row := range rows {
		pre[i] = make([]float64, train.Features)
		for k, x := range train.Row(row) {
			pre[i][k] = (float64(x) - shift) / scale
		}
	}
	layers := len(c.Sizes) - 1
	samples := make([]hatlib.Array, layers)
	for l := range layers {
		in, out := c.Sizes[l], c.Sizes[l+1]
		w, b := weights[fmt.Sprintf("learner.%d.weight", l)].Values, weights[fmt.Sprintf("learner.%d.bias", l)].Values
		sigma := c.HiddenActivation
		if l == layers-1 {
			sigma = c.OutputActivation
		}
		post := make([][]float64, n)
		seen := make([][]float64, n)
		for i := range post {
			post[i], seen[i] = make([]float64, out), make([]float64, out)
			for j := range out {
				z := float64(b[j])
				for k, x := range pre[i] {
					z += float64(w[j*in+k]) * x
				}
				post[i][j] = activate(sigma, z)
				seen[i][j] = post[i][j]
				if c.PostSeen == "preactivation" {
					seen[i][j] = z
				}
			}
		}
		values := make([]float32, 0, 3*visitedPairs)
		for range visitedPairs {
			e, i, j := rng.IntN(n), rng.IntN(in), rng.IntN(out)
			above := e
			if c.Pairing == hatlib.PairingShuffled {
				above = (e + 1) % n
			}
			values = append(values, float32(pre[e][i]), w[j*in+i], float32(seen[above][j]))
		}
		samples[l] = hatlib.Array{Shape: []int{visitedPairs, 3}, Values: values}
		pre = post
	}
	return samples
}

// inputScale is what Config.Inputs does to the inputs.
func inputScale(c hatlib.Config, train *dataset.Set) (shift, scale float64) {
	if c.Inputs != "standard" {
		return 0, 1
	}
	var sum, squares float64
	for _, x := range train.X {
		sum += float64(x)
		squares += float64(x) * float64(x)
	}
	mean := sum / float64(len(train.X))
	return mean, math.Sqrt(math.Max(squares/float64(len(train.X))-mean*mean, 1e-12))
}

// collect joins the snapshots that are there into the arrays of rule.safetensors, each with a first axis for the
// snapshots; nil when the rule is not M.
func (s *snapshotter) collect() (hatlib.Arrays, error) {
	if s.config.Rule != "meta" {
		return nil, nil
	}
	joined := hatlib.Arrays{}
	count := 0
	for _, batch := range s.batches {
		if _, err := os.Stat(s.path(batch)); err != nil {
			continue // a run that diverged early
		}
		one, _, err := hatlib.ReadArrays(s.path(batch))
		if err != nil {
			return nil, err
		}
		for name, a := range one {
			j := joined[name]
			j.Shape = append([]int{count + 1}, a.Shape...)
			j.Values = append(j.Values, a.Values...)
			joined[name] = j
		}
		count++
	}
	return joined, nil
}

// snapshotsOf reads the arrays of rule.safetensors.
func snapshotsOf(c hatlib.Config, arrays hatlib.Arrays) (*Snapshots, error) {
	hidden, bias := arrays["meta.hidden.weight"], arrays["meta.hidden.bias"]
	output, outputBias := arrays["meta.output.weight"], arrays["meta.output.bias"]
	n, h := len(arrays["epoch"].Values), c.MetaHidden
	if n == 0 || len(hidden.Values) != 3*n*h || len(bias.Values) != n*h || len(output.Values) != n*h || len(outputBias.Values) != n {
		return nil, fmt.Errorf("%d snapshots of M with %d hidden units do not have the shapes %v, %v, %v, %v", n, h,
			hidden.Shape, bias.Shape, output.Shape, outputBias.Shape)
	}
	s := &Snapshots{}
	for i := range n {
		r := RuleParams{E: float64(outputBias.Values[i]), Activation: c.MetaActivation}
		for k := i * h; k < (i+1)*h; k++ {
			r.A = append(r.A, float64(hidden.Values[3*k]))
			r.B = append(r.B, float64(hidden.Values[3*k+1]))
			r.C = append(r.C, float64(hidden.Values[3*k+2]))
			r.D = append(r.D, float64(bias.Values[k]))
			r.M = append(r.M, float64(output.Values[k]))
		}
		s.Epochs = append(s.Epochs, float64(arrays["epoch"].Values[i]))
		s.Rules = append(s.Rules, r)
		var layers [][][3]float64
		for l := range len(c.Sizes) - 1 {
			a := arrays[fmt.Sprintf("visited.%d", l)]
			if len(a.Values)%(3*n) != 0 {
				return nil, fmt.Errorf("visited.%d has shape %v", l, a.Shape)
			}
			per := len(a.Values) / n
			var pairs [][3]float64
			for p := i * per; p < (i+1)*per; p += 3 {
				pairs = append(pairs, [3]float64{float64(a.Values[p]), float64(a.Values[p+1]), float64(a.Values[p+2])})
			}
			layers = append(layers, pairs)
		}
		s.Visited = append(s.Visited, layers)
	}
	return s, nil
}
