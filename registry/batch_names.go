package registry

import (
	"context"
	"errors"
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

// directory is the zones and tags of the register as read before a transaction:
// looking them up inside one would take a second connection, and workers that
// hold all there are would wait for each other.
type directory struct {
	zones map[int32]*Zone
	tags  map[int32]string
}

// errUnlisted says that a zone or tag is younger than the directory.
var errUnlisted = errors.New("a zone or tag is not in the directory")

func (r *Registry) readDirectory(ctx context.Context) (directory, error) {
	dir := directory{zones: map[int32]*Zone{}}
	zones, err := r.reloadZones(ctx)
	if err == nil {
		err = r.reloadTags(ctx)
	}
	if err != nil {
		return dir, err
	}
	for _, z := range zones {
		dir.zones[z.ID] = z
	}
	r.tagTable.mu.RLock()
	dir.tags = r.tagTable.byID // replaced by a reload, never changed
	r.tagTable.mu.RUnlock()
	return dir, nil
}

// takeSQL locks the next names of a step's work; those that another runner has
// are passed over. The rows are deleted by a statement of its own: in one
// statement the planner may run the inner query, LIMIT and all, for every row.
const takeSQL = `SELECT domain_id FROM batch_work WHERE step = $1 AND day = $2 AND domain_id > $3
	ORDER BY domain_id LIMIT $4 FOR UPDATE SKIP LOCKED`

const dueColumnsSQL = `SELECT id, name, zone_id, sponsor, coalesce(registrant, 0), statuses, expires, first_paid, first_due,
	suspended_on, coalesce(suspended_reason, ''), recur_bill, coalesce(auto_bill, 0), coalesce(next_bill, 0),
	coalesce(auto_period, 0), coalesce(next_period, 0), renew_not_required,
	advance_warning_on, reminder_on, pro_forma_on, not_required_on,
	coalesce(delete_phase, ''), delete_phase_ends, recheck, unassigned
	FROM domain`

const dueSQL = dueColumnsSQL + ` WHERE id = ANY($1) ORDER BY id FOR UPDATE`

const dueRequestColumnsSQL = `SELECT q.id, q.domain_id, q.period, q.registrar_id, q.years, q.requested_at, q.state, q.due, q.ended_on
	FROM renewal_request q JOIN domain d ON d.id = q.domain_id`

// dueRequestsSQL reads the requests that the rules look at. It is a statement
// after the lock, so that it sees what was committed while that was waited for.
const dueRequestsSQL = dueRequestColumnsSQL + ` WHERE q.domain_id = ANY($1) AND ` + requestsThatCount + ` ORDER BY q.id`

// take takes up to a chunk of names after an id and locks them; ids are those
// taken off the work. None: nothing is left there that another runner has not.
func (s *batchStep) take(ctx context.Context, tx *Tx, after int64) (names []*dueName, ids []int64, err error) {
	rows, err := tx.Query(ctx, takeSQL, s.step, s.day, after, s.o.Chunk)
	if err != nil {
		return nil, nil, err
	}
	ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(ids) == 0 {
		return nil, nil, err
	}
	tx.Queue(`DELETE FROM batch_work WHERE step = $1 AND day = $2 AND domain_id = ANY($3)`, s.step, s.day, ids)
	names, err = s.dir.lockDue(ctx, tx, ids)
	return names, ids, err
}

// lockDue locks names in the order of their ids, for the batch.
func (dir directory) lockDue(ctx context.Context, tx *Tx, ids []int64) ([]*dueName, error) {
	var names []*dueName
	byID := map[int64]*dueName{}
	err := tx.Batch(ctx, func(b *pgx.Batch) {
		b.Queue(dueSQL, ids).Query(func(rows pgx.Rows) error {
			for rows.Next() {
				n, err := dir.scanDue(rows)
				if err != nil {
					return err
				}
				names, byID[n.id] = append(names, n), n
			}
			return rows.Err()
		})
		b.Queue(dueRequestsSQL, ids).Query(func(rows pgx.Rows) error { return dir.scanDueRequests(rows, byID) })
	})
	if err != nil {
		return nil, fmt.Errorf("lock the names: %w", err)
	}
	for _, n := range names {
		n.before = n.rule
	}
	return names, nil
}

func (dir directory) scanDue(row pgx.Row) (*dueName, error) {
	n := &dueName{}
	d := &n.rule
	var zone int32
	var phaseEnd *time.Time
	err := row.Scan(&n.id, &d.Name, &zone, &n.sponsor, &n.registrant, &d.Statuses, &d.Expiry, &d.FirstPaid, &d.FirstDue,
		&d.SuspendedOn, &d.SuspendReason, &d.RecurBill, &d.Bill.Auto, &d.Bill.Next,
		&d.Bill.AutoPeriod, &d.Bill.NextPeriod, &d.RenewNotRequired,
		&d.Notices.AdvanceWarning, &d.Notices.Reminder, &d.Notices.ProForma, &d.Notices.NotRequired,
		&n.phase, &phaseEnd, &n.recheck, &d.Unassigned)
	if err != nil {
		return nil, err
	}
	n.phaseEnd = at(phaseEnd)
	n.zone, d.Sponsor = dir.zones[zone], dir.tags[n.sponsor]
	if n.zone == nil || d.Sponsor == "" {
		return nil, errUnlisted
	}
	d.Profile = n.zone.Profile
	return n, nil
}

func (dir directory) scanDueRequests(rows pgx.Rows, names map[int64]*dueName) error {
	for rows.Next() {
		var id, domain int64
		var registrar int32
		var q RenewalRequest
		err := rows.Scan(&id, &domain, &q.Period, &registrar, &q.Years, &q.Requested, &q.State, &q.Due, &q.Ended)
		if err != nil {
			return err
		}
		q.Tag = dir.tags[registrar]
		if q.Tag == "" {
			return errUnlisted
		}
		n := names[domain]
		n.rule.Requests = append(n.rule.Requests, q)
		n.requestID = append(n.requestID, id)
	}
	return rows.Err()
}
