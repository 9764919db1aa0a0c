package registry

import (
	"context"
	"time"

	"github.com/namekeep/namekeep/notify"
)

// RetryMessages puts failed messages back into the queue, all of them where no
// ids are given, and returns how many. Now is real time. Refusal:
// KindAuthorization.
func (r *Registry) RetryMessages(ctx context.Context, actor Actor, ids []int64, now time.Time) (int64, error) {
	err := actor.staffOnly(RoleOperator, RoleBilling)
	if err != nil {
		return 0, err
	}
	var n int64
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		n, err = notify.RetryOutbox(ctx, tx.Tx, ids, now)
		if err == nil && n > 0 {
			tx.record("outbox", 0, "", "retry", changes{}.add("messages", nil, n))
		}
		return err
	})
	return n, err
}

// HandOverPost marks the letters of a day that are in the spool as handed over
// to the print house and returns how many. Refusal: KindAuthorization.
func (r *Registry) HandOverPost(ctx context.Context, actor Actor, day Date) (int64, error) {
	err := actor.staffOnly(RoleOperator, RoleBilling)
	if err != nil {
		return 0, err
	}
	var n int64
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		n, err = notify.HandOver(ctx, tx.Tx, day.EPPTime())
		if err == nil && n > 0 {
			tx.record("post", 0, day.String(), "hand over", changes{}.add("letters", nil, n))
		}
		return err
	})
	return n, err
}
