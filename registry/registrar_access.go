package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Access is how a registrar's connections stand, for whoever looks into why it
// cannot log in. Times are real time.
type Access struct {
	Sessions    int       // open on servers that are alive
	Servers     int       // alive
	Failures    int       // failed logins in a row
	LastFailure time.Time // UTC; zero: none
}

// Access tells how a registrar's connections stand at the real time at.
func (r *Registry) Access(ctx context.Context, tag string, at time.Time) (Access, error) {
	var a Access
	err := r.db.ReadBatch(ctx, func(b *pgx.Batch) {
		a = Access{}
		b.Queue(`SELECT count(*) FROM server WHERE seen_at > $1`, at.Add(-serverStale)).
			QueryRow(func(row pgx.Row) error { return row.Scan(&a.Servers) })
		b.Queue(`SELECT count(*) FROM epp_session s JOIN server v ON v.id = s.server_id
			JOIN registrar g ON g.id = s.registrar_id WHERE g.tag = $1 AND v.seen_at > $2`, tag, at.Add(-serverStale)).
			QueryRow(func(row pgx.Row) error { return row.Scan(&a.Sessions) })
		b.Queue(`SELECT count, last_at FROM login_failure WHERE key = 'tag:' || $1`, tag).
			Query(func(rows pgx.Rows) error {
				for rows.Next() {
					err := rows.Scan(&a.Failures, &a.LastFailure)
					if err != nil {
						return err
					}
				}
				return rows.Err()
			})
	})
	if err != nil {
		return Access{}, fmt.Errorf("read the sessions of %s: %w", tag, err)
	}
	return a, nil
}
