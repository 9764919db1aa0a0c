package axfr

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"

	"github.com/namekeep/namekeep/registry/zonefile"
)

// Secondary is a name server that zones are given to.
type Secondary struct {
	Name      string
	Notify    string         // host:port that is told of changes; "" for none
	From      []netip.Prefix // where it asks from
	KeyName   string         // of its TSIG key, no dot at the end
	Algorithm string         // such as hmac-sha256
	Secret    string         // base64
	Zones     []string       // empty: all
}

func (s *Secondary) gets(zone string) bool {
	return len(s.Zones) == 0 || slices.Contains(s.Zones, zone)
}

func (s *Secondary) asksFrom(a netip.Addr) bool {
	return slices.ContainsFunc(s.From, func(p netip.Prefix) bool { return p.Contains(a) })
}

func (s *Server) known(a netip.Addr) bool {
	return slices.ContainsFunc(s.cfg.Secondaries, func(v Secondary) bool { return v.asksFrom(a) })
}

// Config is what a Server works with.
type Config struct {
	Secondaries  []Secondary
	MaxTransfers int // at once; each holds a connection to the database
	Log          *slog.Logger
	Metrics      prometheus.Registerer
	Now          func() time.Time // real time: signatures and deadlines
}

const (
	// messageSize is where a message of a transfer ends: names in it can be
	// compressed up to there (RFC 1035 section 4.1.4).
	messageSize = 16 << 10
	// writeTimeout ends a transfer whose secondary takes nothing any more.
	writeTimeout = 30 * time.Second
	idleTimeout  = 30 * time.Second
	readTimeout  = 10 * time.Second
	// maxConnections and maxStrangers bound what secondaries and others hold open.
	maxConnections = 256
	maxStrangers   = 32
	// transferTimeout ends a transfer, which keeps a snapshot of the database.
	transferTimeout = time.Hour
	fudge           = 300 // seconds that clocks may differ (RFC 8945 section 10)
)

// Server answers the secondaries on one address, over UDP and TCP.
type Server struct {
	cfg   Config
	pub   *zonefile.Publisher
	byKey map[string]*Secondary
	slots *semaphore.Weighted
	base  context.Context

	queries *prometheus.CounterVec
	records prometheus.Counter
}

// NewServer makes a server of p's zones. Its metrics are registered.
func NewServer(p *zonefile.Publisher, cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, pub: p, byKey: map[string]*Secondary{}, slots: semaphore.NewWeighted(int64(max(1, cfg.MaxTransfers))),
		queries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "zone_queries_total",
			Help: "Queries of secondaries, by what they asked for and how it ended."}, []string{"type", "result"}),
		records: prometheus.NewCounter(prometheus.CounterOpts{Name: "zone_transfer_records_total", Help: "Records given to secondaries."}),
	}
	for i := range cfg.Secondaries {
		v := &s.cfg.Secondaries[i]
		s.byKey[dns.CanonicalName(v.KeyName)] = v
	}
	for _, c := range []prometheus.Collector{s.queries, s.records} {
		err := cfg.Metrics.Register(c)
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// secrets are the keys as the DNS library wants them.
func (s *Server) secrets() map[string]string {
	out := map[string]string{}
	for name, v := range s.byKey {
		out[name] = v.Secret
	}
	return out
}

// Serve answers until ctx ends, then waits until the transfers under way have
// noticed it.
func (s *Server) Serve(ctx context.Context, udp net.PacketConn, tcp net.Listener) error {
	s.base = ctx
	handler := dns.HandlerFunc(s.serve)
	servers := []*dns.Server{
		{PacketConn: udp, Handler: handler, TsigSecret: s.secrets(), UDPSize: 1232},
		{Listener: newLimited(tcp, s.cfg.Now, s.known), Handler: handler, TsigSecret: s.secrets(), ReadTimeout: readTimeout,
			IdleTimeout: func() time.Duration { return idleTimeout }},
	}
	faults := make(chan error, len(servers))
	for _, v := range servers {
		go func() { faults <- v.ActivateAndServe() }()
	}
	var err error
	left := len(servers)
	select {
	case <-ctx.Done():
	case err = <-faults:
		left--
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	for _, v := range servers {
		stop := v.ShutdownContext(late)
		if err == nil && ctx.Err() == nil {
			err = stop
		}
	}
	// A server that was told to stop before it had begun does not know it.
	err = errors.Join(err, ignoreClosed(udp.Close()), ignoreClosed(tcp.Close()))
	for range left {
		<-faults
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// limited is a listener that bounds the number of connections, and the time that
// a write may take: the DNS library does neither.
type limited struct {
	net.Listener
	now   func() time.Time
	known func(netip.Addr) bool // whether a secondary asks from there
	// slots are for secondaries; strangers, who get no more than a refusal, have few
	// of their own and take none of theirs.
	slots, strangers chan struct{}
}

func newLimited(l net.Listener, now func() time.Time, known func(netip.Addr) bool) *limited {
	return &limited{Listener: l, now: now, known: known, slots: make(chan struct{}, maxConnections), strangers: make(chan struct{}, maxStrangers)}
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		slots := l.strangers
		if a, err := netip.ParseAddrPort(c.RemoteAddr().String()); err == nil && l.known(a.Addr().Unmap()) {
			slots = l.slots
		}
		select {
		case slots <- struct{}{}:
			return &conn{Conn: c, l: l, slots: slots}, nil
		default:
			c.Close() // too many: the client tries again later
		}
	}
}

type conn struct {
	net.Conn
	l     *limited
	slots chan struct{} // where its place is
	once  sync.Once
}

func (c *conn) Write(b []byte) (int, error) {
	err := c.SetWriteDeadline(c.l.now().Add(writeTimeout))
	if err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func (c *conn) Close() error {
	c.once.Do(func() { <-c.slots })
	return c.Conn.Close()
}
