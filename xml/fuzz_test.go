package xml

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzParseCommand: no input panics, takes long, or is refused without an
// answer that can be sent. What is taken has a verb and an action.
func FuzzParseCommand(f *testing.F) {
	for _, x := range examples {
		f.Add([]byte(frame(x.command, x.ext)), true, false)
	}
	f.Add([]byte(`<epp xmlns="`+NSEPP+`"><hello/></epp>`), false, true)
	f.Add([]byte("<!DOCTYPE x><clTRID>ABC-1</clTRID>"), false, false)
	f.Fuzz(func(t *testing.T, frame []byte, lenient, gtld bool) {
		o := Options{Lenient: lenient}
		if gtld {
			o.Profile = ProfileGTLD
		}
		start := time.Now()
		c, err := ParseCommand(frame, o)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
		r := &Response{SvTRID: "SV-1"}
		switch {
		case (c == nil) == (err == nil):
			t.Fatalf("%v and %v", c, err)
		case err != nil:
			if err.Code.Text() == "" || err.Reason == "" {
				t.Fatalf("%#v", err)
			}
			r.Results, r.ClTRID = []Result{err.Result()}, err.ClTRID
		default:
			if c.Verb == "" || c.Action == nil {
				t.Fatalf("%#v", c)
			}
			r.Results, r.ClTRID = []Result{{Code: CodeOK}}, c.ClTRID
		}
		p, perr := ParseResponse(r.Bytes())
		if perr != nil {
			t.Fatalf("answer: %v\n%s", perr, r.Bytes())
		}
		if p.ClTRID != r.ClTRID {
			t.Fatalf("%q echoed as %q", r.ClTRID, p.ClTRID)
		}
	})
}

// FuzzParseResponse: no input panics.
func FuzzParseResponse(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "response", "*.xml"))
	if err != nil || len(files) == 0 {
		f.Fatal(err, len(files))
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		p, err := ParseResponse(frame)
		if (p == nil) == (err == nil) {
			t.Fatalf("%v and %v", p, err)
		}
	})
}
