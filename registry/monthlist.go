package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Month is a calendar month.
type Month struct {
	Year  int
	Month time.Month
}

// first is the first day of the month, next that of the month after.
func (m Month) first() Date { return NewDate(m.Year, m.Month, 1) }
func (m Month) next() Date  { return NewDate(m.Year, m.Month+1, 1) }

// maxListed bounds a list, and with it the memory of an answer.
const maxListed = 100_000

// ListExpiring returns the acting tag's names whose E lies in a month, in order.
// Refusals: KindPolicy for more names than a list may have.
func (r *Registry) ListExpiring(ctx context.Context, actor Actor, m Month) ([]string, error) {
	return r.listNames(ctx, `SELECT name FROM domain WHERE sponsor = $1 AND expires >= $2 AND expires < $3 ORDER BY name LIMIT $4`,
		actor.Registrar, m.first(), m.next())
}

// ListRegistered returns the acting tag's names that were registered in a month
// of the registry's time zone, in order. Refusals: as ListExpiring.
func (r *Registry) ListRegistered(ctx context.Context, actor Actor, m Month) ([]string, error) {
	return r.listNames(ctx, `SELECT name FROM domain WHERE sponsor = $1 AND created_at >= $2 AND created_at < $3 ORDER BY name LIMIT $4`,
		actor.Registrar, m.first().Start(r.loc), m.next().Start(r.loc))
}

func (r *Registry) listNames(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, err := r.db.Pool.Query(ctx, sql, append(args, maxListed+1)...)
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list names: %w", err)
	}
	if len(names) > maxListed {
		return nil, Refuse(KindPolicy, "", "The list has more than %d names; ask the registry for an export.", maxListed)
	}
	return names, nil
}

// TagEntry is a registrar in the public list of tags.
type TagEntry struct {
	TAG, Name, TradName string
	Asks                bool // a release may wait for its handshake
}

// ListTags returns the registrars to whom names can be released, by tag. Tags
// with an underscore, which nom-tag-1.0.xsd does not know, are left out.
func (r *Registry) ListTags(ctx context.Context) ([]TagEntry, error) {
	rows, err := r.db.Pool.Query(ctx, `SELECT tag, name, coalesce(trad_name, ''), handshake <> 'accept' FROM registrar
		WHERE kind = 'registrar' AND state <> 'closed' AND strpos(tag, '_') = 0 ORDER BY tag`)
	if err != nil {
		return nil, fmt.Errorf("list tags: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[TagEntry])
	if err != nil {
		return nil, fmt.Errorf("list tags: %w", err)
	}
	return list, nil
}
