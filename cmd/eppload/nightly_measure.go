package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/seal"
)

// measure takes all figures of docs/performance.md about the nightly batch.
func (n *nightly) measure(ctx context.Context) error {
	err := n.prices(ctx)
	if err != nil {
		return err
	}
	n.say("sealing what was filled, which a server does in the background")
	_, err = seal.Seal(ctx, n.db)
	if err != nil {
		return err
	}
	n.say("running the batch up to today, %s", n.reg.Today())
	err = n.reg.RunUntil(ctx, registry.Date{}, registry.BatchOptions{})
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{{"busy", n.alone}, {"load", n.underLoad}, {"invoices", n.invoices}, {"empty", n.empty}, {"verify", n.verify}} {
		if len(n.Only) > 0 && !slices.Contains(n.Only, part.name) {
			continue
		}
		err = part.run(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// prices gives registrants a price: pro formas need one.
func (n *nightly) prices(ctx context.Context) error {
	var have bool
	err := n.db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM price WHERE tier = 'non-member')`).Scan(&have)
	if err != nil || have {
		return err
	}
	today := n.reg.Today().EPPTime()
	return n.reg.SetPrices(ctx, registry.System("eppload"), nightlyZone, []billing.Price{{Zone: nightlyZone, Operation: billing.Renew,
		Tier: registry.TierNonMember, Years: 2, Amount: billing.Money{Minor: 8000, Currency: "GBP"}, From: today}})
}

// tomorrow moves the test bed's clock to five past midnight of the next day.
func (n *nightly) tomorrow(ctx context.Context) (registry.Date, error) {
	day := n.reg.Today().AddDays(1)
	to := day.Start(n.reg.Location()).Add(5 * time.Minute)
	return day, pg.AdvanceClock(ctx, n.db, to.Sub(n.reg.Now()))
}

// alone measures a busy day without any other load, and the bare statement on
// the same rows before it, twice: the second time its pages are in memory, as
// they then are for the batch.
func (n *nightly) alone(ctx context.Context) error {
	day := n.reg.Today().AddDays(1)
	err := n.busy(ctx, day, true)
	if err != nil {
		return err
	}
	for range 2 {
		n.result.Bare, err = n.bare(ctx, day)
		if err != nil {
			return err
		}
		n.say("bare statement: %d renewals in %.1f s", n.result.Bare.Names, n.result.Bare.Seconds)
	}
	_, err = n.tomorrow(ctx)
	if err != nil {
		return err
	}
	n.result.Alone, err = n.run(ctx, day)
	return err
}

// empty measures a day with nothing due, with moving the clock to it.
func (n *nightly) empty(ctx context.Context) error {
	for range 3 {
		start := time.Now()
		day, err := n.tomorrow(ctx)
		if err == nil {
			_, err = n.run(ctx, day)
		}
		if err != nil {
			return err
		}
		n.result.Empty = append(n.result.Empty, time.Since(start).Seconds())
		n.say("a day with nothing due: %.3f s", time.Since(start).Seconds())
	}
	return nil
}

// run runs a day in this process, step by step.
func (n *nightly) run(ctx context.Context, day registry.Date) (dayResult, error) {
	d := dayResult{Steps: map[string]stepResult{}}
	for _, step := range registry.Steps() {
		start := time.Now()
		err := n.reg.RunStep(ctx, day, step, registry.BatchOptions{})
		if err != nil {
			return d, err
		}
		took := time.Since(start).Seconds()
		d.Steps[string(step)] = stepResult{Seconds: took}
		if step != registry.StepInvoices { // they have a figure of their own
			d.Seconds += took
		}
		n.say("%s %s: %.2f s", day, step, took)
	}
	return d, n.counts(ctx, day, &d)
}

// counts adds what the steps did.
func (n *nightly) counts(ctx context.Context, day registry.Date, d *dayResult) error {
	st, err := n.reg.BatchStatus(ctx, 1)
	if err != nil {
		return err
	}
	for _, r := range st.Runs {
		if r.Day == day {
			s := d.Steps[string(r.Step)]
			s.Names, s.Counts, s.Failures = r.Names, r.Counts, r.Failures
			d.Steps[string(r.Step)] = s
		}
	}
	return nil
}

// invoices measures the invoice run, and the PDF of its largest invoice.
func (n *nightly) invoices(ctx context.Context) error {
	r := &n.result.Invoices
	start := time.Now()
	run, err := n.reg.RunInvoices(ctx, registry.System("eppload"), n.reg.Today(), nil)
	if err != nil {
		return err
	}
	r.Seconds, r.Invoices = time.Since(start).Seconds(), len(run.Invoices)
	var largest billing.Invoice
	for _, i := range run.Invoices {
		r.Lines += i.Lines
		if i.Lines > largest.Lines {
			largest = i
		}
	}
	n.say("%d invoices with %d lines in %.1f s", r.Invoices, r.Lines, r.Seconds)
	if largest.Lines == 0 {
		return nil
	}
	lines, err := billing.InvoiceLines(ctx, n.db, largest.ID)
	if err != nil {
		return err
	}
	name := filepath.Join(n.Dir, "invoice.pdf")
	peak := watchMemory(os.Getpid())
	start = time.Now()
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	err = billing.WriteInvoicePDF(f, billing.Issuer{Name: "Example Registry"}, largest, lines)
	if err == nil {
		err = f.Close()
	}
	r.PDFSeconds, r.PDFLines = time.Since(start).Seconds(), largest.Lines
	r.PDFMemory = <-peak()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(name)
	r.PDFBytes, r.PDFPages = len(data), bytes.Count(data, []byte("/Type /Page\n"))
	n.say("PDF of %d lines: %d pages in %.1f s, %d MiB", r.PDFLines, r.PDFPages, r.PDFSeconds, r.PDFMemory>>20)
	return err
}

// watchMemory samples the resident memory of a process until the function it
// returns is called; the channel then gives the highest value.
func watchMemory(pid int) func() <-chan int64 {
	stop, peak := make(chan struct{}), make(chan int64, 1)
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		highest := int64(0)
		for {
			_, rss, err := residentMemory(pid)
			if err == nil {
				highest = max(highest, rss)
			}
			select {
			case <-stop:
				peak <- highest
				return
			case <-tick.C:
			}
		}
	}()
	return func() <-chan int64 { close(stop); return peak }
}

// verify times registryctl billing verify.
func (n *nightly) verify(ctx context.Context) error {
	start := time.Now()
	checks, err := billing.Verify(ctx, n.db)
	if err != nil {
		return err
	}
	for _, c := range checks {
		if len(c.Differences) > 0 {
			return fmt.Errorf("the books are not sound: %s: %s", c.Name, c.Differences[0])
		}
	}
	n.result.Verify = time.Since(start).Seconds()
	return nil
}

// bareNight is the writes of the automatic renewals of a day in one statement.
const bareNight = `WITH due AS (
	SELECT id, name, sponsor, zone_id, expires FROM domain
	WHERE coalesce(auto_bill, next_bill) IS NOT NULL AND expires - coalesce(auto_bill, next_bill) = $1::date FOR UPDATE
), renewed AS (
	UPDATE domain d SET expires = (due.expires + interval '2 years')::date, updated_at = $2 FROM due
	WHERE d.id = due.id RETURNING d.id, d.name, d.sponsor, d.zone_id, due.expires AS old, d.expires
), request AS (
	INSERT INTO renewal_request (domain_id, domain_name, period, registrar_id, years, new_expires, origin, requested_at)
	SELECT id, name, old, sponsor, 2, expires, 'auto-bill', $2 FROM renewed RETURNING id, domain_id
), charged AS (
	INSERT INTO charge (registrar_id, operation, zone_id, domain_id, domain_name, request_id, years, period_from, period_to,
		currency, amount, tax_rate, tax, charged_at, charged_on)
	SELECT r.sponsor, 'renew', r.zone_id, r.id, r.name, q.id, 2, r.old, r.expires, 'GBP', 750, 2000, 150, $2, $1
	FROM renewed r JOIN request q ON q.domain_id = r.id
), noted AS (
	INSERT INTO history (at, object, object_id, object_name, action, svtrid, changes)
	SELECT $2, 'domain', id, name, 'renew', 'bare', jsonb_build_object('expires', jsonb_build_array(old, expires)) FROM renewed
), told AS (
	INSERT INTO poll_message (registrar_id, queued_at, kind, text, payload, dedup)
	SELECT sponsor, $2, 'renewed', name || ' was renewed.', jsonb_build_object('name', name, 'expires', expires), 'bare:' || id FROM renewed
) SELECT count(*) FROM renewed`

// bare times that statement on the rows that the batch then renews, and rolls
// it back.
func (n *nightly) bare(ctx context.Context, day registry.Date) (bareResult, error) {
	tx, err := n.db.Pool.Begin(ctx)
	if err != nil {
		return bareResult{}, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // its end is wanted, whatever the error
	var r bareResult
	start := time.Now()
	err = tx.QueryRow(ctx, bareNight, day, n.reg.Now()).Scan(&r.Names)
	r.Seconds = time.Since(start).Seconds()
	return r, err
}

// busy prepares a day on which one per cent of the names renew themselves, and
// as many as expire on one day are at each stage of the way out. The names are
// others each time.
func (n *nightly) busy(ctx context.Context, day registry.Date, oneTag bool) error {
	n.say("preparing %s", day)
	n.state.Busy++
	tag := int64(0)
	if oneTag {
		tag = 1 // the largest invoice there can be
	}
	each := n.state.Names / nightlySpread
	far := day.AddDays(400)
	return pgx.BeginFunc(ctx, n.db.Pool, func(tx pgx.Tx) error {
		// As if all this had come about long ago: nothing is to be looked at again.
		_, err := tx.Exec(ctx, `SET LOCAL session_replication_role = replica`)
		if err != nil {
			return err
		}
		tagged, err := tx.Exec(ctx, `UPDATE domain SET auto_bill = expires - $1::date WHERE id IN (SELECT d.id FROM domain d
			WHERE d.expires > $1::date AND d.expires <= $1::date + 180 AND d.auto_bill IS NULL AND d.id % 3 = $2 % 3
				AND ($3 = 0 OR d.sponsor = (SELECT min(id) FROM registrar WHERE kind = 'registrar')) LIMIT $4)`, day, n.state.Busy, tag, n.Due)
		if err != nil {
			return fmt.Errorf("auto-bill: %w", err)
		}
		n.say("%d names renew themselves on %s", tagged.RowsAffected(), day)
		for i, sql := range []string{
			`expires = $1::date - 1`,
			`expires = $1::date - 7, reminder_on = $1::date - 6`,
			`expires = $1::date - 37, reminder_on = $1::date - 36, pro_forma_on = $1::date - 30`,
			`expires = $1::date - 97, reminder_on = $1::date - 96, pro_forma_on = $1::date - 90, suspended_on = $1::date - 60,
				suspended_reason = 'renewal unpaid'`,
			`expires = $1::date + 750`,
		} {
			rows, err := tx.Query(ctx, `UPDATE domain SET `+sql+` WHERE id IN (SELECT id FROM domain WHERE expires > $2::date
				AND expires < $2::date + 300 AND auto_bill IS NULL AND suspended_on IS NULL AND id % 7 = $3
				AND id > (SELECT max(id) FROM domain) - $5::bigint LIMIT $4) RETURNING id`, day, far, i, each, n.state.Names/10)
			if err != nil {
				return err
			}
			ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			if err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
			if i < 4 {
				continue
			}
			_, err = tx.Exec(ctx, `INSERT INTO renewal_request (domain_id, domain_name, period, registrar_id, years, new_expires, origin,
					requested_at, state, due)
				SELECT id, name, expires - 730, sponsor, 2, expires, 'command', $2, 'invoiced', $1::date - 1 FROM domain WHERE id = ANY ($3)`,
				day, n.reg.Now(), ids)
			if err != nil {
				return fmt.Errorf("lapses: %w", err)
			}
		}
		return n.keep()
	})
}
