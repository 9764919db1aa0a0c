package registry

import (
	"slices"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// B33: prices stay until the next synchronisation, and what that is.
func TestPricesAfterTransfer(t *testing.T) {
	c := newCustomers(t)
	renew := func(name string) {
		t.Helper()
		_, err := c.RenewDomain(c.ctx, c.as("B-TWO"), RenewDomainParams{Name: name, CurExpiry: NewDate(2026, 12, 1), Years: 1})
		must(t, err)
	}
	must(t, c.Promote(c.ctx, clerk(), "A-ONE", "Alpha UK", customer.Promotion{Name: "spring", Discount: 2000, From: c.Today().EPPTime(), To: c.Today().EPPTime()}))
	for _, name := range []string{"plain.co.test", "frozen.co.test", "hand.co.test", "batch.co.test", "switch.co.test"} {
		c.name(name, "Alpha UK")
	}
	must(t, c.FreezePrice(c.ctx, clerk(), c.account, "frozen.co.test", true))
	out, _ := c.transfer(c.params("B-TWO", customer.SubscriptionsOnly))
	for _, name := range []string{"plain.co.test", "frozen.co.test"} {
		if s := c.subscription(name); s.Price != gbp(960) || s.Promoted != "spring" || s.PlanName != "Beta UK" || s.Frozen != (name == "frozen.co.test") {
			t.Errorf("%s, moved: %+v", name, s)
		}
	}
	c.day(NewDate(2026, 6, 15))
	renew("plain.co.test")
	renew("frozen.co.test")
	must(t, c.SyncPrice(c.ctx, clerk(), out.NewAccount, "hand.co.test"))
	refused(t, c.SyncPrice(c.ctx, clerk(), out.NewAccount, "frozen.co.test"), KindPolicy, "")
	_, err := c.Subscribe(c.ctx, clerk(), out.NewAccount, "switch.co.test", "Beta UK", 2)
	must(t, err)
	c.exec(`UPDATE domain SET auto_bill = 100, auto_period = 1 WHERE name = 'batch.co.test'`)
	c.runTo("2026-08-23") // day 100 before 1 December
	for name, want := range map[string]int64{"plain.co.test": 1400, "frozen.co.test": 960, "hand.co.test": 1400, "switch.co.test": 2800, "batch.co.test": 1400} {
		s := c.subscription(name)
		if s.Price != gbp(want) || (s.Promoted != "") != (name == "frozen.co.test") {
			t.Errorf("%s, synchronised: %+v, want %s", name, s, gbp(want))
		}
	}
	c.sound()
}

// B33: with another currency new prices apply at once, and none is frozen.
func TestNewPricesInAnotherCurrency(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	must(t, c.FreezePrice(c.ctx, clerk(), c.account, "one.co.test", true))
	c.exec(`UPDATE registrar SET currency = 'USD' WHERE tag = 'B-TWO'`)
	p := c.params("B-TWO", customer.Full)
	p.Rate, _ = billing.ParseRate("1.25")
	_, err := c.TransferAccount(c.ctx, clerk(), p)
	refused(t, err, KindPolicy, "") // no price in USD
	if !strings.Contains(err.Error(), `"Beta UK"`) {
		t.Errorf("the plan is not named: %v", err)
	}
	c.price("B-TWO", "Beta UK", 1, billing.Money{Minor: 2000, Currency: "USD"}, NewDate(2020, 1, 1))
	out, now := c.transfer(p)
	s := c.subscription("one.co.test")
	if s.Price != (billing.Money{Minor: 2000, Currency: "USD"}) || s.Frozen || now.Currency != "USD" || !out.Names[0].Move.NewPrice {
		t.Errorf("%+v", s)
	}
	if len(out.Unpriced) != 1 || out.Unpriced[0] != "co.test" {
		t.Errorf("the registry has no price in USD: %v", out.Unpriced)
	}
}

// B33: a plan that is missing is named before anything changes, whichever of
// several zones it is for.
func TestMissingPlanChangesNothing(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	c.name("one.gen", "Alpha Gen")
	c.memo(500)
	before := c.dump()
	for _, dry := range []bool{true, false} {
		var err error
		if dry {
			_, err = c.PreviewAccountTransfer(c.ctx, clerk(), c.params("B-TWO", customer.Full))
		} else {
			_, err = c.TransferAccount(c.ctx, clerk(), c.params("B-TWO", customer.Full))
		}
		refused(t, err, KindPolicy, "")
		if !strings.Contains(err.Error(), "Alpha Gen, delegated from Generic names") || !strings.Contains(err.Error(), ".gen") {
			t.Errorf("the plan is not named: %v", err)
		}
	}
	if after := c.dump(); after != before {
		t.Error("something changed")
	}
	if n := one[int](c.register, `SELECT count(*)::int FROM account_transfer`); n != 0 {
		t.Errorf("%d orders", n)
	}
	// With the plan all names of both zones move.
	c.plan("B-TWO", customer.Plan{Name: "Beta Gen", Zone: "gen", AncestorName: "Generic names"}, 1600)
	c.transfer(c.params("B-TWO", customer.Full))
	if s := c.subscription("one.gen"); s.PlanName != "Beta Gen" || c.domain("one.gen").Sponsor != "B-TWO" || c.domain("one.co.test").Sponsor != "B-TWO" {
		t.Errorf("%+v", s)
	}
}

// Renewals.md "Change of tag": the seven situations hold for names that move
// with an account; R13: automatic renewal is off; R32.
func TestTagChangeOfAnAccount(t *testing.T) {
	c := newCustomers(t)
	c.name("before.co.test", "")
	c.name("after.co.test", "")
	c.name("open.co.test", "")
	c.name("auto.co.test", "")
	c.name("unwanted.co.test", "")
	asked := []string{"open.co.test", "lapsed.co.test", "paid.co.test"} // before E
	late := []string{"open-after.co.test", "paid-after.co.test"}        // after E
	for _, name := range append(slices.Clone(asked[1:]), late...) {
		c.name(name, "")
	}
	c.exec(`UPDATE domain SET expires = '2026-05-20' WHERE name = 'after.co.test' OR name = ANY($1)`, late)
	c.exec(`UPDATE domain SET expires = '2026-08-01' WHERE name = ANY($1)`, asked)
	c.exec(`UPDATE domain SET auto_bill = 30, auto_period = 2 WHERE name = 'auto.co.test'`)
	c.exec(`UPDATE domain SET renew_not_required = true WHERE name = 'unwanted.co.test'`)
	for _, name := range append(slices.Clone(asked), late...) {
		e := NewDate(2026, 8, 1)
		if slices.Contains(late, name) {
			e = NewDate(2026, 5, 20)
		}
		_, err := c.RenewDomain(c.ctx, c.as("A-ONE"), RenewDomainParams{Name: name, CurExpiry: e, Years: 2})
		must(t, err)
	}
	c.exec(`UPDATE renewal_request SET state = 'paid', due = '2026-06-30' WHERE domain_name LIKE 'paid%'`)
	c.exec(`UPDATE renewal_request SET state = 'lapsed', due = '2026-05-30', ended_on = '2026-05-31' WHERE domain_name = 'lapsed.co.test'`)
	c.exec(`UPDATE domain SET expires = '2026-08-01' WHERE name = 'lapsed.co.test'`)
	out, _ := c.transfer(c.params("B-TWO", customer.SubscriptionsOnly))
	want := map[string]struct {
		situation Situation
		status    RegistrationStatus
	}{"before.co.test": {SituationNothingBeforeE, RegisteredUntilExpiry}, "after.co.test": {SituationNothingAfterE, RenewalRequired},
		"open.co.test": {SituationRequestOpen, RenewalBeingProcessed}, "auto.co.test": {SituationNothingBeforeE, RegisteredUntilExpiry},
		"unwanted.co.test": {SituationNothingBeforeE, RegisteredUntilExpiry},
		"paid.co.test":     {SituationPaidBeforeE, RegisteredUntilExpiry}, "paid-after.co.test": {SituationPaidAfterE, RegisteredUntilExpiry},
		"lapsed.co.test": {SituationLapsedBeforeE, RegisteredUntilExpiry}, "open-after.co.test": {SituationRequestOpenPast, RenewalBeingProcessed}}
	for _, n := range out.Names {
		w := want[n.Name]
		if n.Situation != w.situation || n.Status != w.status || n.BillsOff != (n.Name == "auto.co.test") {
			t.Errorf("%+v, want %+v", n, w)
		}
		d := c.domain(n.Name)
		if d.Bill != (BillSettings{}) || d.RenewNotRequired || d.Sponsor != "B-TWO" || d.Registrant != "a-owner" {
			t.Errorf("%s: %+v", n.Name, d)
		}
	}
	told := c.polled("B-TWO")
	if kinds(told) != "tag-changed tag-status" || len(told[0].Payload.(*TagChangeNotice).Names) != 9 {
		t.Fatalf("B was told %s", kinds(told))
	}
	if k := told[0].Registrant; k == nil || !told[0].IDAndName || k.Handle != "a-owner" || k.Email != "" || k.Voice != "" || k.Postal[0].City != "" {
		t.Errorf("B34: B was told %+v", k)
	}
	if kinds(c.polled("A-ONE")) != "released" {
		t.Error("A was not told")
	}
	// Situation 5: A's invoice stands, B may ask too and covers it.
	d, err := c.RenewDomain(c.ctx, c.as("B-TWO"), RenewDomainParams{Name: "open.co.test", CurExpiry: NewDate(2028, 8, 1), Years: 2})
	must(t, err)
	if d.Covers != "A-ONE" || d.Expires != NewDate(2028, 8, 1) {
		t.Errorf("covers %q until %s", d.Covers, d.Expires)
	}
	c.sound()
}

// What is pending for a name ends when its account moves; the new registrar's
// handshake setting does not bind staff.
func TestPendingThingsEnd(t *testing.T) {
	c := newCustomers(t)
	for _, name := range []string{"transfer.gen", "release.co.test", "change.co.test"} {
		c.name(name, "")
	}
	c.exec(`UPDATE registrar SET handshake = 'always' WHERE tag = 'C-THREE'`)
	c.exec(`UPDATE registrar SET handshake = 'reject' WHERE tag = 'B-TWO'`)
	auth, err := c.IssueAuthInfo(c.ctx, c.as("A-ONE"), "transfer.gen")
	must(t, err)
	c.request("C-THREE", "transfer.gen", auth)
	_, err = c.ReleaseDomains(c.ctx, c.as("A-ONE"), ReleaseParams{Name: "release.co.test", To: "C-THREE"})
	must(t, err)
	c.exec(`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
		SELECT 'a-next', sponsor, '[{"type":"loc","name":"Ned Next","city":"Oxford","cc":"GB"}]', 'next@example.net', true, creator, created_at
		FROM contact WHERE handle = 'a-owner'`)
	next := "a-next"
	d, err := c.UpdateDomain(c.ctx, c.as("A-ONE"), UpdateDomainParams{Name: "change.co.test", Registrant: &next})
	must(t, err)
	if d.Waiting == 0 {
		t.Fatal("the change of registrant does not wait")
	}
	plan, err := c.PreviewAccountTransfer(c.ctx, clerk(), c.params("B-TWO", customer.Full))
	must(t, err)
	var ends []string
	for _, n := range plan.Names {
		ends = append(ends, n.Name+": "+strings.Join(n.Ended, ", "))
	}
	if got := strings.Join(ends, "; "); !strings.Contains(got, "change.co.test: change of registrant; release.co.test: release, case") ||
		!strings.HasSuffix(got, "transfer.gen: transfer to C-THREE") {
		t.Errorf("the summary: %s", got)
	}
	c.transfer(c.params("B-TWO", customer.Full))
	for _, name := range []string{"transfer.gen", "release.co.test", "change.co.test"} {
		d := c.domain(name)
		if d.Sponsor != "B-TWO" || d.Transfer != nil || d.Handshake != 0 || d.Statuses.Has(StatusPendingTransfer) || d.Statuses.Has(StatusPendingUpdate) ||
			d.Registrant != "a-owner" {
			t.Errorf("%s: %+v", name, d)
		}
	}
	if n := one[int](c.register, `SELECT count(*)::int FROM handshake WHERE state = 'pending'`); n != 0 {
		t.Errorf("%d handshakes wait", n)
	}
}

// A name that cannot move keeps its account where it is.
func TestNameThatCannotMove(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	c.name("gone.gen", "")
	c.exec(`UPDATE domain SET delete_phase = 'redemptionPeriod', delete_phase_ends = '2026-07-01' WHERE name = 'gone.gen'`)
	_, err := c.TransferAccount(c.ctx, clerk(), c.params("B-TWO", customer.Full))
	refused(t, err, KindStatusProhibits, "")
	if !strings.Contains(err.Error(), "gone.gen") || c.domain("one.co.test").Sponsor != "A-ONE" {
		t.Errorf("%v", err)
	}
	c.exec(`UPDATE domain SET delete_phase = NULL, delete_phase_ends = NULL, statuses = '{clientTransferProhibited,serverTransferProhibited}' WHERE name = 'gone.gen'`)
	c.transfer(c.params("B-TWO", customer.Full)) // prohibitions do not bind staff
}

// A subscription ends when the name leaves vendor or registrant in another way.
func TestSubscriptionEnds(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	c.name("two.co.test", "Alpha UK")
	c.name("three.co.test", "Alpha UK")
	_, err := c.ReleaseDomains(c.ctx, c.as("A-ONE"), ReleaseParams{Name: "one.co.test", To: "B-TWO"})
	must(t, err)
	c.exec(`UPDATE domain SET registrant = (SELECT id FROM contact WHERE handle = 'b-owner') WHERE name = 'two.co.test'`)
	if n := one[string](c.register, `SELECT string_agg(d.name, ' ') FROM plan_subscription s JOIN domain d ON d.id = s.domain_id`); n != "three.co.test" {
		t.Errorf("subscriptions: %s", n)
	}
}
