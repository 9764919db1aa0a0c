package registry

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
)

// usageBook counts the names that registrars checked today (E4). Each process
// counts for itself and settles with the others through daily_usage at every
// FlushUsage, so a check costs no database access.
type usageBook struct {
	tags  sync.Map   // int32, the registrar → *usageCount
	flush sync.Mutex // one at a time
}

// usageCount is one registrar's count of one day.
type usageCount struct {
	mu      sync.Mutex
	day     Date
	settled int64 // over all processes, as of the last flush
	pending int64 // ours since then
}

// NoAllowanceLimit is what CountChecked returns where there is no limit.
const NoAllowanceLimit = -1

// CountChecked takes names off a registrar's daily allowance for checks and
// returns what is left of it. With less left than asked for nothing is taken
// and ok is false. The day is the registry's civil day. Without a limit left
// is NoAllowanceLimit.
func (r *Registry) CountChecked(registrarID int32, names int) (left int64, ok bool) {
	limit := int64(r.policy.ChecksPerDay)
	if limit == 0 {
		return NoAllowanceLimit, true
	}
	v, found := r.usage.tags.Load(registrarID)
	if !found {
		v, _ = r.usage.tags.LoadOrStore(registrarID, &usageCount{})
	}
	today := r.Today()
	u := v.(*usageCount)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.day != today {
		// What was not flushed of yesterday is let go: at most a second's worth
		// of a day that nobody asks about any more.
		u.day, u.settled, u.pending = today, 0, 0
	}
	left = limit - u.settled - u.pending
	if left < int64(names) {
		return max(left, 0), false
	}
	u.pending += int64(names)
	return left - int64(names), true
}

// FlushUsage writes what was counted since the last call and reads what the
// other processes counted. It is to be called every second and at the end.
func (r *Registry) FlushUsage(ctx context.Context) error {
	b := &r.usage
	b.flush.Lock()
	defer b.flush.Unlock()
	today := r.Today()
	taken := map[int32]int64{}
	b.tags.Range(func(k, v any) bool {
		u := v.(*usageCount)
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.day == today && u.pending > 0 {
			taken[k.(int32)] = u.pending
		}
		return true
	})
	if len(taken) == 0 {
		return nil
	}
	settled, err := r.writeUsage(ctx, today, taken)
	if err != nil {
		return fmt.Errorf("write usage: %w", err)
	}
	for id, used := range settled {
		v, ok := b.tags.Load(id)
		if !ok {
			continue
		}
		u := v.(*usageCount)
		u.mu.Lock()
		if u.day == today {
			u.settled, u.pending = used, u.pending-taken[id]
		}
		u.mu.Unlock()
	}
	return nil
}

// writeUsage adds to the day's rows and returns their sums.
func (r *Registry) writeUsage(ctx context.Context, day Date, taken map[int32]int64) (map[int32]int64, error) {
	ids := make([]int32, 0, len(taken))
	for id := range taken {
		ids = append(ids, id)
	}
	// In one order everywhere, so that two processes do not wait for each other.
	slices.Sort(ids)
	used := make([]int64, len(ids))
	for i, id := range ids {
		used[i] = taken[id]
	}
	settled := map[int32]int64{}
	rows, err := r.db.Pool.Query(ctx, `INSERT INTO daily_usage (registrar_id, day, kind, used)
			SELECT id, $1, 'names-checked', used FROM unnest($2::int[], $3::bigint[]) WITH ORDINALITY AS t (id, used, n) ORDER BY n
		ON CONFLICT (registrar_id, day, kind) DO UPDATE SET used = daily_usage.used + excluded.used
		RETURNING registrar_id, used`, day, ids, used)
	if err != nil {
		return nil, err
	}
	var id int32
	var sum int64
	_, err = pgx.ForEachRow(rows, []any{&id, &sum}, func() error {
		settled[id] = sum
		return nil
	})
	return settled, err
}
