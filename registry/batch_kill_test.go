package registry

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// killDay is the night that the kill tests run: the 1st of a month, so that
// every step has work.
var killDay = NewDate(2027, 7, 1)

// populate fills a register with names to which everything happens on killDay.
func (r *register) populate() {
	r.t.Helper()
	r.day(NewDate(2027, 3, 1))
	for i := range 60 {
		tag := []string{"A-ONE", "B-TWO", "C-THREE"}[i%3]
		name := fmt.Sprintf("k%03d.co.test", i)
		e := killDay.AddDays([]int{10, -1, -7, 0, 20, 400}[i%6])
		d := r.create(tag, name)
		r.exec(`UPDATE domain SET expires = $2, first_paid = true WHERE id = $1`, d.ID, e)
		switch i % 6 {
		case 0:
			r.exec(`UPDATE domain SET auto_bill = 10 WHERE id = $1`, d.ID)
		case 3:
			r.exec(`UPDATE domain SET recur_bill = 'bc' WHERE id = $1`, d.ID)
		case 4: // a request whose terms have just passed
			r.exec(`UPDATE domain SET expires = expires + 365 WHERE id = $1`, d.ID)
			r.exec(`INSERT INTO renewal_request (domain_id, domain_name, period, registrar_id, years, new_expires, origin, requested_at, state, due)
				SELECT id, name, $2::date, sponsor, 1, expires, 'command', created_at, 'invoiced', $3 FROM domain WHERE id = $1`,
				d.ID, killDay.AddDays(-20), killDay.AddDays(-1))
		case 5:
			r.exec(`UPDATE domain SET suspended_on = $2, suspended_reason = 'renewal unpaid', expires = $3 WHERE id = $1`,
				d.ID, killDay.AddDays(-60), killDay.AddDays(-97))
		}
	}
	for i := range 10 {
		d := r.create("A-ONE", fmt.Sprintf("g%03d.gen", i))
		r.exec(`UPDATE domain SET expires = $2 WHERE id = $1`, d.ID, killDay.AddDays(-1))
		if i > 5 {
			r.exec(`UPDATE domain SET delete_phase = 'pendingDelete', delete_phase_ends = $2, statuses = '{pendingDelete}' WHERE id = $1`,
				d.ID, killDay.EPPTime().Add(-time.Hour*3))
		}
	}
	r.exec(`UPDATE registrar SET terms = 'prepaid' WHERE tag = 'C-THREE'`)
	r.deposit("C-THREE", 1_000_00)
}

// dump writes all that the batch may touch, without ids, numbers and instants,
// which differ between two runs.
func (r *register) dump() string {
	r.t.Helper()
	var b strings.Builder
	for _, sql := range []string{
		`SELECT to_jsonb(d) - '{id,auth_hash,created_at,updated_at,recheck}'::text[] FROM domain d`,
		`SELECT to_jsonb(q) - '{id,domain_id,requested_at}'::text[] FROM renewal_request q`,
		`SELECT to_jsonb(c) - '{id,domain_id,request_id,charged_at,reversed_at,invoice_id}'::text[] || jsonb_build_object('invoiced', invoice_id IS NOT NULL) FROM charge c`,
		`SELECT to_jsonb(i) - '{id,number,created_at}'::text[] FROM invoice i`,
		`SELECT jsonb_build_object('kind', a.kind, 'owner', a.owner, 'sum', sum(e.amount), 'n', count(*)) FROM entry e JOIN ledger_account a ON a.id = e.account_id GROUP BY a.kind, a.owner`,
		`SELECT to_jsonb(p) - '{id,number,account_id,domain_id}'::text[] FROM pro_forma p`,
		`SELECT jsonb_build_object('kind', kind, 'to', recipient, 'payload', payload - 'number') FROM outbox`,
		`SELECT jsonb_build_object('kind', kind, 'to', addressee, 'payload', payload - 'number', 'day', day) FROM post_item`,
		`SELECT jsonb_build_object('kind', kind, 'registrar', registrar_id, 'text', text, 'payload', payload) FROM poll_message`,
		`SELECT jsonb_build_object('object', object, 'name', CASE WHEN object = 'domain' THEN object_name END, 'action', action, 'changes', changes) FROM history`,
		`SELECT jsonb_build_object('kind', kind, 'registrar', registrar_id, 'starts', starts_at, 'ends', ends_at) FROM grace_period`,
		`SELECT jsonb_build_object('step', step, 'day', day, 'event', event, 'n', n) FROM batch_count`,
		`SELECT jsonb_build_object('step', step, 'day', day, 'work', work, 'done', finished_at IS NOT NULL) FROM batch_run`,
		`SELECT jsonb_build_object('work', domain_id) FROM batch_work`,
	} {
		rows, err := r.db.Pool.Query(r.ctx, `SELECT row::text FROM (`+sql+`) AS v (row) ORDER BY 1`)
		must(r.t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		must(r.t, err)
		b.WriteString(strings.Join(lines, "\n") + "\n--\n")
	}
	return b.String()
}

// TestBatchKilled runs a day's batch in a child process that is killed at
// random moments, again and again until the day is done. The register is then
// as an undisturbed run leaves it.
func TestBatchKilled(t *testing.T) {
	undisturbed := newRegister(t)
	undisturbed.populate()
	undisturbed.at(killDay.Start(undisturbed.loc).Add(time.Hour))
	must(t, undisturbed.RunDay(undisturbed.ctx, killDay, BatchOptions{Chunk: 3}))
	want := undisturbed.dump()
	for _, event := range []string{"renew", "lapse", "reminder", "pro forma", "suspend", "cancel", "auto-renew", "purge", "invoice"} {
		if one[int64](undisturbed, `SELECT coalesce(sum(n), 0)::bigint FROM batch_count WHERE event = $1`, event) == 0 {
			t.Errorf("the day has no %s", event)
		}
	}
	r := newRegister(t)
	r.populate()
	rnd := rand.New(rand.NewPCG(7, uint64(os.Getpid())))
	kills := 0
	for start := time.Now(); ; {
		if time.Since(start) > time.Minute {
			t.Fatal("the day is not done after a minute")
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestBatchChild$")
		cmd.Env = append(os.Environ(), "NAMEKEEP_TEST_BATCH="+pgtest.URL(r.db))
		must(t, cmd.Start())
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		// Later and later: at first it dies young, in the end it gets through.
		wait := 20*time.Millisecond + time.Duration(rnd.IntN(40+8*kills))*time.Millisecond
		select {
		case err := <-done:
			must(t, err)
		case <-time.After(wait):
			_ = cmd.Process.Signal(syscall.SIGKILL) // fails when it has just ended by itself
			<-done
			kills++
		}
		finished := one[int](r, `SELECT count(*)::int FROM batch_run WHERE finished_at IS NOT NULL`)
		if finished == len(Steps()) {
			break
		}
	}
	t.Logf("killed %d times", kills)
	if kills == 0 {
		t.Error("it was never killed")
	}
	if got := r.dump(); got != want {
		t.Errorf("after %d kills the register differs:\n%s", kills, difference(got, want))
	}
	r.at(killDay.Start(r.loc).Add(2 * time.Hour))
	must(t, r.RunDay(r.ctx, killDay, BatchOptions{}))
	if got := r.dump(); got != want {
		t.Errorf("run again the register differs:\n%s", difference(got, want))
	}
}

// TestBatchChild is the process that TestBatchKilled kills.
func TestBatchChild(t *testing.T) {
	url := os.Getenv("NAMEKEEP_TEST_BATCH")
	if url == "" {
		t.Skip("run by TestBatchKilled only")
	}
	ctx := context.Background()
	db, err := pg.Open(ctx, pg.Config{URL: url, MaxConns: 3})
	must(t, err)
	defer db.Close()
	db.Now = func() time.Time { return killDay.EPPTime().Add(time.Hour) }
	r, err := New(ctx, db, Config{Policy: DefaultPolicy()})
	must(t, err)
	must(t, r.RunDay(ctx, killDay, BatchOptions{Chunk: 3, Workers: 1, Pause: 3 * time.Millisecond}))
}

// difference shows the first lines that are in one dump and not in the other.
func difference(got, want string) string {
	count := map[string]int{}
	for line := range strings.Lines(got) {
		count[line]++
	}
	for line := range strings.Lines(want) {
		count[line]--
	}
	var b strings.Builder
	for line, n := range count {
		if n != 0 && b.Len() < 4000 {
			fmt.Fprintf(&b, "%+d %s", n, line)
		}
	}
	return b.String()
}

// Two runners of one day share it, and the register is as one leaves it.
func TestBatchTwoRunners(t *testing.T) {
	alone := newRegister(t)
	alone.populate()
	alone.at(killDay.Start(alone.loc).Add(time.Hour))
	must(t, alone.RunDay(alone.ctx, killDay, BatchOptions{}))
	r := newRegister(t)
	r.populate()
	r.at(killDay.Start(r.loc).Add(time.Hour))
	faults := make(chan error, 2)
	for range 2 {
		go func() { faults <- r.RunDay(r.ctx, killDay, BatchOptions{Chunk: 2, Workers: 1}) }()
	}
	for range 2 {
		must(t, <-faults)
	}
	if got, want := r.dump(), alone.dump(); got != want {
		t.Errorf("two runners:\n%s", difference(got, want))
	}
}
