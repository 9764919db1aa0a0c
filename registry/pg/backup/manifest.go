package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Manifest describes a dump; it is the file beside it.
type Manifest struct {
	File    string              `json:"file"` // the dump, in the manifest's folder
	SHA256  string              `json:"sha256"`
	Bytes   int64               `json:"bytes"`
	Taken   time.Time           `json:"taken"`  // UTC, by the machine's clock
	Server  string              `json:"server"` // version of PostgreSQL
	Version int64               `json:"version"`
	Tables  map[string]TableSum `json:"tables"`
}

// TableSum says what is in a table, whatever the order of its rows.
type TableSum struct {
	Rows int64  `json:"rows"`
	Sum  string `json:"sum"`
}

// manifestEnd is put to a dump's name for its manifest.
const manifestEnd = ".json"

// namePattern is what dumps of ours are called; nothing else is ever removed.
const namePattern = "namekeep-*.dump"

func nameAt(at time.Time) string {
	return "namekeep-" + at.UTC().Format("20060102T150405.000Z") + ".dump"
}

// ErrNoManifest says that a dump has no manifest beside it.
var ErrNoManifest = errors.New("there is no manifest beside the dump, so it cannot be checked")

// ReadManifest reads what is known of a dump.
func ReadManifest(dump string) (Manifest, error) {
	var m Manifest
	data, err := os.ReadFile(dump + manifestEnd)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s: %w", dump, ErrNoManifest)
	}
	if err != nil {
		return m, fmt.Errorf("read the manifest: %w", err)
	}
	err = json.Unmarshal(data, &m)
	if err != nil {
		return m, fmt.Errorf("%s%s: %w", dump, manifestEnd, err)
	}
	return m, nil
}

func (m Manifest) write(dir string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return writeWhole(filepath.Join(dir, m.File+manifestEnd), append(data, '\n'))
}

// writeWhole writes a file that is either there completely or not at all.
func writeWhole(name string, data []byte) error {
	err := os.WriteFile(name+".part", data, 0o600)
	if err == nil {
		err = os.Rename(name+".part", name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// List returns the dumps in a folder that have a manifest, the latest first.
func List(dir string) ([]Manifest, error) {
	names, err := filepath.Glob(filepath.Join(dir, namePattern))
	if err != nil {
		return nil, fmt.Errorf("list the backups: %w", err)
	}
	var list []Manifest
	for _, name := range names {
		m, err := ReadManifest(name)
		if errors.Is(err, ErrNoManifest) {
			continue // being made, or not ours
		}
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Manifest) int { return b.Taken.Compare(a.Taken) })
	return list, nil
}

// prune removes all but the latest dumps, and returns what it removed.
func prune(dir string, keep int) ([]string, error) {
	list, err := List(dir)
	if err != nil || keep < 1 || len(list) <= keep {
		return nil, err
	}
	var removed []string
	for _, m := range list[keep:] {
		if filepath.Base(m.File) != m.File || !strings.HasPrefix(m.File, "namekeep-") {
			continue // a manifest that names something else
		}
		// The dump first: a manifest alone is listed as no backup by nobody.
		err := errors.Join(os.Remove(filepath.Join(dir, m.File)), os.Remove(filepath.Join(dir, m.File+manifestEnd)))
		if err != nil {
			return removed, fmt.Errorf("remove an old backup: %w", err)
		}
		removed = append(removed, m.File)
	}
	return removed, nil
}

// sumFile returns the SHA-256 of a file in hex, and its length.
func sumFile(name string) (string, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", 0, fmt.Errorf("read the dump: %w", err)
	}
	defer f.Close() // only read
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return "", 0, fmt.Errorf("read the dump: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

// Check compares a dump with its manifest: a damaged or shortened file is an
// error.
func Check(dump string) (Manifest, error) {
	m, err := ReadManifest(dump)
	if err != nil {
		return m, err
	}
	sum, n, err := sumFile(dump)
	if err != nil {
		return m, err
	}
	if n != m.Bytes || sum != m.SHA256 {
		return m, fmt.Errorf("%s is not the file that its manifest describes: %d bytes with SHA-256 %s, want %d with %s",
			dump, n, sum, m.Bytes, m.SHA256)
	}
	return m, nil
}
