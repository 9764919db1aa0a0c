//go:build faults

package faults

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"
)

// sessions is how many clients work at once.
const sessions = 8

// pause lets the load work for a random time up to d.
func pause(d time.Duration) { time.Sleep(d/4 + rand.N(3*d/4)) }

// until repeats a fault under load and checks everything afterwards.
func (w *world) until(l *load, fault func()) {
	w.t.Helper()
	start := time.Now()
	for time.Since(start) < span() {
		fault()
	}
	l.flowing(w.t, 30*time.Second)
	l.end()
	w.figures.Seconds += time.Since(start).Seconds()
	w.sound()
}

// registryd is killed at random moments of its work.
func TestServerKilled(t *testing.T) {
	w := newWorld(t, nil)
	n := w.addServer()
	w.newContacts(n.epp)
	l := w.startLoad(sessions, func() []string { return []string{n.epp} })
	w.until(l, func() {
		pause(time.Second)
		n.kill()
		w.figures.Faults["kill -9 registryd"]++
		n.start()
	})
	w.report()
}

// Two servers, of which one dies: its clients go to the other.
func TestOneOfTwoServersKilled(t *testing.T) {
	w := newWorld(t, nil)
	a, b := w.addServer(), w.addServer()
	w.newContacts(a.epp)
	l := w.startLoad(sessions, func() []string { return []string{a.epp, b.epp} })
	victim := a
	w.until(l, func() {
		pause(time.Second)
		victim.kill()
		w.figures.Faults["kill -9 one of two registryd"]++
		l.flowing(t, 5*time.Second) // the other one serves
		pause(500 * time.Millisecond)
		victim.start()
		if victim == a {
			victim = b
		} else {
			victim = a
		}
	})
	w.report()
}

// PostgreSQL is stopped in good order, stopped at once, killed; it comes back,
// and the servers with it, without a restart.
func TestDatabaseKilled(t *testing.T) {
	w := newWorld(t, nil)
	n := w.addServer()
	w.newContacts(n.epp)
	l := w.startLoad(sessions, func() []string { return []string{n.epp} })
	ways := []struct {
		name   string
		signal syscall.Signal
	}{
		{"PostgreSQL stopped (fast)", syscall.SIGINT}, {"PostgreSQL stopped (immediate)", syscall.SIGQUIT}, {"kill -9 PostgreSQL", syscall.SIGKILL},
	}
	i := 0
	w.until(l, func() {
		pause(1500 * time.Millisecond)
		way := ways[i%len(ways)]
		i++
		w.signalDatabase(way.signal)
		w.figures.Faults[way.name]++
		pause(time.Second)
		w.startDatabase()
		back := l.flowing(t, 20*time.Second)
		t.Logf("%s: commands again %s after the database was back", way.name, back.Round(time.Millisecond))
	})
	w.report()
}

// Single connections of the database are ended under the server.
func TestBackendsKilled(t *testing.T) {
	w := newWorld(t, nil)
	n := w.addServer()
	w.newContacts(n.epp)
	l := w.startLoad(sessions, func() []string { return []string{n.epp} })
	w.until(l, func() {
		time.Sleep(time.Duration(20+rand.IntN(150)) * time.Millisecond)
		w.figures.Faults["backends ended"] += w.count(`SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity
			WHERE usename = $1 AND random() < 0.3`, role)
	})
	w.report()
}
