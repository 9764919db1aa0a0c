package axfr

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
	"github.com/namekeep/namekeep/registry/zonefile"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	secret  = base64.StdEncoding.EncodeToString([]byte("a secret of thirty-two octets.. "))
	secret2 = base64.StdEncoding.EncodeToString([]byte("another one of thirty-two octets"))
)

// world is a register with the zones co.test and other.test, published and
// served.
type world struct {
	t    *testing.T
	reg  *registry.Registry
	pub  *zonefile.Publisher
	addr string
	logs *bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx := t.Context()
	db := pgtest.New(t)
	pgtest.SetNow(t, db, time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC))
	must(t, registry.Install(ctx, db, registry.Installation{TestBed: true, RepositoryID: "UK", RegistryTag: "REGISTRY", TimeZone: "Europe/London"}))
	for _, sql := range []string{
		`INSERT INTO registrar (tag, name, created_at) VALUES ('A-ONE', 'Alpha', '2020-01-01')`,
		`INSERT INTO zone (name, profile, created_at) VALUES ('co.test', 'uk', '2020-01-01'), ('other.test', 'uk', '2020-01-01'), ('new.test', 'uk', '2020-01-01')`,
		`INSERT INTO host (name, sponsor, creator, created_at) SELECT 'ns1.example.net', id, id, '2020-01-01' FROM registrar WHERE tag = 'A-ONE'`,
	} {
		_, err := db.Pool.Exec(ctx, sql)
		must(t, err)
	}
	r, err := registry.New(ctx, db, registry.Config{Policy: registry.DefaultPolicy()})
	must(t, err)
	w := &world{t: t, reg: r, logs: &bytes.Buffer{}}
	w.pub = zonefile.NewPublisher(r, zonefile.DefaultOptions(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	w.add(2000)
	for _, zone := range []string{"co.test", "other.test"} {
		must(t, r.SetZoneApex(ctx, registry.System("T-1"), zone, func(a *registry.ZoneApex) {
			a.Mailbox, a.NameServers = "h@nic.test", []registry.ZoneServer{{Name: "ns1.nic.test"}}
		}))
		_, err = w.pub.Compare(ctx, zone, false)
		must(t, err)
	}
	w.pass()
	w.serve(Config{MaxTransfers: 2, Secondaries: []Secondary{
		{Name: "one", From: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, KeyName: "One-Key.test", Algorithm: "hmac-sha256", Secret: secret, Zones: []string{"co.test", "new.test"}},
		{Name: "far", From: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}, KeyName: "far", Algorithm: "hmac-sha256", Secret: secret2},
	}})
	return w
}

// add puts so many names into co.test, as the register would.
func (w *world) add(n int) {
	w.t.Helper()
	_, err := w.reg.DB().Pool.Exec(w.t.Context(), `WITH d AS (INSERT INTO domain (name, zone_id, sponsor, expires, first_paid, creator, created_at)
			SELECT 'n' || lpad((i + (SELECT count(*) FROM domain))::text, 6, '0') || '.co.test', z.id, r.id, '2030-01-01', true, r.id, '2020-01-01'
			FROM zone z, registrar r, generate_series(1, $1) i WHERE z.name = 'co.test' AND r.tag = 'A-ONE' RETURNING id, name),
		dh AS (INSERT INTO domain_host (domain_id, host_id) SELECT d.id, h.id FROM d, host h)
		INSERT INTO history (at, object, object_id, object_name, action) SELECT '2026-06-01', 'domain', id, name, 'create' FROM d`, n)
	must(w.t, err)
}

func (w *world) pass() {
	w.t.Helper()
	pgtest.Advance(w.t, w.reg.DB(), 10*time.Second)
	_, _, err := w.pub.Changes(w.t.Context())
	must(w.t, err)
}

func (w *world) serve(cfg Config) {
	w.t.Helper()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	must(w.t, err)
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	for range 20 { // until a port is free for both
		if err == nil {
			break
		}
		must(w.t, tcp.Close())
		tcp, err = net.Listen("tcp", "127.0.0.1:0")
		must(w.t, err)
		udp, err = net.ListenPacket("udp", tcp.Addr().String())
	}
	must(w.t, err)
	w.addr = tcp.Addr().String()
	cfg.Log, cfg.Metrics, cfg.Now = slog.New(slog.NewTextHandler(w.t.Output(), nil)), prometheus.NewRegistry(), time.Now
	s, err := NewServer(w.pub, cfg)
	must(w.t, err)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, udp, tcp) }()
	w.t.Cleanup(func() {
		stop()
		select {
		case err := <-done:
			must(w.t, err)
		case <-time.After(20 * time.Second):
			w.t.Error("the server does not stop")
		}
	})
}

// transfer asks as somebody else's client does.
func (w *world) transfer(m *dns.Msg, key, secret string) ([]dns.RR, error) {
	w.t.Helper()
	tr := &dns.Transfer{}
	if key != "" {
		m.SetTsig(key, dns.HmacSHA256, 300, time.Now().Unix())
		tr.TsigSecret = map[string]string{key: secret}
	}
	ch, err := tr.In(m, w.addr)
	if err != nil {
		return nil, err
	}
	var all []dns.RR
	for e := range ch {
		if e.Error != nil {
			return nil, e.Error
		}
		all = append(all, e.RR...)
	}
	return all, nil
}

func axfr(zone string) *dns.Msg { return new(dns.Msg).SetAxfr(zone) }

func (w *world) serial() uint32 {
	w.t.Helper()
	serial, err := w.pub.Serial(w.t.Context(), "co.test")
	must(w.t, err)
	return serial
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The whole zone, over many messages, each signed.
func TestAXFR(t *testing.T) {
	w := newWorld(t)
	all, err := w.transfer(axfr("CO.test."), "one-key.test.", secret)
	must(t, err)
	if len(all) != 2003 { // SOA twice, NS, delegations
		t.Fatalf("%d records", len(all))
	}
	first, last := all[0].(*dns.SOA), all[len(all)-1].(*dns.SOA)
	if first.Serial != w.serial() || last.Serial != first.Serial || first.Ns != "ns1.nic.test." || first.Mbox != "h.nic.test." {
		t.Errorf("%v … %v", first, last)
	}
	if got := all[2].String(); got != "n000001.co.test.\t86400\tIN\tNS\tns1.example.net." {
		t.Errorf("%s", got)
	}
}

// Only what changed, in the order of RFC 1995 section 4; the client's state and
// the changes make the new zone.
func TestIXFR(t *testing.T) {
	w := newWorld(t)
	before := w.serial()
	zone := map[string]bool{}
	all, err := w.transfer(axfr("co.test."), "one-key.test.", secret)
	must(t, err)
	for _, rr := range all[1 : len(all)-1] {
		zone[rr.String()] = true
	}
	w.add(3)
	w.pass()
	_, err = w.reg.SuspendDomain(t.Context(), registry.System("T-2"), "n000007.co.test")
	must(t, err)
	w.pass()
	ixfr := func(serial uint32) []dns.RR {
		t.Helper()
		all, err := w.transfer(new(dns.Msg).SetIxfr("co.test.", serial, "ns1.nic.test.", "h.nic.test."), "one-key.test.", secret)
		must(t, err)
		return all
	}
	all = ixfr(before)
	var shape []string
	for _, rr := range all {
		if soa, ok := rr.(*dns.SOA); ok {
			shape = append(shape, fmt.Sprint(soa.Serial-before))
			continue
		}
		shape = append(shape, rr.Header().Name)
	}
	if want := []string{"30", "0", "20", "n002001.co.test.", "n002002.co.test.", "n002003.co.test.", "20", "n000007.co.test.", "30", "30"}; !slices.Equal(shape, want) {
		t.Fatalf("%v, want %v", shape, want)
	}
	for i, rr := range all {
		zone[rr.String()] = i < 7 // removed are only those after the second 20
	}
	now, err := w.transfer(axfr("co.test."), "one-key.test.", secret)
	must(t, err)
	for _, rr := range now[1 : len(now)-1] {
		if !zone[rr.String()] {
			t.Errorf("%s is not in the zone made from changes", rr)
		}
	}
	if n := len(ixfr(w.serial())); n != 1 {
		t.Errorf("to a client that has the serial: %d records, want its SOA", n)
	}
	if n := len(ixfr(w.serial() + 5)); n != 1 {
		t.Errorf("to a client that is ahead: %d records, want the SOA", n)
	}
	if n := len(ixfr(before - 1000)); n != 2003+2 {
		t.Errorf("from before the journal: %d records, want the whole zone", n)
	}
}

// Who may not, gets the protocol's error.
func TestRefused(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		what, key, secret string
		msg               *dns.Msg
		rcode             int
	}{
		{"not signed", "", "", axfr("co.test."), dns.RcodeRefused},
		{"another address's key", "far.", secret2, axfr("co.test."), dns.RcodeRefused},
		{"another zone of ours", "one-key.test.", secret, axfr("other.test."), dns.RcodeNotAuth},
		{"no zone of ours", "one-key.test.", secret, axfr("com."), dns.RcodeNotAuth},
		{"not published yet", "one-key.test.", secret, axfr("new.test."), dns.RcodeNotAuth},
		{"a plain question", "one-key.test.", secret, new(dns.Msg).SetQuestion("n000001.co.test.", dns.TypeNS), dns.RcodeNotAuth},
		{"a plain question about the apex", "one-key.test.", secret, new(dns.Msg).SetQuestion("co.test.", dns.TypeNS), dns.RcodeRefused},
		{"a plain question, not signed", "", "", new(dns.Msg).SetQuestion("co.test.", dns.TypeSOA), dns.RcodeRefused},
		{"IXFR without SOA", "one-key.test.", secret, new(dns.Msg).SetQuestion("co.test.", dns.TypeIXFR), dns.RcodeFormatError},
		{"NOTIFY", "one-key.test.", secret, new(dns.Msg).SetNotify("co.test."), dns.RcodeNotImplemented},
		{"update", "", "", new(dns.Msg).SetUpdate("co.test."), dns.RcodeNotImplemented},
		{"class CH", "one-key.test.", secret, &dns.Msg{MsgHdr: dns.MsgHdr{Id: 9}, Question: []dns.Question{{Name: "co.test.", Qtype: dns.TypeAXFR, Qclass: dns.ClassCHAOS}}}, dns.RcodeRefused},
		{"EDNS 1", "one-key.test.", secret, edns1(), dns.RcodeBadVers},
	} {
		for _, network := range []string{"tcp", "udp"} {
			c := &dns.Client{Net: network, Timeout: 5 * time.Second}
			m := tt.msg.Copy()
			if tt.key != "" {
				m.SetTsig(tt.key, dns.HmacSHA256, 300, time.Now().Unix())
				c.TsigSecret = map[string]string{tt.key: tt.secret}
			}
			if network == "udp" && m.Question[0].Qtype == dns.TypeAXFR {
				continue // see below
			}
			in, _, err := c.Exchange(m, w.addr)
			if errors.Is(err, dns.ErrAuth) {
				err = nil // how the client reports NOTAUTH
			}
			if err != nil || in.Rcode != tt.rcode || len(in.Answer) > 0 {
				t.Errorf("%s over %s: %v, %v; want %s", tt.what, network, in, err, dns.RcodeToString[tt.rcode])
			}
		}
	}
	c := &dns.Client{Net: "udp", TsigSecret: map[string]string{"one-key.test.": secret}}
	for _, m := range []*dns.Msg{axfr("co.test."), new(dns.Msg).SetIxfr("co.test.", 1, "a.", "b."), new(dns.Msg).SetQuestion("co.test.", dns.TypeSOA)} {
		m.SetTsig("one-key.test.", dns.HmacSHA256, 300, time.Now().Unix())
		in, _, err := c.Exchange(m, w.addr)
		must(t, err)
		if kind := m.Question[0].Qtype; kind == dns.TypeAXFR && in.Rcode != dns.RcodeFormatError ||
			kind != dns.TypeAXFR && (len(in.Answer) != 1 || in.Answer[0].(*dns.SOA).Serial != w.serial() || !in.Authoritative) {
			t.Errorf("over UDP: %v", in)
		}
	}
}

func edns1() *dns.Msg {
	m := axfr("co.test.")
	m.SetEdns0(1232, false)
	m.IsEdns0().SetVersion(1)
	return m
}

// Signatures that are wrong are told apart (RFC 8945 section 5.2).
func TestWrongSignatures(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		what, key, secret, algorithm string
		at                           time.Time
		want                         uint16
	}{
		{"unknown key", "nobody.", secret, dns.HmacSHA256, time.Now(), dns.RcodeBadKey},
		{"another algorithm", "one-key.test.", secret, dns.HmacSHA512, time.Now(), dns.RcodeBadKey},
		{"wrong secret", "one-key.test.", secret2, dns.HmacSHA256, time.Now(), dns.RcodeBadSig},
		{"an hour ago", "one-key.test.", secret, dns.HmacSHA256, time.Now().Add(-time.Hour), dns.RcodeBadTime},
	} {
		m := axfr("co.test.")
		m.SetTsig(tt.key, tt.algorithm, 300, tt.at.Unix())
		wire, _, err := dns.TsigGenerate(m, tt.secret, "", false)
		must(t, err)
		in := w.raw(wire)
		if in == nil || in.Rcode != dns.RcodeNotAuth || in.IsTsig() == nil || in.IsTsig().Error != tt.want || len(in.Answer) > 0 {
			t.Errorf("%s: %v", tt.what, in)
		}
	}
}

// raw sends octets over TCP and returns the answer, nil for none.
func (w *world) raw(wire []byte) *dns.Msg {
	w.t.Helper()
	c, err := net.Dial("tcp", w.addr)
	must(w.t, err)
	defer c.Close()
	must(w.t, c.SetDeadline(time.Now().Add(2*time.Second)))
	_, err = c.Write(append([]byte{byte(len(wire) >> 8), byte(len(wire))}, wire...))
	must(w.t, err)
	var size [2]byte
	if _, err = io.ReadFull(c, size[:]); err != nil {
		return nil
	}
	answer := make([]byte, int(size[0])<<8|int(size[1]))
	_, err = io.ReadFull(c, answer)
	must(w.t, err)
	in := new(dns.Msg)
	must(w.t, in.Unpack(answer))
	return in
}

// Octets that are no DNS message: FORMERR where there is a header, and the
// server goes on.
func TestMalformed(t *testing.T) {
	w := newWorld(t)
	good, err := axfr("co.test.").Pack()
	must(t, err)
	if in := w.raw(good[:11]); in != nil {
		t.Errorf("without a header: %v", in)
	}
	for i := 12; i < len(good); i++ {
		// What is cut at a field's end reads as a question that nobody signed.
		if in := w.raw(good[:i]); in == nil || in.Rcode != dns.RcodeFormatError && in.Rcode != dns.RcodeRefused || len(in.Answer) > 0 {
			t.Errorf("cut at %d: %v", i, in)
		}
	}
	two := axfr("co.test.")
	two.Question = append(two.Question, two.Question[0])
	wire, err := two.Pack()
	must(t, err)
	if in := w.raw(wire); in == nil || in.Rcode != dns.RcodeFormatError {
		t.Errorf("two questions: %v", in)
	}
	loop := append(slices.Clone(good[:12]), 0xc0, 12, 0, 252, 0, 1) // a name that points at itself
	if in := w.raw(loop); in != nil && in.Rcode != dns.RcodeFormatError {
		t.Errorf("a pointer loop: %v", in)
	}
	if _, err = w.transfer(axfr("co.test."), "one-key.test.", secret); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// More transfers at once than there may be are told to come later, and give
// their places back.
func TestTransfersAtOnce(t *testing.T) {
	w := newWorld(t)
	var served, busy int
	results := make(chan error, 12)
	for range cap(results) {
		go func() {
			_, err := w.transfer(axfr("co.test."), "one-key.test.", secret)
			results <- err
		}()
	}
	for range cap(results) {
		switch err := <-results; {
		case err == nil:
			served++
		case strings.Contains(err.Error(), "rcode: 2"):
			busy++
		default:
			t.Error(err)
		}
	}
	if served == 0 || served+busy != cap(results) {
		t.Errorf("%d served, %d told to come later", served, busy)
	}
	if _, err := w.transfer(axfr("co.test."), "one-key.test.", secret); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
