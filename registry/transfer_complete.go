package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// decide works out what a gtld transfer does to E; uk's leaves it alone.
func (c *transferCompletion) decide() error {
	tx, d := c.tx, c.d
	if d.Zone.Profile != ProfileGTLD {
		return nil
	}
	var err error
	c.effect, err = DecideGTLDTransfer(d.gtldName(), c.t.Years, tx.Now, tx.r.loc, tx.r.policy)
	if err != nil {
		return err
	}
	if !c.quote.Found {
		return Refuse(KindBillingFailure, "", "There is no price for a transfer of %s in .%s on %s; ask the registry.",
			Years(c.t.Years), d.Zone.Name, tx.today).About("domain:name", d.Name)
	}
	err = needFunds(d.Name, c.quote)
	if err != nil {
		return err
	}
	c.t.Expires = c.effect.Expiry
	return nil
}

// request writes a new transfer: it waits for the losing tag, or where there is
// nobody to ask it is complete.
func (c *transferCompletion) request(immediate bool) (*DomainTransfer, error) {
	tx, d, t := c.tx, c.d, c.t
	if immediate {
		t.State, t.ActBy = transferServerApproved, tx.Now
	}
	err := tx.insertTransfer(d.transferSubject(), d.ID, t)
	if err != nil {
		return nil, err
	}
	if immediate {
		return c.complete(), nil
	}
	statuses := d.Statuses.With(StatusPendingTransfer)
	tx.Queue(`UPDATE domain SET statuses = $2, updater = $3, updated_at = $4 WHERE id = $1`, d.ID, statuses, tx.updaterID(), tx.Now)
	tx.record("domain", d.ID, d.Name, "transfer request", changes{}.add("statuses", d.Statuses, statuses).add("gaining", nil, t.Gaining))
	tx.tellTransfer(PollDomainTransfer, d.Name, t, "")
	return c.result(), nil
}

func (c *transferCompletion) result() *DomainTransfer {
	return &DomainTransfer{Transfer: *c.t, Name: c.d.Name, Profile: c.d.Zone.Profile}
}

// complete moves the name to the gaining tag, charges it and tells both.
func (c *transferCompletion) complete() *DomainTransfer {
	tx, d, t := c.tx, c.d, c.t
	d.Transfer = nil // it ends as approved, not as cancelled
	expires := d.Expires
	if d.Zone.Profile == ProfileGTLD {
		expires = c.effect.Expiry
	}
	m := &tagMove{tx: tx, from: d.Sponsor, fromID: d.SponsorID, to: t.Gaining, toID: tx.r.tagTable.id(t.Gaining),
		refs: c.refs, action: "transfer", pull: true}
	after := m.apply(d, expires)
	if d.Zone.Profile == ProfileGTLD {
		c.charge(after)
	}
	tx.tagChanged(m)
	out := c.result()
	if d.Zone.Profile == ProfileUK {
		out.Status = m.moved[0].change.Status
	}
	if len(m.contacts) > 0 {
		out.Contact = &m.contacts[0]
	}
	tx.tellTransfer(PollDomainTransfer, d.Name, t, out.Status)
	return out
}

// charge bills the gaining tag and opens the transfer grace period; an
// automatic renewal in its grace period is credited to the losing one, whose
// other grace periods end without credit (RFC 3915 section 3.1).
func (c *transferCompletion) charge(after *Domain) {
	tx := c.tx
	for _, g := range c.d.Grace {
		if g.State == RGPAutoRenew && g.Open(tx.Now) && g.ChargeID != 0 {
			billing.QueueReversal(tx.Tx, g.ChargeID, tx.today.EPPTime())
		}
	}
	tx.Queue(`DELETE FROM grace_period WHERE domain_id = $1`, after.ID)
	billing.QueueCharge(tx.Tx, billing.Charge{Registrar: after.SponsorID, Operation: billing.Transfer, Zone: after.Zone.ID,
		DomainID: after.ID, DomainName: after.Name, Years: c.t.Years, From: after.Expires.AddYears(-c.t.Years).EPPTime(),
		To: after.Expires.EPPTime(), Quote: c.quote, On: tx.today.EPPTime()})
	tx.warnLowBalance(after.SponsorID, c.quote)
	tx.queueGrace(after, RGPTransfer, c.t.Years)
}

// endTransfer ends the pending transfer of a locked name in a state.
func (tx *Tx) endTransfer(ctx context.Context, d *Domain, refs registrants, state string) (*DomainTransfer, error) {
	t := d.Transfer
	c := &transferCompletion{tx: tx, d: d, t: t, refs: refs}
	approved := state == "clientApproved" || state == transferServerApproved
	if approved && d.Zone.Profile == ProfileGTLD {
		err := tx.Batch(ctx, func(b *pgx.Batch) { c.readQuote(b, d.Zone, tx.r.tagTable.id(t.Gaining), t.Years) })
		if err != nil {
			return nil, fmt.Errorf("price of the transfer of %s: %w", d.Name, err)
		}
	}
	if approved {
		err := c.decide()
		if err != nil {
			return nil, err
		}
	}
	t.State, t.ActBy = state, tx.Now
	tx.queueTransferState(t)
	if approved {
		return c.complete(), nil
	}
	statuses := d.Statuses.Without(StatusPendingTransfer)
	tx.Queue(`UPDATE domain SET statuses = $2, updater = $3, updated_at = $4 WHERE id = $1`, d.ID, orEmpty(statuses), tx.updaterID(), tx.Now)
	tx.record("domain", d.ID, d.Name, "transfer "+state, changes{}.add("statuses", d.Statuses, statuses))
	tx.tellTransfer(PollDomainTransfer, d.Name, t, "")
	return c.result(), nil
}

// ApproveDueTransfers approves the transfers of names and contacts that nobody
// answered in time, each in a transaction of its own, and returns how many. It
// may run at any time, twice at once too. One that cannot be completed is
// skipped and reported; it is tried again by the next run. One that the registry
// has prohibited meanwhile waits until that is lifted.
func (r *Registry) ApproveDueTransfers(ctx context.Context) (int, error) {
	done, failed := 0, []error{}
	after := time.Time{}
	last := int64(0)
	for ctx.Err() == nil {
		type due struct {
			ID    int64
			ActBy time.Time
		}
		rows, err := r.db.Pool.Query(ctx, `SELECT id, act_by FROM transfer WHERE state = 'pending' AND act_by <= $1
			AND (act_by, id) > ($2, $3) ORDER BY act_by, id LIMIT 200`, r.db.Now(), after, last)
		if err != nil {
			return done, fmt.Errorf("find due transfers: %w", err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[due])
		if err != nil {
			return done, fmt.Errorf("find due transfers: %w", err)
		}
		if len(list) == 0 {
			break
		}
		for _, t := range list {
			ok, err := r.approveDue(ctx, t.ID)
			if err != nil {
				failed = append(failed, fmt.Errorf("transfer %d: %w", t.ID, err))
			}
			if ok {
				done++
			}
			after, last = t.ActBy, t.ID
		}
	}
	return done, errors.Join(append(failed, ctx.Err())...)
}

// approveDue completes one transfer whose time has run out; false when somebody
// else ended it meanwhile.
func (r *Registry) approveDue(ctx context.Context, id int64) (bool, error) {
	done := false
	err := r.mutate(ctx, System(fmt.Sprintf("transfer-%d", id)), func(tx *Tx) error {
		done = false
		names, refs, err := tx.lockNames(ctx, selection{
			`d.id = (SELECT object_id FROM transfer WHERE id = $1 AND object = 'domain')`, []any{id}})
		if err != nil {
			return err
		}
		if len(names) == 0 {
			done, err = tx.approveDueContact(ctx, id)
			return err
		}
		d := names[0]
		if d.Transfer == nil || d.Transfer.ID != id || !d.Transfer.Due(tx.Now) || d.Statuses.Has(StatusServerTransferProhibited) {
			return nil
		}
		done = true
		_, err = tx.endTransfer(ctx, d, refs, transferServerApproved)
		return err
	})
	return done && err == nil, err
}
