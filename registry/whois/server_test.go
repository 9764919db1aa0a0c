package whois

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/lookuptest"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// start serves a register and returns the server and its address.
func start(t testing.TB, reg *registry.Registry, cfg Config) (*Server, string) {
	t.Helper()
	if cfg.Publication == "" {
		cfg.Publication = registry.PublishMinimal
	}
	cfg.Name = "Test registry"
	s, err := New(reg, cfg)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, ln.Addr().String()
}

// ask sends bytes as they are and reads to the end.
func ask(t testing.TB, address, line string) string {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, line); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	text := string(out)
	for l := range strings.SplitAfterSeq(text, "\n") {
		if l != "" && !strings.HasSuffix(l, "\r\n") {
			t.Errorf("%q: the line %q does not end in CR LF (RFC 3912)", line, l)
		}
	}
	return text
}

// values are the values of a key in an answer.
func values(answer, key string) []string {
	var out []string
	for l := range strings.SplitSeq(answer, "\r\n") {
		if v, ok := strings.CutPrefix(l, key+": "); ok {
			out = append(out, v)
		}
	}
	return out
}

func wantField(t *testing.T, answer, key string, want ...string) {
	t.Helper()
	if got := values(answer, key); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %q, want %q\n%s", key, got, want, answer)
	}
}

// The whole of an answer, with glue in both families and DNSSEC.
func TestDomain(t *testing.T) {
	reg := lookuptest.New(t)
	_, address := start(t, reg.Registry, Config{TermsURL: "https://registry.example/terms"})
	a := ask(t, address, "glue.co.test\r\n")
	wantField(t, a, "Domain Name", "glue.co.test")
	wantField(t, a, "Registrar", "Alpha Names Ltd t/a Alpha")
	wantField(t, a, "Registrar Tag", "A-ONE")
	wantField(t, a, "Registrar URL", "https://alpha.example")
	wantField(t, a, "Registrar IANA ID", "9901")
	wantField(t, a, "Registrar Abuse Contact Email", "abuse@alpha.example")
	wantField(t, a, "Registration Status", "Registered until expiry date")
	wantField(t, a, "Creation Date", "2026-06-01T09:00:00Z")
	wantField(t, a, "Registry Expiry Date", "2028-06-01T00:00:00Z")
	wantField(t, a, "Domain Status", "ok https://icann.org/epp#ok")
	wantField(t, a, "Name Server", "ns1.example.net", "ns1.glue.co.test 192.0.2.1 2001:db8::1")
	wantField(t, a, "DNSSEC", "signedDelegation")
	wantField(t, a, "DNSSEC DS Data", "7165 13 2 "+strings.ToUpper(lookuptest.Digest))
	if !strings.Contains(a, ">>> Last update of WHOIS database: 2026-06-01T09:00:00Z <<<") || !strings.Contains(a, "https://registry.example/terms") {
		t.Error(a)
	}
}

// Each name shows the one registration status of renewals.md and its EPP
// statuses.
func TestStates(t *testing.T) {
	reg := lookuptest.New(t)
	_, address := start(t, reg.Registry, Config{})
	for _, c := range []struct{ name, status, epp string }{
		{"fresh.co.test", "Registration request being processed", "ok"},
		{"paid.co.test", "Registered until expiry date", "ok"},
		{"renewing.co.test", "Renewal request being processed", "ok"},
		{"expired.co.test", "Renewal required", "ok"},
		{"suspended.co.test", "Renewal required", "serverHold"},
		{"norenew.co.test", "No longer required", "ok"}, // R32
		{"held.co.test", "Registered until expiry date", "clientTransferProhibited serverHold"},
		{"bare.co.test", "Registered until expiry date", "inactive"},
		{"pending.ref.test", "Registration request being processed", "pendingCreate"},
		{"tulip.gen", "", "ok addPeriod"},
	} {
		a := ask(t, address, c.name+"\r\n")
		var want []string
		for s := range strings.FieldsSeq(c.epp) {
			want = append(want, s+" https://icann.org/epp#"+s)
		}
		wantField(t, a, "Domain Status", want...)
		if c.status == "" {
			wantField(t, a, "Registration Status")
			continue
		}
		wantField(t, a, "Registration Status", c.status)
	}
	wantField(t, ask(t, address, "suspended.co.test\n"), "Suspended Since", "2026-05-08")
}

// Names are asked for in Unicode and as A-labels, in any case, with a dot at the
// end, and shown in both forms.
func TestScripts(t *testing.T) {
	reg := lookuptest.New(t)
	_, address := start(t, reg.Registry, Config{})
	for query, want := range map[string]string{
		"bücher.co.test": lookuptest.Latin, "BÜCHER.CO.TEST.": lookuptest.Latin, "XN--BCHER-KVA.co.test": lookuptest.Latin,
		"domain bu\u0308cher.co.test": lookuptest.Latin, // not composed
		"пример.co.test":              lookuptest.Cyrillic, "例子.co.test": lookuptest.Chinese, "例子。co。test": lookuptest.Chinese,
		"مثال.co.test": lookuptest.Arabic,
	} {
		a := ask(t, address, query+"\r\n")
		wantField(t, a, "Domain Name", want)
		wantField(t, a, "Internationalized Domain Name", registry.ToUnicode(want))
	}
}

func TestOtherObjects(t *testing.T) {
	reg := lookuptest.New(t)
	_, address := start(t, reg.Registry, Config{PerMinute: 50})
	a := ask(t, address, "nameserver NS1.glue.co.test\r\n")
	wantField(t, a, "Server Name", "ns1.glue.co.test")
	wantField(t, a, "IP Address", "192.0.2.1", "2001:db8::1")
	wantField(t, a, "Server Status", "linked", "ok")
	wantField(t, a, "Registrar Tag", "A-ONE")
	for _, q := range []string{"registrar a-one", "registrar 9901", "tag A-ONE"} {
		wantField(t, ask(t, address, q+"\r\n"), "Registrar URL", "https://alpha.example")
	}
	wantField(t, ask(t, address, "registrar DETAGGED\r\n"), "Registrar", "No registrar")
	for _, q := range []string{"help\r\n", "?\n"} {
		if a := ask(t, address, q); !strings.Contains(a, "registrar TAG") || !strings.Contains(a, "50 times a minute") {
			t.Errorf("%q: %s", q, a)
		}
	}
}

// What is told of contacts follows the policy of the zone, or else of the
// installation, and the contact's own wishes.
func TestPublication(t *testing.T) {
	reg := lookuptest.New(t)
	const hidden = "REDACTED"
	for _, c := range []struct {
		policy             registry.Publication // of co.test; full.test has its own
		name               string
		who, street, email string
		country            string
	}{
		{registry.PublishNone, "of-PERSON.co.test", "", "", "", ""},
		{registry.PublishMinimal, "of-PERSON.co.test", hidden, hidden, hidden, "GB"},
		{registry.PublishMinimal, "of-FIRM.co.test", hidden, hidden, hidden, "GB"},
		{registry.PublishMinimal, "of-OPEN.co.test", "Zoë OPEN", hidden, "OPEN@mail.example", "GB"},
		{registry.PublishOrganisations, "of-FIRM.co.test", "Zoë FIRM", "1 FIRM Street", "FIRM@mail.example", "GB"},
		{registry.PublishOrganisations, "of-PERSON.co.test", hidden, hidden, hidden, "GB"},
		{registry.PublishMinimal, "of-PERSON.full.test", "Zoë PERSON", "1 PERSON Street", "PERSON@mail.example", "GB"},
		{registry.PublishMinimal, "of-SHY.full.test", hidden, hidden, "SHY@mail.example", hidden},
		{registry.PublishMinimal, "of-OPTOUT.full.test", "Zoë OPTOUT", hidden, hidden, "GB"},
	} {
		_, address := start(t, reg.Registry, Config{Publication: c.policy})
		a := ask(t, address, c.name+"\r\n")
		for key, want := range map[string]string{"Name": c.who, "Street": c.street, "Email": c.email, "Country": c.country} {
			got := strings.Join(values(a, "Registrant "+key), "|")
			if first, _, _ := strings.Cut(got, "|"); first != want {
				t.Errorf("%s, %s: registrant %s is %q, want %q", c.policy, c.name, key, got, want)
			}
		}
		// What is withheld is nowhere in the answer.
		handle := strings.ToUpper(strings.TrimPrefix(strings.Split(c.name, ".")[0], "of-"))
		if c.who == hidden && strings.Contains(a, "Zoë "+handle) || c.street != "1 "+handle+" Street" && strings.Contains(a, handle+" Street") {
			t.Errorf("%s: a withheld value is told:\n%s", c.name, a)
		}
	}
}

func TestRefusals(t *testing.T) {
	reg := lookuptest.New(t)
	_, address := start(t, reg.Registry, Config{Timeout: 300 * time.Millisecond})
	long := strings.Repeat("a", 64)
	for _, c := range []struct{ query, want string }{
		{"\r\n", "empty"}, {"   \t \r\n", "empty"}, {"\n", "empty"},
		{"nothing.co.test\r\n", `No match for "nothing.co.test"`},
		{"www.paid.co.test\r\n", "directly below co.test"},
		{"co.test\r\n", "is a zone of this registry"},
		{"example.com\r\n", "lies in no zone of this registry"},
		{"nameserver ns9.example.net\r\n", "No match"},
		{"registrar NOBODY\r\n", "No match"}, {"registrar C1-TEST\r\n", "No match"},
		{"registrar %00\r\n", "cannot be looked up"}, {"registrar é\r\n", "cannot be looked up"},
		{"-T dn paid.co.test\r\n", "A query is a name"}, {"-h\r\n", "no options"},
		{"paid.co.test fresh.co.test\r\n", "A query is a name"},
		{"person PERSON\r\n", "A query is a name"},
		{"paid.co.test\x00\r\n", "cannot be printed"}, {"\x1b[31mpaid.co.test\r\n", "cannot be printed"},
		{"paid\u202e.co.test\r\n", "cannot be printed"},
		{"paid.\xff\xfe.test\r\n", "not UTF-8"},
		{"pa_id.co.test\r\n", "letters, digits and hyphens"}, {"-a.co.test\r\n", "no options"}, {"domain -a.co.test\r\n", "hyphen"},
		{"a..co.test\r\n", "is empty"}, {".\r\n", "is empty"}, {"domain ..\r\n", "is empty"},
		{long + ".co.test\r\n", "longer than 63"}, {"xn--a.co.test\r\n", "not a valid A-label"},
		{strings.Repeat("a.", 200) + "co.test\r\n", "1 to 253"},
		{strings.Repeat("x", maxQuery) + "\r\n", "too long"}, {strings.Repeat("x", 200_000), "too long"},
		{"paid.co.test", ""}, // no line end, and the client waits: nothing is said
		{"192.0.2.1\r\n", "No match"}, {"2001:db8::1\r\n", "letters, digits and hyphens"},
	} {
		if c.query == strings.Repeat("x", 200_000) {
			// The server does not read all of it, so that writing may fail.
			c.query = c.query[:60_000]
		}
		a := ask(t, address, c.query)
		if c.want == "" && a != "" || !strings.Contains(a, c.want) || c.want != "" && !strings.HasPrefix(a, "% ") {
			t.Errorf("%.60q: got %q, want %q", c.query, a, c.want)
		}
		if strings.ContainsAny(a, "\x00\x1b\u202e") {
			t.Errorf("%.60q: the answer repeats control characters: %q", c.query, a)
		}
	}
}

// A client that ends its side of the connection instead of the line has asked.
func TestQueryWithoutLineEnd(t *testing.T) {
	reg := lookuptest.New(t)
	_, address := start(t, reg.Registry, Config{})
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err = io.WriteString(conn, "paid.co.test"); err == nil {
		err = conn.(*net.TCPConn).CloseWrite()
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	wantField(t, string(out), "Domain Name", "paid.co.test")
}

func TestRateLimit(t *testing.T) {
	reg := lookuptest.New(t)
	metrics := prometheus.NewRegistry()
	_, address := start(t, reg.Registry, Config{PerMinute: 3, Metrics: metrics})
	for range 3 {
		wantField(t, ask(t, address, "paid.co.test\r\n"), "Domain Name", "paid.co.test")
	}
	reg.Queries()
	if a := ask(t, address, "paid.co.test\r\n"); !strings.Contains(a, "answered in 20 seconds") && !strings.Contains(a, "answered in 21 seconds") {
		t.Error(a)
	}
	if n := reg.Queries(); n != 0 {
		t.Errorf("a refused query asked the database %d times", n)
	}
	pgtest.Advance(t, reg.DB, 21*time.Second)
	wantField(t, ask(t, address, "paid.co.test\r\n"), "Domain Name", "paid.co.test")
	err := testutil.GatherAndCompare(metrics, strings.NewReader(`
		# HELP whois_queries_total WHOIS queries by what they asked for and what became of them.
		# TYPE whois_queries_total counter
		whois_queries_total{object="domain",result="found"} 4
		whois_queries_total{object="help",result="rate limited"} 1
	`), "whois_queries_total")
	if err != nil {
		t.Error(err)
	}
}

// One client cannot take all connections.
func TestConnectionsOfOneAddress(t *testing.T) {
	reg := lookuptest.New(t)
	_, address := start(t, reg.Registry, Config{MaxPerAddress: 2})
	for range 2 {
		silent, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
	}
	deadline := time.Now().Add(5 * time.Second)
	for !strings.Contains(ask(t, address, "paid.co.test\r\n"), "Too many connections") {
		if time.Now().After(deadline) {
			t.Fatal("a third connection was served")
		}
	}
}

// A look-up asks the database once, and what cannot be here not at all.
func TestQueriesPerLookup(t *testing.T) {
	reg := lookuptest.New(t)
	_, address := start(t, reg.Registry, Config{})
	ask(t, address, "paid.co.test\r\n") // the zones are read now
	for query, want := range map[string]int64{
		"glue.co.test\r\n": 1, "renewing.co.test\r\n": 1, "tulip.gen\r\n": 1, "nothing.co.test\r\n": 1,
		"nameserver ns1.glue.co.test\r\n": 1, "registrar A-ONE\r\n": 1,
		"example.com\r\n": 0, "co.test\r\n": 0, "a..b\r\n": 0, "help\r\n": 0,
	} {
		reg.Queries()
		ask(t, address, query)
		if got := reg.Queries(); got != want {
			t.Errorf("%q asked the database %d times, want %d", query, got, want)
		}
	}
}

// The database is away: the client is told to come back, and nothing else.
func TestDatabaseAway(t *testing.T) {
	reg := lookuptest.New(t)
	_, address := start(t, reg.Registry, Config{})
	ask(t, address, "paid.co.test\r\n")
	reg.DB.Pool.Close()
	if a := ask(t, address, "paid.co.test\r\n"); a != "% The registry cannot answer at the moment. Try again later.\r\n" {
		t.Error(a)
	}
}

// Answers a second, a connection for each, a handful of names.
func BenchmarkDomain(b *testing.B) {
	_, address := start(b, lookuptest.New(b).Registry, Config{MaxPerAddress: 1000})
	names := []string{"glue.co.test\r\n", "paid.co.test\r\n", "tulip.gen\r\n", lookuptest.Latin + "\r\n", "of-FIRM.full.test\r\n"}
	ask(b, address, names[0])
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if a := ask(b, address, names[i%len(names)]); !strings.HasPrefix(a, "Domain Name: ") {
				b.Error(a)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}

func FuzzQuery(f *testing.F) {
	for _, s := range []string{"", "help", "domain a.b", "bücher.example", "\x00", "a b c", "-x", "registrar \xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		q, err := parseQuery(line)
		if err != nil {
			return
		}
		if q.kind != kindHelp && q.text == "" {
			t.Errorf("%q: nothing is asked for", line)
		}
		if strings.ContainsAny(q.text, " \t\r\n\x00") {
			t.Errorf("%q: %q has white space or control characters", line, q.text)
		}
		if name, err := registry.ToASCII(trimDot(q.text)); err == nil && strings.ContainsFunc(name, func(r rune) bool { return r > '~' }) {
			t.Errorf("%q: %q is not ASCII", line, name)
		}
	})
}
