package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// An account that comes to a registrar where the customer has one joins it; one
// that comes back gets a new account.
func TestTransferIntoAnAccount(t *testing.T) {
	c := newCustomers(t)
	c.furnish()
	c.name("one.co.test", "Alpha UK")
	c.memo(700)
	out, _ := c.transfer(c.params("B-TWO", customer.Full))
	// A new name of the same contact under A-ONE opens an account there again.
	c.registered("two.co.test", NewDate(2026, 12, 1))
	again, there, err := c.CreateAccount(c.ctx, clerk(), customer.New{Handle: "a-owner", TAG: "A-ONE"})
	must(t, err)
	if there || again.ID == c.account {
		t.Fatalf("%+v", again)
	}
	_, err = c.AdjustBalance(c.ctx, clerk(), again.ID, gbp(-200), "a test")
	must(t, err)
	joined, now := c.transfer(AccountTransferParams{Account: again.ID, To: "B-TWO", Mode: customer.SubscriptionsOnly})
	if joined.Into != out.NewAccount || joined.NewAccount != out.NewAccount || len(now.Subscriptions) != 2 || now.Balances[0] != gbp(500) || len(now.Methods) != 3 {
		t.Errorf("joined: %+v", now)
	}
	back, home := c.transfer(AccountTransferParams{Account: out.NewAccount, To: "A-ONE", Mode: customer.Full})
	if back.NewAccount == c.account || home.TAG != "A-ONE" || len(home.Subscriptions) != 2 || home.Balances[0] != gbp(500) || c.domain("one.co.test").Sponsor != "A-ONE" {
		t.Errorf("back: %+v", home)
	}
}

// Two at once: one moves the account, the other is told.
func TestTransferTwiceAtOnce(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	c.memo(100)
	results := make([]error, 2)
	moved := make([]*AccountTransfer, 2)
	var wg sync.WaitGroup
	for i := range results {
		wg.Go(func() { moved[i], results[i] = c.TransferAccount(c.ctx, clerk(), c.params("B-TWO", customer.Full)) })
	}
	wg.Wait()
	done := 0
	for i, err := range results {
		switch {
		case err == nil && !moved[i].Already:
			done++
		case err != nil && KindOf(err) != KindPolicy:
			t.Error(err)
		}
	}
	if n := one[int](c.register, `SELECT count(*)::int FROM account_transfer WHERE state = 'completed'`); done != 1 || n != 1 {
		t.Errorf("%d done, %d orders completed: %v", done, n, results)
	}
	if n := one[int](c.register, `SELECT count(*)::int FROM account_transfer WHERE state IN ('new', 'running')`); n != 0 {
		t.Errorf("%d orders are open", n)
	}
	c.sound()
}

// B31: an order that a fault interrupted leaves everything as it was; the next
// one ends it and moves the account.
func TestInterruptedOrder(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	c.memo(100)
	c.exec(`CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a fault'; END $$`)
	c.exec(`CREATE TRIGGER fault BEFORE UPDATE OF sponsor ON domain FOR EACH ROW EXECUTE FUNCTION fault()`)
	_, err := c.TransferAccount(c.ctx, clerk(), c.params("B-TWO", customer.Full))
	if err == nil || AsRefusal(err) != nil {
		t.Fatalf("%v", err)
	}
	c.sound()
	d := c.detail(c.account)
	if d.Status != customer.Active || d.Balances[0] != gbp(100) || len(d.Orders) != 1 || d.Orders[0].State != customer.OrderFailed || d.Orders[0].Failure != "a fault of the system" {
		t.Fatalf("%+v", d)
	}
	c.exec(`DROP TRIGGER fault ON domain`)
	// One that stopped between its transactions.
	c.exec(`INSERT INTO account_transfer (account_id, losing, gaining, mode, notify, state, created_at)
		SELECT $1, a.id, b.id, 'full', false, 'running', '2026-06-01' FROM registrar a, registrar b WHERE a.tag = 'A-ONE' AND b.tag = 'B-TWO'`, c.account)
	out, _ := c.transfer(c.params("B-TWO", customer.Full))
	var states []string
	for _, o := range c.detail(c.account).Orders {
		states = append(states, o.Number()+" "+string(o.State))
	}
	if want := []string{"AT-000001 failed", "AT-000002 failed", "AT-000003 completed"}; !slices.Equal(states, want) || out.Order != "AT-000003" {
		t.Errorf("%q", states)
	}
}

// The bulk form: what can move does, the rest is told, and it goes on where it
// was stopped.
func TestTransferAllAccounts(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	var accounts []int64
	for i := range 4 {
		handle := fmt.Sprintf("owner-%d", i)
		c.exec(`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
			SELECT $1, sponsor, postal, email, true, creator, created_at FROM contact WHERE handle = 'a-owner'`, handle)
		a, _, err := c.CreateAccount(c.ctx, clerk(), customer.New{Handle: handle, TAG: "A-ONE"})
		must(t, err)
		accounts = append(accounts, a.ID)
	}
	c.registered("left.co.test", NewDate(2026, 12, 1))
	c.exec(`UPDATE domain SET registrant = (SELECT id FROM contact WHERE handle = 'b-owner') WHERE name = 'left.co.test'`)
	c.registered("three.gen", NewDate(2026, 12, 1))
	c.exec(`UPDATE domain SET registrant = (SELECT id FROM contact WHERE handle = 'owner-3') WHERE name = 'three.gen'`)
	_, err := c.Subscribe(c.ctx, clerk(), accounts[3], "three.gen", "Alpha Gen", 1)
	must(t, err)
	p := BulkTransferParams{From: "a-one", To: "B-TWO", Mode: customer.SubscriptionsOnly}
	plan, err := c.PreviewAllAccounts(c.ctx, clerk(), p)
	must(t, err)
	if n, names := plan.Moved(); n != 4 || names != 1 || plan.Left != 1 || !strings.Contains(plan.Accounts[4].Why, "Alpha Gen") {
		t.Errorf("%d accounts, %d names, %d left: %+v", n, names, plan.Left, plan.Accounts[4])
	}
	ctx, stop := context.WithCancel(c.ctx)
	_, err = c.TransferAllAccounts(ctx, clerk(), p, func(done, _ int) {
		if done == 2 {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	c.sound()
	if n := one[int](c.register, `SELECT count(*)::int FROM registrant_account WHERE status = 'transferred out'`); n != 2 {
		t.Errorf("%d moved before it stopped", n)
	}
	done, err := c.TransferAllAccounts(c.ctx, clerk(), p, nil)
	must(t, err)
	if n, _ := done.Moved(); n != 2 || len(done.Accounts) != 3 || !strings.Contains(done.Accounts[2].Why, "Alpha Gen") {
		t.Errorf("%+v", done.Accounts)
	}
	c.sound()
	rows, err := c.db.Pool.Query(c.ctx, `SELECT id FROM registrant_account WHERE status = 'active' AND registrar_id = $1`, c.as("A-ONE").Registrar)
	must(t, err)
	left, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	must(t, err)
	if !slices.Equal(left, accounts[3:]) {
		t.Errorf("left: %v", left)
	}
}

// R22 after a transfer: a pro forma in the registry's currency goes to the
// account under the new registrar, whatever its currency; the old one stays.
func TestProFormaAfterTransfer(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "")
	d := c.domain("one.co.test")
	old := c.proForma(d)
	c.exec(`UPDATE registrar SET currency = 'USD' WHERE tag = 'B-TWO'`)
	p := c.params("B-TWO", customer.SubscriptionsOnly)
	p.Rate, _ = billing.ParseRate("1.25")
	out, _ := c.transfer(p)
	c.exec(`UPDATE pro_forma SET state = 'void', closed_on = issued_on`)
	number := c.proForma(c.domain("one.co.test"))
	documents := func(id int64) string {
		var list []string
		for _, x := range c.detail(id).Documents {
			list = append(list, x.Number)
		}
		return strings.Join(list, " ")
	}
	if documents(c.account) != old || documents(out.NewAccount) != number {
		t.Errorf("old %s, new %s; want %s, %s", documents(c.account), documents(out.NewAccount), old, number)
	}
	f, err := billing.FindProForma(c.ctx, c.db, number)
	must(t, err)
	paid, err := c.RecordProFormaPayment(c.ctx, clerk(), number, billing.Payment{Amount: gbp(f.Gross() + 5), ReceivedOn: c.Today().EPPTime()})
	must(t, err)
	if paid.Receipt == nil || c.detail(out.NewAccount).Balances[0] != gbp(-5) {
		t.Errorf("%+v", paid)
	}
	c.sound()
	// Both currencies move on, each as it is.
	back, home := c.transfer(AccountTransferParams{Account: out.NewAccount, To: "C-THREE", Mode: customer.Full, Rate: p.Rate})
	if back.Currency != "GBP" || home.Balances[0] != gbp(-5) {
		t.Errorf("%+v", home.Balances)
	}
}

// A name that the registry bills for itself, on a tag of its own, goes to a
// registrar with its account, and may come back.
func TestTransferFromTheRegistrysTags(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "")
	_, err := c.Detag(c.ctx, c.as("A-ONE"), "one.co.test")
	must(t, err)
	handle := c.domain("one.co.test").Registrant
	c.exec(`INSERT INTO registrant_account (contact_id, contact_handle, registrar_id, currency, opened_at)
		SELECT id, handle, sponsor, 'GBP', $2 FROM contact WHERE handle = $1`, handle, c.Now())
	orphan, err := c.Accounts(c.ctx, clerk(), customer.Filter{TAG: TagDetagged})
	must(t, err)
	out, now := c.transfer(AccountTransferParams{Account: orphan[0].ID, To: "B-TWO", Mode: customer.Full})
	if now.TAG != "B-TWO" || c.domain("one.co.test").Sponsor != "B-TWO" {
		t.Errorf("%+v", now)
	}
	_, err = c.TransferAccount(c.ctx, clerk(), AccountTransferParams{Account: out.NewAccount, To: TagDetagged, Mode: customer.Full})
	refused(t, err, KindPolicy, "")
	_, home := c.transfer(AccountTransferParams{Account: out.NewAccount, To: "REGISTRY", Mode: customer.Full})
	if home.TAG != "REGISTRY" || c.domain("one.co.test").Sponsor != "REGISTRY" {
		t.Errorf("%+v", home)
	}
}
