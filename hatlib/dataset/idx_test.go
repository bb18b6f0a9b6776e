package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
)

func TestReadIDX(t *testing.T) {
	pixels := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	plain := idx(magicImages, []int{2, 3, 2}, pixels)
	for name, content := range map[string][]byte{"plain": plain, "gzip": zip(plain)} {
		img, err := readImages(bytes.NewReader(content), name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if img.n != 2 || img.height != 3 || img.width != 2 || !bytes.Equal(img.pixels, pixels) {
			t.Errorf("%s: %+v", name, img)
		}
	}
	labels, err := readLabels(bytes.NewReader(idx(magicLabels, []int{3}, []byte{0, 9, 4})), "labels", 10)
	if err != nil || !bytes.Equal(labels, []byte{0, 9, 4}) {
		t.Errorf("labels %v, %v", labels, err)
	}
}

// TestReadIDXRefuses has one line per way in which a file can be wrong.
func TestReadIDXRefuses(t *testing.T) {
	good := idx(magicImages, []int{2, 2, 2}, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	zipped := zip(good)
	flip := func(b []byte, i int) []byte {
		c := bytes.Clone(b)
		c[i] ^= 0xff
		return c
	}
	for _, test := range []struct {
		name    string
		content []byte
		kind    error
		says    string
	}{
		{"empty", nil, ErrTruncated, "header of 16 bytes"},
		{"header cut", good[:10], ErrTruncated, "header of 16 bytes"},
		{"labels for images", idx(magicLabels, []int{16}, make([]byte, 16)), ErrMagic, "swapped"},
		{"text", []byte("<!DOCTYPE html><html>no such file</html>"), ErrMagic, "0x3c21444f"},
		{"float images", idx(0x00000d03, []int{1, 1, 1}, make([]byte, 4)), ErrMagic, "0x00000d03"},
		{"no images", idx(magicImages, []int{0, 2, 2}, nil), ErrSize, "size 0 in dimension 0"},
		{"no columns", idx(magicImages, []int{2, 2, 0}, nil), ErrSize, "size 0 in dimension 2"},
		{"product too large", idx(magicImages, []int{1 << 20, 1 << 10, 1 << 10}, nil), ErrSize, "dimension 1"},
		{"product overflows", idx(magicImages, []int{1 << 31, 1 << 31, 4}, nil), ErrSize, "dimension 0"},
		{"one byte short", good[:len(good)-1], ErrTruncated, "8 bytes after the header, as it declares, got 7"},
		{"one byte more", append(bytes.Clone(good), 0), ErrOversized, "8 bytes"},
		{"short under gzip", zip(good[:len(good)-1]), ErrTruncated, "got 7"},
		{"more under gzip", zip(append(bytes.Clone(good), 0)), ErrOversized, "8 bytes"},
		{"gzip cut", zipped[:len(zipped)-5], ErrTruncated, "end of the file"},
		{"gzip cut in its header", zipped[:5], ErrTruncated, "gzip header"},
		{"gzip bad header", flip(zipped, 2), ErrGzip, "header"},
		{"gzip bad checksum", flip(zipped, len(zipped)-8), ErrGzip, "checksum"},
		{"gzip bad data", flip(zipped, 10), ErrGzip, ""},
		{"gzip and junk", append(bytes.Clone(zipped), "junk that is long enough"...), ErrGzip, "header"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readImages(bytes.NewReader(test.content), "dir/file")
			refused(t, err, test.kind, "dir/file", test.says)
		})
	}
	_, err := readLabels(bytes.NewReader(idx(magicLabels, []int{3}, []byte{0, 10, 4})), "dir/file", 10)
	refused(t, err, ErrLabel, "dir/file", "label 10 at example 1")
}

// refused checks the kind of an error and that its text names the file, and holds what a reader needs.
func refused(t *testing.T, err, kind error, says ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("error %v, want %v", err, kind)
	}
	var format *FormatError
	if !errors.As(err, &format) || format.Found == "" || format.Want == "" || format.Do == "" {
		t.Errorf("%#v does not say what was found, expected, and to do", err)
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q does not contain %q", err, s)
		}
	}
}

func TestReadIDXPassesOnDiskErrors(t *testing.T) {
	disk := errors.New("input/output error")
	_, err := readImages(io.MultiReader(bytes.NewReader(idx(magicImages, []int{1, 2, 2}, []byte{1})), failing{disk}), "file")
	if !errors.Is(err, disk) {
		t.Errorf("%v, want the error of the disk", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestGzipBomb inflates to 64 MiB behind a header that declares 8 bytes: the reader must stop at the ninth. A header that declares as much as is allowed, in
// front of nothing, must not take that memory either.
func TestGzipBomb(t *testing.T) {
	bomb := zip(append(idx(magicImages, []int{2, 2, 2}, nil), make([]byte, 64<<20)...))
	claim := idx(magicImages, []int{maxIDXBytes, 1, 1}, nil)
	for _, test := range []struct {
		name    string
		content []byte
		kind    error
	}{{"bomb", bomb, ErrOversized}, {"claim", claim, ErrTruncated}, {"zipped claim", zip(claim), ErrTruncated}} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := readImages(bytes.NewReader(test.content), test.name)
		runtime.ReadMemStats(&after)
		refused(t, err, test.kind, test.name)
		if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
			t.Errorf("%s: reading took %d bytes of memory, more than 4 MiB", test.name, took)
		}
	}
}

// FuzzIDX feeds anything to both readers. What is accepted must be what the header says, and, written again, the same bytes.
func FuzzIDX(f *testing.F) {
	good := idx(magicImages, []int{2, 2, 2}, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	labels := idx(magicLabels, []int{4}, []byte{0, 1, 2, 9})
	for _, seed := range [][]byte{
		nil, good, labels, zip(good), zip(labels), good[:17], append(bytes.Clone(good), 0), zip(good)[:20], labels[:6],
		idx(magicImages, []int{1 << 31, 1 << 31, 4}, nil), idx(magicImages, []int{1 << 28, 1, 1}, nil), idx(magicLabels, []int{0}, nil),
		idx(magicLabels, []int{1}, []byte{200}), zip(append(bytes.Clone(good), make([]byte, 1<<16)...)), []byte("\x1f\x8b"), []byte("<html>"),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		zipped := bytes.HasPrefix(content, []byte{0x1f, 0x8b})
		if img, err := readImages(bytes.NewReader(content), "fuzz"); err == nil {
			if img.n*img.height*img.width != len(img.pixels) || len(img.pixels) == 0 {
				t.Fatalf("%d x %d x %d with %d pixels", img.n, img.height, img.width, len(img.pixels))
			}
			if again := idx(magicImages, []int{img.n, img.height, img.width}, img.pixels); !zipped && !bytes.Equal(again, content) {
				t.Fatalf("read and written again: %x, was %x", again, content)
			}
		} else {
			mustExplain(t, err)
		}
		if values, err := readLabels(bytes.NewReader(content), "fuzz", 10); err == nil {
			if again := idx(magicLabels, []int{len(values)}, values); !zipped && !bytes.Equal(again, content) {
				t.Fatalf("read and written again: %x, was %x", again, content)
			}
			if !zipped && int(binary.BigEndian.Uint32(content[4:])) != len(values) {
				t.Fatalf("%d labels", len(values))
			}
			for _, v := range values {
				if v >= 10 {
					t.Fatalf("label %d", v)
				}
			}
		} else {
			mustExplain(t, err)
		}
	})
}

// mustExplain: from memory nothing but the format can be wrong, so every refusal is a FormatError that says so.
func mustExplain(t *testing.T, err error) {
	t.Helper()
	var format *FormatError
	if !errors.As(err, &format) {
		t.Fatalf("%v is not a FormatError", err)
	}
}
