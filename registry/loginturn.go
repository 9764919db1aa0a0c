package registry

import (
	"context"
	"slices"
	"sync"
)

// turns has those who share a key come one by one: else many guesses at the same
// time would read one count of failures and share its one delay. A key is
// kept as long as somebody has it or waits for it. Each server has its own, so
// that as many guesses as there are servers may run at once.
type turns struct {
	mu   sync.Mutex
	keys map[string]*turn
}

type turn struct {
	taken chan struct{} // holds one value while somebody has the turn
	users int           // who has it or waits, guarded by turns.mu
}

// take waits for the turns of all keys, in an order that is the same for
// everybody. The function returned gives them back. The error is ctx's.
func (t *turns) take(ctx context.Context, keys []string) (func(), error) {
	keys = slices.Sorted(slices.Values(keys))
	for n, key := range keys {
		if !t.takeOne(ctx, key) {
			t.leave(keys[:n])
			return nil, ctx.Err()
		}
	}
	return func() { t.leave(keys) }, nil
}

func (t *turns) takeOne(ctx context.Context, key string) bool {
	t.mu.Lock()
	k := t.keys[key]
	if k == nil {
		if t.keys == nil {
			t.keys = map[string]*turn{}
		}
		k = &turn{taken: make(chan struct{}, 1)}
		t.keys[key] = k
	}
	k.users++
	t.mu.Unlock()
	select {
	case k.taken <- struct{}{}:
		return true
	case <-ctx.Done():
		t.drop(key, k)
		return false
	}
}

func (t *turns) leave(keys []string) {
	for _, key := range keys {
		t.mu.Lock()
		k := t.keys[key]
		t.mu.Unlock()
		<-k.taken
		t.drop(key, k)
	}
}

// drop counts a user out and forgets a key that has none.
func (t *turns) drop(key string, k *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k.users--
	if k.users == 0 {
		delete(t.keys, key)
	}
}
