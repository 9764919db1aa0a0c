package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestImport(t *testing.T) {
	d := newDesk(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	write("contacts.csv", "handle,name,city,country,email\nIMP-1,Ann Archer,Leeds,GB,ann@mail.example\n")
	write("domains.csv", "name,registrant,expires\none.co.example,IMP-1,2028-01-01\ntwo.co.example,IMP-1,2028-13-01\n")
	d.expect(exitRefused, "domains.csv:3: expires: ", "operator", "--yes", "import", "load", dir)
	if got := d.must("operator", "import", "status"); !strings.Contains(got, "There are no names.") {
		t.Errorf("status: %s", got)
	}
	write("domains.csv", "name,registrant,expires\none.co.example,IMP-1,2028-01-01\ntwo.co.example,IMP-1,2028-02-01\nthree.co.example,IMP-1,2028-02-01\n")
	d.expect(exitDone, "No faults", "operator", "import", "load", "--check", dir)
	d.expect(exitRefused, "role", "support", "--yes", "import", "load", dir)
	list := write("names.txt", "one.co.example\n\ntwo.co.example\n")
	d.expect(exitDone, "2 added, 0 there already", "operator", "--yes", "import", "load", dir, "--only", list)
	d.expect(exitDone, "1 added, 2 there already", "operator", "--yes", "import", "load", dir)

	d.expect(exitUsage, "give names, or --only, or --all", "operator", "import", "assign", "--tag", "ALPHA")
	d.expect(exitUsage, "Give --yes", "operator", "import", "assign", "--tag", "ALPHA", "one.co.example")
	d.expect(exitDone, "1 names assigned to ALPHA", "operator", "--yes", "import", "assign", "--tag", "ALPHA", "one.co.example")
	d.expect(exitRefused, "does not wait", "operator", "--yes", "import", "assign", "--tag", "ALPHA", "one.co.example")
	d.expect(exitRefused, "no registrar NONE", "operator", "--yes", "import", "assign", "--tag", "NONE", "--all")
	d.expect(exitUsage, "there are no names", "operator", "--yes", "import", "assign", "--tag", "ALPHA", "--only", write("none.txt", "\n"))
	d.expect(exitDone, `"unassigned": 2`, "support", "--json", "import", "status")
	d.expect(exitDone, `"assigned": 2`, "operator", "--yes", "--json", "import", "assign", "--tag", "ALPHA", "--all")
	d.expect(exitDone, "ALPHA", "support", "domain", "show", "two.co.example")
}
