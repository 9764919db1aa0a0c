package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// ErrLocked is returned by TryLockFile when others hold the lock.
var ErrLocked = errors.New("locked by another process")

// Lock is held on a file until Unlock or the end of the process.
type Lock struct{ f *os.File }

// LockFile locks a file, which it creates, for itself alone or shared with
// others, and waits for it until ctx ends.
func LockFile(ctx context.Context, name string, shared bool) (*Lock, error) {
	for {
		l, err := TryLockFile(name, shared)
		if !errors.Is(err, ErrLocked) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("lock %s: %w", name, ctx.Err())
		case <-time.After(pollInterval):
		}
	}
}

// TryLockFile is LockFile without waiting: ErrLocked if others hold it.
func TryLockFile(name string, shared bool) (*Lock, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = lockFile(f, shared)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Lock{f}, nil
}

// Unlock gives the lock up.
func (l *Lock) Unlock() error { return l.f.Close() }
