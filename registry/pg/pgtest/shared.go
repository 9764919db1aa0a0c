package pgtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// settings of the throw-away cluster. Nothing in it has to survive anything.
var settings = map[string]string{
	"autovacuum":         "off",
	"max_wal_size":       "4GB",
	"checkpoint_timeout": "1h",
	"max_connections":    "400",
	"shared_buffers":     "256MB",
}

// shared is this process's part in the cluster of all test binaries. Each holds
// the lock file shared; who gets it alone was the last.
type shared struct {
	cluster *cluster.Cluster
	lock    *cluster.Lock
}

// place is the cluster's folder. The lock file lies beside it, not in it, and
// is never removed: a lock on a removed file would be a lock on nothing. Each
// temporary folder has a cluster of its own, so that the two belong together.
func place() (dir, lockFile string) {
	sum := sha256.Sum256([]byte(os.TempDir()))
	name := fmt.Sprintf("namekeep-test-%d-%x", os.Getuid(), sum[:4])
	return filepath.Join(fastDir(), name), filepath.Join(os.TempDir(), name+".lock")
}

// join starts or adopts the cluster of this run.
func join(ctx context.Context) (*shared, error) {
	dir, lockFile := place()
	lock, err := cluster.LockFile(ctx, lockFile, true)
	if err != nil {
		return nil, err
	}
	c, err := start(ctx, dir)
	if err == nil {
		return &shared{c, lock}, nil
	}
	// Perhaps a killed run left something broken. If nobody else is using it,
	// begin anew.
	lock.Unlock()
	alone, lockErr := cluster.TryLockFile(lockFile, false)
	if lockErr != nil {
		return nil, err
	}
	err = errors.Join(err, os.RemoveAll(dir))
	alone.Unlock()
	lock, lockErr = cluster.LockFile(ctx, lockFile, true)
	if lockErr != nil {
		return nil, errors.Join(err, lockErr)
	}
	c, again := start(ctx, dir)
	if again != nil {
		lock.Unlock()
		return nil, errors.Join(err, again)
	}
	return &shared{c, lock}, nil
}

func start(ctx context.Context, dir string) (*cluster.Cluster, error) {
	return cluster.Start(ctx, cluster.Options{
		Dir:      dir,
		Settings: settings,
		StayUp:   true, // the first to start is not the last to end
	})
}

// leave stops and removes the cluster if nobody else is using it.
func (s *shared) leave(ctx context.Context) error {
	_, lockFile := place()
	err := s.lock.Unlock()
	if err != nil {
		return err
	}
	alone, err := cluster.TryLockFile(lockFile, false)
	if errors.Is(err, cluster.ErrLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	defer alone.Unlock()
	// Halt, not Stop: it may have been started by one who left before.
	err = s.cluster.Halt(ctx)
	if err != nil {
		return err
	}
	return os.RemoveAll(s.cluster.Dir())
}
