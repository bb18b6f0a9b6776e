package twophase

import (
	. "github.com/gomlx/gomlx/core/graph"
	. "github.com/gomlx/gomlx/support/exceptions"
)

// Unit is the smooth, increasing function of hidden units: f of contrastive Hebbian learning, rho of equilibrium
// propagation. Both have slope 1 in their middle. Neither has a corner: at a clip, as in Scellier and Bengio's hard
// sigmoid, a unit stops answering to the nudge.
type Unit string

// The units that there are.
const (
	// TanhUnit is tanh(u), in (-1, 1).
	TanhUnit Unit = "tanh"
	// LogisticUnit is 1 / (1 + exp(2 - 4u)), in (0, 1), with its middle at u = 1/2.
	LogisticUnit Unit = "logistic"
)

// Value returns f(u), of the shape and dtype of u.
func (f Unit) Value(u *Node) *Node {
	f.known()
	if f == TanhUnit {
		return Tanh(u)
	}
	return Logistic(plus(times(u, 4), -2))
}

// slope returns f'(u), given y = f(u).
func (f Unit) slope(y *Node) *Node {
	f.known()
	if f == TanhUnit {
		return plus(Neg(Mul(y, y)), 1)
	}
	return times(Sub(y, Mul(y, y)), 4)
}

// inverseIntegral returns the integral of the inverse of f up to y, the cost of an activity in the energy of Xie and
// Seung. It is finite at the ends of f's range, and is meant for activities within it.
func (f Unit) inverseIntegral(y *Node) *Node {
	f.known()
	if f == TanhUnit {
		return MulScalar(Add(xLogX(AddScalar(y, 1)), xLogX(OneMinus(y))), 0.5)
	}
	return Add(MulScalar(y, 0.5), MulScalar(Add(xLogX(y), xLogX(OneMinus(y))), 0.25))
}

// xLogX returns x log x, and 0 at 0.
func xLogX(x *Node) *Node { return Mul(x, Log(MaxScalar(x, 1e-30))) }

// known panics on a unit that does not exist.
func (f Unit) known() {
	if f != TanhUnit && f != LogisticUnit {
		Panicf("unknown unit %q, there are %q and %q", string(f), string(TanhUnit), string(LogisticUnit))
	}
}
