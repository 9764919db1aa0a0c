package registry

import (
	"slices"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// clerk is a staff user who may do what the tests do.
func clerk() Actor {
	return Actor{Kind: ActorStaff, Staff: "clerk", Role: RoleAdmin, Reason: "merger", SvTRID: "sv-clerk"}
}

// customers is a register with vendors: A-ONE and B-TWO sell the registry's plan
// of co.test, and A-ONE that of gen; C-THREE sells nothing. a-owner has an
// account under A-ONE.
type customers struct {
	*register
	account int64
}

func newCustomers(t *testing.T) *customers {
	t.Helper()
	r := newRegister(t)
	r.exec(`UPDATE contact SET postal = '[{"type":"loc","name":"Ann Owner","street":["1 High St"],"city":"Oxford","cc":"GB"}]',
		email = handle || '@example.net', voice = '+44.1865000000'`)
	c := &customers{register: r}
	c.plan("REGISTRY", customer.Plan{Name: "UK names", Zone: "co.test"}, 1000)
	c.plan("REGISTRY", customer.Plan{Name: "Generic names", Zone: "gen"}, 1000)
	for _, tag := range []string{"A-ONE", "B-TWO"} {
		must(t, r.PutServiceTerms(r.ctx, clerk(), tag, customer.ServiceTerms{Name: "terms of " + tag}))
		must(t, r.PutSchedule(r.ctx, clerk(), tag, customer.Schedule{Name: "schedule of " + tag, Days: []int16{30, 7, -1}}))
		must(t, r.PutTerms(r.ctx, clerk(), tag, "names", "Names"))
	}
	c.plan("A-ONE", customer.Plan{Name: "Alpha UK", Zone: "co.test", AncestorName: "UK names", ServiceTerms: "terms of A-ONE",
		Schedule: "schedule of A-ONE", Document: "names"}, 1200)
	c.plan("A-ONE", customer.Plan{Name: "Alpha Gen", Zone: "gen", AncestorName: "Generic names"}, 1500)
	c.plan("B-TWO", customer.Plan{Name: "Beta UK", Zone: "co.test", AncestorName: "UK names", ServiceTerms: "terms of B-TWO",
		Schedule: "schedule of B-TWO", Document: "names"}, 1400)
	a, _, err := r.CreateAccount(r.ctx, clerk(), customer.New{Handle: "a-owner", TAG: "A-ONE"})
	must(t, err)
	c.account = a.ID
	return c
}

// plan adds a plan with a price in pence for each year.
func (c *customers) plan(tag string, p customer.Plan, year int64) {
	c.t.Helper()
	must(c.t, c.PutPlan(c.ctx, clerk(), tag, p))
	for years := 1; years <= 2; years++ {
		c.price(tag, p.Name, years, billing.Money{Minor: year * int64(years), Currency: "GBP"}, NewDate(2020, 1, 1))
	}
}

func (c *customers) price(tag, plan string, years int, amount billing.Money, from Date) {
	c.t.Helper()
	a := System("set-up")
	must(c.t, c.SetPlanPrice(c.ctx, a, tag, plan, customer.PlanPrice{Years: years, Amount: amount, From: from.EPPTime()}))
}

// name registers a name of the account, paid for, with a plan; "" for none.
func (c *customers) name(name, plan string) {
	c.t.Helper()
	c.registered(name, NewDate(2026, 12, 1))
	if plan != "" {
		_, err := c.Subscribe(c.ctx, clerk(), c.account, name, plan, 1)
		must(c.t, err)
	}
}

// memo changes the balance of the account: positive is a debit.
func (c *customers) memo(pence int64) {
	c.t.Helper()
	_, err := c.AdjustBalance(c.ctx, clerk(), c.account, gbp(pence), "a test")
	must(c.t, err)
}

func (c *customers) params(to string, mode customer.Mode) AccountTransferParams {
	return AccountTransferParams{Account: c.account, To: to, Mode: mode}
}

// transfer moves the account and checks the books before and after.
func (c *customers) transfer(p AccountTransferParams) (*AccountTransfer, customer.Detail) {
	c.t.Helper()
	c.sound()
	out, err := c.TransferAccount(c.ctx, clerk(), p)
	must(c.t, err)
	c.sound()
	return out, c.detail(out.NewAccount)
}

func (c *customers) detail(id int64) customer.Detail {
	c.t.Helper()
	d, err := c.Account(c.ctx, clerk(), id)
	must(c.t, err)
	return d
}

func (c *customers) subscription(name string) customer.Subscription {
	c.t.Helper()
	for _, a := range []int64{c.account, one[int64](c.register, `SELECT coalesce(max(new_account_id), 0) FROM account_transfer`)} {
		if a == 0 {
			continue
		}
		for _, s := range c.detail(a).Subscriptions {
			if s.Name == name {
				return s
			}
		}
	}
	c.t.Fatalf("%s is not a name of the account", name)
	return customer.Subscription{}
}

// B31, B33: an account moves with its names; repeated, it says so.
func TestTransferAccount(t *testing.T) {
	c := newCustomers(t)
	c.name("one.co.test", "Alpha UK")
	c.name("two.co.test", "")
	before := c.domain("one.co.test")
	out, now := c.transfer(c.params("b-two", customer.SubscriptionsOnly))
	if out.Order != "AT-000001" || out.Already || len(out.Names) != 2 || now.TAG != "B-TWO" || now.Status != customer.Active {
		t.Fatalf("%+v\n%+v", out, now)
	}
	was := c.detail(c.account)
	if was.Status != customer.TransferredOut || was.TransferredTo != out.NewAccount || was.TransferTAG != "B-TWO" || len(was.Subscriptions) != 0 {
		t.Errorf("before: %+v", was)
	}
	after := c.domain("one.co.test")
	if after.Sponsor != "B-TWO" || after.Registrant != "a-owner" || !slices.Equal(after.Hosts, before.Hosts) || after.Expires != before.Expires {
		t.Errorf("the name: %+v", after)
	}
	s := c.subscription("one.co.test")
	if s.PlanName != "Beta UK" || s.ServiceTerms != "terms of B-TWO" || s.Schedule != "schedule of B-TWO" || s.Price != gbp(1200) || s.Frozen {
		t.Errorf("the subscription: %+v", s)
	}
	again, err := c.TransferAccount(c.ctx, clerk(), c.params("B-TWO", customer.Full))
	must(t, err)
	if !again.Already || again.NewAccount != out.NewAccount || again.Order != out.Order || again.Mode != customer.SubscriptionsOnly {
		t.Errorf("again: %+v", again)
	}
	_, err = c.TransferAccount(c.ctx, clerk(), c.params("C-THREE", customer.Full))
	refused(t, err, KindPolicy, "")
	if n := one[int](c.register, `SELECT count(*)::int FROM account_transfer`); n != 1 {
		t.Errorf("%d orders", n)
	}
}

// B32: the balance is brought to zero and opened again, in one currency and
// over a rate, as a debit, a credit and nothing.
func TestTransferBalance(t *testing.T) {
	for name, k := range map[string]struct {
		balance  int64
		currency string
		rate     string
		want     string // of the new account; "" for no balance at all
		memos    int
	}{
		"debit":            {balance: 1050, want: "10.50 GBP", memos: 2},
		"credit":           {balance: -1050, want: "-10.50 GBP", memos: 2},
		"nothing":          {},
		"debit, rate":      {balance: 1050, currency: "USD", rate: "1.2345", want: "12.96 USD", memos: 2}, // 12.96225
		"credit, rate":     {balance: -1050, currency: "USD", rate: "1.2345", want: "-12.96 USD", memos: 2},
		"half up":          {balance: 1, currency: "USD", rate: "0.5", want: "0.01 USD", memos: 2},
		"rounded away":     {balance: 1, currency: "USD", rate: "0.4", memos: 1},
		"no decimals":      {balance: 1050, currency: "JPY", rate: "187.3", want: "1967 JPY", memos: 2}, // 1966.65
		"nothing, rate":    {currency: "USD", rate: "1.2345"},
		"other currencies": {balance: 700, currency: "USD", rate: "2", want: "14.00 USD", memos: 2},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCustomers(t)
			if k.balance != 0 {
				c.memo(k.balance)
			}
			p := c.params("B-TWO", customer.SubscriptionsOnly)
			if k.currency != "" {
				c.exec(`UPDATE registrar SET currency = $1 WHERE tag = 'B-TWO'`, k.currency)
				var err error
				p.Rate, err = billing.ParseRate(k.rate)
				must(t, err)
			}
			out, now := c.transfer(p)
			for _, b := range c.detail(c.account).Balances {
				if b.Minor != 0 {
					t.Errorf("left behind: %v", b)
				}
			}
			got := ""
			for _, b := range now.Balances {
				got = b.String()
			}
			if got != k.want || len(out.Memos) != k.memos {
				t.Errorf("balance %q, want %q; memos %+v", got, k.want, out.Memos)
			}
			for _, m := range out.Memos {
				for _, part := range []string{out.Order, strings.TrimPrefix(gbp(k.balance).String(), "-"), k.rate, strings.TrimPrefix(k.want, "-")} {
					if !strings.Contains(m.Description, part) {
						t.Errorf("%s does not say %q: %s", m.DocumentNumber(), part, m.Description)
					}
				}
				if m.Rate.String() != k.rate || m.Other == nil {
					t.Errorf("memo %+v", m)
				}
			}
		})
	}
}
