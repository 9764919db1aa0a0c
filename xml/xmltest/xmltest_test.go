package xmltest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// samples reads the frames that come with the schemas.
func samples(t *testing.T, folder string) [][]byte {
	t.Helper()
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "shared", "xsd", folder, "*.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var frames [][]byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, b)
	}
	return frames
}

func needSchemas(t *testing.T) {
	t.Helper()
	if _, err := schemas(); errors.Is(err, ErrNoSchemas) {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("WARNING: NOT VALIDATED: %v", err)
	}
}

func TestValidSamples(t *testing.T) {
	needSchemas(t)
	if err := validate(samples(t, "samples")); err != nil {
		t.Error(err)
	}
}

// TestInvalidSamples proves that the validator finds what is wrong, each alone.
func TestInvalidSamples(t *testing.T) {
	needSchemas(t)
	frames := samples(t, "samples-invalid")
	frames = append(frames, []byte("no XML"),
		[]byte(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><info><x:list xmlns:x="http://www.nominet.org.uk/epp/xml/std-list-1.0"><x:month>2027</x:month></x:list></info></command></epp>`))
	for _, f := range frames {
		if err := validate([][]byte{f}); err == nil || !strings.Contains(err.Error(), "not valid") {
			t.Errorf("%v for\n%s", err, f)
		}
	}
}

func TestCollectorKeepsEachFrameOnce(t *testing.T) {
	var c Collector
	b := []byte("<a/>")
	c.Add(b)
	c.Add([]byte("<a/>"))
	b[1] = 'b'
	c.Add(b)
	if len(c.frames) != 2 {
		t.Errorf("%d frames", len(c.frames))
	}
}
