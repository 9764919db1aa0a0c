package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/notify"
)

// SendStatement mails a registrar the statement of its account over some days
// (rule B15), both included. Asked for twice, it is sent twice.
//
// Refusals: KindAuthorization for staff without the role, KindPolicy for a
// registrar without a billing address; *billing.Refusal for an unknown tag and
// for days in the wrong order.
func (r *Registry) SendStatement(ctx context.Context, actor Actor, tag string, from, to Date) (billing.Statement, error) {
	err := actor.staffOnly(RoleBilling)
	if err != nil {
		return billing.Statement{}, err
	}
	s, err := billing.MakeStatement(ctx, r.db, tag, from.EPPTime(), to.EPPTime())
	if err != nil {
		return s, err
	}
	if s.To.Email == "" {
		return s, Refuse(KindPolicy, "", "%s has no billing address.", tag).About("tag", tag)
	}
	return s, r.mutate(ctx, actor, func(tx *Tx) error {
		id, err := r.registrarID(ctx, tag)
		if err != nil {
			return err
		}
		tx.mailStatement(id, s, "")
		tx.record("registrar", int64(id), tag, "send statement", changes{}.add("from", nil, from).add("to", nil, to))
		return nil
	})
}

// QueueStatements mails every registrar its statement of the month before, on
// the 1st of a month, if Policy.MonthlyStatements is set. One without movement
// and balance, or without a billing address, gets none. It returns how many it
// queued; running it again queues nothing.
func (r *Registry) QueueStatements(ctx context.Context, day Date) (int64, error) {
	if !r.policy.MonthlyStatements || day.Day != 1 {
		return 0, nil
	}
	from, to := day.AddMonths(-1), day.AddDays(-1)
	rows, err := r.db.Pool.Query(ctx, `SELECT id, tag FROM registrar WHERE kind = 'registrar' AND state <> 'closed'
		AND billing_email <> '' ORDER BY id`)
	if err != nil {
		return 0, fmt.Errorf("statements: %w", err)
	}
	type account struct {
		ID  int32
		TAG string
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[account])
	if err != nil {
		return 0, fmt.Errorf("statements: %w", err)
	}
	total := int64(0)
	for _, a := range accounts {
		s, err := billing.MakeStatement(ctx, r.db, a.TAG, from.EPPTime(), to.EPPTime())
		if err == nil && (len(s.Lines) > 0 || s.Closing != 0) {
			err = r.mutate(ctx, System("BATCH-"+day.String()), func(tx *Tx) error {
				tx.mailStatement(a.ID, s, "statement:"+to.String()+":"+a.TAG)
				return nil
			})
			total++
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return total, fmt.Errorf("statement of %s: %w", a.TAG, err)
		}
	}
	return total, nil
}

// mailStatement queues the message that the statement is attached to.
func (tx *Tx) mailStatement(registrar int32, s billing.Statement, dedup string) {
	amount := func(minor int64) notify.Amount { return notify.Amount{Minor: minor, Currency: s.Currency} }
	tx.mailTo(s.To.Email, notify.Statement, s.To.Language, notify.StatementNotice{Tag: s.TAG, Party: billedParty(s.To),
		From: notify.Date(dateFromUTC(s.From).String()), To: notify.Date(dateFromUTC(s.Till).String()),
		Balance: amount(s.Closing), Overdue: amount(s.Overdue)}, registrar, 0, dedup)
}
