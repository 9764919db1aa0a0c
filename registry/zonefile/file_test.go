package zonefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What does not parse, or is not the zone that was meant, is found.
func TestCheckFile(t *testing.T) {
	const head = "co.test.\t60\tIN\tSOA ns1.nic.test. h.nic.test. 7 1 1 1 1\n"
	for _, tt := range []struct {
		what, text string
		records    int64
		fault      string
	}{
		{"in order", head + "a.co.test.\t60\tIN\tNS ns1.example.net.\n", 2, ""},
		{"cut off", head + "a.co.test.\t60\tIN\tNS", 2, "record 2"},
		{"a record short", head, 2, "1 records"},
		{"a record more", head + "a.co.test.\t60\tIN\tNS x.\nb.co.test.\t60\tIN\tNS x.\n", 2, "3 records"},
		{"another serial", strings.Replace(head, " 7 ", " 8 ", 1), 1, "serial 7"},
		{"no SOA", "a.co.test.\t60\tIN\tNS ns1.example.net.\n", 1, "one SOA"},
		{"two", head + head, 2, "one SOA"},
		{"outside the zone", head + "a.xco.test.\t60\tIN\tNS x.\n", 2, "does not lie in"},
		{"an unknown type", head + "a.co.test.\t60\tIN\tNOPE x.\n", 2, "record 2"},
		{"a bad address", head + "a.co.test.\t60\tIN\tA 192.0.2.256\n", 2, "record 2"},
		{"an include", head + "$INCLUDE /etc/passwd\n", 1, "record 2"},
		{"nothing", "", 0, ""},
	} {
		err := checkFile(context.Background(), bytes.NewReader([]byte(tt.text)), "co.test", File{Serial: 7, Records: tt.records})
		switch {
		case tt.fault == "" && err != nil:
			t.Errorf("%s: %v", tt.what, err)
		case tt.fault != "" && (!errors.Is(err, errNotParsed) || !strings.Contains(err.Error(), tt.fault)):
			t.Errorf("%s: error %v, want one with %q", tt.what, err, tt.fault)
		}
	}
}

// A zone that does not parse never replaces a good one; a publication that was
// killed leaves nothing that stays.
func TestBadZoneKeepsGoodFile(t *testing.T) {
	w := newWorld(t)
	w.create("a.co.test", "ns1.example.net")
	w.fill()
	f, err := w.pub.WriteFile(w.ctx, w.dir, "co.test")
	must(t, err)
	good, err := os.ReadFile(f.Path)
	must(t, err)
	if int64(len(good)) != f.Bytes || f.Records != int64(bytes.Count(good, []byte("\n"))) || f.Serial != w.serial("co.test") {
		t.Errorf("%+v of %d bytes", f, len(good))
	}
	_, err = w.DB().Pool.Exec(w.ctx, `UPDATE zone_entry SET records = '{"NS ns1.example.net. what"}' WHERE owner = 'a.co.test'`)
	must(t, err)
	if _, err = w.pub.WriteFile(w.ctx, w.dir, "co.test"); !errors.Is(err, errNotParsed) {
		t.Fatalf("a bad zone was written: %v", err)
	}
	if now, err := os.ReadFile(f.Path); err != nil || !bytes.Equal(now, good) {
		t.Errorf("the good file is gone: %v\n%s", err, now)
	}
	must(t, os.WriteFile(f.Path+".123.new", []byte("half a zo"), 0o600))
	// The next comparison puts the zone right, and what was left lies no longer there.
	_, err = w.pub.Publish(w.ctx, w.dir, "co.test", false)
	must(t, err)
	list, err := filepath.Glob(filepath.Join(w.dir, "*"))
	must(t, err)
	if want := fmt.Sprint([]string{f.Path, f.Path + ".previous"}); fmt.Sprint(list) != want {
		t.Errorf("files %v, want %s", list, want)
	}
	previous, err := os.ReadFile(f.Path + ".previous")
	if err != nil || !bytes.Equal(previous, good) {
		t.Errorf("the file before: %v\n%s", err, previous)
	}
}

// A folder that cannot be written is an error and changes nothing.
func TestNoFolder(t *testing.T) {
	w := newWorld(t)
	w.fill()
	if _, err := w.pub.WriteFile(w.ctx, filepath.Join(w.dir, "missing"), "gen"); err == nil {
		t.Error("a file in a folder that is not there")
	}
	if _, err := w.pub.WriteFile(w.ctx, w.dir, "nowhere"); err == nil {
		t.Error("a file of a zone that is not there")
	}
}
