package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// Set is one split of a data set. Functions of this package return sets whose fields agree with each other; nothing changes a set afterwards, so it may be shared.
type Set struct {
	Name  string // "fashion-mnist", "mnist", "digits", "synthetic"
	Split string // "train", "test", or "held-out"

	X []float32 // [N, Features] row-major, in [0,1]
	Y []int32   // [N], in [0,Classes)

	N, Features, Classes int
	Height, Width        int // Height*Width == Features

	ClassNames []string // [Classes]
}

// String is one line such as "fashion-mnist train: 60000 examples, 28x28, 10 classes".
func (s *Set) String() string {
	if s == nil {
		return "no data"
	}
	return fmt.Sprintf("%s %s: %d examples, %dx%d, %d classes", s.Name, s.Split, s.N, s.Height, s.Width, s.Classes)
}

// Row returns the features of example i, [Features], sharing memory with X.
func (s *Set) Row(i int) []float32 { return s.X[i*s.Features : (i+1)*s.Features : (i+1)*s.Features] }

// ClassCounts returns the number of examples of each class, [Classes].
func (s *Set) ClassCounts() []int {
	counts := make([]int, s.Classes)
	for _, y := range s.Y {
		counts[y]++
	}
	return counts
}

// Subset returns the examples with the given indices, in that order, as a copy. It panics where an index is outside [0,N).
func (s *Set) Subset(idx []int) *Set {
	sub := *s
	sub.N = len(idx)
	sub.X = make([]float32, 0, len(idx)*s.Features)
	sub.Y = make([]int32, 0, len(idx))
	for _, i := range idx {
		sub.X = append(sub.X, s.Row(i)...)
		sub.Y = append(sub.Y, s.Y[i])
	}
	return &sub
}

// Head returns the first n examples in file order, all of them where n >= N, none where n <= 0. It shares memory with s.
func (s *Set) Head(n int) *Set {
	n = min(max(n, 0), s.N)
	head := *s
	head.N = n
	head.X = s.X[: n*s.Features : n*s.Features]
	head.Y = s.Y[:n:n]
	return &head
}

// Checksum is the SHA-256, in hexadecimal, over N, Features, Classes, Height, Width (uint64), X (float32) and Y (int32), all little-endian. Names do
// not enter it: it says which numbers a run has seen.
func (s *Set) Checksum() string {
	hash := sha256.New()
	block := make([]byte, 0, 1<<16) // one call per block: a call per value takes ten times as long
	flush := func(atLeast int) {
		if len(block) >= atLeast {
			hash.Write(block)
			block = block[:0]
		}
	}
	for _, v := range []int{s.N, s.Features, s.Classes, s.Height, s.Width} {
		block = binary.LittleEndian.AppendUint64(block, uint64(v))
	}
	for _, v := range s.X {
		block = binary.LittleEndian.AppendUint32(block, math.Float32bits(v))
		flush(1<<16 - 8)
	}
	for _, v := range s.Y {
		block = binary.LittleEndian.AppendUint32(block, uint32(v))
		flush(1<<16 - 8)
	}
	flush(0)
	return hex.EncodeToString(hash.Sum(nil))
}
