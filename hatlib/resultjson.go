package hatlib

import (
	"encoding/json"
	"math"
)

// JSON has no NaN and no Inf; a number that is not finite, as the loss of a diverged run, is written as null and read
// as NaN.
type jsonNumber float64

// MarshalJSON writes null for numbers that are not finite.
func (n jsonNumber) MarshalJSON() ([]byte, error) {
	if !isFinite(float64(n)) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as NaN.
func (n *jsonNumber) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*n = jsonNumber(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(n))
}

type evaluationFields Evaluation

type evaluationJSON struct {
	evaluationFields
	Loss jsonNumber `json:"loss"`
}

// MarshalJSON writes a loss that is not finite as null.
func (e Evaluation) MarshalJSON() ([]byte, error) {
	return json.Marshal(evaluationJSON{evaluationFields(e), jsonNumber(e.Loss)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Evaluation) UnmarshalJSON(data []byte) error {
	var read evaluationJSON
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*e = Evaluation(read.evaluationFields)
	e.Loss = float64(read.Loss)
	return nil
}

type pointFields Point

type pointJSON struct {
	pointFields
	TrainLoss jsonNumber `json:"train_loss"`
	LocalNorm jsonNumber `json:"local_norm"`
	StepNorm  jsonNumber `json:"step_norm"`
}

// MarshalJSON writes numbers that are not finite as null.
func (p Point) MarshalJSON() ([]byte, error) {
	return json.Marshal(pointJSON{pointFields(p), jsonNumber(p.TrainLoss), jsonNumber(p.LocalNorm), jsonNumber(p.StepNorm)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Point) UnmarshalJSON(data []byte) error {
	var read pointJSON
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*p = Point(read.pointFields)
	p.TrainLoss, p.LocalNorm, p.StepNorm = float64(read.TrainLoss), float64(read.LocalNorm), float64(read.StepNorm)
	return nil
}
