package experiment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/hatlab/hatlab/hatlib"
)

// manifestFormat is raised when older code could not read a manifest.
const manifestFormat = 1

// Manifest says what a run was, on what it was made, and which bytes belong to it.
type Manifest struct {
	Format int    `json:"format"`
	ID     string `json:"id"`
	// Seed is that of Config, repeated so that a query finds it.
	Seed     int64           `json:"seed"`
	Config   json.RawMessage `json:"config"`
	HeldOut  int             `json:"held_out"`
	Data     string          `json:"data"`
	Machine  Machine         `json:"machine"`
	Numerics int             `json:"numerics"`
	// Population is the number of pairs that were trained in one graph.
	Population int `json:"population"`
	// Diverged and DivergedAt are those of hatlib.Result.
	Diverged   bool `json:"diverged"`
	DivergedAt int  `json:"diverged_at"`
	// What made the run; none of it enters its name.
	Made Made `json:"made"`
	// Files are the other files of the run.
	Files map[string]FileSum `json:"files"`
	// Checksum is the SHA-256 of this manifest with an empty checksum.
	Checksum string `json:"checksum"`
}

// Made says how a run was made, without anything that names a machine or its folders: stores are published.
type Made struct {
	When         time.Time         `json:"when"`
	Seconds      float64           `json:"seconds"`
	StepsPerCall int               `json:"steps_per_call"`
	Parallel     int               `json:"parallel"`
	Go           string            `json:"go"`
	System       string            `json:"system"`
	Cores        int               `json:"cores"`
	XLAFlags     string            `json:"xla_flags,omitempty"`
	PJRT         string            `json:"pjrt,omitempty"`
	Versions     map[string]string `json:"versions"`
	Revision     string            `json:"revision,omitempty"`
	Resumed      bool              `json:"resumed"`
}

// FileSum is the size and the SHA-256 of a file.
type FileSum struct {
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

func sumOf(data []byte) FileSum {
	sum := sha256.Sum256(data)
	return FileSum{Bytes: len(data), SHA256: hex.EncodeToString(sum[:])}
}

// identity is what the run's name must be the hash of.
func (m *Manifest) identity() (Identity, error) {
	c, err := readConfig(m.Config)
	if err != nil {
		return Identity{}, err
	}
	return Identity{Config: c, HeldOut: m.HeldOut, Data: m.Data, Machine: m.Machine, Population: m.Population,
		Numerics: m.Numerics}, nil
}

// readConfig reads the configuration of a manifest. Fields that were added later get the value that changes nothing.
func readConfig(data []byte) (hatlib.Config, error) {
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		return hatlib.Config{}, fmt.Errorf("configuration: %w", err)
	}
	var added []string
	for name, neutral := range addedFields {
		if _, there := fields[name]; !there {
			added = append(added, name+"="+neutral)
		}
	}
	if len(added) == 0 {
		return hatlib.ParseConfig(data)
	}
	var c hatlib.Config
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return hatlib.Config{}, fmt.Errorf("configuration: %w", err)
	}
	return c, c.SetAll(added)
}

// encode writes the manifest with its checksum.
func (m *Manifest) encode() ([]byte, error) {
	m.Checksum = ""
	data, err := m.marshal()
	if err != nil {
		return nil, err
	}
	m.Checksum = sumOf(data).SHA256
	return m.marshal()
}

func (m *Manifest) marshal() ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encoding a manifest: %w", err)
	}
	return append(data, '\n'), nil
}

// decodeManifest reads and checks a manifest.
func decodeManifest(data []byte) (*Manifest, error) {
	var version struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return nil, fmt.Errorf("not a manifest: %w", err)
	}
	if version.Format != manifestFormat {
		return nil, fmt.Errorf("manifest of format %d, this version of hatlab reads %d: %w", version.Format, manifestFormat, ErrVersion)
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("not a manifest: %w", err)
	}
	got := m.Checksum
	if again, err := m.encode(); err != nil || m.Checksum != got || !bytes.Equal(again, data) {
		return nil, fmt.Errorf("the manifest was changed after it was written (its checksum does not fit)")
	}
	identity, err := m.identity()
	if err != nil {
		return nil, fmt.Errorf("a configuration of another version of hatlab: %w: %w", err, ErrVersion)
	}
	if id := identity.ID(); id != m.ID {
		return nil, fmt.Errorf("the manifest says %s and its content hashes to %s: made by another version of hatlab: %w", m.ID, id, ErrVersion)
	}
	return &m, nil
}

// versions are those of the modules that make numbers or files.
func versions() (of map[string]string, revision string) {
	of = map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return of, ""
	}
	for _, d := range info.Deps {
		switch d.Path {
		case "github.com/gomlx/gomlx", "github.com/gomlx/compute", "github.com/gomlx/go-xla", "github.com/parquet-go/parquet-go":
			of[d.Path] = d.Version
		}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return of, revision
}

// withoutPaths takes the flags out whose value is a path.
func withoutPaths(flags string) string {
	return strings.Join(slices.DeleteFunc(strings.Fields(flags), func(f string) bool { return strings.ContainsAny(f, `/\`) }), " ")
}

func system() string { return runtime.GOOS + "/" + runtime.GOARCH }
