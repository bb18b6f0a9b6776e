package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func example() *Set {
	return &Set{Name: "e", Split: "train", X: []float32{0, 0.25, 0.5, 0.75, 1, 0.125}, Y: []int32{0, 1, 1}, N: 3, Features: 2, Classes: 2, Height: 1, Width: 2}
}

func TestChecksum(t *testing.T) {
	s := example()
	// The definition, written out by another route.
	var raw []byte
	for _, v := range []uint64{3, 2, 2, 1, 2} {
		raw, _ = binary.Append(raw, binary.LittleEndian, v)
	}
	raw, _ = binary.Append(raw, binary.LittleEndian, s.X)
	raw, _ = binary.Append(raw, binary.LittleEndian, s.Y)
	want := sha256.Sum256(raw)
	if got := s.Checksum(); got != hex.EncodeToString(want[:]) {
		t.Errorf("checksum %s, want %x", got, want)
	}
	renamed := example()
	renamed.Name, renamed.Split = "f", "test"
	if renamed.Checksum() != s.Checksum() {
		t.Error("names change the checksum")
	}
	for name, change := range map[string]func(*Set){
		"pixel": func(s *Set) { s.X[5] = math.Nextafter32(s.X[5], 1) },
		"label": func(s *Set) { s.Y[2] = 0 },
		"shape": func(s *Set) { s.Height, s.Width = 2, 1 },
	} {
		c := example()
		if change(c); c.Checksum() == s.Checksum() {
			t.Errorf("another %s leaves the checksum as it is", name)
		}
	}
}

func TestSubsetAndHead(t *testing.T) {
	s := example()
	sub := s.Subset([]int{2, 0, 2})
	if sub.N != 3 || !slices.Equal(sub.X, []float32{1, 0.125, 0, 0.25, 1, 0.125}) || !slices.Equal(sub.Y, []int32{1, 0, 1}) {
		t.Errorf("subset %+v", sub)
	}
	sub.X[0] = 0.5
	if s.X[4] != 1 {
		t.Error("changing a subset changes the set")
	}
	for n, want := range map[int]int{-1: 0, 0: 0, 2: 2, 3: 3, 9: 3} {
		if h := s.Head(n); h.N != want || len(h.X) != 2*want || len(h.Y) != want {
			t.Errorf("Head(%d): %+v", n, h)
		}
	}
	if got := s.Subset([]int{0, 1}).Checksum(); got != s.Head(2).Checksum() {
		t.Error("Subset and Head differ")
	}
}

func TestOrder(t *testing.T) {
	a, b := Order(100, rand.New(rand.NewPCG(1, 2))), Order(100, rand.New(rand.NewPCG(1, 2)))
	if !slices.Equal(a, b) {
		t.Error("the same generator gives different orders")
	}
	if slices.Equal(a, Order(100, rand.New(rand.NewPCG(1, 3)))) {
		t.Error("different generators give the same order")
	}
	slices.Sort(a)
	for i, v := range a {
		if v != i {
			t.Fatalf("not a permutation: %v", a)
		}
	}
}

func TestLabelMask(t *testing.T) {
	// 5, 50 and 7 examples of three classes, mixed.
	var y []int32
	for class, n := range []int{5, 50, 7} {
		for range n {
			y = append(y, int32(class))
		}
	}
	rand.New(rand.NewPCG(3, 0)).Shuffle(len(y), func(i, j int) { y[i], y[j] = y[j], y[i] })
	for theta, want := range map[float64][3]int{0: {0, 0, 0}, 0.01: {0, 1, 0}, 0.1: {1, 5, 1}, 0.3: {2, 15, 2}, 0.5: {3, 25, 4}, 1: {5, 50, 7}} {
		mask := LabelMask(y, 3, theta, rand.New(rand.NewPCG(7, 7)))
		if got := countByClass(mask, y); got != want {
			t.Errorf("theta %v: labels by class %v, want %v", theta, got, want)
		}
		larger := LabelMask(y, 3, math.Min(1, theta+0.2), rand.New(rand.NewPCG(7, 7)))
		for i := range mask {
			if mask[i] && !larger[i] {
				t.Errorf("theta %v: example %d loses its label when theta grows", theta, i)
			}
		}
	}
	a := LabelMask(y, 3, 0.5, rand.New(rand.NewPCG(7, 7)))
	if !slices.Equal(a, LabelMask(y, 3, 0.5, rand.New(rand.NewPCG(7, 7)))) || slices.Equal(a, LabelMask(y, 3, 0.5, rand.New(rand.NewPCG(7, 8)))) {
		t.Error("the mask is not a function of the seed")
	}
}

func countByClass(mask []bool, y []int32) (counts [3]int) {
	for i, m := range mask {
		if m {
			counts[y[i]]++
		}
	}
	return counts
}

// TestLabelMaskIsFair: over many draws each example is as likely as any other; 4000 draws at 1/2 have a standard deviation of 0.8%.
func TestLabelMaskIsFair(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 0))
	y := []int32{0, 0, 0, 0, 0, 0}
	var hits [6]int
	const draws = 4000
	for range draws {
		for i, m := range LabelMask(y, 1, 0.5, rng) {
			if m {
				hits[i]++
			}
		}
	}
	for i, n := range hits {
		if f := float64(n) / draws; math.Abs(f-0.5) > 0.04 {
			t.Errorf("example %d is labelled in %.3f of the draws", i, f)
		}
	}
}

func TestLabelMaskByBatch(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	for _, theta := range []float64{0, 0.1, 0.7, 1} {
		mask := LabelMaskByBatch(10000, theta, rng)
		n := 0
		for _, m := range mask {
			if m {
				n++
			}
		}
		if sd := math.Sqrt(theta * (1 - theta) * 10000); math.Abs(float64(n)-theta*10000) > 4*sd {
			t.Errorf("theta %v: %d of 10000 batches", theta, n)
		}
	}
}

func TestThetaOutOfRange(t *testing.T) {
	for _, theta := range []float64{-0.1, 1.1, math.NaN()} {
		for name, f := range map[string]func(){
			"LabelMask":        func() { LabelMask([]int32{0}, 1, theta, rand.New(rand.NewPCG(0, 0))) },
			"LabelMaskByBatch": func() { LabelMaskByBatch(1, theta, rand.New(rand.NewPCG(0, 0))) },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s accepts theta %v", name, theta)
					}
				}()
				f()
			}()
		}
	}
}

func TestSplitHeldOut(t *testing.T) {
	train, _, err := loadDigits()
	if err != nil {
		t.Fatal(err)
	}
	rest, held, err := SplitHeldOut(train, 100, 42)
	if err != nil {
		t.Fatal(err)
	}
	if rest.N != train.N-100 || held.N != 100 || rest.Split != "train" || held.Split != "held-out" {
		t.Errorf("%v, %v", rest, held)
	}
	all := train.ClassCounts()
	for class, n := range held.ClassCounts() {
		if share := 100 * float64(all[class]) / float64(train.N); math.Abs(float64(n)-share) >= 1 {
			t.Errorf("class %d: %d held out, its share is %.2f", class, n, share)
		}
	}
	// Both parts together are the whole, and each is in file order: walking the set, every example is the next of one of them.
	r, h := 0, 0
	for i := range train.N {
		switch {
		case r < rest.N && rest.Y[r] == train.Y[i] && slices.Equal(rest.Row(r), train.Row(i)):
			r++
		case h < held.N && held.Y[h] == train.Y[i] && slices.Equal(held.Row(h), train.Row(i)):
			h++
		default:
			t.Fatalf("example %d is in neither part, or out of order", i)
		}
	}
	_, again, _ := SplitHeldOut(train, 100, 42)
	_, other, _ := SplitHeldOut(train, 100, 43)
	if again.Checksum() != held.Checksum() || other.Checksum() == held.Checksum() {
		t.Error("the held-out part is not a function of the seed")
	}
	for _, n := range []int{0, -1, train.N, train.N + 1} {
		if _, _, err := SplitHeldOut(train, n, 1); err == nil {
			t.Errorf("held out %d of %d", n, train.N)
		}
	}
	if _, _, err := SplitHeldOut(nil, 1, 1); err == nil {
		t.Error("held out of nothing")
	}
}

// TestShares: 4 of 10 in classes of 5, 3 and 2 are 2.0, 1.2 and 0.8; the largest remainder is rounded up. Equal remainders go to the lower class.
func TestShares(t *testing.T) {
	if got := shares([][]int{make([]int, 5), make([]int, 3), make([]int, 2)}, 4, 10); !slices.Equal(got, []int{2, 1, 1}) {
		t.Errorf("shares %v", got)
	}
	if got := shares([][]int{make([]int, 3), make([]int, 3), make([]int, 3)}, 5, 9); !slices.Equal(got, []int{2, 2, 1}) {
		t.Errorf("shares %v", got)
	}
}

// TestDigits compares with what scikit-learn documents of the same file: 1797 images, their number per class, 8x8, and with the first image as it prints it.
func TestDigits(t *testing.T) {
	train, test, err := Load(Digits)
	if err != nil {
		t.Fatal(err)
	}
	if train.N != 1442 || test.N != 355 || train.Features != 64 || train.Height != 8 || train.Width != 8 {
		t.Errorf("%v, %v", train, test)
	}
	whole := []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}
	trainCounts, testCounts := train.ClassCounts(), test.ClassCounts()
	for class, n := range whole {
		if trainCounts[class]+testCounts[class] != n || testCounts[class] != n/5 {
			t.Errorf("class %d: %d + %d, want %d in all and %d to test", class, trainCounts[class], testCounts[class], n, n/5)
		}
	}
	for i, want := range []float32{0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0} {
		if train.X[i] != want/16 {
			t.Errorf("pixel %d of the first image is %v, want %v/16", i, train.X[i], want)
		}
	}
	if got := sum(digitsCSV); got != "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22" || !strings.Contains(DigitsLicense, got) {
		t.Errorf("the file is %s, not the one that its licence text describes", got)
	}
}

func TestDigitsRefused(t *testing.T) {
	row := strings.Repeat("0,", 64) + "3\n"
	for name, content := range map[string]string{
		"short line": row + "1,2,3\n",
		"letters":    strings.Replace(row, "0", "x", 1),
		"pixel":      strings.Replace(row, "0", "17", 1),
		"label":      strings.Replace(row, "3", "10", 1),
	} {
		if _, err := parseDigits(strings.NewReader(content)); err == nil || !strings.Contains(err.Error(), "line") && !strings.Contains(err.Error(), "record") {
			t.Errorf("%s: error %v, want one that names the line", name, err)
		}
	}
}

// TestSynthetic: nearest class means, computed on the training split, are right on nearly all test examples, and the mean distance to them is the noise.
func TestSynthetic(t *testing.T) {
	train, test, err := Load(SyntheticName)
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultSynthetic()
	means := make([][]float64, c.Classes)
	counts := train.ClassCounts()
	for i, y := range train.Y {
		if means[y] == nil {
			means[y] = make([]float64, c.Features)
		}
		for k, x := range train.Row(i) {
			means[y][k] += float64(x) / float64(counts[y])
		}
	}
	right, squares := 0, 0.0
	for i, y := range test.Y {
		best, bestAt := math.Inf(1), -1
		for class, mean := range means {
			d := 0.0
			for k, x := range test.Row(i) {
				d += (float64(x) - mean[k]) * (float64(x) - mean[k])
			}
			if class == int(y) {
				squares += d / float64(c.Features*test.N)
			}
			if d < best {
				best, bestAt = d, class
			}
		}
		if bestAt == int(y) {
			right++
		}
	}
	if right < test.N*99/100 {
		t.Errorf("%d of %d right", right, test.N)
	}
	if noise := math.Sqrt(squares); math.Abs(noise-c.Noise) > 0.1*c.Noise {
		t.Errorf("noise %.4f, want about %v", noise, c.Noise)
	}
	for _, x := range train.X {
		if !(x >= 0 && x <= 1) {
			t.Fatalf("feature %v", x)
		}
	}
	again, _, _ := Load(SyntheticName)
	c.Seed++
	other, _, _ := Load(SyntheticName, WithSynthetic(c))
	if again.Checksum() != train.Checksum() || other.Checksum() == train.Checksum() {
		t.Error("the set is not a function of the seed")
	}
	const golden = "5d49e5b151b20ec795e8ece140a07feec62a3cde74aa7c5b98f3b5674cfef4e9"
	if runtime.GOARCH == "amd64" && train.Checksum() != golden {
		t.Errorf("the default set has changed: checksum %s, was %s", train.Checksum(), golden)
	}
	for _, bad := range []Synthetic{{}, {Train: 1, Test: 1, Features: 1, Classes: 1}, {Train: 1, Test: 1, Features: 1, Classes: 2, Noise: math.NaN()}} {
		if _, _, err := bad.Make(); err == nil {
			t.Errorf("made %+v", bad)
		}
	}
}
