package dataset

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLookUpOrder(t *testing.T) {
	p, served := tiny(t)
	register(t, p)
	o := isolated(t)
	o.dir, o.env = t.TempDir(), t.TempDir()
	system := t.TempDir()
	o.system = []string{system}
	var log strings.Builder
	o.log = &log
	// From the last place to the first: each new one must win over those before.
	for _, dir := range []string{
		filepath.Join(system, "tiny"), o.cacheOf(p), o.env, filepath.Join(o.env, "tiny"), o.dir, filepath.Join(o.dir, "tiny"),
	} {
		put(t, dir, served)
		got, ok := o.find(p)
		if !ok || got.path != dir {
			t.Errorf("found %v, want %s", got, dir)
		}
		if want := dir == filepath.Join(system, "tiny") || dir == o.cacheOf(p); got.pinned != want {
			t.Errorf("%s: content pinned %v, want %v", dir, got.pinned, want)
		}
		if !strings.Contains(log.String(), "tiny: found in "+dir) {
			t.Errorf("log %q does not say %s", log.String(), dir)
		}
	}
}

func TestLoadFromFolder(t *testing.T) {
	p, served := tiny(t)
	register(t, p)
	isolated(t)
	dir := t.TempDir()
	put(t, dir, served)
	train, test, err := Load("tiny", WithDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := train.String(), "tiny train: 3 examples, 2x2, 2 classes"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if want := []float32{0, 0.2, 0.4, 0.6}; !slices.Equal(train.Row(0), want) {
		t.Errorf("first example %v, want %v", train.Row(0), want)
	}
	if !slices.Equal(train.Y, []int32{0, 1, 1}) || !slices.Equal(test.Y, []int32{1, 0}) {
		t.Errorf("labels %v, %v", train.Y, test.Y)
	}
	if test.Split != "test" || !slices.Equal(test.ClassNames, []string{"a", "b"}) {
		t.Errorf("test %+v", test)
	}
}

func TestLoadRefuses(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(served map[string][]byte)
		kind   error
		says   string
	}{
		{"count", func(s map[string][]byte) { s["train-labels.gz"] = idx(magicLabels, []int{2}, []byte{0, 1}) }, ErrCount, "3 images"},
		{"swapped", func(s map[string][]byte) {
			s["test-images.gz"], s["test-labels.gz"] = s["test-labels.gz"], s["test-images.gz"]
		}, ErrMagic, "swapped"},
		{"label", func(s map[string][]byte) { s["test-labels.gz"] = idx(magicLabels, []int{2}, []byte{0, 2}) }, ErrLabel, "labels 0 to 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, served := tiny(t)
			register(t, p)
			isolated(t)
			test.change(served)
			dir := t.TempDir()
			put(t, dir, served)
			_, _, err := Load("tiny", WithDir(dir))
			refused(t, err, test.kind, dir, test.says)
		})
	}
}

// TestLoadChecksContent: one pixel differs. In a folder of the user that is his business; in the cache it is damage.
func TestLoadChecksContent(t *testing.T) {
	p, served := tiny(t)
	register(t, p)
	o := isolated(t)
	served["test-images.gz"] = idx(magicImages, []int{2, 2, 2}, []byte{9, 8, 7, 6, 5, 4, 3, 1})
	dir := t.TempDir()
	put(t, dir, served)
	if _, _, err := Load("tiny", WithDir(dir)); err != nil {
		t.Errorf("in the user's folder: %v", err)
	}
	put(t, o.cacheOf(p), served)
	_, _, err := Load("tiny")
	refused(t, err, ErrContent, o.cacheOf(p), "delete it")
	if _, err := Ensure(t.Context(), "tiny", t.Output()); err == nil {
		t.Error("Ensure is content with a damaged cache")
	}
}

// TestLoadKnowsOtherSets: the files of MNIST and Fashion-MNIST have the same names, so a folder given for one can hold the other.
func TestLoadKnowsOtherSets(t *testing.T) {
	p, served := tiny(t)
	register(t, p)
	other, _ := tiny(t)
	other.name = "other"
	for i := range other.splits {
		other.splits[i].images.sum, other.splits[i].labels.sum = "unlike", "unlike"
	}
	register(t, other)
	isolated(t)
	dir := t.TempDir()
	put(t, dir, served)
	_, _, err := Load("other", WithDir(dir))
	refused(t, err, ErrContent, "tiny train", "other train")
}

func TestLoadSplitsOfDifferentSize(t *testing.T) {
	for _, size := range [][]int{{2, 1, 2}, {2, 2, 1}} {
		p, served := tiny(t)
		register(t, p)
		isolated(t)
		served["test-images.gz"] = idx(magicImages, size, []byte{9, 8, 7, 6})
		dir := t.TempDir()
		put(t, dir, served)
		if _, _, err := Load("tiny", WithDir(dir)); err == nil || !strings.Contains(err.Error(), "one size") {
			t.Errorf("test images %v: error %v, want one about the sizes", size, err)
		}
	}
}

func TestPartialSet(t *testing.T) {
	p, served := tiny(t)
	register(t, p)
	isolated(t)
	dir := t.TempDir()
	put(t, dir, map[string][]byte{"test-images.gz": served["test-images.gz"], "test-labels": idx(magicLabels, []int{2}, []byte{1, 0})})
	t.Setenv("HATLAB_OFFLINE", "1")

	if _, _, err := Load("tiny", WithDir(dir)); err == nil {
		t.Error("half a set passes for a whole one")
	}
	p.partial = true
	train, test, err := Load("tiny", WithDir(dir))
	if err != nil || train != nil || test.N != 2 {
		t.Fatalf("%v, %v, %v; want the test split alone", train, test, err)
	}
	if err := RequireTrain("tiny", train); err == nil || !strings.Contains(err.Error(), fetchCommand+"tiny") {
		t.Errorf("error %v, want one that names the command", err)
	}
	if err := RequireTrain("tiny", test); err != nil {
		t.Error(err)
	}
	if got := train.String(); got != "no data" {
		t.Errorf("no set is called %q", got)
	}
}

func TestLoadUnknown(t *testing.T) {
	_, _, err := Load("fashion")
	if err == nil || !strings.Contains(err.Error(), strings.Join(Names(), ", ")) {
		t.Errorf("error %v, want the names that there are", err)
	}
	if _, err := Ensure(t.Context(), "fashion", t.Output()); err == nil {
		t.Error("Ensure knows a set that Load does not")
	}
}

func TestOfflineSaysWhatToDo(t *testing.T) {
	p, _ := tiny(t)
	p.debian = "dataset-tiny"
	p.addresses = []string{"http://127.0.0.1:1/"}
	register(t, p)
	o := isolated(t)
	t.Setenv("HATLAB_OFFLINE", "1")
	_, _, err := Load("tiny")
	if err == nil {
		t.Fatal("loaded from nowhere")
	}
	for _, want := range []string{o.cacheOf(p), "HATLAB_OFFLINE", "go run ./scripts/hatlab data tiny", "HATLAB_DATA"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
	_, err = Ensure(t.Context(), "tiny", t.Output())
	if err == nil || !strings.Contains(err.Error(), "apt-get install dataset-tiny") {
		t.Errorf("error %v, want one that names the package", err)
	}
}

func TestEnsureInside(t *testing.T) {
	for _, name := range []string{Digits, SyntheticName} {
		if dir, err := Ensure(t.Context(), name, t.Output()); dir != "" || err != nil {
			t.Errorf("%s: %q, %v", name, dir, err)
		}
	}
}

// TestFashionMNIST checks the real set where it is: the first labels as the publisher's page shows them, balanced classes, and the mean and standard deviation of
// the pixels by which the set is usually normalised (0.2860 and 0.3530).
func TestFashionMNIST(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 30 MB")
	}
	train, test, err := Load(FashionMNIST, WithOffline())
	if err != nil {
		if strings.Contains(err.Error(), "was not found") {
			t.Skip("Fashion-MNIST is not on this machine")
		}
		t.Fatal(err)
	}
	if train.N != 60000 || test.N != 10000 || train.Features != 784 {
		t.Fatalf("%v, %v", train, test)
	}
	for _, set := range []*Set{train, test} {
		for class, n := range set.ClassCounts() {
			if n != set.N/10 {
				t.Errorf("%v: class %d has %d examples", set, class, n)
			}
		}
	}
	if want := []int32{9, 0, 0, 3, 0, 2, 7, 2, 5, 5}; !slices.Equal(train.Y[:10], want) {
		t.Errorf("first labels %v, want %v", train.Y[:10], want)
	}
	var mean, square float64
	for _, x := range train.X {
		mean += float64(x)
		square += float64(x) * float64(x)
	}
	mean /= float64(len(train.X))
	deviation := math.Sqrt(square/float64(len(train.X)) - mean*mean)
	if got := fmt.Sprintf("%.4f %.4f", mean, deviation); got != "0.2860 0.3530" {
		t.Errorf("mean and standard deviation %s", got)
	}
}

func TestCacheFolder(t *testing.T) {
	t.Setenv("HATLAB_HOME", "/some/home")
	if got := cacheFolder(); got != "/some/home/data" {
		t.Errorf("with HATLAB_HOME: %s", got)
	}
	t.Setenv("HATLAB_HOME", "")
	t.Setenv("XDG_CACHE_HOME", "/some/cache")
	if got := cacheFolder(); got != "/some/cache/hatlab/data" {
		t.Errorf("with a cache folder of the user: %s", got)
	}
	os.Unsetenv("XDG_CACHE_HOME")
	t.Setenv("HOME", "")
	if got := cacheFolder(); got != ".hatlab/data" {
		t.Errorf("without a home: %s", got)
	}
}
