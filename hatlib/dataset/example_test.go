package dataset_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// The digits are inside the program: this runs everywhere.
func ExampleLoad() {
	train, test, err := dataset.Load("digits")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(train)
	fmt.Println(test)
	// Output:
	// digits train: 1442 examples, 8x8, 10 classes
	// digits test: 355 examples, 8x8, 10 classes
}

// A tenth of the labels: of 20 and 10 examples of two classes, 2 and 1 keep theirs.
func ExampleLabelMask() {
	y := make([]int32, 30)
	for i := 20; i < 30; i++ {
		y[i] = 1
	}
	var kept [2]int
	for i, labelled := range dataset.LabelMask(y, 2, 0.1, rand.New(rand.NewPCG(1, 0))) {
		if labelled {
			kept[y[i]]++
		}
	}
	fmt.Println(kept)
	// Output: [2 1]
}
