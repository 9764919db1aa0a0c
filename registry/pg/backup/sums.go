package backup

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// session sets how values are written as text, which the sums are made of, to
// what they are on every server.
const sessionSQL = `SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO, YMD', false),
	set_config('IntervalStyle', 'postgres', false), set_config('bytea_output', 'hex', false),
	set_config('extra_float_digits', '1', false)`

// tables lists the tables of a database.
func tables(ctx context.Context, q pgx.Tx) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	return names, nil
}

// sums counts and adds up the rows of every table in one transaction. step, if
// not nil, is told after each table.
func sums(ctx context.Context, q pgx.Tx, step func(done, total int)) (map[string]TableSum, error) {
	_, err := q.Exec(ctx, sessionSQL)
	if err != nil {
		return nil, fmt.Errorf("prepare the sums: %w", err)
	}
	names, err := tables(ctx, q)
	if err != nil {
		return nil, err
	}
	out := map[string]TableSum{}
	for i, name := range names {
		var s TableSum
		// A sum of hashes does not depend on the order of the rows.
		err := q.QueryRow(ctx, `SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text
			FROM `+pgx.Identifier{"public", name}.Sanitize()+` t`).Scan(&s.Rows, &s.Sum)
		if err != nil {
			return nil, fmt.Errorf("add up %s: %w", name, err)
		}
		out[name] = s
		if step != nil {
			step(i+1, len(names))
		}
	}
	return out, nil
}

// compare lists the tables that differ.
func compare(want, got map[string]TableSum) []string {
	var bad []string
	for name, w := range want {
		g, ok := got[name]
		switch {
		case !ok:
			bad = append(bad, fmt.Sprintf("%s is missing", name))
		case g.Rows != w.Rows:
			bad = append(bad, fmt.Sprintf("%s has %d rows, want %d", name, g.Rows, w.Rows))
		case g.Sum != w.Sum:
			bad = append(bad, fmt.Sprintf("%s has other contents", name))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			bad = append(bad, fmt.Sprintf("%s was not in the backup", name))
		}
	}
	return bad
}
