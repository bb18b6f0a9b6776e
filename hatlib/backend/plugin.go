package backend

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// PinnedSHA256 is the hash of the library in the wheel that `kernels install` fetches, so that speed and bits are the same everywhere:
// libpjrt_cpu.so of fastatomstruct-xla-cpu 2026.6.23 for linux/amd64, an unmodified build of XLA (PJRT API 0.106).
const PinnedSHA256 = "0a0fe56ca17be9efc7b942e89e534e5e0ad4a0f1e369b66d27b62184509015b9"

// DefaultXLAFlags are the flags with which XLA's CPU code is fast here; the measurements are in hatlib/fused/NOTES.md and scripts/bench/RESULTS.md.
// Vectors of 512 bits take a quarter off the pair kernel where the processor has them. The second one, an empty list, keeps XLA from
// handing fusions to its YNNPACK library, with which builds since mid-2026 run the pair kernel 2 to 8 times slower. The third one lets XLA
// order operations so that they share memory, rather than so that many could run at once: each loop of the kernel fills all cores by itself, and
// memory that is new at each call is a third of the time of appendix A's layer.
var DefaultXLAFlags = []string{
	"--xla_cpu_prefer_vector_width=512",
	"--xla_cpu_experimental_ynn_fusion_type=",
	"--xla_cpu_enable_concurrency_optimized_scheduler=false",
}

// entryPoint is the one symbol that every PJRT plugin exports.
const entryPoint = "GetPjrtApi"

// CheckPlugin looks at a plugin without loading it: a file that is there, can be read, is a shared library for this machine, complete, and exports
// GetPjrtApi. Loading a truncated library would end the process with SIGBUS, which is why we look first.
// On systems that do not use ELF only the file's existence is checked.
func CheckPlugin(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("the XLA plugin %s does not exist", path)
	}
	if err != nil {
		return fmt.Errorf("the XLA plugin cannot be looked at: %w", err)
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder, not an XLA plugin", path)
	}
	if runtime.GOOS != "linux" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("the XLA plugin cannot be read: %w", err)
	}
	defer file.Close()
	lib, err := elf.NewFile(file)
	if err != nil {
		return fmt.Errorf("%s is not a shared library (%w)", path, err)
	}
	if want := machine(); want != elf.EM_NONE && lib.Machine != want {
		return fmt.Errorf("%s is a library for %s, this machine is %s", path, lib.Machine, runtime.GOARCH)
	}
	for _, seg := range lib.Progs {
		if seg.Off+seg.Filesz > uint64(info.Size()) {
			return fmt.Errorf("%s is incomplete: %d bytes, but it says it has at least %d", path, info.Size(), seg.Off+seg.Filesz)
		}
	}
	symbols, err := lib.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("%s is not a complete shared library: %w", path, err)
	}
	for _, s := range symbols {
		if s.Name == entryPoint && s.Section != elf.SHN_UNDEF {
			return nil
		}
	}
	return fmt.Errorf("%s is a shared library, but not an XLA (PJRT) plugin: it does not export %s", path, entryPoint)
}

// machine returns the ELF name of the architecture that this program runs on, or EM_NONE when we do not know it.
func machine() elf.Machine {
	switch runtime.GOARCH {
	case "amd64":
		return elf.EM_X86_64
	case "arm64":
		return elf.EM_AARCH64
	}
	return elf.EM_NONE
}

// KnownFlags returns those of the flags ("--name=value") that the plugin knows. XLA ends the process on an unknown flag, and has
// no way to ask, so we look for the flag's name as a C string in the library. The bytes before and after it must be zero: the descriptions
// of protocol buffers, which also name flags that have been removed, have lengths and tags there.
func KnownFlags(path string, flags []string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the XLA plugin cannot be read: %w", err)
	}
	defer file.Close()
	missing := map[string][]byte{}
	for _, f := range flags {
		name, _, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		missing[f] = []byte("\x00" + name + "\x00")
	}
	const step, overlap = 1 << 20, 256
	buf := make([]byte, step+overlap)
	kept := 0
	for len(missing) > 0 {
		n, err := io.ReadFull(file, buf[kept:])
		window := buf[:kept+n]
		for f, name := range missing {
			if bytes.Contains(window, name) {
				delete(missing, f)
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading the XLA plugin %s: %w", path, err)
		}
		kept = copy(buf, window[len(window)-overlap:])
	}
	var known []string
	for _, f := range flags {
		if _, absent := missing[f]; !absent {
			known = append(known, f)
		}
	}
	return known, nil
}

// SHA256File returns the hash of a file in hexadecimal.
func SHA256File(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
