package metalearning

import (
	"fmt"
	"math"
)

// Stepper is an optimizer that has a state and moves x against a gradient, in place. Reset forgets the state and says how many problems of how many
// coordinates follow: x and grad are [problems, n], row-major, and no method here mixes coordinates.
type Stepper interface {
	Name() string
	String() string // the name and the settings
	Reset(problems, n int)
	Step(x, grad []float32) error
}

// SGD is x <- x - rate g (Robbins and Monro 1951).
type SGD struct{ Rate float64 }

// Name returns "SGD".
func (*SGD) Name() string { return "SGD" }

// String returns the name with the settings.
func (s *SGD) String() string { return fmt.Sprintf("SGD rate %.3g", s.Rate) }

// Reset does nothing: plain descent has no state.
func (*SGD) Reset(int, int) {}

// Step moves x once.
func (s *SGD) Step(x, grad []float32) error {
	for i, g := range grad {
		x[i] -= float32(s.Rate * float64(g))
	}
	return nil
}

// NAG is Nesterov's accelerated gradient in the form that keeps x at the look-ahead point (Sutskever et al. 2013; the form of Torch's optim.sgd with
// nesterov = true): v <- mu v + g; x <- x - rate (g + mu v).
type NAG struct {
	Rate, Momentum float64
	v              []float64
}

// Name returns "NAG".
func (*NAG) Name() string { return "NAG" }

// String returns the name with the settings.
func (s *NAG) String() string { return fmt.Sprintf("NAG rate %.3g momentum %.3g", s.Rate, s.Momentum) }

// Reset forgets the velocity.
func (s *NAG) Reset(problems, n int) { s.v = make([]float64, problems*n) }

// Step moves x once.
func (s *NAG) Step(x, grad []float32) error {
	for i, g := range grad {
		s.v[i] = s.Momentum*s.v[i] + float64(g)
		x[i] -= float32(s.Rate * (float64(g) + s.Momentum*s.v[i]))
	}
	return nil
}

// RMSprop is m <- decay m + (1 - decay) g^2; x <- x - rate g / (sqrt(m) + 1e-8) (Tieleman and Hinton 2012).
type RMSprop struct {
	Rate, Decay float64
	m           []float64
}

// Name returns "RMSprop".
func (*RMSprop) Name() string { return "RMSprop" }

// String returns the name with the settings.
func (s *RMSprop) String() string {
	return fmt.Sprintf("RMSprop rate %.3g decay %.3g", s.Rate, s.Decay)
}

// Reset forgets the mean square.
func (s *RMSprop) Reset(problems, n int) { s.m = make([]float64, problems*n) }

// Step moves x once.
func (s *RMSprop) Step(x, grad []float32) error {
	for i, g := range grad {
		s.m[i] = s.Decay*s.m[i] + (1-s.Decay)*float64(g)*float64(g)
		x[i] -= float32(s.Rate * float64(g) / (math.Sqrt(s.m[i]) + 1e-8))
	}
	return nil
}

// Adam is the method of Kingma and Ba 2015 (algorithm 1) with beta1 0.9, beta2 0.999, epsilon 1e-8: it is a baseline here, and it trains every meta-parameter.
type Adam struct {
	Rate float64
	m, v []float64
	t    int
}

// NewAdam returns Adam with the given rate and an empty state, which takes its size from the first step.
func NewAdam(rate float64) *Adam { return &Adam{Rate: rate} }

// Name returns "Adam".
func (*Adam) Name() string { return "Adam" }

// String returns the name with the settings.
func (s *Adam) String() string { return fmt.Sprintf("Adam rate %.3g", s.Rate) }

// Reset forgets both moments and the step count.
func (s *Adam) Reset(problems, n int) {
	s.m, s.v, s.t = make([]float64, problems*n), make([]float64, problems*n), 0
}

// Step moves x once.
func (s *Adam) Step(x, grad []float32) error {
	if s.m == nil {
		s.Reset(1, len(x))
	}
	s.t++
	c1, c2 := 1-math.Pow(0.9, float64(s.t)), 1-math.Pow(0.999, float64(s.t))
	for i, g := range grad {
		g := float64(g)
		s.m[i] = 0.9*s.m[i] + 0.1*g
		s.v[i] = 0.999*s.v[i] + 0.001*g*g
		x[i] -= float32(s.Rate * (s.m[i] / c1) / (math.Sqrt(s.v[i]/c2) + 1e-8))
	}
	return nil
}
