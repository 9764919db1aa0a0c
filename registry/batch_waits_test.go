package registry

import "testing"

// An automatic renewal that a status forbids on its day happens in the night
// after the status has gone, however long that took.
func TestBatchRenewsWhenTheStatusIsGone(t *testing.T) {
	r := newRegister(t)
	r.day(NewDate(2027, 1, 20))
	r.held("A-ONE", "wait.co.test", "2027-02-20")
	r.exec(`UPDATE domain SET auto_bill = 10, statuses = '{clientRenewProhibited}' WHERE name = 'wait.co.test'`)
	r.runTo("2027-02-14")
	if e := r.shownE("wait.co.test"); e != "2027-02-20" {
		t.Fatalf("E is %s while the status forbids it", e)
	}
	_, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: "wait.co.test", RemoveStatuses: []Status{StatusClientRenewProhibited}})
	must(t, err)
	r.runTo("2027-02-15")
	wantLine(t, "the night after", r.line("wait.co.test"), "2027-02-15 renew")
	r.runTo("2027-02-16")
	if n := one[int](r, `SELECT count(*)::int FROM domain WHERE recheck`); n != 0 {
		t.Error("it is looked at again for ever")
	}
}
