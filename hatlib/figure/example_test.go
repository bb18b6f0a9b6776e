package figure_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hatlab/hatlab/hatlib/figure"
)

// Three runs of two arms; the picture is testdata/example_learning.svg.
func ExampleLearningCurves() {
	epochs := []float64{1, 2, 5, 10}
	fig, err := figure.LearningCurves{
		Name:  "example_learning",
		Title: "Median accuracy by epochs",
		Arms: []figure.Arm{
			{Name: "control", X: epochs, Runs: [][]float64{{0.70, 0.78, 0.82, 0.84}, {0.72, 0.79, 0.83, 0.84}, {0.69, 0.77, 0.83, 0.85}}},
			{Name: "HAT", X: epochs, Runs: [][]float64{{0.71, 0.80, 0.84, 0.86}, {0.70, 0.80, 0.85, 0.86}, {0.73, 0.79, 0.84, 0.85}}},
		},
	}.Figure()
	if err != nil {
		panic(err)
	}
	fmt.Println(fig.Caption)
	csv, err := fig.CSV()
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s", csv[:60])
	// Output:
	// Lines are medians over runs, bands reach from the first to the third quartile; n = 3 per arm.
	// source,arm,x,n,median,q1,q3
	// ours,control,1,3,0.7,0.695,0.71
}

func ExampleFigure_Save() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	fig, err := figure.Lines{Name: "loss", XLabel: "step", YLabel: "loss (nats)", Series: []figure.Series{{Name: "HAT", X: []float64{1, 2, 3}, Y: []float64{2.3, 1.1, 0.7}}}}.Figure()
	if err != nil {
		panic(err)
	}
	paths, err := fig.Save(dir)
	if err != nil {
		panic(err)
	}
	for _, p := range []string{paths.SVG, paths.PNG, paths.CSV} {
		rel, _ := filepath.Rel(dir, p)
		fmt.Println(filepath.ToSlash(rel))
	}
	// Output:
	// figures/loss.svg
	// figures/loss.png
	// numbers/loss.csv
}

func ExampleSummarize() {
	b, missing, err := figure.Summarize("HAT", []float64{1}, [][]float64{{0.1}, {0.2}, {0.4}, {0.8}})
	fmt.Printf("%.3f [%.3f, %.3f] n=%d missing=%d %v\n", b.Median[0], b.Q1[0], b.Q3[0], b.N[0], missing, err)
	// Output:
	// 0.300 [0.175, 0.500] n=4 missing=0 <nil>
}

func ExampleBinMeans() {
	s, err := figure.BinMeans([]float64{0, 1, 2, 3}, []float64{1, 3, 5, 9}, 2)
	fmt.Println(s.X, s.Mean, s.SE, s.N, err)
	// Output:
	// [0.5 2.5] [2 7] [1 2] [2 2] <nil>
}

func ExampleHTML() {
	fmt.Println(figure.HTML("a < b, w_{ij} = 10^{-3}, a_b"))
	// Output:
	// a &lt; b, w<sub>ij</sub> = 10<sup>-3</sup>, a_b
}
