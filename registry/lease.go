package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// TakeLease makes holder, a server's id, the one that does a regular job until
// the real time at plus d, and reports whether it is. Whoever has the lease
// keeps it by taking it again in time; when it runs out, the first to ask gets
// it. The work must bear two doing it at once all the same: a holder may be
// slow.
func (r *Registry) TakeLease(ctx context.Context, job, holder string, at time.Time, d time.Duration) (bool, error) {
	var got string
	err := r.db.Pool.QueryRow(ctx, `INSERT INTO lease (job, holder, until) VALUES ($1, $2, $3)
		ON CONFLICT (job) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE lease.holder = excluded.holder OR lease.until < $4
		RETURNING holder`, job, holder, at.Add(d), at).Scan(&got)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lease of %s: %w", job, err)
	}
	return true, nil
}

// GiveUpLease lets the next one who asks have the lease at once.
func (r *Registry) GiveUpLease(ctx context.Context, job, holder string) error {
	_, err := r.db.Pool.Exec(ctx, `DELETE FROM lease WHERE job = $1 AND holder = $2`, job, holder)
	if err != nil {
		return fmt.Errorf("lease of %s: %w", job, err)
	}
	return nil
}
