package registry

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// batchWrites is what a chunk writes beside the names themselves.
type batchWrites struct {
	renewals []batchRenewal
	lapsed   []int64 // renewal_request.id
	history  []batchHistory
	polls    []batchPoll
	failures []batchFailure
}

type batchRenewal struct {
	name     *dueName
	from, to Date
	years    int
	origin   Origin
	quote    billing.Quote
}

type batchHistory struct {
	name    *dueName
	action  string
	changes changes
}

type batchPoll struct {
	registrar int32
	message   PollMessage
}

type batchFailure struct {
	name          *dueName
	event, reason string
}

func (c *chunk) note(n *dueName, action string, ch changes) {
	c.out.history = append(c.out.history, batchHistory{n, action, ch})
	c.counts[action]++
}

func (c *chunk) poll(registrar int32, m PollMessage) {
	c.out.polls = append(c.out.polls, batchPoll{registrar, m})
}

// save writes what was decided, table by table.
func (c *chunk) save(ctx context.Context) error {
	err := c.saveNotices(ctx)
	if err != nil {
		return err
	}
	err = c.saveRenewals(ctx)
	if err != nil {
		return err
	}
	tx := c.tx
	if len(c.out.lapsed) > 0 {
		tx.Queue(`UPDATE renewal_request SET state = 'lapsed', ended_on = $2 WHERE id = ANY($1)`, c.out.lapsed, c.s.day)
	}
	c.saveHistory()
	c.savePolls()
	c.saveNames()
	c.saveFailures()
	var gone []*dueName
	var void []int64
	for _, n := range c.names {
		if n.after.gone {
			gone = append(gone, n)
		}
		if n.after.gone || !n.before.Notices.ProForma.IsZero() && n.rule.Expiry.After(n.before.Expiry) {
			void = append(void, n.id)
		}
	}
	if len(void) > 0 {
		billing.QueueVoidProFormas(tx.Tx, void, c.s.day.EPPTime())
	}
	err = c.purge(ctx, gone)
	if err != nil {
		return err
	}
	c.saveCounts()
	return nil
}

// saveNames writes the rows of the names that changed, and of those that had to
// be looked at again.
func (c *chunk) saveNames() {
	var ids []int64
	var expires, suspended, warned, reminded, proForma, told []Date
	var reasons []string
	var notRequired, clearNext, retry, touched []bool
	for _, n := range c.names {
		if n.after.gone || !n.after.changed && n.recheck == n.after.retry {
			continue
		}
		d := n.rule
		ids, expires = append(ids, n.id), append(expires, d.Expiry)
		suspended, reasons = append(suspended, d.SuspendedOn), append(reasons, string(d.SuspendReason))
		notRequired, clearNext = append(notRequired, d.RenewNotRequired), append(clearNext, n.after.clearNext)
		warned, reminded = append(warned, d.Notices.AdvanceWarning), append(reminded, d.Notices.Reminder)
		proForma, told = append(proForma, d.Notices.ProForma), append(told, d.Notices.NotRequired)
		retry = append(retry, n.after.retry)
		touched = append(touched, d.Expiry != n.before.Expiry || d.SuspendedOn != n.before.SuspendedOn)
	}
	if len(ids) == 0 {
		return
	}
	// A letter to the registrant is no change of the object: updated_at stays.
	c.tx.Queue(`UPDATE domain d SET expires = v.expires, suspended_on = v.suspended, suspended_reason = nullif(v.reason, ''),
		renew_not_required = v.not_required, next_bill = CASE WHEN v.clear_next THEN NULL ELSE d.next_bill END,
		next_period = CASE WHEN v.clear_next THEN NULL ELSE d.next_period END,
		advance_warning_on = v.warned, reminder_on = v.reminded, pro_forma_on = v.pro_forma, not_required_on = v.told,
		recheck = v.retry, updater = CASE WHEN v.touched THEN $13 ELSE d.updater END,
		updated_at = CASE WHEN v.touched THEN $14::timestamptz ELSE d.updated_at END
		FROM unnest($1::bigint[], $2::date[], $3::date[], $4::text[], $5::boolean[], $6::boolean[], $7::date[], $8::date[],
			$9::date[], $10::date[], $11::boolean[], $12::boolean[])
			AS v (id, expires, suspended, reason, not_required, clear_next, warned, reminded, pro_forma, told, retry, touched)
		WHERE d.id = v.id`, ids, expires, suspended, reasons, notRequired, clearNext, warned, reminded, proForma, told,
		retry, touched, c.tx.updaterID(), c.tx.Now)
	c.savePhases()
}

// savePhases writes the phases of gtld names on their way out.
func (c *chunk) savePhases() {
	for _, n := range c.names {
		if n.zone.Profile == ProfileGTLD && n.after.changed && !n.after.gone && n.phase != "" {
			c.tx.Queue(`UPDATE domain SET delete_phase = $2, delete_phase_ends = $3 WHERE id = $1`, n.id, n.phase, n.phaseEnd)
		}
	}
}

// saveRenewals writes requests, charges and, in gtld, grace periods.
func (c *chunk) saveRenewals(ctx context.Context) error {
	list := c.out.renewals
	if len(list) == 0 {
		return nil
	}
	rows, err := c.tx.Query(ctx, `SELECT nextval('renewal_request_id_seq') FROM generate_series(1, $1)`, len(list))
	if err != nil {
		return err
	}
	requestIDs, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	var ids, domains []int64
	var names, origins, states []string
	var periods, expires []Date
	var registrars []int32
	var years []int16
	charges := make([]billing.Charge, 0, len(list))
	for i, v := range list {
		n := v.name
		ch := billing.Charge{Registrar: n.sponsor, Operation: billing.Renew, Zone: n.zone.ID, DomainID: n.id,
			DomainName: n.rule.Name, Years: v.years, From: v.from.EPPTime(), To: v.to.EPPTime(), Quote: v.quote, On: c.s.day.EPPTime()}
		if n.zone.Profile == ProfileUK {
			ch.RequestID = requestIDs[i]
			ids, domains, names = append(ids, requestIDs[i]), append(domains, n.id), append(names, n.rule.Name)
			periods, expires = append(periods, v.from), append(expires, v.to)
			registrars, years, origins = append(registrars, n.sponsor), append(years, int16(v.years)), append(origins, string(v.origin))
			states = append(states, string(requestState(v.quote)))
		}
		charges = append(charges, ch)
	}
	if len(ids) > 0 {
		c.tx.Queue(`INSERT INTO renewal_request (id, domain_id, domain_name, period, registrar_id, years, new_expires, origin, state, requested_at)
			OVERRIDING SYSTEM VALUE SELECT v.*, $10::timestamptz FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::date[],
			$5::integer[], $6::smallint[], $7::date[], $8::text[], $9::text[]) v`,
			ids, domains, names, periods, registrars, years, expires, origins, states, c.tx.Now)
	}
	err = billing.QueueCharges(ctx, c.tx.Tx, charges)
	if err != nil {
		return err
	}
	renewed := make([]int64, len(list))
	for i, v := range list {
		renewed[i] = v.name.id
	}
	customer.QueueSync(c.tx.Tx, renewed, c.s.day.EPPTime())
	c.openGraces()
	return nil
}

// openGraces opens the grace period of each automatic renewal in gtld: it runs
// from the start of the day that the batch stands for, however late it is.
func (c *chunk) openGraces() {
	for _, v := range c.out.renewals {
		if v.name.zone.Profile != ProfileGTLD {
			continue
		}
		g := NewGrace(RGPAutoRenew, v.name.rule.Sponsor, v.years, c.s.day.Start(c.s.r.loc), c.s.r.policy)
		if g.Ends.After(g.Starts) {
			c.tx.Queue(`INSERT INTO grace_period (domain_id, kind, registrar_id, years, charge_id, starts_at, ends_at)
				VALUES ($1, $2, $3, $4, (SELECT max(id) FROM charge WHERE domain_id = $1), $5, $6)`,
				v.name.id, g.State, v.name.sponsor, v.years, g.Starts, g.Ends)
		}
	}
}

func (c *chunk) saveHistory() {
	n := len(c.out.history)
	if n == 0 {
		return
	}
	ids, names, actions, details := make([]int64, n), make([]string, n), make([]string, n), make([]*string, n)
	for i, h := range c.out.history {
		ids[i], names[i], actions[i] = h.name.id, h.name.rule.Name, h.action
		if b := h.changes.json(); b != nil {
			text := string(b)
			details[i] = &text
		}
	}
	c.tx.Queue(`INSERT INTO history (at, object, object_id, object_name, action, svtrid, changes)
		SELECT $5, 'domain', v.id, v.name, v.action, $6, v.changes::jsonb
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS v (id, name, action, changes, n) ORDER BY v.n`,
		ids, names, actions, details, c.tx.Now, c.tx.actor.SvTRID)
}

func (c *chunk) savePolls() {
	n := len(c.out.polls)
	if n == 0 {
		return
	}
	registrars, kinds, texts := make([]int32, n), make([]string, n), make([]string, n)
	payloads, dedups := make([]string, n), make([]string, n)
	for i, v := range c.out.polls {
		m := v.message
		registrars[i], kinds[i], texts[i], dedups[i] = v.registrar, string(m.Kind), m.Text, m.Dedup
		payload, err := json.Marshal(m.Payload)
		if err != nil {
			panic(err) // payloads are plain data; a failure is a bug that the change must not survive
		}
		payloads[i] = string(payload)
	}
	c.tx.Queue(`INSERT INTO poll_message (registrar_id, queued_at, kind, text, payload, dedup)
		SELECT v.registrar, $6, v.kind, v.text, v.payload::jsonb, v.dedup
		FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
			AS v (registrar, kind, text, payload, dedup, n)
		JOIN registrar r ON r.id = v.registrar AND r.kind = 'registrar' ORDER BY v.n
		ON CONFLICT (dedup) DO NOTHING`, registrars, kinds, texts, payloads, dedups, c.tx.Now)
}

func (c *chunk) saveFailures() {
	for _, f := range c.out.failures {
		c.tx.Queue(`INSERT INTO batch_failure (step, day, domain_id, domain_name, registrar_id, event, reason)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
			c.s.step, c.s.day, f.name.id, f.name.rule.Name, f.name.sponsor, f.event, f.reason)
	}
}

// saveCounts adds to the counts of the step, in one order for all runners.
func (c *chunk) saveCounts() {
	var events []string
	for e := range c.counts {
		events = append(events, e)
	}
	slices.Sort(events)
	for _, e := range events {
		c.tx.Queue(`INSERT INTO batch_count (step, day, event, n) VALUES ($1, $2, $3, $4)
			ON CONFLICT (step, day, event) DO UPDATE SET n = batch_count.n + excluded.n`, c.s.step, c.s.day, e, c.counts[e])
	}
}
