package registry

import (
	"fmt"
	"sync"
	"testing"
)

// updateRows are all rows that an update of a name writes, without what differs
// from one name to the next.
func (r *register) updateRows(name string) string {
	return one[string](r, `SELECT concat_ws(' | ', (to_jsonb(d) - 'id' - 'name' - 'auth_hash')::text, d.auth_hash IS NULL,
		(SELECT string_agg(concat_ws(' ', at, object, action, registrar_id, staff, reason, cltrid, svtrid, changes), ';')
			FROM history WHERE object_name = $1 AND action = 'update')) FROM domain d WHERE name = $1`, name)
}

// A change of nothing but the row may be joined with others or made alone; both
// leave the same rows.
func TestBothWaysOfUpdatingWriteTheSame(t *testing.T) {
	r := newRegister(t)
	n, off, yes, th := 10, 0, true, BillTagHolder
	secret := gtldAuth("")
	reseller, notes := `A "quoted" reseller, with {braces}`, []string{"one, two", `three \ "four"`, ""}
	for i, p := range []UpdateDomainParams{
		{Reseller: &reseller},
		{Notes: &notes},
		{Notes: &[]string{}},
		{AutoBill: &n, AutoPeriod: &n},
		{AutoBill: &n},
		{AutoBill: &off, RecurBill: &th},
		{AddStatuses: []Status{StatusClientHold, StatusClientTransferProhibited}},
		{RenewNotRequired: &yes},
		{IssueAuthInfo: true},
		{AuthInfo: &secret},
		{},
	} {
		joint, alone := fmt.Sprintf("joint%d.co.test", i), fmt.Sprintf("alone%d.co.test", i)
		for _, name := range []string{joint, alone} {
			r.create("A-ONE", name)
			r.exec(`UPDATE domain SET notes = '{before}', statuses = '{clientDeleteProhibited}' WHERE name = $1`, name)
		}
		a, done, err := r.updateJointly(r.ctx, r.as("A-ONE"), p, joint)
		b, errAlone := r.updateAlone(r.ctx, r.as("A-ONE"), p, alone)
		if !done || fmt.Sprint(err) != fmt.Sprint(errAlone) && (err == nil || errAlone == nil) {
			t.Errorf("case %d: done %v, %v; alone: %v", i, done, err, errAlone)
			continue
		}
		if x, y := r.updateRows(joint), r.updateRows(alone); x != y {
			t.Errorf("case %d\njoint: %s\nalone: %s", i, x, y)
		}
		if err == nil && (fmt.Sprint(a.Statuses, a.Notes, a.Bill, a.Updater, a.Updated) != fmt.Sprint(b.Statuses, b.Notes, b.Bill, b.Updater, b.Updated) ||
			(a.Issued == "") != (b.Issued == "")) {
			t.Errorf("case %d: joint answers %+v, alone %+v", i, a, b)
		}
	}
}

// More than the row is not for the joint way.
func TestChildrenAreNotUpdatedJointly(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "x.co.test")
	owner := "a-owner"
	for _, p := range []UpdateDomainParams{
		{AddHosts: []HostSpec{{Name: "ns1.example.net"}}}, {RemoveHosts: []string{"ns1.example.net"}},
		{AddContacts: []DomainContact{{Role: "tech", Handle: "a-owner"}}}, {Registrant: &owner}, {DNSSEC: &DNSSECChange{RemoveAll: true}},
	} {
		_, done, err := r.updateJointly(r.ctx, r.as("A-ONE"), p, "x.co.test")
		if done || err != nil {
			t.Errorf("%+v: %v %v", p, done, err)
		}
	}
}

// No change of many at once to one name is lost.
func TestStatusesSetAtOnceAreAllKept(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "x.co.test")
	statuses := []Status{StatusClientHold, StatusClientTransferProhibited, StatusClientDeleteProhibited, StatusClientRenewProhibited}
	var wg sync.WaitGroup
	for _, s := range statuses {
		wg.Go(func() {
			_, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: "x.co.test", AddStatuses: []Status{s}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := one[int](r, `SELECT cardinality(statuses) FROM domain WHERE name = 'x.co.test'`); n != len(statuses) {
		t.Errorf("%d statuses", n)
	}
	if n := one[int](r, `SELECT count(*) FROM history WHERE object_name = 'x.co.test' AND action = 'update'`); n != len(statuses) {
		t.Errorf("%d rows of history", n)
	}
}
