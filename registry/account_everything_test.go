package registry

import (
	"slices"
	"testing"

	"github.com/namekeep/namekeep/billing/customer"
)

// B20 and B30 to B37 in one account: names in two zones, with plain, promoted and
// frozen prices, an open renewal request, auto-bill, a change of registrant that
// waits, a release to a tag with a handshake, documents, methods and consent.
func TestAccountWithEverythingMoves(t *testing.T) {
	c := newCustomers(t)
	c.furnish()
	c.plan("B-TWO", customer.Plan{Name: "Beta Gen", Zone: "gen", AncestorName: "Generic names"}, 1700)
	must(t, c.Promote(c.ctx, clerk(), "A-ONE", "Alpha UK", customer.Promotion{Name: "spring", Discount: 2000, From: c.Today().EPPTime(), To: c.Today().EPPTime()}))
	for name, plan := range map[string]string{"promoted.co.test": "Alpha UK", "frozen.co.test": "Alpha UK", "plain.gen": "Alpha Gen",
		"open.co.test": "", "auto.co.test": "", "change.co.test": "", "release.co.test": ""} {
		c.name(name, plan)
	}
	must(t, c.FreezePrice(c.ctx, clerk(), c.account, "frozen.co.test", true))
	c.memo(-1050)
	c.exec(`UPDATE domain SET expires = '2026-08-01' WHERE name = 'open.co.test'`)
	_, err := c.RenewDomain(c.ctx, c.as("A-ONE"), RenewDomainParams{Name: "open.co.test", CurExpiry: NewDate(2026, 8, 1), Years: 2})
	must(t, err)
	c.exec(`UPDATE domain SET auto_bill = 30, auto_period = 2 WHERE name = 'auto.co.test'`)
	c.exec(`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
		SELECT 'a-next', sponsor, '[{"type":"loc","name":"Ned Next","city":"Oxford","cc":"GB"}]', 'next@example.net', true, creator, created_at
		FROM contact WHERE handle = 'a-owner'`)
	next := "a-next"
	_, err = c.UpdateDomain(c.ctx, c.as("A-ONE"), UpdateDomainParams{Name: "change.co.test", Registrant: &next})
	must(t, err)
	c.exec(`UPDATE registrar SET handshake = 'always' WHERE tag IN ('B-TWO', 'C-THREE')`)
	_, err = c.ReleaseDomains(c.ctx, c.as("A-ONE"), ReleaseParams{Name: "release.co.test", To: "C-THREE"})
	must(t, err)

	p := c.params("B-TWO", customer.Full)
	p.Notify = true
	out, now := c.transfer(p)

	if len(out.Names) != 7 || one[int](c.register, `SELECT count(*) FROM domain d JOIN registrar r ON r.id = d.sponsor
		JOIN contact c ON c.id = d.registrant WHERE r.tag = 'B-TWO' AND c.handle = 'a-owner' AND d.tag_changed
			AND d.auto_bill IS NULL AND NOT d.statuses && '{pendingUpdate,pendingTransfer}'`) != 7 {
		t.Errorf("B33, B34, R13: %+v", out.Names)
	}
	for name, want := range map[string]customer.Subscription{
		"promoted.co.test": {PlanName: "Beta UK", Price: gbp(960), Promoted: "spring"},
		"frozen.co.test":   {PlanName: "Beta UK", Price: gbp(960), Promoted: "spring", Frozen: true},
		"plain.gen":        {PlanName: "Beta Gen", Price: gbp(1500)},
	} {
		s := c.subscription(name)
		if s.PlanName != want.PlanName || s.Price != want.Price || s.Promoted != want.Promoted || s.Frozen != want.Frozen {
			t.Errorf("B33: %s is %+v", name, s)
		}
	}
	if d := c.domain("open.co.test"); d.Expires != NewDate(2028, 8, 1) || d.RegistrationStatus(c.Today(), c.policy) != RenewalBeingProcessed {
		t.Errorf("situation 5: %s", d.Expires)
	}
	if n := one[int](c.register, `SELECT count(*) FROM handshake WHERE state = 'pending'`); n != 0 {
		t.Errorf("%d handshakes wait", n)
	}
	if len(now.Balances) != 1 || now.Balances[0] != gbp(-1050) {
		t.Errorf("B32: balance %+v", now.Balances)
	}
	var methods []string
	for _, m := range now.Methods {
		methods = append(methods, m.System+" "+m.State())
	}
	if !slices.Equal(methods, []string{"visa Active", "mandate Disabled", "voucher Disabled"}) {
		t.Errorf("B35: %q", methods)
	}
	if len(now.Acceptances) != 1 || now.Acceptances[0].Version != "4.0" || len(now.NotAccepted) != 0 {
		t.Errorf("B35: %+v, not accepted %q", now.Acceptances, now.NotAccepted)
	}
	if now.Class != "retail" || now.TaxZone != "UK standard" || now.SalesPerson != "Kim" || now.SalesBranch != "" || now.HolderRole != customer.FullAccess || len(now.Users) != 1 {
		t.Errorf("B36: %+v", now.Account)
	}
	if n := one[int](c.register, `SELECT count(*) FROM outbox WHERE kind = 'account-transferred'`); n != 1 {
		t.Errorf("B37: the customer got %d messages", n)
	}
	again, err := c.TransferAccount(c.ctx, clerk(), p) // B31: it says so, and changes nothing
	if err == nil && again.Order != out.Order {
		t.Errorf("again: %+v", again)
	}
	if was := c.detail(c.account); was.Status != customer.TransferredOut || len(was.Orders) != 1 {
		t.Errorf("the old side: %+v", was.Account)
	}
	c.sound()
}
