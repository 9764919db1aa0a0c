package registry

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// readCall is a read of one name in the queue for a joint query.
type readCall struct {
	name string
	row  *domainRow // nil: not registered
	err  error
}

func (c *readCall) seatKey() string { return c.name }
func (c *readCall) weight() int     { return 1 }

// showDomain reads a name for an info: without its pending transfer and
// handshake, which its statuses tell of.
func (r *Registry) showDomain(ctx context.Context, name string) (*Domain, error) {
	zone, err := r.zoneOf(ctx, name)
	if err != nil {
		return nil, err
	}
	with := partsOfInfo
	if zone != nil && zone.Profile == ProfileGTLD {
		with |= partGrace
	}
	return r.readDomain(ctx, name, with)
}

// readDomain reads a name without locking it, in one query with the reads of
// other sessions that wait at the same time. A name that is not registered is
// refused with KindNotFound.
func (r *Registry) readDomain(ctx context.Context, name string, with parts) (*Domain, error) {
	if strings.ContainsRune(name, 0) || !utf8.ValidString(name) {
		// The database would refuse the text, and with it the reads of all others.
		return r.finishDomain(ctx, name, nil, pgx.ErrNoRows)
	}
	call := &readCall{name: name, err: errNotRun}
	r.reads[with].do(call, func(batch []*readCall) { r.runReads(ctx, with, batch) })
	err := call.err
	if err == nil && call.row == nil {
		err = pgx.ErrNoRows
	}
	return r.finishDomain(ctx, name, call.row, err)
}

// runReads reads the names of all calls in one query.
func (r *Registry) runReads(ctx context.Context, with parts, batch []*readCall) {
	names := make([]string, len(batch))
	for i, c := range batch {
		names[i] = c.name
	}
	found, err := r.readRows(ctx, with, names)
	for i, c := range batch {
		c.row, c.err = found[names[i]], err
	}
}

func (r *Registry) readRows(ctx context.Context, with parts, names []string) (map[string]*domainRow, error) {
	ctx, cancel := jointContext(ctx)
	defer cancel()
	rows, err := r.db.Pool.Query(ctx, domainsSQL.of(with), padded(names))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[string]*domainRow, len(names))
	for rows.Next() {
		w := &domainRow{}
		err = w.scan(rows)
		if err != nil {
			return nil, err
		}
		found[w.d.Name] = w
	}
	return found, rows.Err()
}
