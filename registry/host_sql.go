package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// hostSQL reads hosts. A host below a name of ours is its tag's (RFC 5732
// section 1.1), so the sponsor comes from there.
const hostSQL = hostColumns + hostFrom

const hostColumns = `SELECT h.id, h.name, coalesce(s.id, 0), coalesce(s.name, ''), coalesce(s.sponsor, h.sponsor),
	h.statuses, h.addresses, EXISTS (SELECT FROM domain_host WHERE host_id = h.id),
	h.creator, h.created_at, coalesce(h.updater, 0), h.updated_at, h.transferred_at`

const hostFrom = `
	FROM host h LEFT JOIN domain s ON s.id = h.superordinate`

// lockHostSQL leaves the key alone, so that names may go on being given the host
// meanwhile; lockHostKeySQL keeps them waiting. They come before the read, which
// has to be a statement of its own: beside the lock it would see the name above
// from before a wait for it.
const (
	lockHostSQL    = `SELECT FROM host WHERE name = $1 FOR NO KEY UPDATE`
	lockHostKeySQL = `SELECT FROM host WHERE name = $1 FOR UPDATE`
)

// hostUseSQL finds a name that uses a host, and one of another tag than $2 that
// does; an empty text if there is none. It is a statement of its own: beside the lock it
// would see the state from before a wait for it.
const hostUseSQL = `SELECT coalesce(min(d.name), ''), coalesce(min(d.name) FILTER (WHERE d.sponsor <> $2), '')
	FROM host h JOIN domain_host dh ON dh.host_id = h.id JOIN domain d ON d.id = dh.domain_id WHERE h.name = $1`

// lockSuperordinateSQL keeps a name from being deleted or moved to another tag
// while a host is put below it.
const lockSuperordinateSQL = `SELECT id, sponsor, statuses FROM domain WHERE name = $1 FOR SHARE`

func (s *superordinate) read(b *pgx.Batch) {
	s.id = 0
	if s.name == "" {
		return
	}
	b.Queue(lockSuperordinateSQL, s.name).QueryRow(func(row pgx.Row) error {
		err := row.Scan(&s.id, &s.sponsor, &s.statuses)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
}

// hostRow is a row of hostSQL before tags are looked up.
type hostRow struct {
	h                         Host
	sponsor, creator, updater int32
	updated, transferred      *time.Time
}

func (w *hostRow) scan(row pgx.Row) error { return row.Scan(w.fields()...) }

func (w *hostRow) fields() []any {
	h := &w.h
	return []any{&h.ID, &h.Name, &h.superordinateID, &h.Superordinate, &w.sponsor,
		&h.Statuses, &h.Addresses, &h.Linked, &w.creator, &h.Created, &w.updater, &w.updated, &w.transferred}
}

// finishHost turns a row into a Host.
func (r *Registry) finishHost(ctx context.Context, w *hostRow) (*Host, error) {
	h := &w.h
	tags, err := r.tags(ctx, w.sponsor, w.creator, w.updater)
	if err != nil {
		return nil, err
	}
	h.SponsorID, h.Sponsor, h.Creator, h.Updater = w.sponsor, tags[0], tags[1], tags[2]
	h.Updated, h.Transferred = at(w.updated), at(w.transferred)
	return h, nil
}

func noHost(name string) error {
	return Refuse(KindNotFound, "", "There is no host %q.", name).About("host:name", name)
}

// hostUse tells of names that use a host.
type hostUse struct {
	any     string // one of them
	another string // one of another tag than the acting one
}

// lockHost reads a host for a change and locks its row, after the row of the
// name that it is to move below. key says that names have to wait before they
// can be given the host.
func (tx *Tx) lockHost(ctx context.Context, name string, key bool, below *superordinate) (*Host, hostUse, error) {
	lock := lockHostSQL
	if key {
		lock = lockHostKeySQL
	}
	var row hostRow
	var use hostUse
	err := tx.Batch(ctx, func(b *pgx.Batch) {
		below.read(b)
		b.Queue(lock, name)
		b.Queue(hostSQL+` WHERE h.name = $1`, name).QueryRow(row.scan)
		b.Queue(hostUseSQL, name, tx.actor.Registrar).
			QueryRow(func(row pgx.Row) error { return row.Scan(&use.any, &use.another) })
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, use, noHost(name)
	}
	if err != nil {
		return nil, use, fmt.Errorf("read host %s: %w", name, err)
	}
	h, err := tx.r.finishHost(ctx, &row)
	if err != nil {
		return nil, use, err
	}
	h.Linked = use.any != ""
	return h, use, nil
}
