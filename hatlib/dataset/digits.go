package dataset

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

//go:embed digits/digits.csv.gz
var digitsCSV []byte

// DigitsLicense says where the embedded digits come from and under which licence (CC BY 4.0).
//
//go:embed digits/LICENSE.txt
var DigitsLicense string

// digitsTestEvery decides the split of the digits: of each class, in file order, every fifth example is for testing.
const digitsTestEvery = 5

// loadDigits reads the embedded digits. The split is fixed and stratified: within each class, in file order, examples 4, 9, 14, ... (counted from 0) are the test
// split and the others the training split, 1442 + 355. The file is the published *test* part alone, so writers are in both splits and accuracies are
// higher than with the published split, which is by writer.
func loadDigits() (train, test *Set, err error) {
	zr, err := gzip.NewReader(bytes.NewReader(digitsCSV))
	if err != nil {
		return nil, nil, fmt.Errorf("dataset: embedded digits: %w", err)
	}
	all, err := parseDigits(zr)
	if err != nil {
		return nil, nil, fmt.Errorf("dataset: embedded digits: %w", err)
	}
	var trainIdx, testIdx []int
	seen := make([]int, all.Classes)
	for i, c := range all.Y {
		if seen[c]++; seen[c]%digitsTestEvery == 0 {
			testIdx = append(testIdx, i)
		} else {
			trainIdx = append(trainIdx, i)
		}
	}
	train, test = all.Subset(trainIdx), all.Subset(testIdx)
	train.Split, test.Split = "train", "test"
	return train, test, nil
}

// parseDigits reads lines of 64 pixels in 0..16 and a label in 0..9.
func parseDigits(r io.Reader) (*Set, error) {
	const side, highest, classes = 8, 16, 10
	set := &Set{Name: Digits, Features: side * side, Classes: classes, Height: side, Width: side, ClassNames: digitNames()}
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = set.Features + 1
	lines.ReuseRecord = true
	for {
		fields, err := lines.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for i, field := range fields {
			limit := highest
			if i == set.Features {
				limit = classes - 1
			}
			v, err := strconv.Atoi(field)
			if err != nil || v < 0 || v > limit {
				return nil, fmt.Errorf("line %d, field %d is %q, not a whole number in 0..%d", set.N+1, i+1, field, limit)
			}
			if i == set.Features {
				set.Y = append(set.Y, int32(v))
			} else {
				set.X = append(set.X, float32(v)/highest)
			}
		}
		set.N++
	}
	return set, nil
}

func digitNames() []string {
	return []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
}
