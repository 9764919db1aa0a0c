package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// dueName is a name in the hands of the batch: its row is locked.
type dueName struct {
	id         int64
	zone       *Zone
	sponsor    int32
	registrant int64
	recheck    bool // as it was
	rule       Name // uk
	requestID  []int64
	phase      RGPState // gtld
	phaseEnd   time.Time

	before Name   // rule, as it was
	after  dueEnd // what the step decided
}

// dueEnd says what becomes of a name beside its dates.
type dueEnd struct {
	changed   bool // its row is to be written
	clearNext bool
	retry     bool // the next batch looks at it again
	gone      bool
}

// takeSQL takes names off the work of a step; those that another runner has are
// passed over.
const takeSQL = `DELETE FROM batch_work WHERE step = $1 AND day = $2 AND domain_id IN (
	SELECT domain_id FROM batch_work WHERE step = $1 AND day = $2 ORDER BY domain_id LIMIT $3 FOR UPDATE SKIP LOCKED)
	RETURNING domain_id`

const dueSQL = `SELECT id, name, zone_id, sponsor, coalesce(registrant, 0), statuses, expires, first_paid, first_due,
	suspended_on, coalesce(suspended_reason, ''), recur_bill, coalesce(auto_bill, 0), coalesce(next_bill, 0),
	coalesce(auto_period, 0), coalesce(next_period, 0), renew_not_required,
	advance_warning_on, reminder_on, pro_forma_on, not_required_on,
	coalesce(delete_phase, ''), delete_phase_ends, recheck
	FROM domain WHERE id = ANY($1) ORDER BY id FOR UPDATE`

// dueRequestsSQL reads the requests that the rules look at. It is a statement
// after the lock, so that it sees what was committed while that was waited for.
const dueRequestsSQL = `SELECT q.id, q.domain_id, q.period, q.registrar_id, q.years, q.requested_at, q.state, q.due, q.ended_on
	FROM renewal_request q JOIN domain d ON d.id = q.domain_id
	WHERE q.domain_id = ANY($1) AND q.state <> 'withdrawn' AND (q.state IN ('uninvoiced', 'invoiced') OR q.period >= d.expires)
	ORDER BY q.id`

// take takes up to n names of the step and locks them. None: nothing is left
// that another runner has not.
func (s *batchStep) take(ctx context.Context, tx *Tx) ([]*dueName, int, error) {
	rows, err := tx.Query(ctx, takeSQL, s.step, s.day, s.o.Chunk)
	if err != nil {
		return nil, 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(ids) == 0 {
		return nil, 0, err
	}
	names, err := s.r.lockDue(ctx, tx, ids)
	return names, len(ids), err
}

// lockDue locks names in the order of their ids, for the batch.
func (r *Registry) lockDue(ctx context.Context, tx *Tx, ids []int64) ([]*dueName, error) {
	var names []*dueName
	byID := map[int64]*dueName{}
	err := tx.Batch(ctx, func(b *pgx.Batch) {
		b.Queue(dueSQL, ids).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				n, err := r.scanDue(ctx, rows)
				if err != nil {
					return err
				}
				names, byID[n.id] = append(names, n), n
			}
			return rows.Err()
		})
		b.Queue(dueRequestsSQL, ids).Query(func(rows pgx.Rows) error { return r.scanDueRequests(ctx, rows, byID) })
	})
	if err != nil {
		return nil, fmt.Errorf("lock the names: %w", err)
	}
	for _, n := range names {
		n.before = n.rule
	}
	return names, nil
}

func (r *Registry) scanDue(ctx context.Context, row pgx.Row) (*dueName, error) {
	n := &dueName{}
	d := &n.rule
	var zone int32
	var phaseEnd *time.Time
	err := row.Scan(&n.id, &d.Name, &zone, &n.sponsor, &n.registrant, &d.Statuses, &d.Expiry, &d.FirstPaid, &d.FirstDue,
		&d.SuspendedOn, &d.SuspendReason, &d.RecurBill, &d.Bill.Auto, &d.Bill.Next,
		&d.Bill.AutoPeriod, &d.Bill.NextPeriod, &d.RenewNotRequired,
		&d.Notices.AdvanceWarning, &d.Notices.Reminder, &d.Notices.ProForma, &d.Notices.NotRequired,
		&n.phase, &phaseEnd, &n.recheck)
	if err != nil {
		return nil, err
	}
	n.phaseEnd = at(phaseEnd)
	n.zone, err = r.zoneByID(ctx, zone)
	if err != nil {
		return nil, err
	}
	tags, err := r.tags(ctx, n.sponsor)
	if err != nil {
		return nil, err
	}
	d.Profile, d.Sponsor = n.zone.Profile, tags[0]
	return n, nil
}

func (r *Registry) scanDueRequests(ctx context.Context, rows pgx.Rows, names map[int64]*dueName) error {
	for rows.Next() {
		var id, domain int64
		var registrar int32
		var q RenewalRequest
		err := rows.Scan(&id, &domain, &q.Period, &registrar, &q.Years, &q.Requested, &q.State, &q.Due, &q.Ended)
		if err != nil {
			return err
		}
		tags, err := r.tags(ctx, registrar)
		if err != nil {
			return err
		}
		q.Tag = tags[0]
		n := names[domain]
		n.rule.Requests = append(n.rule.Requests, q)
		n.requestID = append(n.requestID, id)
	}
	return rows.Err()
}
