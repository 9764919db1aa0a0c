package registry

import (
	"testing"
	"testing/fstest"
	"time"
)

// Whatever the files hold, reading them ends with lines or with faults that name
// a line, and never with a panic.
func FuzzImportCSV(f *testing.F) {
	f.Add("name,expires,tag,hosts,ds\noak.co.test,2027-01-01,A-ONE,ns1.oak.co.test/192.0.2.1;ns2.example.net,1 13 2 aa\n",
		"handle,name,city,country,email\nC-1,An Owner,London,GB,a@example.net\n", "host,addresses\nns1.oak.co.test,192.0.2.1;2001:db8::1\n")
	f.Add("name,expires\n\"\n", "", "host\n;;;\n")
	f.Add("name,expires,created,statuses,notes,auto-bill\nxn--.co.test,today+10,9999-99-99,ok;ok,a;b,999999999999\n", "handle\n", "\ufeffhost\n")
	zones := map[string]*Zone{"co.test": {ID: 1, Name: "co.test", Profile: ProfileUK, IDNTable: IDNLatin}, "gen": {ID: 2, Name: "gen", Profile: ProfileGTLD}}
	f.Fuzz(func(t *testing.T, domains, contacts, hosts string) {
		im := &importing{r: &Registry{policy: DefaultPolicy(), loc: time.UTC}, zones: zones, today: NewDate(2026, 6, 1),
			o:      ImportOptions{Reference: NewDate(2026, 6, 1)},
			byName: map[string]*importDomain{}, byHandle: map[string]*importContact{}, byHost: map[string]*importHost{}}
		err := im.read(fstest.MapFS{ImportDomains: {Data: []byte(domains)}, ImportContacts: {Data: []byte(contacts)}, ImportHosts: {Data: []byte(hosts)}})
		if err != nil && KindOf(err) == KindInternal && len(im.faults) == 0 && err.Error() == "" {
			t.Error("an error that says nothing")
		}
		for _, fault := range im.faults {
			if fault.File == "" || fault.Line < 1 || fault.Reason == "" {
				t.Errorf("a fault that names nothing: %+v", fault)
			}
		}
		for name, d := range im.byName {
			if again, err := ParseDomainName(name); err != nil || again != name || d.line < 1 {
				t.Errorf("%q was read as a name: %v", name, err)
			}
		}
	})
}
