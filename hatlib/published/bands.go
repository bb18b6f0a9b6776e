package published

import "github.com/hatlab/hatlab/hatlib/figure"

// Fig1aBands returns [Fig1a] as two curves, "control" and "HAT", ready to stand beside ours in [figure.LearningCurves].
func Fig1aBands() []figure.Band {
	out := []figure.Band{{Name: "control"}, {Name: "HAT"}}
	for _, p := range Fig1a() {
		b := &out[0]
		if p.Arm == "hat" {
			b = &out[1]
		}
		b.X = append(b.X, p.Epochs)
		b.N = append(b.N, p.Runs)
		b.Median = append(b.Median, p.Median)
		b.Q1 = append(b.Q1, p.Q1)
		b.Q3 = append(b.Q3, p.Q3)
	}
	return out
}
