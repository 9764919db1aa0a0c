package axfr

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
)

// Notifier tells the secondaries of new serials.
type Notifier struct {
	cfg  Config
	mu   sync.Mutex
	told map[subject]*telling
	wg   sync.WaitGroup
	sent *prometheus.CounterVec
}

// subject is a zone at a secondary.
type subject struct{ secondary, zone string }

// telling is how far a secondary was told of a zone.
type telling struct {
	wanted, acked uint32
	busy          bool
}

const (
	notifyTimeout  = 3 * time.Second
	notifyFirst    = 2 * time.Second // between attempts, doubled each time
	notifyAttempts = 8               // about eight minutes; after that refresh finds it
)

// NewNotifier makes a notifier of the secondaries that want to be told. Its
// metrics are registered.
func NewNotifier(cfg Config) (*Notifier, error) {
	n := &Notifier{cfg: cfg, told: map[subject]*telling{}, sent: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "zone_notifies_total", Help: "NOTIFY messages to secondaries, by result."}, []string{"result"})}
	return n, cfg.Metrics.Register(n.sent)
}

// Tell says that a zone has a serial. It returns at once; secondaries that do
// not know yet are told beside it, until ctx ends.
func (n *Notifier) Tell(ctx context.Context, zone string, serial uint32) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range n.cfg.Secondaries {
		v := &n.cfg.Secondaries[i]
		if v.Notify == "" || !v.gets(zone) {
			continue
		}
		about := subject{v.Name, zone}
		t := n.told[about]
		if t == nil {
			t = &telling{}
			n.told[about] = t
		}
		if t.wanted == serial {
			continue
		}
		t.wanted = serial
		if !t.busy && ctx.Err() == nil {
			t.busy = true
			n.wg.Go(func() { n.tell(ctx, v, zone, t) })
		}
	}
}

// Wait waits until nobody is being told any more.
func (n *Notifier) Wait() { n.wg.Wait() }

// tell goes on until the secondary has acknowledged the latest serial, or does
// not answer for long.
func (n *Notifier) tell(ctx context.Context, v *Secondary, zone string, t *telling) {
	pause := notifyFirst
	for attempt := 1; ; attempt++ {
		n.mu.Lock()
		serial := t.wanted
		n.mu.Unlock()
		err := n.send(ctx, v, zone)
		n.mu.Lock()
		if err == nil {
			t.acked = serial
			attempt, pause = 0, notifyFirst
		}
		end := err == nil && t.wanted == t.acked || attempt == notifyAttempts || ctx.Err() != nil
		if end {
			t.busy = false
		}
		n.mu.Unlock()
		if err != nil {
			n.sent.WithLabelValues("failed").Inc()
		} else {
			n.sent.WithLabelValues("done").Inc()
		}
		if end {
			if err != nil && ctx.Err() == nil {
				n.cfg.Log.Warn("secondary does not answer", "secondary", v.Name, "zone", zone, "serial", serial, slog.Any("error", err))
			}
			return
		}
		if err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// send sends one NOTIFY and waits for its acknowledgement.
func (n *Notifier) send(ctx context.Context, v *Secondary, zone string) error {
	m := new(dns.Msg)
	m.SetNotify(zone + ".")
	key := dns.CanonicalName(v.KeyName)
	m.SetTsig(key, v.Algorithm+".", fudge, n.cfg.Now().Unix())
	c := &dns.Client{Net: "udp", Timeout: notifyTimeout, TsigSecret: map[string]string{key: v.Secret}}
	answer, _, err := c.ExchangeContext(ctx, m, v.Notify)
	if err != nil {
		return fmt.Errorf("notify %s: %w", v.Name, err)
	}
	if answer.Rcode != dns.RcodeSuccess {
		return fmt.Errorf("notify %s: it answers %s", v.Name, dns.RcodeToString[answer.Rcode])
	}
	return nil
}
