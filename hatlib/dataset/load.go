package dataset

import (
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// fetchCommand is what brings a set where Load could not.
const fetchCommand = "go run ./scripts/hatlab data "

// Load returns both splits of the named set, looking where the package comment says. A download can take minutes; it shows its progress.
//
// Of "mnist" only one split may be there; the other is then nil, without an error: see [RequireTrain]. Every other set is complete or an error, which says where
// was looked and which command would bring the set.
func Load(name string, opts ...Option) (train, test *Set, err error) {
	return LoadContext(context.Background(), name, opts...)
}

// LoadContext is [Load] with a context that can stop a download.
func LoadContext(ctx context.Context, name string, opts ...Option) (train, test *Set, err error) {
	o := newOptions(opts)
	switch name {
	case Digits:
		return loadDigits()
	case SyntheticName:
		return o.synthetic.Make()
	}
	p := findPublished(name)
	if p == nil {
		return nil, nil, unknown(name)
	}
	where, ok := o.find(p)
	if !ok {
		if err := o.download(ctx, p); err != nil {
			return nil, nil, o.notFound(p, err)
		}
		where = folder{o.cacheOf(p), true}
	}
	return p.load(where)
}

// RequireTrain says what is missing where train is nil, and how to get it; otherwise it returns nil.
func RequireTrain(name string, train *Set) error {
	if train != nil {
		return nil
	}
	return fmt.Errorf("dataset: training on %s needs its training split, and only the test split is here; run %q, or put train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz beside the test files", name, fetchCommand+name)
}

func unknown(name string) error {
	return fmt.Errorf("dataset: no data set is called %q; there are %s", name, strings.Join(Names(), ", "))
}

// notFound explains why there is no data, and what to do.
func (o *options) notFound(p *published, cause error) error {
	var looked []string
	for _, f := range o.folders(p) {
		looked = append(looked, f.path)
	}
	return fmt.Errorf("dataset: %s was not found in %s, and was not downloaded: %w; run %q, or name the folder that holds its files in HATLAB_DATA",
		p.name, strings.Join(looked, ", "), cause, fetchCommand+p.name)
}

// load reads the splits that are in a folder.
func (p *published) load(where folder) (train, test *Set, err error) {
	sets := map[string]*Set{}
	for _, s := range p.splitsIn(where.path) {
		if sets[s.name], err = p.loadSplit(s, where); err != nil {
			return nil, nil, err
		}
	}
	train, test = sets["train"], sets["test"]
	if train != nil && test != nil && (train.Height != test.Height || train.Width != test.Width) {
		return nil, nil, fmt.Errorf("dataset: %s in %s: training images are %dx%d and test images %dx%d; both splits must have one size",
			p.name, where.path, train.Height, train.Width, test.Height, test.Width)
	}
	return train, test, nil
}

func (p *published) loadSplit(s split, where folder) (*Set, error) {
	img, labels, err := p.readSplit(s, where)
	if err != nil {
		return nil, err
	}
	return p.newSet(s.name, img, labels), nil
}

// check reads every split of a complete set in dir and says what is wrong with it.
func (p *published) check(dir string) error {
	for _, s := range p.splits {
		if s.images.in(dir) == "" || s.labels.in(dir) == "" {
			return fmt.Errorf("dataset: %s: the %s split of %s is missing", dir, s.name, p.name)
		}
		if _, _, err := p.readSplit(s, folder{dir, true}); err != nil {
			return err
		}
	}
	return nil
}

// readSplit reads and checks the two files of a split that is in a folder.
func (p *published) readSplit(s split, where folder) (*images, []byte, error) {
	imagePath, labelPath := s.images.in(where.path), s.labels.in(where.path)
	img, err := openAnd(imagePath, readImages)
	if err != nil {
		return nil, nil, err
	}
	labels, err := openAnd(labelPath, func(r io.Reader, name string) ([]byte, error) { return readLabels(r, name, len(p.classNames)) })
	if err != nil {
		return nil, nil, err
	}
	if img.n != len(labels) {
		return nil, nil, &FormatError{ErrCount, imagePath, fmt.Sprintf("%d images", img.n), fmt.Sprintf("%d, one for each label of %s", len(labels), labelPath),
			"use the two files of one split"}
	}
	return img, labels, p.checkContent(s, where, img, labels)
}

func openAnd[T any](path string, read func(io.Reader, string) (T, error)) (T, error) {
	f, err := os.Open(path)
	if err != nil {
		var none T
		return none, fmt.Errorf("dataset: %w", err)
	}
	defer f.Close()
	return read(f, path)
}

// checkContent refuses, in our own folders and the system's, anything but what was published, and everywhere another published set under this one's name: the
// files of MNIST and Fashion-MNIST have the same names.
func (p *published) checkContent(s split, where folder, img *images, labels []byte) error {
	sums := [2]string{idxSum(magicImages, []int{img.n, img.height, img.width}, img.pixels), idxSum(magicLabels, []int{len(labels)}, labels)}
	for i, f := range []file{s.images, s.labels} {
		if sums[i] == f.sum {
			continue
		}
		if other := setWithSum(sums[i]); other != "" {
			return &FormatError{ErrContent, f.in(where.path), other, p.name + " " + s.name, "put each set into a folder with its name"}
		}
		if where.pinned {
			return &FormatError{ErrContent, f.in(where.path), "SHA-256 " + sums[i] + " (uncompressed)", f.sum,
				fetchAgain + ", or name a folder of your own data in HATLAB_DATA"}
		}
	}
	return nil
}

// idxSum is the SHA-256 of an uncompressed file with this content.
func idxSum(magic uint32, sizes []int, values []byte) string {
	header := binary.BigEndian.AppendUint32(nil, magic)
	for _, v := range sizes {
		header = binary.BigEndian.AppendUint32(header, uint32(v))
	}
	hash := sha256.New()
	hash.Write(header)
	hash.Write(values)
	return hex.EncodeToString(hash.Sum(nil))
}

// setWithSum names the published set and split that a content sum belongs to, or is "".
func setWithSum(sum string) string {
	for _, p := range publishedSets {
		for _, s := range p.splits {
			if s.images.sum == sum || s.labels.sum == sum {
				return p.name + " " + s.name
			}
		}
	}
	return ""
}

func (p *published) newSet(splitName string, img *images, labels []byte) *Set {
	set := &Set{Name: p.name, Split: splitName, N: img.n, Features: img.height * img.width, Classes: len(p.classNames), Height: img.height, Width: img.width,
		X: make([]float32, len(img.pixels)), Y: make([]int32, len(labels)), ClassNames: p.classNames}
	for i, v := range img.pixels {
		set.X[i] = float32(v) / 255
	}
	for i, v := range labels {
		set.Y[i] = int32(v)
	}
	return set
}

// isFlateError reports damage inside a gzip stream.
func isFlateError(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}
