package registry

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// chunk is one transaction's share of a step: names that are locked, and what
// the rules say of them, to be written as sets.
type chunk struct {
	s       *batchStep
	tx      *Tx
	names   []*dueName
	quotes  map[quoteKey]*billing.Quote
	funds   map[int32]billing.Funds // of the registrars that have a limit
	out     batchWrites
	counts  map[string]int64
	notices []registrantNotice

	proFormas map[int32]billing.Quote // what registrants pay, by zone.id
}

type quoteKey struct {
	registrar, zone int32
	years           int
}

// chunk does what is due to the next names of the step after an id. It returns
// how many they were, 0 when none is left, and the id of the last.
func (s *batchStep) chunk(ctx context.Context, after int64) (taken int, last int64, err error) {
	err = s.tx(ctx, func(tx *Tx) error {
		c := &chunk{s: s, tx: tx, quotes: map[quoteKey]*billing.Quote{}, funds: map[int32]billing.Funds{}, counts: map[string]int64{}}
		names, ids, err := s.take(ctx, tx, after)
		c.names, taken = names, len(ids)
		if err != nil || taken == 0 {
			return err
		}
		last = ids[taken-1]
		err = c.price(ctx)
		if err != nil {
			return err
		}
		for _, n := range c.names {
			if n.zone.Profile == ProfileGTLD {
				c.gtld(n)
			} else {
				c.uk(n)
			}
		}
		return c.save(ctx)
	})
	return taken, last, err
}

// price reads what the renewals of the chunk cost: one look-up for each
// registrar, zone and period.
func (c *chunk) price(ctx context.Context) error {
	p := c.s.r.policy
	for _, n := range c.names {
		switch {
		case n.zone.Profile == ProfileGTLD && c.s.step == StepRenewals:
			c.ask(n, p.AutoRenewYears)
		case n.rule.Bill.Auto != 0:
			c.ask(n, orDefault(n.rule.Bill.AutoPeriod, p.DefaultYears))
		case n.rule.Bill.Next != 0:
			c.ask(n, orDefault(n.rule.Bill.NextPeriod, p.DefaultYears))
		}
	}
	err := c.tx.Batch(ctx, func(b *pgx.Batch) {
		for _, k := range c.quoteOrder() {
			billing.QueueQuote(b, billing.QuoteFor{Registrar: k.registrar, Zone: k.zone, Operation: billing.Renew,
				Years: k.years, Day: c.s.day.EPPTime()}, c.quotes[k])
		}
	})
	if err == nil && c.s.step == StepLife {
		c.proFormas, err = billing.ProFormaPrices(ctx, c.tx.Tx, p.RegistrantPaymentYears, c.s.day.EPPTime())
	}
	if err != nil {
		return fmt.Errorf("read the prices: %w", err)
	}
	for k, q := range c.quotes {
		if _, known := c.funds[k.registrar]; !known && q.Found && q.Limited {
			c.funds[k.registrar] = q.Funds
		}
	}
	return nil
}

// quoteOrder is the order in which deposits are locked, the same for all.
func (c *chunk) quoteOrder() []quoteKey {
	return slices.SortedFunc(maps.Keys(c.quotes), func(a, b quoteKey) int {
		return cmp.Or(cmp.Compare(a.registrar, b.registrar), cmp.Compare(a.zone, b.zone), cmp.Compare(a.years, b.years))
	})
}

func (c *chunk) ask(n *dueName, years int) {
	c.quotes[quoteKey{n.sponsor, n.zone.ID, years}] = &billing.Quote{}
}

func orDefault(years, fallback int) int {
	if years == 0 {
		return fallback
	}
	return years
}

// uk does to a name what the rules say is due on the day (DueOn), event by
// event. A renewal that cannot be charged is listed and left out; what else is
// due happens all the same.
func (c *chunk) uk(n *dueName) {
	day, p := c.s.day, c.s.r.policy
	lapsed, unpriced := false, false
	n.after.retry = n.recheck && c.s.step == StepRenewals // the life step looks at it yet
	for !n.after.gone {
		e, ok := n.rule.nextEvent(day, p)
		if !ok || e.Day.After(day) || c.s.step == StepRenewals && e.Kind != EventRenewal {
			break
		}
		var refused string
		switch e.Kind {
		case EventRenewal:
			refused = c.renew(n, e.Renewal.Years, e.Renewal.Origin)
			if refused != "" {
				// The renewals step has listed it, unless only the lapse made it due.
				if c.s.step == StepRenewals || lapsed {
					c.fail(n, e.Kind.event(), refused)
				}
				n.after.retry = true
				n.rule.Bill = BillSettings{}
				continue
			}
			n.after.clearNext = n.before.Bill.Next != 0
		case EventProForma:
			if !c.proFormas[n.zone.ID].Found {
				c.fail(n, e.Kind.event(), fmt.Sprintf("There is no non-member price for %s in .%s.", Years(p.RegistrantPaymentYears), n.zone.Name))
				n.rule.Notices.ProForma, unpriced = day, true // passed over, for today
				continue
			}
			fallthrough
		case EventAdvanceWarning, EventReminder, EventNotRequiredNotice:
			c.notices = append(c.notices, registrantNotice{name: n, kind: e.Kind, expires: n.rule.Expiry})
		}
		before := n.rule
		n.rule = n.rule.after(e)
		if e.Kind == EventRenewal {
			last := len(c.out.renewals) - 1
			n.rule.Requests[len(n.rule.Requests)-1].State = requestState(c.out.renewals[last].quote)
		}
		n.after.changed = true
		c.record(n, before, e)
		lapsed = lapsed || e.Kind == EventLapse
		n.after.gone = e.Kind == EventCancellation
	}
	if unpriced {
		n.rule.Notices.ProForma = Date{}
	}
	if !n.after.gone && n.rule.waitsToRenew(day) {
		n.after.retry = true // the next night does not find it by its date
	}
}

// renew renews a name as if its tag had asked, and returns why it cannot be
// charged, if it cannot.
func (c *chunk) renew(n *dueName, years int, origin Origin) (refused string) {
	q := c.quotes[quoteKey{n.sponsor, n.zone.ID, years}]
	if q == nil || !q.Found {
		return fmt.Sprintf("There is no price for %s in .%s for %s.", Years(years), n.zone.Name, n.rule.Sponsor)
	}
	gross := q.Gross()
	f, limited := c.funds[n.sponsor]
	if limited && !f.Covers(gross) {
		if f.Prepaid {
			return fmt.Sprintf("The deposit of %s does not cover %s.", n.rule.Sponsor, billing.Money{Minor: gross, Currency: q.Net.Currency})
		}
		return fmt.Sprintf("The credit limit of %s does not cover %s.", n.rule.Sponsor, billing.Money{Minor: gross, Currency: q.Net.Currency})
	}
	if limited {
		f.Available -= gross
		c.funds[n.sponsor] = f
	}
	from := n.rule.Expiry
	c.out.renewals = append(c.out.renewals, batchRenewal{name: n, from: from, to: from.AddYears(years), years: years, origin: origin, quote: *q})
	return ""
}

// gtld renews a name that has expired (DecideExpiry), or takes the next step of
// its way out (NextPhase). What is late is made up at once, one year or phase
// after the other.
func (c *chunk) gtld(n *dueName) {
	p, start := c.s.r.policy, c.s.day.Start(c.s.r.loc)
	for c.s.step == StepRenewals {
		g := GTLDName{Expiry: n.rule.Expiry, Phase: n.phase, Waiting: n.rule.Unassigned}
		e, due := g.DecideExpiry(c.s.day, p)
		if !due {
			return
		}
		refused := c.renew(n, p.AutoRenewYears, originExpiry)
		if refused != "" {
			c.fail(n, "auto-renew", refused)
			return
		}
		c.note(n, "auto-renew", changes{}.add("expires", n.rule.Expiry, e).add("years", nil, p.AutoRenewYears))
		c.poll(n.sponsor, PollMessage{Kind: PollRenewed,
			Text:    fmt.Sprintf("%s expired and was renewed automatically until %s.", n.rule.Name, e),
			Payload: RenewalNotice{Name: n.rule.Name, Origin: originExpiry, Years: p.AutoRenewYears, Expires: e},
			Dedup:   fmt.Sprintf("auto-renew:%d:%s", n.id, n.rule.Expiry)})
		n.rule.Expiry, n.after.changed = e, true
	}
	for {
		step, due := GTLDName{Phase: n.phase, PhaseEnd: n.phaseEnd}.NextPhase(start, p)
		if !due {
			return
		}
		if step.Purge {
			n.after.gone, n.after.changed = true, true
			c.note(n, "purge", changes{}.add("rgp", n.phase, nil).add("sponsor", n.rule.Sponsor, nil))
			c.poll(n.sponsor, cancelled(n, c.s.r.inst.RegistryTag))
			return
		}
		c.note(n, "phase", changes{}.add("rgp", n.phase, step.Phase))
		n.phase, n.phaseEnd, n.after.changed = step.Phase, step.PhaseEnd, true
	}
}

// originExpiry is the origin of a renewal at expiry in gtld, in poll messages;
// there is no request for it.
const originExpiry Origin = "expiry"

// record notes an event of a uk name: its history, and the word to the
// registrar.
func (c *chunk) record(n *dueName, before Name, e Event) {
	ch := changes{}
	noteValue(ch, "expires", before.Expiry, n.rule.Expiry)
	noteValue(ch, "suspended", before.SuspendedOn, n.rule.SuspendedOn)
	noteValue(ch, "renew-not-required", before.RenewNotRequired, n.rule.RenewNotRequired)
	switch e.Kind {
	case EventRenewal:
		ch.add("years", nil, e.Renewal.Years).add("origin", nil, e.Renewal.Origin)
		if n.after.clearNext {
			ch.add("next-bill", before.Bill.Next, nil)
		}
		c.poll(n.sponsor, PollMessage{Kind: PollRenewed,
			Text:    fmt.Sprintf("%s was renewed by %s until %s.", n.rule.Name, e.Renewal.Origin, n.rule.Expiry),
			Payload: RenewalNotice{Name: n.rule.Name, Origin: e.Renewal.Origin, Years: e.Renewal.Years, Expires: n.rule.Expiry},
			Dedup:   fmt.Sprintf("renewed:%d:%s", n.id, before.Expiry)})
	case EventLapse:
		c.lapse(n, before, e)
	case EventSuspension:
		cancelOn := c.s.day.AddDays(c.s.r.policy.CancelAfterSuspensionDays)
		c.poll(n.sponsor, PollMessage{Kind: PollSuspended,
			Text:    fmt.Sprintf("%s was suspended: %s. It will be cancelled on %s.", n.rule.Name, e.Reason, cancelOn),
			Payload: SuspensionNotice{Names: []string{n.rule.Name}, Reason: string(e.Reason), CancelOn: cancelOn},
			Dedup:   fmt.Sprintf("suspended:%d:%s", n.id, c.s.day)})
	case EventCancellation:
		ch.add("sponsor", before.Sponsor, nil).add("expires", before.Expiry, nil)
		c.poll(n.sponsor, cancelled(n, c.s.r.inst.RegistryTag))
	}
	c.note(n, e.Kind.event(), ch)
}

// lapse ends the request and tells the tag that made it, and the one that has
// the name now.
func (c *chunk) lapse(n *dueName, before Name, e Event) {
	for i, q := range before.Requests {
		if q.State == n.rule.Requests[i].State {
			continue
		}
		c.out.lapsed = append(c.out.lapsed, n.requestID[i])
		m := PollMessage{Kind: PollRenewalLapsed,
			Text: fmt.Sprintf("The renewal request of %s for %s lapsed unpaid; the name expires on %s. The invoice stays due.",
				e.Tag, n.rule.Name, n.rule.Expiry),
			Payload: LapseNotice{Name: n.rule.Name, Due: q.Due, Expires: n.rule.Expiry},
			Dedup:   fmt.Sprintf("lapsed:%d", n.requestID[i])}
		c.poll(c.s.r.tagTable.id(e.Tag), m)
		if e.Tag != n.rule.Sponsor {
			m.Dedup += ":sponsor"
			c.poll(n.sponsor, m)
		}
	}
}

func cancelled(n *dueName, by string) PollMessage {
	return PollMessage{Kind: PollCancelled, Text: fmt.Sprintf("%s was cancelled.", n.rule.Name),
		Payload: CancellationNotice{Names: []string{n.rule.Name}, By: by}, Dedup: fmt.Sprintf("cancelled:%d", n.id)}
}

// fail lists a name with which the step could not do what was due; the next
// batch looks at it again.
func (c *chunk) fail(n *dueName, event, reason string) {
	c.out.failures = append(c.out.failures, batchFailure{n, event, reason})
	n.after.retry = true
}

// event is the name of an event in batch_count and the history.
func (k EventKind) event() string {
	return [...]string{EventRenewal: "renew", EventLapse: "lapse", EventNotRequiredNotice: "not-required notice",
		EventAdvanceWarning: "advance warning", EventReminder: "reminder", EventProForma: "pro forma",
		EventSuspension: "suspend", EventCancellation: "cancel"}[k]
}
