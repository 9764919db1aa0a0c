package eppserver_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/namekeep/namekeep/eppserver"
	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// hold locks a registrar's row, so that its login has to wait.
func hold(t *testing.T, h *epptest.Harness, tag string) pgx.Tx {
	t.Helper()
	tx, err := h.DB.Pool.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	_, err = tx.Exec(context.Background(), `SELECT FROM registrar WHERE tag = $1 FOR UPDATE`, tag)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

// waiting tells whether a login hangs on a lock.
func waiting(h *epptest.Harness) func() bool {
	return func() bool {
		return h.Count(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	}
}

// E6: the idle session is closed, the command in flight answered, and nothing
// stays behind.
func TestShutdown(t *testing.T) {
	h := epptest.New(t)
	idle, silent := h.Login("DEMO-B"), h.Connect("DEMO-B")
	busy := h.Connect("DEMO-A")
	tx := hold(t, h, "DEMO-A")
	if err := busy.WriteFrame(loginFrame(busy, "DEMO-A", epptest.Password, eppclient.LoginOptions{ClTRID: "busy"})); err != nil {
		t.Fatal(err)
	}
	h.Eventually("the login waits", waiting(h))
	stopped := make(chan error, 1)
	go func() { stopped <- h.Stop(context.Background()) }()
	idle.WantClosed()
	silent.WantClosed()
	select {
	case err := <-stopped:
		t.Fatalf("stopped with a command in flight: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if c, err := eppclient.Dial(t.Context(), h.UK, h.ClientTLS("DEMO-A")); err == nil {
		t.Errorf("a connection during shutdown: %s", c.Greeting())
	}
	if err := tx.Rollback(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r := busy.Read(); epptest.Code(r) != xml.CodeOK || r.ClTRID != "busy" {
		t.Errorf("the command in flight: %+v", r)
	}
	busy.WantClosed()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if n := h.Count(`SELECT (SELECT count(*) FROM epp_session) + (SELECT count(*) FROM server)`); n != 0 {
		t.Errorf("%d rows left", n)
	}
}

// E6: when the time is up what still works is cut off.
func TestShutdownCutsOff(t *testing.T) {
	h := epptest.New(t)
	busy := h.Connect("DEMO-A")
	tx := hold(t, h, "DEMO-A")
	if err := busy.WriteFrame(loginFrame(busy, "DEMO-A", epptest.Password, eppclient.LoginOptions{})); err != nil {
		t.Fatal(err)
	}
	h.Eventually("the login waits", waiting(h))
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- h.Stop(ctx) }()
	busy.WantClosed()
	_ = tx.Rollback(context.Background())
	if err := <-stopped; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if n := h.Count(`SELECT count(*) FROM epp_session`); n != 0 {
		t.Errorf("%d sessions left", n)
	}
}

// Nothing runs on after Shutdown.
func TestNoGoroutineStays(t *testing.T) {
	h := epptest.New(t)
	before := goleak.IgnoreCurrent() // the first server's and the pool's
	n := h.Start()
	c := h.Dial(n.UK, h.ClientTLS("DEMO-A")).LogIn("DEMO-A")
	half := h.Dial(n.Plain, nil)
	raw(t, half, []byte("<epp>"))
	c.Want(eppclient.Logout(""), xml.CodeOKEndSession)
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_ = n.Stop(ctx) // the half frame is cut off
	goleak.VerifyNone(t, before)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err = n.Server.Serve(t.Context(), ln, eppserver.ListenerConfig{Name: "late"}); !errors.Is(err, eppserver.ErrClosed) {
		t.Errorf("served after shutdown: %v", err)
	}
}

// One line a command with what finds it again, and no secret anywhere, not
// even with frames logged.
func TestLogAndMetrics(t *testing.T) {
	h := epptest.New(t)
	c := h.Connect("DEMO-A")
	c.Want(loginFrame(c, "DEMO-A", "wrong-s3cret", eppclient.LoginOptions{NewPassword: "new-s3cret"}), xml.CodeAuthentication)
	c.LogIn("DEMO-A")
	pw := "auth-s3cret"
	r := c.Send(eppclient.ContactTransfer("find-me", "request", "nobody", &pw))
	log := h.Log()
	for _, secret := range []string{epptest.Password, "s3cret"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
	found := false
	for line := range strings.SplitSeq(log, "\n") {
		if strings.Contains(line, "msg=command") && strings.Contains(line, r.SvTRID) {
			found = strings.Contains(line, "clTRID=find-me") && strings.Contains(line, "tag=DEMO-A") &&
				strings.Contains(line, "object=contact") && strings.Contains(line, "duration=")
		}
	}
	if !found {
		t.Error("no line of the command")
	}
	families, err := h.Metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			have[f.GetName()] += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for name, least := range map[string]float64{
		"epp_commands_total": 3, "epp_command_duration_seconds": 3, "epp_sessions": 1, "epp_connections": 1,
		"epp_logins_total": 2, "epp_frames_total": 7, "epp_frame_bytes_total": 1000,
	} {
		if have[name] < least {
			t.Errorf("%s is %g, want at least %g", name, have[name], least)
		}
	}
}
