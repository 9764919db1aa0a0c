package registry

import (
	"slices"
	"strings"
	"testing"
)

// C8: names whose dates lie in the past follow the rules of renewals.md from
// the next batch on, as if their due days were that day.
func TestImportFollowsTheRules(t *testing.T) {
	const heading = "name,tag,registrant,expires,suspended,suspended-reason,auto-bill,renew-not-required\n"
	contacts := "handle,name,city,country,email\nIMP-1,Ann Archer,Leeds,GB,ann@mail.example\n"
	tests := []struct {
		name, line string
		want       []string // what the next batch does
	}{
		{"nothing due", "a.co.test,A-ONE,IMP-1,2027-01-01,,,,", nil},
		{"E+1 was missed", "a.co.test,A-ONE,IMP-1,2026-05-28,,,,", []string{"reminder"}},
		{"E+7 was missed", "a.co.test,A-ONE,IMP-1,2026-05-01,,,,", []string{"pro forma"}},
		{"two years ago", "a.co.test,A-ONE,IMP-1,2024-05-01,,,,", []string{"pro forma"}},
		{"advance warning of R22", "a.co.test,DETAGGED,IMP-1,2026-07-01,,,,", []string{"advance warning"}},
		{"suspended long ago", "a.co.test,A-ONE,IMP-1,2026-01-01,2026-02-07,renewal unpaid,,", []string{"cancel"}},
		{"renew-not-required", "a.co.test,A-ONE,IMP-1,2026-05-28,,,,yes", []string{"not-required notice"}},
		{"auto-bill's day was missed", "a.co.test,A-ONE,IMP-1,2026-06-10,,,30,", []string{"renew"}},
		{"gtld expired", "a.gen,A-ONE,,2026-05-01,,,,", []string{"auto-renew"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRegister(t)
			// Today's batch has been: the next one looks only at what is due after it.
			must(t, r.RunDay(r.ctx, r.Today(), BatchOptions{}))
			_, err := r.Import(r.ctx, importer(), csvFiles(ImportContacts, contacts, ImportDomains, heading+tt.line+"\n"), ImportOptions{AssignTags: true})
			must(t, err)
			r.day(NewDate(2026, 6, 2))
			must(t, r.RunDay(r.ctx, r.Today(), BatchOptions{}))
			name, _, _ := strings.Cut(tt.line, ",")
			if got := r.actions(name); !slices.Equal(got, append([]string{"import"}, tt.want...)) {
				t.Errorf("history %v, want import and %v", got, tt.want)
			}
			if one[bool](r, `SELECT EXISTS (SELECT FROM domain WHERE recheck)`) {
				t.Error("the name is still to be looked at")
			}
		})
	}
}

// A waiting name is left alone by the batch; the rules begin with its tag.
func TestWaitingNamesWaitForTheirTag(t *testing.T) {
	r := newRegister(t)
	files := csvFiles(ImportContacts, "handle,name,city,country,email\nIMP-1,Ann Archer,Leeds,GB,ann@mail.example\n",
		ImportDomains, "name,registrant,expires\nold.co.test,IMP-1,2026-05-01\n")
	_, err := r.Import(r.ctx, importer(), files, ImportOptions{})
	must(t, err)
	must(t, r.RunDay(r.ctx, r.Today(), BatchOptions{}))
	if got := r.actions("old.co.test"); !slices.Equal(got, []string{"import"}) {
		t.Fatalf("a waiting name got %v", got)
	}
	must(t, onlyError(r.AssignImported(r.ctx, importer(), "A-ONE", nil, nil)))
	r.day(NewDate(2026, 6, 2))
	must(t, r.RunDay(r.ctx, r.Today(), BatchOptions{}))
	if got := r.actions("old.co.test"); !slices.Equal(got, []string{"import", "assign", "pro forma"}) {
		t.Errorf("an assigned name got %v", got)
	}
}

// A repeat brings back no name that was deleted since, unless it is asked for.
func TestImportLeavesDeletedNamesAway(t *testing.T) {
	r := newRegister(t)
	_, err := r.Import(r.ctx, importer(), someFiles(), ImportOptions{})
	must(t, err)
	r.exec(`DELETE FROM domain WHERE name = 'third.gen'`)
	r.exec(`DELETE FROM contact WHERE handle = 'IMP-3'`)
	report, err := r.Import(r.ctx, importer(), someFiles(), ImportOptions{})
	must(t, err)
	if want := (ImportReport{Domains: ImportCount{There: 3, Gone: 1}, Contacts: ImportCount{There: 2}, Hosts: ImportCount{There: 3}}); report != want {
		t.Errorf("second run %+v, want %+v", report, want)
	}
	report, err = r.Import(r.ctx, importer(), someFiles(), ImportOptions{Only: []string{"third.gen"}})
	must(t, err)
	if report.Domains.Added != 1 {
		t.Errorf("asked for by name: %+v", report)
	}
}
