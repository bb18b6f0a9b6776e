package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/hatlab/hatlab/hatlib/backend"
)

// wheel says which file of which wheel is wanted, to the byte.
type wheel struct {
	requirement string // name==version
	sha256      string // of the wheel
	member      string // the one file to take out of it
	size        int64  // of that file
	memberSHA   string
	goos, arch  string // the only system it is for
}

// pinned is the default plugin; see the package comment for its origin.
var pinned = wheel{
	requirement: "fastatomstruct-xla-cpu==2026.6.23",
	sha256:      "88b1c430b341b4bea40a37420311c9c75db6e22b46d2ff95b6986577bee6afe9",
	member:      "fastatomstruct_xla_cpu/libpjrt_cpu.so",
	size:        273_768_800,
	memberSHA:   backend.PinnedSHA256,
	goos:        "linux",
	arch:        "amd64",
}

// errPlatform means that the wheel is for another system.
var errPlatform = errors.New("no such wheel for this system")

// fetch downloads the wheel with pip into a temporary folder and puts its one file at target. Nothing is left behind when it fails.
func (w wheel) fetch(python, target string) error {
	if runtime.GOOS != w.goos || runtime.GOARCH != w.arch {
		return fmt.Errorf("%w: %s exists for %s/%s only, this is %s/%s", errPlatform, w.requirement, w.goos, w.arch, runtime.GOOS, runtime.GOARCH)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(target), ".wheel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	python, err = withPip(python, dir)
	if err != nil {
		return err
	}
	if err := w.download(python, dir); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.whl"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("pip left %d wheels, expected one (%v)", len(files), err)
	}
	return w.extract(files[0], target)
}

// withPip returns a Python that has pip: python itself, or one in a virtual environment made in dir, because Debian's python3 has none.
func withPip(python, dir string) (string, error) {
	if _, err := output("", python, "-m", "pip", "--version"); err == nil {
		return python, nil
	}
	env := filepath.Join(dir, "venv")
	if _, err := output("", python, "-m", "venv", env); err != nil {
		return "", fmt.Errorf("%s has neither pip nor venv (Debian: apt-get install python3-venv): %w", python, err)
	}
	return filepath.Join(env, "bin", "python"), nil
}

// download lets pip fetch the wheel, by version and hash, into dir. Mirrors, proxies and PIP_* variables work as everywhere.
func (w wheel) download(python, dir string) error {
	requirements := filepath.Join(dir, "requirements.txt")
	if err := os.WriteFile(requirements, []byte(w.requirement+" --hash=sha256:"+w.sha256+"\n"), 0o644); err != nil {
		return err
	}
	cmd := exec.Command(python, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes",
		"--disable-pip-version-check", "--no-input", "--dest", dir, "--requirement", requirements)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pip download %s: %w\n%s", w.requirement, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// extract verifies the wheel's hash and takes its one file out: that name exactly, a regular file, of that size and hash. Nothing else in
// the wheel is looked at, so no name in it can lead outside. The file appears at target complete or not at all.
func (w wheel) extract(path, target string) error {
	sum, err := backend.SHA256File(path)
	if err != nil {
		return err
	}
	if sum != w.sha256 {
		return fmt.Errorf("%s is not the pinned wheel: SHA-256 %s, expected %s", filepath.Base(path), sum, w.sha256)
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return fmt.Errorf("reading the wheel: %w", err)
	}
	defer archive.Close()
	return w.extractFrom(&archive.Reader, target)
}

// extractFrom is extract for an open archive whose own hash has been verified.
func (w wheel) extractFrom(archive *zip.Reader, target string) error {
	var entry *zip.File
	for _, f := range archive.File {
		if f.Name != w.member {
			continue
		}
		if entry != nil {
			return fmt.Errorf("the wheel holds %s twice", w.member)
		}
		entry = f
	}
	switch {
	case entry == nil:
		return fmt.Errorf("the wheel does not hold %s", w.member)
	case !entry.Mode().IsRegular():
		return fmt.Errorf("%s in the wheel is not a regular file", w.member)
	case entry.UncompressedSize64 != uint64(w.size):
		return fmt.Errorf("%s in the wheel says it has %d bytes, expected %d", w.member, entry.UncompressedSize64, w.size)
	}
	in, err := entry.Open()
	if err != nil {
		return fmt.Errorf("reading the wheel: %w", err)
	}
	defer in.Close()
	tmp, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	sum := sha256.New()
	// One byte more than expected shows that the size in the header lies; no more than that is ever written.
	n, err := io.Copy(io.MultiWriter(tmp, sum), io.LimitReader(in, w.size+1))
	if err != nil {
		return fmt.Errorf("unpacking %s: %w", w.member, err)
	}
	if n != w.size {
		return fmt.Errorf("%s in the wheel has %d bytes or more, expected %d", w.member, n, w.size)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != w.memberSHA {
		return fmt.Errorf("%s has SHA-256 %s, expected %s", w.member, got, w.memberSHA)
	}
	if err := tmp.Chmod(0o755); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), target)
}

// pythonCommand returns the Python to run pip with: HATLAB_PYTHON, that of the prefix when it is a virtual environment, or python3.
func (in *installer) pythonCommand() (string, error) {
	if python := os.Getenv("HATLAB_PYTHON"); python != "" {
		return exec.LookPath(python)
	}
	if in.prefix != "" {
		if python, err := exec.LookPath(filepath.Join(in.prefix, "bin", "python")); err == nil {
			return python, nil
		}
	}
	if python, err := exec.LookPath("python3"); err == nil {
		return python, nil
	}
	return exec.LookPath("python")
}
