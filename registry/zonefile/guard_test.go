package zonefile

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// suspend takes names out of their zone.
func (w *world) suspend(names ...string) {
	w.t.Helper()
	for _, n := range names {
		_, err := w.SuspendDomain(w.ctx, staff(), n)
		must(w.t, err)
	}
}

// The shrink guard stops one zone; others go on; force, or the names coming
// back, ends it, and no change of the time between is lost.
func TestGuardStops(t *testing.T) {
	w := newWorld(t)
	w.pub.o.FreeShrink = 2
	var names []string
	for i := range 10 {
		names = append(names, fmt.Sprintf("n%d.co.test", i))
		w.create(names[i], "ns1.example.net")
	}
	w.fill()
	before := w.serial("co.test")
	w.suspend(names[:3]...)
	w.create("other.test", "ns1.example.net")
	w.later()
	done, _, err := w.pub.Changes(w.ctx)
	stop := Stopped(err)
	if stop == nil || stop.Zone != "co.test" || len(done) != 1 || done[0].Zone != "test" {
		t.Fatalf("published %+v, error %v", done, err)
	}
	if w.serial("co.test") != before {
		t.Error("a stopped zone got a new serial")
	}
	// It stays stopped, and quiet, in the passes after.
	w.create("new.co.test", "ns1.example.net")
	if done := w.changes(); len(done) != 0 {
		t.Errorf("a stopped zone moves: %+v", done)
	}
	// A name comes back: 2 of 10 may be gone. What happened meanwhile is there.
	_, err = w.ResumeDomain(w.ctx, staff(), names[0])
	must(t, err)
	_, err = w.pub.Compare(w.ctx, "co.test", false)
	must(t, err)
	w.suspend("new.co.test")
	w.changes()
	w.same("co.test")
	// Too many again, now with force.
	w.suspend(names[0], names[3], names[4], names[5])
	_, err = w.pub.Compare(w.ctx, "co.test", false)
	if Stopped(err) == nil {
		t.Fatalf("the comparison went past the guard: %v", err)
	}
	_, err = w.pub.Compare(w.ctx, "co.test", true)
	must(t, err)
	w.changes()
	w.same("co.test")
	st, err := w.pub.Statuses(w.ctx)
	must(t, err)
	if st[0].Zone != "co.test" || !st[0].Stopped.IsZero() || st[0].Names != 4 {
		t.Errorf("%+v", st[0])
	}
}

// A zone that loses a few names with every pass is stopped too; a day later the
// same few may go.
func TestGuardSeesSlowLoss(t *testing.T) {
	w := newWorld(t)
	w.pub.o.FreeShrink = 2
	for i := range 8 {
		w.create(fmt.Sprintf("n%d.co.test", i), "ns1.example.net")
	}
	w.fill()
	w.suspend("n0.co.test", "n1.co.test")
	w.changes()
	w.suspend("n2.co.test")
	w.later()
	if _, _, err := w.pub.Changes(w.ctx); Stopped(err) == nil {
		t.Fatalf("3 of 8 names are gone in two passes, and the guard says %v", err)
	}
	pgtest.Advance(t, w.DB(), GuardWindow)
	_, err := w.pub.Compare(w.ctx, "co.test", false)
	must(t, err)
	w.same("co.test")
}

// Rows of the history that are committed after rows with higher numbers are not
// missed.
func TestLateCommit(t *testing.T) {
	w := newWorld(t)
	w.create("a.co.test", "ns1.example.net")
	w.create("b.co.test", "ns1.example.net")
	w.fill()
	for range 4 {
		w.changes() // all is settled
	}
	tx, err := w.DB().Pool.Begin(w.ctx)
	must(t, err)
	defer tx.Rollback(w.ctx)
	for _, sql := range []string{`UPDATE domain SET suspended_on = '2026-06-01', suspended_reason = 'unpaid' WHERE name = 'a.co.test'`,
		`INSERT INTO history (at, object, object_id, object_name, action) SELECT '2026-06-01', 'domain', id, name, 'suspend' FROM domain WHERE name = 'a.co.test'`} {
		_, err = tx.Exec(w.ctx, sql)
		must(t, err)
	}
	for i := range 6 {
		w.create(fmt.Sprintf("later%d.co.test", i), "ns1.example.net")
		if done := w.changes(); len(done) != 1 {
			t.Errorf("pass %d: %+v", i, done)
		}
	}
	must(t, tx.Commit(w.ctx))
	if done := w.changes(); len(done) != 1 || done[0].Names != 7 {
		t.Errorf("the late commit was missed: %+v", done)
	}
	w.same("co.test")
	// And what is settled is not read for ever. Transactions of the tests beside
	// this one, on the same server, may hold it up for a while.
	open := 1
	for deadline := time.Now().Add(30 * time.Second); open != 0 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		w.changes()
		must(t, w.DB().Pool.QueryRow(w.ctx, `SELECT count(*) FROM history WHERE id > (SELECT settled FROM zone_watch)`).Scan(&open))
	}
	if open != 0 {
		t.Errorf("%d rows of the history are read with every pass", open)
	}
}

// Two publishers and registrars at once: every serial once, and at the end the
// zone is the register.
func TestTwoPublishers(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		w.create(fmt.Sprintf("n%d.co.test", i), fmt.Sprintf("ns1.n%d.co.test/192.0.2.%d", i, i+1))
	}
	other := NewPublisher(w.Registry, DefaultOptions(), w.pub.log)
	var wg sync.WaitGroup
	faults := make(chan error, 100)
	report := func(err error) {
		if err != nil {
			faults <- err
		}
	}
	for _, p := range []*Publisher{w.pub, other} { // both fill the zone
		wg.Go(func() {
			_, err := p.Compare(w.ctx, "co.test", false)
			report(err)
			for range 15 {
				_, _, err := p.Changes(w.ctx)
				report(err)
			}
			_, err = p.WriteFile(w.ctx, w.dir, "co.test")
			report(err)
		})
	}
	actor := w.as("A-ONE")
	for worker := range 2 {
		wg.Go(func() {
			for i := range 20 {
				_, err := w.UpdateDomain(w.ctx, actor, registry.UpdateDomainParams{Name: fmt.Sprintf("n%d.co.test", i),
					AddHosts: []registry.HostSpec{{Name: fmt.Sprintf("ns%d.example.net", worker+1)}}})
				report(err)
			}
		})
	}
	wg.Wait()
	close(faults)
	for err := range faults {
		t.Error(err)
	}
	pgtest.SetNow(t, w.DB(), testNow.Add(time.Hour))
	w.changes()
	w.same("co.test")
	rows, err := w.DB().Pool.Query(w.ctx, `SELECT version, serial FROM zone_version ORDER BY version`)
	must(t, err)
	type version struct{ Version, Serial int64 }
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[version])
	must(t, err)
	for i, v := range list {
		if v.Version != int64(i+1) || i > 0 && v.Serial <= list[i-1].Serial {
			t.Errorf("versions %+v", list)
		}
	}
}
