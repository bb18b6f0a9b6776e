package hatlib

import "math/rand/v2"

// Stream is one stream of random numbers of a run. L, M, the order of examples and the label mask each have their
// own, so that two arms can share some of them: the same seed with another rule starts from the same learner, sees the
// same batches and the same labels.
type Stream struct{ *rand.Rand }

// streamKind tells the streams of a run apart. The numbers enter the seed, so they never change.
type streamKind uint64

const (
	streamLearner streamKind = 1
	streamMeta    streamKind = 2
	streamOrder   streamKind = 3
	streamLabels  streamKind = 4
	streamPoints  streamKind = 5
	streamNoise   streamKind = 6
)

// arm tells the arms apart where they are not paired.
type arm uint64

const (
	armHAT     arm = 0
	armControl arm = 1
)

// newStream returns one stream of a seed; equal arguments give equal numbers on every machine.
func newStream(seed int64, kind streamKind, of arm, epoch int) *Stream {
	return &Stream{rand.New(rand.NewPCG(uint64(seed), uint64(kind)|uint64(of)<<8|uint64(epoch)<<16))}
}

// uniform is uniform in [-1, 1).
func (s *Stream) uniform() float64 { return 2*s.Float64() - 1 }
