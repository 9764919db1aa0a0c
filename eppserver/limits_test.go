package eppserver_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// E4: the sessions of a registrar are counted over all servers; those of a
// server that died do not count.
func TestSessionsOverTwoServers(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.Sessions, o.GTLD.Limits.Sessions = 3, 3 })
	second := h.Start()
	// Another server's, long dead.
	h.Exec(`INSERT INTO server VALUES ('dead', $1, $1)`, time.Now().Add(-time.Minute))
	h.Exec(`INSERT INTO epp_session (server_id, registrar_id, address, started_at)
		SELECT 'dead', id, '192.0.2.1', $1 FROM registrar WHERE kind = 'registrar'`, time.Now().Add(-time.Minute))
	a := h.Login("DEMO-A")
	h.Dial(second.UK, h.ClientTLS("DEMO-A")).LogIn("DEMO-A")
	h.LoginGTLD("DEMO-A")
	c := h.Dial(second.GTLD, h.ClientTLS("DEMO-A"))
	c.Want(loginFrame(c, "DEMO-A", epptest.Password, eppclient.LoginOptions{}), xml.CodeSessionLimitOver)
	c.WantClosed()
	h.Login("DEMO-B") // others are not concerned
	a.Want(eppclient.Logout(""), xml.CodeOKEndSession)
	h.Dial(second.GTLD, h.ClientTLS("DEMO-A")).LogIn("DEMO-A")
	h.Exec(`UPDATE registrar SET max_sessions = 5 WHERE tag = 'DEMO-A'`)
	h.Login("DEMO-A")
}

// E4: the last place is taken once, however many ask for it at once.
func TestSessionsAtOnce(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.Sessions = 4 })
	second := h.Start()
	var in, refused atomic.Int32
	var wg sync.WaitGroup
	cfg := h.ClientTLS("DEMO-A")
	for i := range 24 {
		addr := []string{h.UK, second.UK}[i%2]
		wg.Go(func() {
			c, err := eppclient.Dial(context.Background(), addr, cfg)
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = c.Close() })
			answer, err := c.Do(eppclient.Login(c.Greeting(), "DEMO-A", epptest.Password, eppclient.LoginOptions{}))
			switch code := eppclient.ResultCode(answer); {
			case err != nil:
				t.Error(err)
			case code == 1000:
				in.Add(1)
			case code == 2502:
				refused.Add(1)
			default:
				t.Errorf("answer %s", answer)
			}
		})
	}
	wg.Wait()
	if in.Load() != 4 || refused.Load() != 20 {
		t.Errorf("%d let in, %d refused", in.Load(), refused.Load())
	}
}

// E4: a session that sends nothing is closed, hello keeps it open.
func TestIdle(t *testing.T) {
	t.Parallel()
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.Idle = 400 * time.Millisecond })
	c := h.Login("DEMO-A")
	for range 6 {
		time.Sleep(100 * time.Millisecond)
		if r := c.Send(eppclient.Hello()); r.Greeting == nil {
			t.Fatalf("hello: %+v", r)
		}
	}
	c.WantClosed()
	h.Eventually("the row is gone", func() bool { return h.Count(`SELECT count(*) FROM epp_session`) == 0 })
}

// E4: a session ends with its age, idle or not.
func TestAge(t *testing.T) {
	t.Parallel()
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.Age = 1500 * time.Millisecond })
	idle, busy := h.Login("DEMO-A"), h.Login("DEMO-A")
	h.Eventually("the busy session ends", func() bool {
		answer, err := busy.Hello()
		return err != nil || eppclient.ResultCode(answer) == int(xml.CodeSessionLimitOver)
	})
	idle.WantClosed()
}

// E4: commands per second: held back, then ended.
func TestCommandsPerSecond(t *testing.T) {
	t.Parallel()
	h := epptest.New(t)
	h.Exec(`UPDATE registrar SET commands_per_second = 10 WHERE tag = 'DEMO-A'`)
	c := h.Login("DEMO-A")
	began := time.Now()
	for range 15 {
		c.Send(eppclient.Hello())
	}
	if took := time.Since(began); took < 400*time.Millisecond {
		t.Errorf("15 commands at 10 a second took %s", took)
	}
	// Many sessions at once pile up more than five seconds' worth.
	h.Exec(`UPDATE registrar SET max_sessions = 100, commands_per_second = 1 WHERE tag = 'DEMO-B'`)
	var codes [12]xml.ResultCode
	var clients [12]*epptest.Client
	for i := range clients {
		clients[i] = h.Login("DEMO-B")
	}
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() {
			answer, err := c.Do(eppclient.Poll(fmt.Sprintf("poll-%d", i)))
			if err != nil {
				t.Error(err)
			}
			codes[i] = xml.ResultCode(eppclient.ResultCode(answer))
		})
	}
	wg.Wait()
	ended := 0
	for _, code := range codes {
		if code == xml.CodeSessionLimitOver {
			ended++
		}
	}
	if ended < 4 || ended > 7 {
		t.Errorf("%d of 12 ended: %v", ended, codes)
	}
}

// E4: names per check.
func TestNamesPerCheck(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.NamesPerCheck = 3 })
	c := h.Login("DEMO-A")
	ids := []string{"con-1", "con-2", "con-3", "con-4"}
	if r := c.Want(eppclient.ContactCheck("", ids...), xml.CodePolicy); !strings.Contains(epptest.Reason(r), "too many") {
		t.Errorf("reason %q", epptest.Reason(r))
	}
	if code := epptest.Code(c.Send(eppclient.ContactCheck("", ids[:3]...))); code == xml.CodePolicy {
		t.Errorf("answer %d to three names", code)
	}
}

// "Certificates": revocation and suspension close open sessions; others go on.
func TestWatch(t *testing.T) {
	h := epptest.New(t)
	a, b, c := h.Login("DEMO-A"), h.Login("DEMO-B"), h.Login("DEMO-C")
	h.Exec(`UPDATE registrar_certificate SET revoked_at = $1 WHERE registrar_id = $2`, h.DB.Now(), h.RegistrarID("DEMO-A"))
	a.WantClosed()
	if again, err := eppclient.Dial(t.Context(), h.UK, h.ClientTLS("DEMO-A")); err == nil {
		t.Errorf("a handshake with a revoked certificate: %s", again.Greeting())
	}
	h.Exec(`UPDATE registrar SET state = 'suspended' WHERE tag = 'DEMO-B'`)
	b.WantClosed()
	c.Want(eppclient.Logout(""), xml.CodeOKEndSession)
	h.Eventually("the rows are gone", func() bool { return h.Count(`SELECT count(*) FROM epp_session`) == 0 })
}

// E4: the allowance for checks is shared by the servers and falls by one a name.
func TestUsageOverTwoServers(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.Registry.Policy.ChecksPerDay = 10 })
	other, err := registry.New(context.Background(), h.DB, registry.Config{Policy: h.Registry.Policy()})
	if err != nil {
		t.Fatal(err)
	}
	id := h.RegistrarID("DEMO-A")
	if left, ok := h.Registry.CountChecked(id, 4); left != 6 || !ok {
		t.Fatalf("left %d, %t", left, ok)
	}
	h.Eventually("the server flushed", func() bool {
		return h.Count(`SELECT coalesce(sum(used), 0) FROM daily_usage WHERE registrar_id = $1`, id) == 4
	})
	if left, ok := other.CountChecked(id, 1); left != 9 || !ok {
		t.Errorf("left %d, %t before the processes settled", left, ok)
	}
	if err = other.FlushUsage(context.Background()); err != nil {
		t.Fatal(err)
	}
	if left, ok := other.CountChecked(id, 6); left != 5 || ok {
		t.Errorf("left %d, %t: more than there is", left, ok)
	}
	if left, ok := other.CountChecked(id, 5); left != 0 || !ok {
		t.Errorf("left %d, %t: the last", left, ok)
	}
	if left, ok := h.Registry.CountChecked(h.RegistrarID("DEMO-B"), 1); left != 9 || !ok {
		t.Errorf("left %d, %t of another", left, ok)
	}
	h.Advance(24 * time.Hour)
	if left, ok := other.CountChecked(id, 1); left != 9 || !ok {
		t.Errorf("left %d, %t the next day", left, ok)
	}
}
