package dataset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
)

// idx builds the bytes of an IDX file.
func idx(magic uint32, sizes []int, values []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, magic)
	for _, v := range sizes {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return append(b, values...)
}

// zip is content under gzip.
func zip(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// tiny is a published set of 3 training and 2 test images of 2x2, and the files that its publisher serves, by name.
func tiny(t testing.TB) (*published, map[string][]byte) {
	t.Helper()
	contents := map[string][]byte{
		"train-images": idx(magicImages, []int{3, 2, 2}, []byte{0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6}),
		"train-labels": idx(magicLabels, []int{3}, []byte{0, 1, 1}),
		"test-images":  idx(magicImages, []int{2, 2, 2}, []byte{9, 8, 7, 6, 5, 4, 3, 2}),
		"test-labels":  idx(magicLabels, []int{2}, []byte{1, 0}),
	}
	served := map[string][]byte{}
	pin := func(name string) file {
		served[name+".gz"] = zip(contents[name])
		return file{name: name, gzSum: sum(served[name+".gz"]), sum: sum(contents[name])}
	}
	return &published{
		name:       "tiny",
		classNames: []string{"a", "b"},
		splits: []split{
			{"train", pin("train-images"), pin("train-labels")},
			{"test", pin("test-images"), pin("test-labels")},
		},
	}, served
}

// put writes files into a new folder dir.
func put(t testing.TB, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// isolated is a set of options that sees nothing of the machine: an empty cache, no system folder, no environment.
func isolated(t testing.TB) *options {
	t.Helper()
	t.Setenv("HATLAB_DATA", "")
	t.Setenv("HATLAB_HOME", t.TempDir())
	t.Setenv("HATLAB_OFFLINE", "")
	o := newOptions(nil)
	o.system = nil
	return o
}

// register makes a set known to Load for one test.
func register(t testing.TB, p *published) {
	t.Helper()
	saved := publishedSets
	publishedSets = append(publishedSets[:len(publishedSets):len(publishedSets)], p)
	t.Cleanup(func() { publishedSets = saved })
}
