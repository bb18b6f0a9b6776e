package metalearning

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/maruel/safetensors"

	"github.com/hatlab/hatlab/hatlib/atomicfile"
)

// Param is one named array of meta-parameters: Data is row-major, float32, and has as many values as the product of Dims.
type Param struct {
	Name string
	Dims []int
	Data []float32
}

// Params is an ordered list of meta-parameters. The order is the order in which a graph-building function receives them as theta []*Node.
type Params []Param

// Clone returns a deep copy.
func (p Params) Clone() Params {
	c := make(Params, len(p))
	for i, q := range p {
		c[i] = Param{Name: q.Name, Dims: append([]int(nil), q.Dims...), Data: append([]float32(nil), q.Data...)}
	}
	return c
}

// Scale multiplies the named array by factor in place and returns p. Tests use factor -1 (a rule with its sign flipped) and 0.
// It panics when there is no such name.
func (p Params) Scale(name string, factor float32) Params {
	for _, q := range p {
		if q.Name == name {
			for i := range q.Data {
				q.Data[i] *= factor
			}
			return p
		}
	}
	panic(fmt.Sprintf("metalearning: no parameter %q to scale", name))
}

// Size returns the number of values in all arrays.
func (p Params) Size() int {
	n := 0
	for _, q := range p {
		n += len(q.Data)
	}
	return n
}

// inputs returns the arrays as tensors, in order, for a call of a graph.
func (p Params) inputs() []any {
	in := make([]any, len(p))
	for i, q := range p {
		in[i] = tensors.FromFlatDataAndDimensions(q.Data, q.Dims...)
	}
	return in
}

// Bytes returns p in the safetensors format, arrays in order, little-endian float32: the same values always give the same bytes.
func (p Params) Bytes() ([]byte, error) {
	var f safetensors.File
	for _, q := range p {
		shape := make([]uint64, len(q.Dims))
		for i, d := range q.Dims {
			shape[i] = uint64(d)
		}
		raw := make([]byte, 0, 4*len(q.Data))
		for _, v := range q.Data {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: q.Name, DType: safetensors.F32, Shape: shape, Data: raw})
	}
	var buf bytes.Buffer
	if err := f.Serialize(&buf); err != nil {
		return nil, fmt.Errorf("metalearning: writing parameters as safetensors: %w", err)
	}
	return buf.Bytes(), nil
}

// Save writes p as a safetensors file under a temporary name and renames it, so that no reader meets half a file.
func (p Params) Save(path string) error {
	raw, err := p.Bytes()
	if err != nil {
		return err
	}
	return atomicfile.Write(path, raw)
}

// ParseParams reads what Bytes wrote. like gives the names, the order and the shapes that are wanted; anything else is an error, so that the parameters
// of one method cannot be given to another.
func ParseParams(raw []byte, like Params) (Params, error) {
	f, err := safetensors.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("metalearning: reading parameters: %w", err)
	}
	byName := map[string]safetensors.Tensor{}
	for _, t := range f.Tensors {
		byName[t.Name] = t
	}
	if len(byName) != len(like) {
		return nil, fmt.Errorf("metalearning: reading parameters: %d arrays, want %d", len(byName), len(like))
	}
	out := like.Clone()
	for i, q := range out {
		t, ok := byName[q.Name]
		if !ok || t.DType != safetensors.F32 || len(t.Data) != 4*len(q.Data) || len(t.Shape) != len(q.Dims) {
			return nil, fmt.Errorf("metalearning: reading parameters: array %q is missing or is not float32 %v", q.Name, q.Dims)
		}
		for k, d := range q.Dims {
			if t.Shape[k] != uint64(d) {
				return nil, fmt.Errorf("metalearning: reading parameters: array %q has shape %v, want %v", q.Name, t.Shape, q.Dims)
			}
		}
		for k := range q.Data {
			out[i].Data[k] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*k:]))
		}
	}
	return out, nil
}
