package axfr

import (
	"context"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
)

// A secondary is told of each serial until it has acknowledged it, signed with
// its key; one that misses a message is told again; one that has no part in the
// zone is not told.
func TestNotify(t *testing.T) {
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	var mu sync.Mutex
	var got []string
	heard := make(chan struct{}, 10)
	secondary := &dns.Server{PacketConn: pc, TsigSecret: map[string]string{"k.": secret}, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		mu.Lock()
		defer mu.Unlock()
		if m.Opcode != dns.OpcodeNotify || m.IsTsig() == nil || w.TsigStatus() != nil || m.Question[0].Qtype != dns.TypeSOA {
			t.Errorf("not a signed NOTIFY: %v, %v", m, w.TsigStatus())
		}
		got = append(got, m.Question[0].Name)
		heard <- struct{}{} // before the answer, which ends the notifier's wait
		if len(got) > 1 {   // the first one is lost
			answer := new(dns.Msg).SetReply(m)
			answer.SetTsig("k.", dns.HmacSHA256, 300, time.Now().Unix())
			if err := w.WriteMsg(answer); err != nil {
				t.Error(err)
			}
		}
	})}
	names := func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
	go secondary.ActivateAndServe()
	t.Cleanup(func() { secondary.Shutdown() })
	n, err := NewNotifier(Config{Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Now: time.Now, Secondaries: []Secondary{
		{Name: "s", Notify: pc.LocalAddr().String(), KeyName: "k", Algorithm: "hmac-sha256", Secret: secret, Zones: []string{"co.test", "new.test"}},
		{Name: "silent", KeyName: "l", Algorithm: "hmac-sha256", Secret: secret},
	}})
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	n.Tell(ctx, "co.test", 1)
	n.Tell(ctx, "co.test", 1)
	n.Tell(ctx, "other.test", 1)
	n.Wait()
	if len(heard) != 2 {
		t.Errorf("told %d times: %v", len(heard), names())
	}
	n.Tell(ctx, "co.test", 1) // acknowledged
	n.Tell(ctx, "co.test", 2)
	n.Tell(ctx, "new.test", 7)
	n.Wait()
	if len(heard) != 4 {
		t.Errorf("told %d times: %v", len(heard), names())
	}
	cancel()
	n.Tell(ctx, "co.test", 3)
	n.Wait()
	if len(heard) != 4 {
		t.Error("told after the end")
	}
}
