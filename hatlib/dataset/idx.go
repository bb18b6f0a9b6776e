package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// What can be wrong with an IDX file, for errors.Is; a [FormatError] wraps one of them.
var (
	ErrMagic     = errors.New("wrong magic number")
	ErrSize      = errors.New("impossible size in the header")
	ErrTruncated = errors.New("truncated file")
	ErrOversized = errors.New("oversized file")
	ErrGzip      = errors.New("damaged gzip stream")
	ErrCount     = errors.New("images and labels do not match")
	ErrLabel     = errors.New("label out of range")
	ErrContent   = errors.New("not the published content")
)

// FormatError is a data file that is refused.
type FormatError struct {
	Kind  error  // one of the Err values of this package
	File  string // path
	Found string // what the file holds
	Want  string // what was expected
	Do    string // what to do about it
}

// Error names file, finding, expectation and remedy in one line.
func (e *FormatError) Error() string {
	return fmt.Sprintf("dataset: %s: %v: found %s, expected %s; %s", e.File, e.Kind, e.Found, e.Want, e.Do)
}

// Unwrap gives the kind to errors.Is.
func (e *FormatError) Unwrap() error { return e.Kind }

const (
	magicImages = 0x00000803 // unsigned bytes, three dimensions
	magicLabels = 0x00000801 // unsigned bytes, one dimension

	// maxIDXBytes is the most that a header may declare: five times the training images of MNIST. It bounds the memory that any file can take.
	maxIDXBytes = 256 << 20

	fetchAgain = "delete it and fetch it again"
)

// images are the pixels of one file, [n][height][width].
type images struct {
	n, height, width int
	pixels           []byte
}

// readImages reads an image file, plain or under gzip; name is for errors.
func readImages(r io.Reader, name string) (*images, error) {
	sizes, values, err := readIDX(r, name, magicImages, 3)
	if err != nil {
		return nil, err
	}
	return &images{n: sizes[0], height: sizes[1], width: sizes[2], pixels: values}, nil
}

// readLabels reads a label file, plain or under gzip, with labels in [0,classes).
func readLabels(r io.Reader, name string, classes int) ([]byte, error) {
	_, values, err := readIDX(r, name, magicLabels, 1)
	if err != nil {
		return nil, err
	}
	for i, v := range values {
		if int(v) >= classes {
			return nil, &FormatError{ErrLabel, name, fmt.Sprintf("label %d at example %d", v, i), fmt.Sprintf("labels 0 to %d", classes-1),
				"use the label file that belongs to this data set"}
		}
	}
	return values, nil
}

// readIDX reads a whole file with the given magic number and number of dimensions. Its memory is bounded by what the file really holds and by maxIDXBytes,
// never by what a header claims or by what a gzip stream would inflate to.
func readIDX(r io.Reader, name string, magic uint32, dims int) (sizes []int, values []byte, err error) {
	in := bufio.NewReaderSize(r, 1<<16)
	r = in
	if start, _ := in.Peek(2); bytes.Equal(start, []byte{0x1f, 0x8b}) {
		zr, err := gzip.NewReader(in)
		if err != nil {
			return nil, nil, readError(err, name, "a gzip header")
		}
		r = zr
	}
	header := make([]byte, 4+4*dims)
	wantHeader := fmt.Sprintf("a header of %d bytes", len(header))
	// The magic number first: a short file of the wrong kind should be told that it is of the wrong kind.
	if _, err := io.ReadFull(r, header[:4]); err != nil {
		return nil, nil, readError(err, name, wantHeader)
	}
	if found := binary.BigEndian.Uint32(header); found != magic {
		return nil, nil, &FormatError{ErrMagic, name, fmt.Sprintf("0x%08x", found), fmt.Sprintf("0x%08x (%s)", magic, magicName(magic)), magicAdvice(found)}
	}
	if _, err := io.ReadFull(r, header[4:]); err != nil {
		return nil, nil, readError(err, name, wantHeader)
	}
	size := 1
	for d := range dims {
		v := binary.BigEndian.Uint32(header[4+4*d:])
		if v == 0 || v > uint32(maxIDXBytes/size) {
			return nil, nil, &FormatError{ErrSize, name, fmt.Sprintf("size %d in dimension %d", v, d), fmt.Sprintf("at least 1, and at most %d bytes in all", maxIDXBytes), fetchAgain}
		}
		sizes = append(sizes, int(v))
		size *= int(v)
	}
	var got bytes.Buffer
	got.Grow(min(size+1, 1<<20)) // more only when the bytes are really there
	n, err := io.Copy(&got, io.LimitReader(r, int64(size)+1))
	want := fmt.Sprintf("%d bytes after the header, as it declares, got %d", size, n)
	switch {
	case n > int64(size):
		return nil, nil, &FormatError{ErrOversized, name, "more bytes than the header declares", fmt.Sprintf("%d bytes after the header", size), fetchAgain}
	case err != nil:
		return nil, nil, readError(err, name, want)
	case n < int64(size):
		return nil, nil, readError(io.ErrUnexpectedEOF, name, want)
	}
	return sizes, got.Bytes(), nil
}

// readError tells apart a file that ends too early, a damaged gzip stream, and a disk that cannot be read.
func readError(err error, name, want string) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &FormatError{ErrTruncated, name, "the end of the file", want, fetchAgain}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), isFlateError(err):
		return &FormatError{ErrGzip, name, err.Error(), want, fetchAgain}
	default:
		return fmt.Errorf("dataset: reading %s: %w", name, err)
	}
}

func magicName(magic uint32) string {
	switch magic {
	case magicImages:
		return "IDX images"
	case magicLabels:
		return "IDX labels"
	default:
		return "not an IDX file of images or labels"
	}
}

func magicAdvice(found uint32) string {
	if found == magicImages || found == magicLabels {
		return "that is the number of " + magicName(found) + ": check whether two files are swapped"
	}
	return "check that this is the right file, or " + fetchAgain
}
