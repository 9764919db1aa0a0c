// Package xmltest checks frames against the published schemas, for the tests
// of any package that makes frames.
//
// It needs xmllint and the schemas beside the repository (../shared/xsd and
// ../shared/nominet-xsd). Our own schemas are taken from xml/schema. All
// frames of a test run are checked by one call, as one process per frame
// would be slow.
package xmltest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"sort"
	"strings"
	"sync"
	"testing"
)

// ErrNoSchemas tells that the published schemas are not beside the repository.
var ErrNoSchemas = errors.New("xmltest: the published schemas (../shared/xsd) are not there")

// ErrNoXmllint tells that the validator is missing.
var ErrNoXmllint = errors.New("xmltest: xmllint is missing: apt-get install libxml2-utils")

// Validate checks frames in one call of xmllint and fails the test for those
// that are not valid.
func Validate(t testing.TB, frames [][]byte) {
	t.Helper()
	switch err := validate(frames); {
	case errors.Is(err, ErrNoSchemas) && os.Getenv("CI") != "true":
		t.Logf("WARNING: %d frames NOT VALIDATED: %v", len(frames), err)
	case err != nil:
		t.Error(err)
	}
}

// Collector gathers frames during a test run. The zero value is ready. It may
// be used by many goroutines.
type Collector struct {
	mu     sync.Mutex
	frames map[[sha256.Size]byte][]byte
}

// Add keeps a copy of a frame; the same frame twice is kept once.
func (c *Collector) Add(frame []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frames == nil {
		c.frames = map[[sha256.Size]byte][]byte{}
	}
	sum := sha256.Sum256(frame)
	if _, ok := c.frames[sum]; !ok {
		c.frames[sum] = bytes.Clone(frame)
	}
}

// Main runs the tests, then checks what they collected, and returns the exit
// code: TestMain ends with os.Exit(collector.Main(m)).
func (c *Collector) Main(m *testing.M) int {
	code := m.Run()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.frames) == 0 {
		return code
	}
	frames := make([][]byte, 0, len(c.frames))
	for _, f := range c.frames {
		frames = append(frames, f)
	}
	switch err := validate(frames); {
	case errors.Is(err, ErrNoSchemas) && os.Getenv("CI") != "true":
		fmt.Fprintf(os.Stderr, "WARNING: %d frames NOT VALIDATED: %v\n", len(frames), err)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// root is the repository's folder, found from this file's place.
func root() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if ok {
		dir := filepath.Dir(filepath.Dir(filepath.Dir(file)))
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	// Built with -trimpath: go test runs in the package's folder.
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("xmltest: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("xmltest: no go.mod above the test")
		}
		dir = up
	}
}

// schema is one file to import.
type schema struct {
	uri, path string
}

// imported finds the lines of the published wrapper, which has every schema in
// the order of their dependencies.
var imported = regexp.MustCompile(`<xs:import namespace="([^"]+)" schemaLocation="([^"]+)"/>`)

// schemas lists the published schemas, dependencies first as they import each
// other without locations, then the uk ones, then our own.
func schemas() ([]schema, error) {
	dir, err := root()
	if err != nil {
		return nil, err
	}
	base := filepath.Join(filepath.Dir(dir), "shared", "xsd")
	uk := filepath.Join(filepath.Dir(dir), "shared", "nominet-xsd")
	for _, d := range []string{base, uk} {
		if _, err := os.Stat(d); err != nil {
			return nil, ErrNoSchemas
		}
	}
	all, err := os.ReadFile(filepath.Join(base, "epp-all.xsd"))
	if err != nil {
		return nil, fmt.Errorf("xmltest: %w", err)
	}
	var list []schema
	for _, m := range imported.FindAllSubmatch(all, -1) {
		list = append(list, schema{string(m[1]), filepath.Join(base, string(m[2]))})
	}
	const nominet = "http://www.nominet.org.uk/epp/xml/"
	for _, name := range []string{"contact-nom-ext-1.0", "domain-nom-ext-1.2", "nom-data-quality-1.1",
		"nom-direct-rights-1.0", "nom-tag-1.0", "std-contact-id-1.0", "std-fork-1.0", "std-handshake-1.0",
		"std-list-1.0", "std-locks-1.0", "std-notifications-1.2", "std-release-1.0", "std-unrenew-1.0",
		"std-warning-1.1"} {
		list = append(list, schema{nominet + name, filepath.Join(uk, name+".xsd")})
	}
	own, err := filepath.Glob(filepath.Join(dir, "xml", "schema", "*.xsd"))
	if err != nil {
		return nil, fmt.Errorf("xmltest: %w", err)
	}
	sort.Strings(own)
	for _, path := range own {
		uri := "urn:namekeep:epp:" + strings.TrimSuffix(filepath.Base(path), ".xsd")
		list = append(list, schema{uri, path})
	}
	return list, nil
}

// driver writes the schema that imports all others.
func driver(list []schema) []byte {
	var b bytes.Buffer
	b.WriteString(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">` + "\n")
	for _, s := range list {
		fmt.Fprintf(&b, "<xs:import namespace=%q schemaLocation=%q/>\n", s.uri,
			(&url.URL{Scheme: "file", Path: filepath.ToSlash(s.path)}).String())
	}
	b.WriteString("</xs:schema>\n")
	return b.Bytes()
}

// perCall bounds the command line.
const perCall = 2000

// validate writes the frames to a folder and checks them.
func validate(frames [][]byte) error {
	if len(frames) == 0 {
		return errors.New("xmltest: no frames to validate")
	}
	list, err := schemas()
	if err != nil {
		return err
	}
	lint, err := exec.LookPath("xmllint")
	if err != nil {
		return ErrNoXmllint
	}
	dir, err := os.MkdirTemp("", "frames")
	if err != nil {
		return fmt.Errorf("xmltest: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.WriteFile(filepath.Join(dir, "driver.xsd"), driver(list), 0o600); err != nil {
		return fmt.Errorf("xmltest: %w", err)
	}
	names := make([]string, len(frames))
	for i, f := range frames {
		sum := sha256.Sum256(f)
		names[i] = fmt.Sprintf("%05d-%s.xml", i, hex.EncodeToString(sum[:4]))
		if err := os.WriteFile(filepath.Join(dir, names[i]), f, 0o600); err != nil {
			return fmt.Errorf("xmltest: %w", err)
		}
	}
	var bad []error
	for start := 0; start < len(names); start += perCall {
		part := names[start:min(start+perCall, len(names))]
		args := append([]string{"--nonet", "--noout", "--schema", "driver.xsd"}, part...)
		cmd := exec.Command(lint, args...)
		cmd.Dir = dir
		if text, err := cmd.CombinedOutput(); err != nil {
			bad = append(bad, explain(dir, part, string(text), err))
		}
	}
	return errors.Join(bad...)
}

// explain keeps the complaints of xmllint and shows the first bad frames.
func explain(dir string, names []string, text string, err error) error {
	var b strings.Builder
	fmt.Fprintf(&b, "xmltest: frames are not valid: %v\n", err)
	shown := 0
	for line := range strings.Lines(text) {
		// The uk schemas import copies of the base ones, which are skipped.
		if !strings.HasSuffix(strings.TrimSpace(line), " validates") && !strings.Contains(line, "Skipping import of schema") {
			b.WriteString(line)
		}
	}
	for _, n := range names {
		if shown < 3 && strings.Contains(text, n+" fails to validate") {
			frame, readErr := fs.ReadFile(os.DirFS(dir), n)
			if readErr == nil {
				fmt.Fprintf(&b, "%s:\n%s\n", n, frame)
				shown++
			}
		}
	}
	return errors.New(b.String())
}
