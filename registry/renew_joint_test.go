package registry

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// renewRows are all rows that a renewal of a name writes, without what differs
// from one name to the next.
func (r *register) renewRows(name string) string {
	return one[string](r, `SELECT concat_ws(' | ',
		(SELECT concat_ws(' ', expires, updater, updated_at) FROM domain WHERE name = $1),
		(SELECT string_agg(concat_ws(' ', period, registrar_id, years, new_expires, origin, requested_at, state, due, ended_on), ';')
			FROM renewal_request WHERE domain_name = $1),
		(SELECT string_agg(concat_ws(' ', registrar_id, operation, zone_id, request_id IS NULL, years, period_from, period_to, currency, amount,
			tax_rate, tax, charged_at, charged_on, prepaid, invoice_id, reversed_at), ';') FROM charge WHERE domain_name = $1 AND operation = 'renew'),
		(SELECT string_agg(concat_ws(' ', at, object, action, registrar_id, staff, reason, cltrid, svtrid, changes), ';')
			FROM history WHERE object_name = $1 AND action = 'renew'))`, name)
}

// There are two ways to write a renewal: joined with others without a lock, and
// alone under one. They leave the same rows.
func TestBothWaysOfRenewingWriteTheSame(t *testing.T) { // R4
	r := newRegister(t)
	for _, name := range []string{"joint.co.test", "alone.co.test"} {
		r.held("A-ONE", name, "2026-08-29")
	}
	p := RenewDomainParams{Name: "joint.co.test", CurExpiry: date(t, "2026-08-29"), Years: 3}
	a, done, err := r.renewJointly(r.ctx, r.as("A-ONE"), p, p.Name)
	must(t, err)
	if !done {
		t.Fatal("an ordinary renewal is not joined")
	}
	p.Name = "alone.co.test"
	var b *Domain
	must(t, r.mutate(r.ctx, r.as("A-ONE"), func(tx *Tx) error {
		var err error
		b, err = tx.renew(r.ctx, p, OriginCommand)
		return err
	}))
	if joint, alone := r.renewRows("joint.co.test"), r.renewRows("alone.co.test"); joint != alone {
		t.Errorf("joint: %s\nalone: %s", joint, alone)
	}
	if a.Expires != b.Expires || a.Updater != b.Updater || a.Updated != b.Updated || fmt.Sprint(a.Fees, a.Requests) != fmt.Sprint(b.Fees, b.Requests) {
		t.Errorf("joint answers %+v, alone %+v", a, b)
	}
	if linked := one[int](r, `SELECT count(*) FROM charge c JOIN renewal_request q ON q.id = c.request_id AND q.domain_id = c.domain_id`); linked != 2 {
		t.Errorf("%d charges know their request", linked)
	}
	r.sound()
}

// What is out of the ordinary is left to the way with the lock, and nothing is
// written before.
func TestOutOfTheOrdinaryIsNotRenewedJointly(t *testing.T) {
	r := newRegister(t)
	cases := map[string]string{
		"not required":   `UPDATE domain SET renew_not_required = true WHERE name = 'x.co.test'`,
		"next-bill set":  `UPDATE domain SET next_bill = 5 WHERE name = 'x.co.test'`,
		"expired":        `UPDATE domain SET expires = '2026-05-20' WHERE name = 'x.co.test'`,
		"a deposit":      `UPDATE registrar SET terms = 'prepaid' WHERE tag = 'A-ONE'`,
		"a credit limit": `UPDATE registrar SET terms = 'credit', credit_limit = 100000 WHERE tag = 'A-ONE'`,
		"no price":       `DELETE FROM price WHERE operation = 'renew'`,
	}
	for _, name := range []string{"not required", "next-bill set", "expired", "a deposit", "a credit limit", "no price"} {
		r.exec(`UPDATE registrar SET terms = 'credit', credit_limit = NULL WHERE tag = 'A-ONE'`)
		r.exec(`DELETE FROM domain WHERE name = 'x.co.test'`)
		r.held("A-ONE", "x.co.test", "2026-07-01")
		r.exec(cases[name])
		r.quotes.quotes = nil
		e := one[Date](r, `SELECT expires FROM domain WHERE name = 'x.co.test'`)
		_, done, err := r.renewJointly(r.ctx, r.as("A-ONE"), RenewDomainParams{CurExpiry: e, Years: 1}, "x.co.test")
		if done || err != nil {
			t.Errorf("%s: %v %v", name, done, err)
		}
		if n := one[int](r, `SELECT count(*) FROM renewal_request q JOIN domain d ON d.id = q.domain_id`); n != 0 {
			t.Errorf("%s: a request was written", name)
		}
	}
}

// What changed between the read and the write is not written over: the name, its
// registrar's terms or state.
func TestRenewalIsWrittenOnlyOverWhatWasRead(t *testing.T) {
	for change, sql := range map[string]string{
		"the name":  `UPDATE domain SET notes = '{x}' WHERE name = 'x.co.test'`,
		"the tag":   `UPDATE registrar SET state = 'suspended' WHERE tag = 'A-ONE'`,
		"the terms": `UPDATE registrar SET terms = 'prepaid' WHERE tag = 'A-ONE'`,
		"the limit": `UPDATE registrar SET credit_limit = 5 WHERE tag = 'A-ONE'`,
		"the tier":  `UPDATE registrar SET tier = 'non-member' WHERE tag = 'A-ONE'`,
		"the tax":   `UPDATE registrar SET tax_rate = 0 WHERE tag = 'A-ONE'`,
	} {
		t.Run(change, func(t *testing.T) {
			r := newRegister(t)
			r.held("A-ONE", "x.co.test", "2026-07-01")
			actor, today := r.as("A-ONE"), r.Today()
			d, err := r.readDomain(r.ctx, "x.co.test", partRequests)
			must(t, err)
			call := &renewCall{actor: actor, d: d, today: today, err: errNotRun}
			call.decision, err = DecideRenew(d.renewalName(), RenewParams{Tag: "A-ONE", CurExpiry: d.Expires, Years: 1}, today, r.policy)
			must(t, err)
			q := renewalQuote{zone: d.Zone, years: 1, today: today, policy: r.policy}
			var ok bool
			call.quote, ok, err = r.bookedQuote(r.ctx, q.request(d.Zone, actor.Registrar))
			must(t, err)
			if !ok {
				t.Fatal("no price")
			}
			r.exec(sql)
			r.runRenewals(r.ctx, []*renewCall{call})
			must(t, call.err)
			if call.written || one[int](r, `SELECT count(*) FROM renewal_request`) != 0 {
				t.Error("it was written all the same")
			}
		})
	}
}

// A name that somebody holds locked delays nobody's renewal but its own.
func TestLockedNameDoesNotHoldUpOthers(t *testing.T) {
	r := newRegister(t)
	for _, name := range []string{"held.co.test", "free.co.test"} {
		r.held("A-ONE", name, "2026-07-01")
	}
	renew := func(name string) error {
		_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: name, CurExpiry: date(t, "2026-07-01"), Years: 1})
		return err
	}
	var wg sync.WaitGroup
	var other error
	err := r.meanwhile(func() error {
		// Both may land in one statement: it gives up on the lock and each goes alone.
		wg.Go(func() { other = renew("free.co.test") })
		return renew("held.co.test")
	}, `UPDATE domain SET notes = '{changed}' WHERE name = 'held.co.test'`)
	wg.Wait()
	must(t, errors.Join(err, other))
	for _, name := range []string{"held.co.test", "free.co.test"} {
		if e := r.expiry(name); e != date(t, "2027-07-01") {
			t.Errorf("%s: %s", name, e)
		}
	}
	r.sound()
}

// Many sessions renew many names, some of them the same: each name once.
func TestRenewalsAtOnce(t *testing.T) { // R3
	r := newRegister(t)
	const names, tries = 30, 4
	for i := range names {
		r.held("A-ONE", fmt.Sprintf("n%d.co.test", i), "2026-07-01")
	}
	var granted, refused atomic.Int64
	var wg sync.WaitGroup
	for k := range names * tries {
		wg.Go(func() {
			_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{
				Name: fmt.Sprintf("n%d.co.test", k%names), CurExpiry: date(t, "2026-07-01"), Years: 1})
			switch {
			case err == nil:
				granted.Add(1)
			case AsRefusal(err) != nil && strings.Contains(err.Error(), "2027-07-01"):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if granted.Load() != names || refused.Load() != names*(tries-1) {
		t.Errorf("%d granted, %d refused", granted.Load(), refused.Load())
	}
	if n := one[int](r, `SELECT count(*) FROM domain d JOIN renewal_request q ON q.domain_id = d.id WHERE d.expires = '2027-07-01'`); n != names {
		t.Errorf("%d requests", n)
	}
	r.sound()
}
