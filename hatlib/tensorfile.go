package hatlib

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/maruel/safetensors"

	"github.com/hatlab/hatlab/hatlib/atomicfile"
)

// Array is a float32 array with its shape, row-major.
type Array struct {
	Shape  []int
	Values []float32
}

func (a Array) clone() Array { return Array{slices.Clone(a.Shape), slices.Clone(a.Values)} }

// Arrays are named arrays, as a safetensors file holds them.
type Arrays map[string]Array

// WriteArrays writes a safetensors file, atomically; equal arguments give equal bytes. metadata may be nil.
func WriteArrays(path string, arrays Arrays, metadata map[string]string) error {
	file := safetensors.File{Metadata: metadata}
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		a := arrays[name]
		data := make([]byte, 4*len(a.Values))
		for i, v := range a.Values {
			binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
		}
		shape := make([]uint64, len(a.Shape))
		for i, n := range a.Shape {
			shape[i] = uint64(n)
		}
		file.Tensors = append(file.Tensors, safetensors.Tensor{Name: name, DType: safetensors.F32, Shape: shape, Data: data})
	}
	var buffer bytes.Buffer
	if err := file.Serialize(&buffer); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return atomicfile.Write(path, buffer.Bytes())
}

// ReadArrays reads a safetensors file of float32 arrays and its metadata. A damaged file and other number types are
// errors that name the file and what is wrong.
func ReadArrays(path string) (Arrays, map[string]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading weights: %w", err)
	}
	arrays, metadata, err := parseArrays(data)
	if err != nil {
		return nil, nil, fmt.Errorf("reading weights from %s: %w", path, err)
	}
	return arrays, metadata, nil
}

// parseArrays reads the bytes of a safetensors file.
func parseArrays(data []byte) (arrays Arrays, metadata map[string]string, err error) {
	defer recoverTo(&err, "not a safetensors file")
	file, err := safetensors.Parse(data)
	if err != nil {
		return nil, nil, fmt.Errorf("not a safetensors file: %w", err)
	}
	arrays = Arrays{}
	for _, t := range file.Tensors {
		if t.DType != safetensors.F32 {
			return nil, nil, fmt.Errorf("array %q holds %s, expected F32 (float32)", t.Name, t.DType)
		}
		a := Array{Shape: make([]int, len(t.Shape)), Values: make([]float32, len(t.Data)/4)}
		size := 1
		for i, n := range t.Shape {
			if n > uint64(len(t.Data)) {
				return nil, nil, fmt.Errorf("array %q has shape %v but %d bytes", t.Name, t.Shape, len(t.Data))
			}
			a.Shape[i] = int(n)
			size *= int(n)
		}
		if size != len(a.Values) || len(t.Data)%4 != 0 {
			return nil, nil, fmt.Errorf("array %q has shape %v but %d bytes", t.Name, t.Shape, len(t.Data))
		}
		for i := range a.Values {
			a.Values[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
		}
		arrays[t.Name] = a
	}
	return arrays, file.Metadata, nil
}
