package backend

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// HashesFolder is the folder in $HATLAB_HOME/lib that remembers hashes of plugins. Each cell of a notebook is a process of its own, and would
// else hash a few hundred MB again.
const HashesFolder = "hashes"

// pluginHash returns the SHA-256 of a plugin, from the notes when the file still has the noted size and time; "" when the file cannot be read.
// A note that cannot be written is no error: the hash is then computed again next time.
func pluginHash(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	key := fmt.Sprintf("%d %d ", info.Size(), info.ModTime().UnixNano())
	name := sha256.Sum256([]byte(path))
	note := filepath.Join(Home(), "lib", HashesFolder, hex.EncodeToString(name[:8]))
	if text, err := os.ReadFile(note); err == nil && len(text) == len(key)+2*sha256.Size && string(text[:len(key)]) == key {
		return string(text[len(key):])
	}
	sum, err := SHA256File(path)
	if err != nil {
		return ""
	}
	if Home() != "" && os.MkdirAll(filepath.Dir(note), 0o755) == nil {
		writeNote(note, key+sum)
	}
	return sum
}

// writeNote writes under a temporary name and renames, so that a reader never sees half a note.
func writeNote(path, text string) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".note-*")
	if err != nil {
		return
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(text)
	if tmp.Close() == nil && err == nil {
		_ = os.Rename(tmp.Name(), path)
	}
}
