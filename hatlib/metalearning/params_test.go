package metalearning

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestParamsRoundTrip(t *testing.T) {
	m := LearnedGradient{Hidden: 3, Scale: 1}
	p := m.Init(MetaConfig{Seed: 8})
	path := filepath.Join(t.TempDir(), "p.safetensors")
	if err := p.Save(path); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseParams(raw, m.Init(MetaConfig{Seed: 9}))
	if err != nil {
		t.Fatal(err)
	}
	again, err := back.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, again) {
		t.Error("parameters changed on the way through a file")
	}
	transposed := p.Clone()
	transposed[0].Dims[0], transposed[0].Dims[1] = transposed[0].Dims[1], transposed[0].Dims[0]
	for what, like := range map[string]Params{
		"another width":  LearnedGradient{Hidden: 4}.Init(MetaConfig{}),
		"another method": LearnedSearch{Dim: 2, Hidden: 3, Horizon: 2}.Init(MetaConfig{}),
		"fewer arrays":   p[:3],
		"other shapes":   transposed,
	} {
		if _, err := ParseParams(raw, like); err == nil {
			t.Errorf("parameters of %s were accepted", what)
		}
	}
	if _, err := ParseParams(raw[:40], p); err == nil {
		t.Error("half a file was accepted")
	}
	if err := p.Save(filepath.Join(path, "p.safetensors")); err == nil {
		t.Error("saving below a file gave no error")
	}
}

func TestScale(t *testing.T) {
	p := Params{{"a", []int{2}, []float32{1, -2}}, {"b", []int{1}, []float32{3}}}
	c := p.Clone().Scale("a", -2)
	if c[0].Data[0] != -2 || c[0].Data[1] != 4 || c[1].Data[0] != 3 || p[0].Data[0] != 1 {
		t.Errorf("scaled %v, kept %v", c, p)
	}
	defer func() {
		if recover() == nil {
			t.Error("scaling an array that is not there did not panic")
		}
	}()
	p.Scale("c", 1)
}
