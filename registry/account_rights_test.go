package registry

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// furnish gives the account and both vendors all that there is to give.
func (c *customers) furnish() {
	c.t.Helper()
	ctx, by := c.ctx, clerk()
	for tag, gateway := range map[string]string{"A-ONE": "PayPal", "B-TWO": "Stripe"} {
		must(c.t, c.PutPaymentSystem(ctx, by, tag, customer.PaymentSystem{System: "visa", Gateway: gateway, Active: true}))
	}
	must(c.t, c.PutPaymentSystem(ctx, by, "A-ONE", customer.PaymentSystem{System: "mandate", Gateway: "Bank", Active: true}))
	must(c.t, c.PutPaymentSystem(ctx, by, "B-TWO", customer.PaymentSystem{System: "mandate", Gateway: "Bank", Active: false}))
	must(c.t, c.PutPaymentSystem(ctx, by, "A-ONE", customer.PaymentSystem{System: "voucher", Gateway: "House", Active: true}))
	for _, m := range []customer.PaymentMethod{{System: "visa", Token: "tok_secret_1", Hint: "4242"}, {System: "mandate", Token: "tok_secret_2"},
		{System: "voucher", Token: "tok_secret_3"}} {
		must(c.t, c.AddPaymentMethod(ctx, by, c.account, m))
	}
	for version, from := range map[string]Date{"1.0": NewDate(2020, 1, 1), "2.0": NewDate(2025, 1, 1)} {
		must(c.t, c.PublishTerms(ctx, by, "A-ONE", "names", version, from))
	}
	for version, from := range map[string]Date{"3.0": NewDate(2020, 1, 1), "4.0": NewDate(2025, 6, 1), "5.0": NewDate(2026, 2, 1)} {
		must(c.t, c.PublishTerms(ctx, by, "B-TWO", "names", version, from))
	}
	_, err := c.AcceptTerms(ctx, by, c.account, "names", NewDate(2024, 5, 1))
	must(c.t, err)
	_, err = c.AcceptTerms(ctx, by, c.account, "names", NewDate(2025, 12, 1))
	must(c.t, err)
	must(c.t, c.PutAccountUser(ctx, by, c.account, customer.User{Login: "ann", Email: "ann@example.net", Role: customer.Billing, Privileges: []string{"invoices", "dns"}}))
	must(c.t, c.SetTicket(ctx, by, c.account, "T-100", false))
	branch, person, zone, role := "Oxford", "Kay", "old zone", customer.View
	must(c.t, c.UpdateAccount(ctx, by, c.account, customer.Settings{SalesBranch: &branch, SalesPerson: &person, TaxZone: &zone, HolderRole: &role}))
	class := "retail"
	must(c.t, c.SetVendor(ctx, by, "B-TWO", customer.VendorSettings{DefaultClass: &class}))
	must(c.t, c.PutVendorRule(ctx, by, "B-TWO", customer.Rule{Kind: customer.TaxZoneRule, Place: 1, Country: "GB", Value: "UK standard"}))
	must(c.t, c.PutVendorRule(ctx, by, "B-TWO", customer.Rule{Kind: customer.SalesPersonRule, Place: 1, Value: "Kim"}))
}

// B32 to B37 all together, in full mode over two currencies.
func TestFullTransfer(t *testing.T) {
	c := newCustomers(t)
	c.furnish()
	c.name("one.co.test", "Alpha UK")
	c.name("two.co.test", "")
	c.memo(-1050)
	c.exec(`UPDATE registrar SET currency = 'USD' WHERE tag = 'B-TWO'`)
	c.price("B-TWO", "Beta UK", 1, billing.Money{Minor: 2000, Currency: "USD"}, NewDate(2020, 1, 1))
	p := c.params("B-TWO", customer.Full)
	p.Rate, _ = billing.ParseRate("1.2345")
	p.Notify = true
	plan, err := c.PreviewAccountTransfer(c.ctx, clerk(), p)
	must(t, err)
	if plan.Order != "" || c.detail(c.account).Status != customer.Active {
		t.Error("the dry run changed something")
	}
	out, now := c.transfer(p)
	var methods []string
	for _, m := range now.Methods {
		methods = append(methods, m.System+" "+m.Gateway+" "+m.Token+" "+m.Hint+" "+m.State())
	}
	if want := []string{"visa Stripe tok_secret_1 4242 Active", "mandate Bank tok_secret_2  Disabled", "voucher House tok_secret_3  Disabled"}; !slices.Equal(methods, want) {
		t.Errorf("payment methods %q", methods)
	}
	if len(now.Acceptances) != 1 || now.Acceptances[0].Version != "4.0" || now.Acceptances[0].On != NewDate(2025, 12, 1).EPPTime() || len(now.NotAccepted) != 0 {
		t.Errorf("terms %+v, not accepted %q", now.Acceptances, now.NotAccepted)
	}
	if now.Class != "retail" || now.TaxZone != "UK standard" || now.SalesPerson != "Kim" || now.SalesBranch != "" || now.HolderRole != customer.FullAccess {
		t.Errorf("B36: %+v", now.Account)
	}
	if len(now.Users) != 1 || now.Users[0].Role != customer.Billing || !slices.Equal(now.Users[0].Privileges, []string{"invoices", "dns"}) || !slices.Equal(now.Tickets, []string{"T-100"}) {
		t.Errorf("users %+v, tickets %q", now.Users, now.Tickets)
	}
	if len(now.Balances) != 1 || now.Balances[0] != (billing.Money{Minor: -1296, Currency: "USD"}) {
		t.Errorf("balance %+v", now.Balances)
	}
	was := c.detail(c.account)
	for _, m := range was.Methods {
		if m.Active {
			t.Errorf("the old registrar may still use %+v", m)
		}
	}
	if len(was.Documents) != 2 || len(now.Documents) != 1 || len(was.Acceptances) != 2 || len(was.Users)+len(was.Tickets) != 0 {
		t.Errorf("under the old registrar: %+v", was)
	}
	if len(was.Orders) != 1 || len(now.Orders) != 1 || now.Orders[0].State != customer.OrderCompleted || now.Orders[0].Names != 2 || now.Orders[0].By != "clerk" {
		t.Errorf("orders %+v", now.Orders)
	}
	for id, action := range map[int64]string{c.account: "transfer out", out.NewAccount: "transfer in"} {
		list, err := c.History(c.ctx, HistoryFilter{Object: "account", Name: accountName(id), Action: action})
		must(t, err)
		if len(list) != 1 || list[0].Reason != "merger" || !strings.Contains(string(list[0].Changes), out.Order) {
			t.Errorf("history of %d: %+v", id, list)
		}
	}
	mail := one[string](c.register, `SELECT string_agg(recipient || ' ' || kind || ' ' || (payload->'names'->>0), ', ') FROM outbox WHERE recipient LIKE '%-owner@%'`)
	if mail != "a-owner@example.net account-transferred one.co.test" {
		t.Errorf("the customer got %s", mail)
	}
}

// B35 and privacy: after subscriptions-only nothing of the payment methods and
// of the consent is with the new registrar, wherever one looks.
func TestSubscriptionsOnlyKeepsSecrets(t *testing.T) {
	c := newCustomers(t)
	c.furnish()
	c.name("one.co.test", "Alpha UK")
	own := true
	must(t, c.SetVendor(c.ctx, clerk(), "B-TWO", customer.VendorSettings{OwnDesk: &own}))
	out, now := c.transfer(c.params("B-TWO", customer.SubscriptionsOnly))
	if len(now.Methods)+len(now.Acceptances)+len(now.Tickets) != 0 || !slices.Equal(now.NotAccepted, []string{"names"}) || len(now.Users) != 1 {
		t.Errorf("%+v", now)
	}
	if n := one[int](c.register, `SELECT count(*)::int FROM outbox WHERE recipient LIKE '%-owner@%'`); n != 0 {
		t.Errorf("the customer got %d messages without --notify", n)
	}
	b := c.as("B-TWO")
	_, err := c.Account(c.ctx, b, c.account)
	refused(t, err, KindNotFound, "")
	seen, err := c.Account(c.ctx, b, out.NewAccount)
	must(t, err)
	text := fmt.Sprintf("%+v", seen)
	for _, e := range c.polled("B-TWO") {
		text += fmt.Sprintf("%+v %+v", e.Payload, e.Registrant)
	}
	text += one[string](c.register, `SELECT string_agg(changes::text, ' ') FROM history WHERE object = 'account' AND object_name = $1`, accountName(out.NewAccount))
	text += one[string](c.register, `SELECT coalesce(string_agg(description, ' '), '') FROM memo WHERE account_id = $1`, out.NewAccount)
	text += one[string](c.register, `SELECT coalesce(string_agg(payload::text, ' '), '') FROM outbox`)
	for _, secret := range []string{"tok_secret", "4242", "PayPal", "voucher", "2024-05-01", "2025-12-01", "a-owner@", "High St", "1865000000"} {
		if strings.Contains(text, secret) {
			t.Errorf("the new registrar sees %q: %s", secret, text)
		}
	}
	// Accounts and contact as the new registrar.
	list, err := c.Accounts(c.ctx, b, customer.Filter{})
	must(t, err)
	if len(list) != 1 || list[0].ID != out.NewAccount {
		t.Errorf("B sees %+v", list)
	}
}

// B34: the registrant contact is seen by id and name, may not be changed, stays
// with its tag when the name moves on, and may be replaced.
func TestContactAfterTransfer(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	c.exec(`UPDATE registrar SET handshake = 'always' WHERE tag = 'C-THREE'`)
	c.transfer(c.params("B-TWO", customer.Full))
	b := c.as("B-TWO")
	v, err := c.InfoContact(c.ctx, b, InfoContactParams{Handle: "a-owner"})
	must(t, err)
	if v.Full || v.Handle != "a-owner" || v.Postal[0].Name != "Ann Owner" || v.Email+v.Voice+v.Postal[0].City != "" || len(v.Postal[0].Street) != 0 {
		t.Errorf("B sees %+v", v.Contact)
	}
	email := "else@example.net"
	_, _, err = c.UpdateContact(c.ctx, b, UpdateContactParams{Handle: "a-owner", Email: &email})
	refused(t, err, KindAuthorization, CodeNotYours)
	_, err = c.ForkContact(c.ctx, b, ForkContactParams{Handle: "a-owner", New: "b-copy", Names: []string{"one.co.test"}})
	refused(t, err, KindAuthorization, CodeNotYours)
	err = c.SetLock(c.ctx, b, LockParams{Domain: "one.co.test", Type: LockOptOut})
	refused(t, err, KindAuthorization, CodeNotYours)
	// To the world no more than id and name, whatever is published otherwise.
	d, err := c.LookupDomain(c.ctx, "one.co.test", PublishFull)
	must(t, err)
	if r := d.Registrant; r == nil || r.Postal.Name != "Ann Owner" || r.Email+r.Voice.Number+r.Postal.City+r.Postal.Country != "" || len(r.Postal.Street) != 0 {
		t.Errorf("WHOIS and RDAP tell %+v", r)
	}
	e, err := c.LookupEntity(c.ctx, d.Registrant.ROID, PublishFull)
	must(t, err)
	if r := e.Contact; r.Postal.Name != "Ann Owner" || r.Email+r.Voice.Number+r.Postal.City != "" {
		t.Errorf("RDAP tells %+v", r)
	}
	// B offers the name to C: the contact is not B's to show or give.
	offered, err := c.ReleaseDomains(c.ctx, b, ReleaseParams{Name: "one.co.test", To: "C-THREE"})
	must(t, err)
	for _, m := range c.polled("C-THREE") {
		if m.Registrant != nil {
			t.Errorf("C is shown %+v", m.Registrant)
		}
	}
	_, err = c.AcceptHandshake(c.ctx, c.as("C-THREE"), offered.Case, "")
	must(t, err)
	if owner := one[string](c.register, `SELECT r.tag FROM contact c JOIN registrar r ON r.id = c.sponsor WHERE handle = 'a-owner'`); owner != "A-ONE" {
		t.Errorf("the contact went to %s", owner)
	}
	// Replaced, the contact is the registrar's own.
	c.exec(`UPDATE domain SET sponsor = (SELECT id FROM registrar WHERE tag = 'B-TWO'), first_paid = false WHERE name = 'one.co.test'`)
	own := "b-owner"
	_, err = c.UpdateDomain(c.ctx, b, UpdateDomainParams{Name: "one.co.test", Registrant: &own})
	must(t, err)
	v, err = c.InfoContact(c.ctx, b, InfoContactParams{Handle: own})
	must(t, err)
	if !v.Full {
		t.Error("its own contact is hidden")
	}
}

// B37: who may.
func TestWhoMayTransfer(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	p := c.params("B-TWO", customer.SubscriptionsOnly)
	support := clerk()
	support.Role = RoleSupport
	_, err := c.TransferAccount(c.ctx, support, p)
	refused(t, err, KindAuthorization, "")
	silent := clerk()
	silent.Reason = ""
	_, err = c.TransferAccount(c.ctx, silent, p)
	refused(t, err, KindParamMissing, "")
	a := c.as("A-ONE")
	_, err = c.TransferAccount(c.ctx, a, p)
	refused(t, err, KindAuthorization, "") // no sub-registrars
	parent := "A-ONE"
	must(t, c.SetVendor(c.ctx, clerk(), "C-THREE", customer.VendorSettings{Parent: &parent}))
	_, err = c.TransferAccount(c.ctx, a, p)
	refused(t, err, KindAuthorization, "") // B-TWO is none of them
	for _, tag := range []string{"B-TWO", "C-THREE"} {
		_, err = c.PreviewAccountTransfer(c.ctx, c.as(tag), p)
		refused(t, err, KindAuthorization, "")
	}
	must(t, c.SetVendor(c.ctx, clerk(), "B-TWO", customer.VendorSettings{Parent: &parent}))
	grand := "B-TWO"
	refused(t, c.SetVendor(c.ctx, clerk(), "A-ONE", customer.VendorSettings{Parent: &grand}), KindPolicy, "")
	refused(t, c.SetVendor(c.ctx, clerk(), "C-THREE", customer.VendorSettings{Parent: &grand}), KindPolicy, "")
	_, err = c.db.Pool.Exec(c.ctx, `UPDATE vendor SET parent_id = $1 WHERE registrar_id = $2`, c.as("B-TWO").Registrar, a.Registrar)
	if err == nil {
		t.Error("the database takes two levels of sub-registrars")
	}
	c.exec(`UPDATE domain SET statuses = '{serverTransferProhibited}'`)
	_, err = c.TransferAccount(c.ctx, a, p)
	refused(t, err, KindStatusProhibits, "") // statuses bind a registrar
	c.exec(`UPDATE domain SET statuses = '{}'`)
	out, err := c.TransferAccount(c.ctx, a, p)
	must(t, err)
	// The parent sees both sides, the sub-registrar its own.
	for _, id := range []int64{c.account, out.NewAccount} {
		_, err = c.Account(c.ctx, a, id)
		must(t, err)
	}
	_, err = c.Account(c.ctx, c.as("B-TWO"), c.account)
	refused(t, err, KindNotFound, "")
	orders, err := c.AccountOrders(c.ctx, a)
	must(t, err)
	foreign, err := c.AccountOrders(c.ctx, c.as("C-THREE"))
	must(t, err)
	if len(orders) != 1 || orders[0].By != "A-ONE" || len(foreign) != 0 {
		t.Errorf("orders %+v, %+v", orders, foreign)
	}
	// And back, from one sub-registrar to the parent.
	_, err = c.TransferAccount(c.ctx, a, AccountTransferParams{Account: out.NewAccount, To: "A-ONE", Mode: customer.Full})
	must(t, err)
	c.sound()
}
