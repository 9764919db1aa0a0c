package zonefile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// passRows is how many rows of the history a pass looks at.
const passRows = 100_000

// Published is a zone that got a new serial.
type Published struct {
	Zone    string
	Serial  uint32
	Names   int64 // delegations
	Changes int   // entries that changed
}

// Changes brings the published zones up to the register, as far as the history
// tells of changes; more says that there is more to do at once. A zone that the
// shrink guard stops stays as it is: a StoppedError in the error, while the
// others go on.
func (p *Publisher) Changes(ctx context.Context) (done []Published, more bool, err error) {
	as, err := p.areas(ctx)
	if err != nil {
		return nil, false, err
	}
	var stopped error
	err = p.reg.DB().InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		done, more, stopped = nil, false, nil
		w, err := lockWatch(ctx, tx)
		if err != nil {
			return err
		}
		b, err := p.batch(ctx, tx, as)
		if err != nil {
			return err
		}
		from := w.settled
		for _, z := range b.zones {
			if z.catchUp != nil {
				from = min(from, *z.catchUp)
			}
		}
		to, limited, err := b.readHistory(ctx, from, w.last)
		if err != nil {
			return err
		}
		more = limited
		done, stopped, err = b.publish(ctx)
		if err != nil {
			return err
		}
		w.advance(to)
		err = w.save(ctx, tx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE zone_publication SET checked_at = $1,
			catch_up = CASE WHEN $2::bigint < $3::bigint THEN $2::bigint END WHERE stopped_at IS NULL`, p.reg.Now(), to, w.settled)
		return err
	})
	if err != nil {
		return nil, false, fmt.Errorf("publish changes: %w", err)
	}
	return done, more, stopped
}

// watch is the row zone_watch and what the snapshot shows.
type watch struct {
	settled, seen, pending int64
	horizon                uint64 // transaction numbers: all of pending's have ended when oldest gets there
	oldest, next           uint64 // the oldest transaction still running, and the next to begin
	last                   int64  // the highest history.id that is visible
}

// lockWatch keeps other publishers waiting, and reads how far the history was
// looked at.
func lockWatch(ctx context.Context, tx pgx.Tx) (*watch, error) {
	w := &watch{}
	var horizon, oldest, next string
	err := tx.QueryRow(ctx, `SELECT settled, seen, pending, horizon::text FROM zone_watch FOR UPDATE`).
		Scan(&w.settled, &w.seen, &w.pending, &horizon)
	if err == nil {
		err = tx.QueryRow(ctx, `SELECT pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text, coalesce((SELECT max(id) FROM history), 0)
			FROM pg_current_snapshot() s`).Scan(&oldest, &next, &w.last)
	}
	for _, v := range []struct {
		to   *uint64
		text string
	}{{&w.horizon, horizon}, {&w.oldest, oldest}, {&w.next, next}} {
		if err == nil {
			*v.to, err = strconv.ParseUint(v.text, 10, 64)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read how far the history was published: %w", err)
	}
	return w, nil
}

// advance notes that the history was looked at up to an id. Identifiers are given
// out when rows are written and seen when they are committed: an id below the
// last one may turn up later. It can no more once every transaction has ended
// that ran when the last one was seen, or at the pass after that.
func (w *watch) advance(to int64) {
	if w.oldest >= w.horizon && to >= w.pending {
		w.settled = max(w.settled, w.pending)
		w.pending, w.horizon = max(w.seen, w.settled), w.next
	}
	w.seen = max(w.seen, to)
}

func (w *watch) save(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE zone_watch SET settled = $1, seen = $2, pending = $3, horizon = $4::text::numeric`,
		w.settled, w.seen, w.pending, strconv.FormatUint(w.horizon, 10))
	return err
}

// batch is one transaction's worth of names and hosts to be looked at anew.
type batch struct {
	p     *Publisher
	tx    pgx.Tx
	as    *areas
	zones map[int32]*publication
	only  *area // nil: all that are not stopped
	free  bool  // the shrink guard has been asked
	anew  bool  // a new serial in any case, and a new journal

	names  map[string]bool
	hosts  map[string]bool // in every zone around them
	places map[place]bool  // hosts in one zone
	diff   map[int32][]change
}

type change struct {
	old, new Entry // of one owner and kind
}

func (p *Publisher) batch(ctx context.Context, tx pgx.Tx, as *areas) (*batch, error) {
	zones, err := readPublications(ctx, tx)
	return &batch{p: p, tx: tx, as: as, zones: zones, names: map[string]bool{}, hosts: map[string]bool{},
		places: map[place]bool{}, diff: map[int32][]change{}}, err
}

// readHistory notes the names and hosts in the history after an id, and returns
// how far it came.
func (b *batch) readHistory(ctx context.Context, from, last int64) (to int64, limited bool, err error) {
	if len(b.zones) == 0 || from >= last {
		return max(from, last), false, nil
	}
	rows, err := b.tx.Query(ctx, `SELECT id, object, object_name, coalesce(changes->'name'->>0, '') FROM history
		WHERE id > $1 AND object IN ('domain', 'host') ORDER BY id LIMIT $2`, from, passRows)
	if err != nil {
		return 0, false, fmt.Errorf("read the history: %w", err)
	}
	defer rows.Close()
	var id int64
	var renamed []string
	n := 0
	for rows.Next() {
		var object, name, before string
		err = rows.Scan(&id, &object, &name, &before)
		if err != nil {
			return 0, false, fmt.Errorf("read the history: %w", err)
		}
		n++
		if object == "domain" {
			b.names[name] = true
			continue
		}
		b.hosts[name] = true
		if before != "" {
			b.hosts[before] = true
			renamed = append(renamed, name)
		}
	}
	err = rows.Err()
	if err == nil {
		err = b.users(ctx, renamed)
	}
	if err != nil {
		return 0, false, fmt.Errorf("read the history: %w", err)
	}
	if n == passRows {
		return id, true, nil
	}
	return last, false, nil
}

// users notes the names that use renamed hosts. Where they are very many the
// zones are compared as a whole instead.
func (b *batch) users(ctx context.Context, hosts []string) error {
	if len(hosts) == 0 {
		return nil
	}
	rows, err := b.tx.Query(ctx, `SELECT d.name FROM host h JOIN domain_host dh ON dh.host_id = h.id
		JOIN domain d ON d.id = dh.domain_id WHERE h.name = ANY ($1) LIMIT $2`, hosts, passRows)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, n := range names {
		b.names[n] = true
	}
	if len(names) < passRows {
		return nil
	}
	_, err = b.tx.Exec(ctx, `UPDATE zone_publication SET compare = true`)
	return err
}

// serving tells whether an area is part of the batch.
func (b *batch) serving(a *area) bool {
	if a == nil || !a.serves || b.zones[a.id] == nil {
		return false
	}
	if b.only != nil {
		return a == b.only
	}
	return b.zones[a.id].stoppedAt == nil
}

// publish makes the noted names and hosts anew and gives every zone that changes
// by it a new serial.
func (b *batch) publish(ctx context.Context) (done []Published, stopped error, err error) {
	err = b.deriveNames(ctx)
	if err == nil {
		err = b.deriveHosts(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	ids := make([]int32, 0, len(b.zones))
	for id := range b.zones {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		a := b.as.byID[id]
		if !b.serving(a) {
			continue
		}
		v, err := b.save(ctx, a, b.zones[id], b.diff[id])
		switch {
		case Stopped(err) != nil:
			stopped = errors.Join(stopped, err)
		case err != nil:
			return nil, nil, err
		case v != nil:
			done = append(done, *v)
		}
	}
	return done, stopped, nil
}
