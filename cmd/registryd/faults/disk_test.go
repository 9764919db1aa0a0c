//go:build faults

package faults

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// The database's disk is full for a while: commands fail, none by half; with
// space again, they go on.
func TestDiskFull(t *testing.T) {
	dir, err := os.MkdirTemp("", "nkfull")
	must(t, err)
	must(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() { os.RemoveAll(dir) })
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256m,mode=0711", "tmpfs", dir).CombinedOutput()
	if err != nil {
		t.Skipf("NOT TESTED: a full disk needs a small file system of its own, and this machine lets nobody mount one: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	w := newWorldIn(t, dir, map[string]string{"max_wal_size": "48MB", "min_wal_size": "32MB"})
	n := w.addServer()
	w.newContacts(n.epp)
	l := w.startLoad(sessions, func() []string { return []string{n.epp} })
	w.until(l, func() {
		pause(time.Second)
		ballast := filepath.Join(dir, "ballast")
		fill(t, ballast)
		w.figures.Faults["disk full"]++
		// Little space may be left in files that are there already: write it up.
		end := time.Now().Add(4 * time.Second)
		for time.Now().Before(end) {
			fill(t, ballast)
			time.Sleep(50 * time.Millisecond)
		}
		must(t, os.Remove(ballast))
		if !w.databaseRuns() {
			w.figures.Faults["PostgreSQL ended by itself"]++
			w.startDatabase()
		}
		l.flowing(t, 30*time.Second)
	})
	w.report()
}

// fill writes to a file until there is no space.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	defer f.Close()
	for _, block := range []int{1 << 20, 1 << 12} {
		zeros := make([]byte, block)
		for {
			_, err = f.Write(zeros)
			if errors.Is(err, syscall.ENOSPC) || errors.Is(err, io.ErrShortWrite) {
				break
			}
			must(t, err)
		}
	}
}

// databaseRuns tells whether the postmaster is there.
func (w *world) databaseRuns() bool {
	data, err := os.ReadFile(filepath.Join(w.cluster.Dir(), "data", "postmaster.pid"))
	if err != nil || len(data) == 0 {
		return false
	}
	return syscall.Kill(w.postmaster(), 0) == nil
}
