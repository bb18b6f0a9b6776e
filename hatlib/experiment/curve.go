package experiment

import (
	"bytes"
	"fmt"

	"github.com/parquet-go/parquet-go"

	"github.com/hatlab/hatlab/hatlib"
)

// curveRow is one point of a learning curve as it is stored.
type curveRow struct {
	Run         string    `parquet:"run,dict"`
	Seed        int64     `parquet:"seed"`
	Point       int32     `parquet:"point"`
	Epoch       float64   `parquet:"epoch"`
	Batch       int64     `parquet:"batch"`
	TrainLoss   float64   `parquet:"train_loss"`
	LocalNorm   float64   `parquet:"local_norm"`
	StepNorm    float64   `parquet:"step_norm"`
	Accuracy    float64   `parquet:"accuracy"`
	Loss        float64   `parquet:"loss"`
	DeadOutputs int32     `parquet:"dead_outputs"`
	ByClass     []float64 `parquet:"by_class,list"`
	DivergedAt  int64     `parquet:"diverged_at"`
}

// encodeCurve writes a learning curve as Parquet. Equal arguments give equal bytes.
func encodeCurve(id string, r *hatlib.Result) ([]byte, error) {
	rows := make([]curveRow, len(r.Points))
	for i, p := range r.Points {
		rows[i] = curveRow{Run: id, Seed: r.Config.Seed, Point: int32(i), Epoch: p.Epoch, Batch: int64(p.Batch),
			TrainLoss: p.TrainLoss, LocalNorm: p.LocalNorm, StepNorm: p.StepNorm,
			Accuracy: p.Test.Accuracy, Loss: p.Test.Loss, DeadOutputs: int32(p.Test.DeadOutputs), ByClass: p.Test.ByClass,
			DivergedAt: int64(r.DivergedAt)}
	}
	var buffer bytes.Buffer
	w := parquet.NewGenericWriter[curveRow](&buffer, parquet.CreatedBy("hatlab", "1", ""), parquet.Compression(&parquet.Zstd))
	if _, err := w.Write(rows); err != nil {
		return nil, fmt.Errorf("encoding a learning curve: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encoding a learning curve: %w", err)
	}
	return buffer.Bytes(), nil
}

// decodeCurve is the inverse of encodeCurve.
func decodeCurve(data []byte) (points []hatlib.Point, divergedAt int, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("not a learning curve: %v", failure) // the Parquet reader panics on some damaged files
		}
	}()
	rows, err := parquet.Read[curveRow](bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, 0, fmt.Errorf("not a learning curve: %w", err)
	}
	if len(rows) == 0 {
		return nil, 0, fmt.Errorf("a learning curve without points")
	}
	for _, r := range rows {
		points = append(points, hatlib.Point{Epoch: r.Epoch, Batch: int(r.Batch), TrainLoss: r.TrainLoss,
			LocalNorm: r.LocalNorm, StepNorm: r.StepNorm, Test: hatlib.Evaluation{Accuracy: r.Accuracy, Loss: r.Loss,
				ByClass: r.ByClass, DeadOutputs: int(r.DeadOutputs)}})
	}
	return points, int(rows[0].DivergedAt), nil
}
