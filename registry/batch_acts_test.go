package registry

import (
	"fmt"
	"slices"
	"time"
)

// worldActs are what the histories must have had for the test to mean anything,
// beside every event of the batch.
var worldActs = []string{
	"renew", "renew, covered", "unrenew", "billing set", "not required", "tag by staff", "release", "release with handshake",
	"handshake accepted", "handshake expired", "pull transfer", "transfer approved", "transfer rejected", "transfer approved by time",
	"pull from the registry", "delete unpaid", "create", "renewal that cannot be charged", "night without a batch",
	"payment", "part payment", "over-payment", "registrant's payment", "registrant's payment in vain", "credit note, fee waived",
	"credit note, distance selling", "payment taken back", "gtld renew", "gtld delete", "gtld delete in grace", "gtld restore",
	"gtld restore falls back", "gtld transfer", "gtld auto-renew", "gtld purge",
}

// act lets some people act at noon: the more names, the more people.
func (w *world) act() {
	w.at(w.today.EPPTime().Add(12 * time.Hour))
	uk, gtld := sortedKeysOf(w.names), sortedKeysOf(w.gtld)
	for range 1 + w.rnd.IntN(4+*batchNames/250) {
		if w.rnd.IntN(10) == 0 {
			w.payments()
			continue
		}
		if len(gtld) > 0 && w.rnd.IntN(8) == 0 {
			if g := w.gtld[gtld[w.rnd.IntN(len(gtld))]]; g != nil {
				w.actGTLD(g)
			}
			continue
		}
		if len(w.names)+len(w.gtld) < *batchNames && w.rnd.IntN(4) == 0 {
			w.create()
			continue
		}
		if len(uk) == 0 {
			continue
		}
		if n := w.names[w.interesting(uk)]; n != nil { // nil: gone since
			w.actUK(n)
		}
	}
	w.hands()
}

// interesting picks a name, mostly one to which something is about to happen:
// most of a name's days are dull.
func (w *world) interesting(names []string) string {
	name := ""
	for range 6 {
		name = names[w.rnd.IntN(len(names))]
		if n := w.names[name]; n != nil {
			away := n.Expiry.Sub(w.today)
			if n.OpenRequest() != nil || n.lastLapsed() != nil || away < 60 && away > -100 {
				break
			}
		}
	}
	return name
}

func (w *world) actUK(n *Name) {
	if w.p.BilledDirectly(n.Sponsor) {
		if w.rnd.IntN(2) == 0 {
			w.changeTag(n)
		} else {
			w.pull(n)
		}
		return
	}
	if !n.FirstPaid && w.rnd.IntN(4) == 0 {
		w.delete(n)
		return
	}
	switch w.rnd.IntN(11) {
	case 0, 1, 2:
		w.renew(n)
	case 3, 4:
		w.setBilling(n)
	case 5:
		w.changeTag(n)
	case 6:
		w.release(n)
	case 7:
		w.pull(n)
	case 8:
		w.notRequired(n)
	case 9:
		w.unrenew(n)
	case 10:
		w.registrantPays(n)
	}
}

// agree checks that both sides grant or refuse.
func (w *world) agree(what string, n *Name, database, rules error) bool {
	w.t.Helper()
	if (database == nil) != (rules == nil) || database != nil && AsRefusal(database) == nil {
		w.t.Fatalf("%s: %s %s: database %v, rules %v\n%s", w.today, what, n.Name, database, rules, facts(*n))
	}
	return rules == nil
}

func (w *world) create() {
	tag := worldTags[w.rnd.IntN(len(worldTags))]
	if w.broke[tag] {
		return
	}
	w.count("create")
	if w.rnd.IntN(10) == 0 {
		w.createGTLD(tag)
		return
	}
	w.createUK(tag)
}

func (w *world) createUK(tag string) *Name {
	w.made++
	d := w.register.create(tag, fmt.Sprintf("n%05d.co.test", w.made))
	n := &Name{Name: d.Name, Profile: ProfileUK, Sponsor: tag, Expiry: d.Expires, RecurBill: BillTagHolder,
		FirstPaid: worldTerms[tag] == 0}
	w.names[d.Name], w.ids[d.Name] = n, d.ID
	return n
}

func (w *world) delete(n *Name) {
	changed := one[bool](w.register, `SELECT tag_changed FROM domain WHERE name = $1`, n.Name)
	rules := n.Statuses.CheckOperation(ObjectDomain, OpDelete)
	if rules == nil {
		rules = DecideUKDelete(*n, n.Sponsor, changed)
	}
	_, dberr := w.DeleteDomain(w.ctx, w.as(n.Sponsor), n.Name)
	if w.agree("delete", n, dberr, rules) {
		w.count("delete unpaid")
		delete(w.names, n.Name)
		delete(w.moving, n.Name)
	}
}

func (w *world) renew(n *Name) {
	dec, err := DecideRenew(*n, RenewParams{Tag: n.Sponsor, CurExpiry: n.Expiry, Years: 1}, w.today, w.p)
	if err == nil && w.broke[n.Sponsor] {
		err = errBroke
	}
	_, dberr := w.RenewDomain(w.ctx, w.as(n.Sponsor), RenewDomainParams{Name: n.Name, CurExpiry: n.Expiry, Years: 1})
	if !w.agree("renew", n, dberr, err) {
		return
	}
	w.count("renew")
	before, state := n.Expiry, RequestUninvoiced
	if worldTerms[n.Sponsor] == 0 {
		state = RequestPaid // B11
	}
	n.Requests = append(n.Requests, RenewalRequest{Period: dec.Period, Tag: n.Sponsor, Years: 1, Requested: w.today.EPPTime(), State: state})
	if dec.Covers == "" {
		*n = n.renewed(dec.Expiry, dec.Effects)
	} else {
		w.count("renew, covered")
		if dec.ClearNotRequired {
			n.RenewNotRequired, n.Notices.NotRequired = false, Date{}
		}
		if dec.ClearNextBill {
			n.Bill.Next, n.Bill.NextPeriod = 0, 0
		}
		if dec.LiftSuspension {
			n.SuspendedOn, n.SuspendReason = Date{}, ""
		}
	}
	w.settleMove(n.Name, before, n.Expiry)
}

// errBroke is the refusal of a prepaid tag without money (B11).
var errBroke = Refuse(KindBillingFailure, "", "no money")

func (w *world) unrenew(n *Name) {
	dec, err := DecideUnrenew(*n, n.Sponsor, w.p)
	dberr := w.UnrenewDomains(w.ctx, w.as(n.Sponsor), []string{n.Name})
	if !w.agree("unrenew", n, dberr, err) {
		return
	}
	w.count("unrenew")
	for i := range n.Requests {
		if q := &n.Requests[i]; q.Period == dec.Request.Period && q.Tag == dec.Request.Tag && q.Open() {
			q.State, q.Ended = RequestWithdrawn, w.today
		}
	}
	before := n.Expiry
	w.expire(n, dec.Expiry)
	w.settleMove(n.Name, before, n.Expiry)
}

// expire sets E; what was written to the registrant is forgotten when it moves on.
func (w *world) expire(n *Name, e Date) {
	if e.After(n.Expiry) {
		n.Notices = Notices{}
	}
	n.Expiry = e
}

func (w *world) setBilling(n *Name) {
	c := BillChange{Recur: BillTagHolder}
	switch w.rnd.IntN(4) {
	case 0:
		c.Recur = BillCustomer
	case 1:
		c.Bill.Next = 1 + w.rnd.IntN(60)
	default:
		c.Bill.Auto, c.Bill.AutoPeriod = w.rnd.IntN(60), 1
	}
	if c.Bill.Auto == 0 {
		c.Bill.AutoPeriod = 0
	}
	rules := n.Statuses.CheckOperation(ObjectDomain, OpUpdate)
	if rules == nil && (c.Bill != n.Bill || c.Recur != n.RecurBill) {
		rules = DecideBilling(*n, c, w.today, w.p)
	}
	_, dberr := w.UpdateDomain(w.ctx, w.as(n.Sponsor), UpdateDomainParams{Name: n.Name, AutoBill: &c.Bill.Auto,
		NextBill: &c.Bill.Next, AutoPeriod: &c.Bill.AutoPeriod, NextPeriod: &c.Bill.NextPeriod, RecurBill: &c.Recur})
	if w.agree("set billing of", n, dberr, rules) {
		w.count("billing set")
		n.Bill, n.RecurBill = c.Bill, c.Recur
	}
}

func (w *world) notRequired(n *Name) {
	yes := !n.RenewNotRequired
	_, err := w.UpdateDomain(w.ctx, w.as(n.Sponsor), UpdateDomainParams{Name: n.Name, RenewNotRequired: &yes})
	if w.agree("set not-required of", n, err, n.Statuses.CheckOperation(ObjectDomain, OpUpdate)) {
		w.count("not required")
		n.RenewNotRequired = yes
		if !yes {
			n.Notices.NotRequired = Date{}
		}
	}
}

// other picks a tag that is not the name's.
func (w *world) other(not string, more ...string) string {
	tags := slices.DeleteFunc(append(slices.Clone(worldTags), more...), func(t string) bool { return t == not })
	return tags[w.rnd.IntN(len(tags))]
}
