package registry

import (
	"testing"
	"time"
)

// R22: on the registry's own tags there is nobody to request a renewal or to set
// one: the registrant is billed. Staff cannot do it in the tag's place either.
func TestOwnTagsAreNotCharged(t *testing.T) {
	r := newRegister(t)
	e := NewDate(2026, 8, 1)
	r.registered("gone.co.test", e)
	_, err := r.Detag(r.ctx, r.as("A-ONE"), "gone.co.test")
	must(t, err)
	charges := one[int64](r, `SELECT count(*) FROM charge`)
	_, err = r.RenewDomain(r.ctx, staff(RoleOperator), RenewDomainParams{Name: "gone.co.test", CurExpiry: e, Years: 2})
	refused(t, err, KindNotRenewable, CodeRenewRefused)
	_, err = r.UpdateDomain(r.ctx, staff(RoleOperator), UpdateDomainParams{Name: "gone.co.test", AutoBill: ptr(30)})
	refused(t, err, KindPolicy, CodeBillWithBC)
	if n := one[int64](r, `SELECT count(*) FROM charge`); n != charges {
		t.Errorf("%d charges, %d before", n, charges)
	}
}

// C8: imported names wait for their tag; nobody is asked to pay, nothing is
// renewed, suspended or cancelled meanwhile. Assigned, their life goes on.
func TestUnassignedNamesWait(t *testing.T) {
	r := newRegister(t)
	names := []string{"waits.co.test", "waits.gen"}
	for _, name := range names {
		r.held("A-ONE", name, "2026-07-01")
		r.exec(`UPDATE domain SET unassigned = true, sponsor = (SELECT id FROM registrar WHERE tag = 'REGISTRY') WHERE name = $1`, name)
	}
	r.runTo("2026-10-20")
	for _, name := range names {
		wantLine(t, name, r.line(name))
		if got := r.expiry(name); got != NewDate(2026, 7, 1) {
			t.Errorf("%s: E %s", name, got)
		}
	}
	if n := one[int64](r, `SELECT count(*) FROM outbox WHERE kind IN ('advance-warning', 'pro-forma', 'renewal-reminder')`); n != 0 {
		t.Errorf("%d notices", n)
	}
	_, err := r.RenewDomain(r.ctx, staff(RoleOperator), RenewDomainParams{Name: names[0], Years: 2})
	refused(t, err, KindNotRenewable, CodeRenewRefused)
	_, err = r.AssignImported(r.ctx, staff(RoleOperator), "A-ONE", nil, nil)
	must(t, err)
	r.runTo("2026-10-21")
	wantLine(t, "uk", r.line(names[0]), "2026-10-20 assign", "2026-10-21 pro forma")
	wantLine(t, "gtld", r.line(names[1]), "2026-10-20 assign", "2026-10-21 auto-renew")
}

// RFC 3915: a name of a referred gtld zone has its add grace period from the
// day on which it is registered, and a delete in it gives the fee back.
func TestReferredNameHasItsAddGrace(t *testing.T) {
	r := newRegister(t)
	r.exec(`UPDATE zone SET referred = true WHERE name = 'gen'`)
	time.Sleep(2 * r.zones.ttl) // the register's copy of the zones is older
	r.create("A-ONE", "later.gen")
	_, err := r.DecideReferral(r.ctx, staff(RoleOperator), "later.gen", true, "")
	must(t, err)
	if got := r.domain("later.gen").RGPStates(r.Now()); len(got) != 1 || got[0] != RGPAdd {
		t.Errorf("RGP states %v", got)
	}
	d, err := r.DeleteDomain(r.ctx, r.as("A-ONE"), "later.gen")
	must(t, err)
	if !d.Purged || len(d.Credits) != 1 {
		t.Errorf("deleted: %+v", d)
	}
}

// epp.md "Poll": what staff do to an object of a tag, the tag is told.
func TestEveryStaffChangeIsTold(t *testing.T) {
	r := newRegister(t)
	op := staff(RoleOperator)
	r.create("A-ONE", "del.co.test")
	e := NewDate(2026, 8, 1)
	r.registered("back.co.test", e)
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "back.co.test", CurExpiry: e})
	must(t, err)
	_, _, err = r.CreateHost(r.ctx, r.as("A-ONE"), CreateHostParams{Name: "ns7.example.net"})
	must(t, err)
	r.exec(`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
		SELECT 'a-spare', sponsor, '[]', email, true, creator, created_at FROM contact WHERE handle = 'a-owner'`)
	r.create("A-ONE", "red.gen")
	r.at(testNow.Add(10 * 24 * time.Hour))
	r.polled("A-ONE")
	for what, change := range map[string]func() error{
		"delete a name":      func() error { _, err := r.DeleteDomain(r.ctx, op, "del.co.test"); return err },
		"delete a gtld name": func() error { _, err := r.DeleteDomain(r.ctx, op, "red.gen"); return err },
		"withdraw a request": func() error { _, err := r.WithdrawRenewal(r.ctx, op, "back.co.test", "A-ONE"); return err },
		"rename a host": func() error {
			_, err := r.UpdateHost(r.ctx, op, UpdateHostParams{Name: "ns2.example.net", NewName: "ns8.example.net"})
			return err
		},
		"delete a host":    func() error { return r.DeleteHost(r.ctx, op, "ns7.example.net") },
		"delete a contact": func() error { return r.DeleteContact(r.ctx, op, "a-spare") },
	} {
		t.Run(what, func(t *testing.T) {
			must(t, change())
			if got := kinds(r.polled("A-ONE")); got != string(PollStaffChange) {
				t.Errorf("told %q", got)
			}
		})
	}
	for _, report := range []*RestoreReport{nil, {Reason: "a test"}} {
		_, err := r.RestoreDomain(r.ctx, op, RestoreDomainParams{Name: "red.gen", Report: report})
		must(t, err)
		if got := kinds(r.polled("A-ONE")); got != string(PollStaffChange) {
			t.Errorf("restore: told %q", got)
		}
	}
}

// A contact that goes with its name to another tag is no longer up for the
// transfer that its old tag was asked for.
func TestContactTransferEndsWhenItsNameMoves(t *testing.T) {
	r := newRegister(t)
	r.registered("with.co.test", NewDate(2027, 8, 1))
	auth := NewAuthInfo()
	r.exec(`UPDATE contact SET auth_hash = $1 WHERE handle = 'a-owner'`, auth.Hash())
	c := r.as("C-THREE")
	c.Profile = ProfileGTLD
	_, err := r.RequestContactTransfer(r.ctx, c, "a-owner", auth)
	must(t, err)
	r.polled("C-THREE")
	_, err = r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "with.co.test", To: "B-TWO"})
	must(t, err)
	r.at(testNow.Add(6 * 24 * time.Hour))
	_, err = r.ApproveDueTransfers(r.ctx)
	must(t, err)
	if got := one[string](r, `SELECT r.tag || ' ' || (SELECT state FROM transfer) FROM contact c JOIN registrar r ON r.id = c.sponsor
		WHERE handle = 'a-owner'`); got != "B-TWO serverCancelled" {
		t.Errorf("contact on %s", got)
	}
	if got := kinds(r.polled("C-THREE")); got != string(PollContactTransfer) {
		t.Errorf("told %q", got)
	}
}

// A refusal of a name whose hosts others came to use is refused itself, and is
// no fault of the register.
func TestReferralWithHostsInUse(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "maybe.ref.test")
	_, _, err := r.CreateHost(r.ctx, r.as("A-ONE"), CreateHostParams{Name: "ns1.maybe.ref.test", Addresses: []HostAddress{{Text: "192.0.2.1"}}})
	must(t, err)
	_, err = r.CreateDomain(r.ctx, r.as("B-TWO"), CreateDomainParams{Name: "user.co.test", Registrant: "b-owner", Hosts: []HostSpec{{Name: "ns1.maybe.ref.test"}}})
	must(t, err)
	_, err = r.DecideReferral(r.ctx, staff(RoleOperator), "maybe.ref.test", false, "not eligible")
	refused(t, err, KindAssociation, "")
}
