package rdap

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
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

// service is a handler on a listener of its own.
type service struct {
	*httptest.Server
	t   testing.TB
	reg *lookuptest.Register
}

func start(t testing.TB, reg *lookuptest.Register, cfg Config) *service {
	t.Helper()
	cfg.Base, cfg.Name = "https://registry.example/rdap/", "Test registry"
	if cfg.Publication == "" {
		cfg.Publication = registry.PublishMinimal
	}
	h, err := New(reg.Registry, cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{httptest.NewServer(http.StripPrefix("/rdap", h)), t, reg}
	t.Cleanup(s.Close)
	return s
}

// do asks and holds the answer to RFC 9083.
func (s *service) do(method, path string) (*http.Response, []byte) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+"/rdap/"+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp, body
}

// get is an answer of a status, checked.
func (s *service) get(path string, status int) map[string]any {
	s.t.Helper()
	resp, body := s.do("GET", path)
	if resp.StatusCode != status {
		s.t.Fatalf("%s: status %d, want %d\n%s", path, resp.StatusCode, status, body)
	}
	if got := resp.Header.Get("Content-Type"); got != "application/rdap+json" {
		s.t.Errorf("%s: content type %q", path, got)
	}
	if resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		s.t.Errorf("%s: no CORS (RFC 7480 section 5.6)", path)
	}
	return checkShape(s.t, status, body)
}

// in walks into an answer: names of members, numbers of elements.
func in(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			o, _ := v.(map[string]any)
			v = o[p]
		case int:
			list, _ := v.([]any)
			if p >= len(list) {
				return nil
			}
			v = list[p]
		}
	}
	return v
}

func want(t *testing.T, v any, value any, path ...any) {
	t.Helper()
	if got := in(v, path...); fmt.Sprint(got) != fmt.Sprint(value) {
		t.Errorf("%v: got %v, want %v", path, got, value)
	}
}

// byRole is the entity of a role.
func byRole(v any, role string) any {
	list, _ := in(v, "entities").([]any)
	for _, e := range list {
		if in(e, "roles", 0) == role {
			return e
		}
	}
	return nil
}

// card is the value of a jCard's property.
func cardValue(e any, name string) any {
	list, _ := in(e, "vcardArray", 1).([]any)
	for _, p := range list {
		if in(p, 0) == name {
			return in(p, 3)
		}
	}
	return nil
}

func TestDomain(t *testing.T) {
	reg := lookuptest.New(t)
	s := start(t, reg, Config{TermsURL: "https://registry.example/terms"})
	v := s.get("domain/GLUE.co.test", 200)
	want(t, v, "glue.co.test", "ldhName")
	want(t, v, nil, "unicodeName")
	want(t, v, "https://registry.example/rdap/domain/glue.co.test", "links", 0, "href")
	want(t, v, "[active]", "status")
	want(t, v, true, "secureDNS", "delegationSigned")
	want(t, v, strings.ToUpper(lookuptest.Digest), "secureDNS", "dsData", 0, "digest")
	want(t, v, "ns1.glue.co.test", "nameservers", 1, "ldhName")
	want(t, v, "[192.0.2.1]", "nameservers", 1, "ipAddresses", "v4")
	want(t, v, "[2001:db8::1]", "nameservers", 1, "ipAddresses", "v6")
	want(t, v, nil, "nameservers", 0, "ipAddresses")
	want(t, v, "Registration status", "remarks", 0, "title")
	want(t, v, "[Registered until expiry date]", "remarks", 0, "description")
	want(t, v, "https://registry.example/terms", "notices", 0, "links", 0, "href")
	want(t, v, "map[eventAction:registration eventDate:2026-06-01T09:00:00Z]", "events", 0)
	want(t, v, "map[eventAction:expiration eventDate:2028-06-01T00:00:00Z]", "events", 1)
	g := byRole(v, "registrar")
	want(t, g, "9901", "handle")
	want(t, g, "[map[identifier:9901 type:IANA Registrar ID] map[identifier:A-ONE type:Registrar Tag]]", "publicIds")
	want(t, g, "https://alpha.example", "links", 0, "href")
	want(t, cardValue(g, "fn"), "Alpha Names Ltd")
	want(t, cardValue(in(g, "entities", 0), "email"), "abuse@alpha.example")
	want(t, cardValue(in(g, "entities", 0), "tel"), "tel:+44-2079460001")
}

// Each state of a name: its registration status (renewals.md) and its statuses
// as RFC 8056 maps them.
func TestStates(t *testing.T) {
	s := start(t, lookuptest.New(t), Config{})
	for _, c := range []struct{ name, status, rdap string }{
		{"fresh.co.test", "Registration request being processed", "active"},
		{"paid.co.test", "Registered until expiry date", "active"},
		{"renewing.co.test", "Renewal request being processed", "active"},
		{"expired.co.test", "Renewal required", "active"},
		{"suspended.co.test", "Renewal required", "server hold"},
		{"norenew.co.test", "No longer required", "active"}, // R32
		{"held.co.test", "Registered until expiry date", "client transfer prohibited server hold"},
		{"bare.co.test", "Registered until expiry date", "inactive"},
		{"pending.ref.test", "Registration request being processed", "pending create"},
		{"tulip.gen", "", "active add period"},
	} {
		v := s.get("domain/"+c.name, 200)
		want(t, v, "["+c.rdap+"]", "status")
		if c.status == "" {
			want(t, v, nil, "remarks")
			continue
		}
		want(t, v, "["+c.status+"]", "remarks", 0, "description")
	}
}

// Every status that the register knows has a place in RFC 8056.
func TestStatusMapIsComplete(t *testing.T) {
	for _, o := range []registry.Object{registry.ObjectDomain, registry.ObjectContact, registry.ObjectHost} {
		for _, s := range o.Statuses() {
			if statuses[string(s)] == "" {
				t.Errorf("%s of a %s has no RDAP status", s, o)
			}
		}
	}
	for _, s := range []registry.RGPState{registry.RGPAdd, registry.RGPAutoRenew, registry.RGPRenew, registry.RGPTransfer,
		registry.RGPRedemption, registry.RGPPendingRestore, registry.RGPPendingDelete} {
		if statuses[string(s)] == "" {
			t.Errorf("%s has no RDAP status", s)
		}
	}
}

// A gtld name: the notices of ICANN's profile, which is claimed where the
// registrar has what it demands, and contacts by role.
func TestGTLD(t *testing.T) {
	reg := lookuptest.New(t)
	s := start(t, reg, Config{})
	v := s.get("domain/tulip.gen", 200)
	want(t, v, "[rdap_level_0 redacted icann_rdap_response_profile_1 icann_rdap_technical_implementation_guide_1]", "rdapConformance")
	want(t, v, "https://icann.org/epp", "notices", 0, "links", 0, "href")
	want(t, v, "https://icann.org/wicf", "notices", 1, "links", 0, "href")
	want(t, v, "https://registry.example/rdap/domain/tulip.gen", "notices", 1, "links", 0, "value")
	want(t, cardValue(byRole(v, "registrant"), "fn"), "Zoë OPEN")
	want(t, cardValue(byRole(v, "administrative"), "email"), "OPEN@mail.example")
	if byRole(v, "technical") != nil || byRole(v, "billing") != nil {
		t.Error("a contact is shown of which nothing may be known")
	}
	var names []string
	for _, r := range in(v, "redacted").([]any) {
		for _, how := range []string{"type", "description"} {
			if name, ok := in(r, "name", how).(string); ok {
				names = append(names, name)
			}
		}
	}
	if !slices.Contains(names, "Tech Contact") || !slices.Contains(names, "Registrant City") || slices.Contains(names, "Registrant Name") {
		t.Errorf("redactions %q", names)
	}
	reg.SQL(`UPDATE registrar SET iana_id = NULL WHERE tag = 'A-ONE'`)
	v = s.get("domain/tulip.gen", 200)
	want(t, v, "[rdap_level_0 redacted]", "rdapConformance")
	want(t, byRole(v, "registrar"), "A-ONE", "handle")
}

// Names are asked for in Unicode and as A-labels, escaped or not, in any case.
func TestScripts(t *testing.T) {
	s := start(t, lookuptest.New(t), Config{})
	for asked, stored := range map[string]string{
		url.PathEscape("bücher.co.test"): lookuptest.Latin, "B%C3%9CCHER.co.test.": lookuptest.Latin, "XN--bcher-KVA.co.test": lookuptest.Latin,
		"bu%CC%88cher.co.test":           lookuptest.Latin, // not composed
		url.PathEscape("пример.co.test"): lookuptest.Cyrillic, url.PathEscape("例子。co。test"): lookuptest.Chinese,
		url.PathEscape("مثال.co.test"): lookuptest.Arabic,
	} {
		v := s.get("domain/"+asked, 200)
		want(t, v, stored, "ldhName")
		want(t, v, registry.ToUnicode(stored), "unicodeName")
		want(t, v, "https://registry.example/rdap/domain/"+stored, "links", 0, "href")
	}
}

// What is told of contacts, and what is said about the rest (RFC 9537).
func TestPublication(t *testing.T) {
	reg := lookuptest.New(t)
	for _, c := range []struct {
		policy                       registry.Publication
		name                         string
		fn, city, country, email, id any
	}{
		{registry.PublishMinimal, "of-PERSON.co.test", "", "", "GB", nil, false},
		{registry.PublishMinimal, "of-OPEN.co.test", "Zoë OPEN", "", "GB", "OPEN@mail.example", true},
		{registry.PublishOrganisations, "of-FIRM.co.test", "Zoë FIRM", "Town of FIRM", "GB", "FIRM@mail.example", true},
		{registry.PublishOrganisations, "of-PERSON.co.test", "", "", "GB", nil, false},
		{registry.PublishNone, "of-FIRM.full.test", "Zoë FIRM", "Town of FIRM", "GB", "FIRM@mail.example", true},
		{registry.PublishFull, "of-SHY.co.test", "", "", nil, "SHY@mail.example", true},
		{registry.PublishFull, "of-OPTOUT.co.test", "Zoë OPTOUT", "", "GB", nil, true},
	} {
		s := start(t, reg, Config{Publication: c.policy})
		_, body := s.do("GET", "domain/"+c.name)
		v := checkShape(t, 200, body)
		who := byRole(v, "registrant")
		want(t, cardValue(who, "fn"), c.fn)
		want(t, in(cardValue(who, "adr"), 3), c.city)
		want(t, cardValue(who, "email"), c.email)
		want(t, in(who, "handle") != nil, c.id)
		var cc any
		for _, p := range in(who, "vcardArray", 1).([]any) {
			if in(p, 0) == "adr" {
				cc = in(p, 1, "cc")
			}
		}
		want(t, cc, c.country)
		said := fmt.Sprint(in(v, "redacted"))
		handle := strings.ToUpper(strings.TrimPrefix(strings.Split(c.name, ".")[0], "of-"))
		for what, hidden := range map[string]bool{"Registrant Name": c.fn == "", "Registrant City": c.city == "",
			"Registrant Country": c.country == nil, "Registrant Email": c.email == nil, "Registry Registrant ID": c.id == false} {
			if strings.Contains(said, what) != hidden {
				t.Errorf("%s, %s: %s redacted: %v\n%s", c.policy, c.name, what, !hidden, said)
			}
		}
		for value, hidden := range map[string]bool{"Zoë " + handle: c.fn == "", "Town of " + handle: c.city == "", handle + "@mail.example": c.email == nil} {
			if hidden && strings.Contains(string(body), value) {
				t.Errorf("%s, %s: %s is told", c.policy, c.name, value)
			}
		}
	}
	s := start(t, reg, Config{Publication: registry.PublishNone})
	v := s.get("domain/of-PERSON.co.test", 200)
	if byRole(v, "registrant") != nil || in(v, "redacted") != nil {
		t.Error("none is not none")
	}
}

func TestNameserver(t *testing.T) {
	s := start(t, lookuptest.New(t), Config{})
	v := s.get("nameserver/ns1.glue.co.test", 200)
	want(t, v, "[192.0.2.1]", "ipAddresses", "v4")
	want(t, v, "[associated active]", "status")
	want(t, byRole(v, "registrar"), "9901", "handle")
	v = s.get("nameserver/ns1.example.net", 200)
	want(t, v, nil, "ipAddresses")
	s.get("nameserver/ns3.example.net", 404)
}

func TestEntity(t *testing.T) {
	reg := lookuptest.New(t)
	s := start(t, reg, Config{})
	for _, handle := range []string{"9901", "A-ONE", "a-one"} {
		v := s.get("entity/"+handle, 200)
		want(t, v, "9901", "handle")
		want(t, cardValue(v, "fn"), "Alpha Names Ltd")
	}
	want(t, s.get("entity/B-TWO", 200), "B-TWO", "handle")
	// The handle of a contact leads back to it, where it is told at all.
	at := in(byRole(s.get("domain/of-OPEN.co.test", 200), "registrant"), "handle").(string)
	v := s.get("entity/"+at, 200)
	want(t, cardValue(v, "fn"), "Zoë OPEN")
	want(t, v, at, "handle")
	for id := 1; id <= 5; id++ { // the others are not to be known, by their roid either
		if roid := fmt.Sprintf("C%d-TEST", id); roid != at {
			s.get("entity/"+roid, 404)
		}
	}
	s.get("entity/OPEN", 404) // nor by the id that the registrar gave
	full := start(t, reg, Config{Publication: registry.PublishFull})
	want(t, cardValue(full.get("entity/C1-TEST", 200), "email"), "PERSON@mail.example")
}

func TestRefusals(t *testing.T) {
	s := start(t, lookuptest.New(t), Config{})
	for _, c := range []struct {
		path   string
		status int
		why    string
	}{
		{"domain/nothing.co.test", 404, "not registered"},
		{"domain/www.paid.co.test", 404, "directly below co.test"},
		{"domain/co.test", 404, "is a zone"}, {"domain/example.com", 404, "lies in no zone"},
		{"domain/", 400, "names nothing"}, {"domain", 400, "names nothing"},
		{"domain/paid.co.test/x", 400, "one name"}, {"domain/paid%2Fco.test", 400, "letters, digits and hyphens"},
		{"domain/%00", 400, "cannot be printed"}, {"domain/paid%00.co.test", 400, "cannot be printed"},
		{"domain/%0d%0aX-Injected:%20yes", 400, "cannot be printed"}, {"domain/paid%E2%80%AE.co.test", 400, "cannot be printed"},
		{"domain/%ff%fe.co.test", 400, "not UTF-8"}, {"domain/a..co.test", 400, "is empty"}, {"domain/-a.co.test", 400, "hyphen"},
		{"domain/%3Cscript%3E.co.test", 400, "letters, digits"}, {"domain/xn--a.co.test", 400, "not a valid A-label"},
		{"domain/" + strings.Repeat("a", 64) + ".co.test", 400, "longer than 63"},
		{"domain/" + strings.Repeat("a.", 300) + "co.test", 400, "1 to 253"},
		{"domain/" + strings.Repeat("a", 5000), 414, "too long"}, {"domain/paid.co.test?x=" + strings.Repeat("a", 5000), 414, "too long"},
		{"nameserver/%00", 400, "cannot be printed"}, {"nameserver/localhost", 400, "not a host name"},
		{"entity/%00", 400, "cannot be printed"}, {"entity/%C3%A9", 400, "handle"}, {"entity/" + strings.Repeat("A", 100), 400, "handle"},
		{"entity/NOBODY", 404, "There is no"}, {"entity/99999999999999999999", 404, "There is no"}, {"entity/C0-TEST", 404, "There is no"},
		{"ip/192.0.2.1", 501, "not addresses"}, {"ip/192.0.2.0/24", 501, "not addresses"}, {"autnum/64496", 501, "not autonomous"},
		{"domains?name=paid*", 501, "no searches"}, {"nameservers?ip=192.0.2.1", 501, "no searches"}, {"entities?fn=A*", 501, "no searches"},
		{"rubbish", 400, "no such query"}, {"help/x", 400, "no such query"}, {"domains/x", 400, "no such query"},
	} {
		v := s.get(c.path, c.status)
		if why := fmt.Sprint(in(v, "description")); !strings.Contains(why, c.why) {
			t.Errorf("%.60s: %s, want %q", c.path, why, c.why)
		}
	}
	s.get("domain/paid.co.test?unknown=parameter", 200) // RFC 7480 section 4.1: ignored
}

func TestMethods(t *testing.T) {
	s := start(t, lookuptest.New(t), Config{})
	get, body := s.do("GET", "domain/paid.co.test")
	head, none := s.do("HEAD", "domain/paid.co.test")
	if head.StatusCode != 200 || len(none) != 0 || head.ContentLength != int64(len(body)) || get.StatusCode != 200 {
		t.Errorf("HEAD: %d, %d octets, length %d; GET has %d", head.StatusCode, len(none), head.ContentLength, len(body))
	}
	if r, _ := s.do("HEAD", "domain/nothing.co.test"); r.StatusCode != 404 {
		t.Errorf("HEAD of nothing: %d", r.StatusCode)
	}
	r, body := s.do("OPTIONS", "domain/paid.co.test")
	if r.StatusCode != 204 || len(body) != 0 || r.Header.Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS" {
		t.Errorf("OPTIONS: %d %v", r.StatusCode, r.Header)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
		r, body := s.do(method, "domain/paid.co.test")
		checkShape(t, 405, body)
		if r.StatusCode != 405 || r.Header.Get("Allow") == "" {
			t.Errorf("%s: %d", method, r.StatusCode)
		}
	}
}

func TestHelp(t *testing.T) {
	s := start(t, lookuptest.New(t), Config{})
	v := s.get("help", 200)
	want(t, v, "RDAP of Test registry", "notices", 0, "title")
	s.get("", 200)
}

func TestSearch(t *testing.T) {
	reg := lookuptest.New(t)
	s := start(t, reg, Config{Search: true})
	names := func(v map[string]any, member, name string) string {
		var out []string
		for _, d := range in(v, member).([]any) {
			out = append(out, in(d, name).(string))
		}
		return strings.Join(out, " ")
	}
	for query, found := range map[string]string{
		"name=of-per*":               "", // stored in lower case below
		"name=paid*":                 "paid.co.test",
		"name=pen*.ref.test":         "pending.ref.test",
		"name=PAID.co.test":          "paid.co.test",
		"name=b%C3%BCcher.co.test":   lookuptest.Latin,
		"nsLdhName=ns1.glue*":        "glue.co.test",
		"nsLdhName=ns1.glue.co.test": "glue.co.test",
		"nsIp=192.0.2.1":             "glue.co.test", "nsIp=2001:db8:0:0::1": "glue.co.test",
	} {
		if found == "" {
			found = "of-person.co.test of-person.full.test"
		}
		reg.Queries()
		if got := names(s.get("domains?"+query, 200), "domainSearchResults", "ldhName"); got != found {
			t.Errorf("%s: %s, want %s", query, got, found)
		}
		if n := reg.Queries(); n > 1 {
			t.Errorf("%s asked the database %d times", query, n)
		}
	}
	for query, found := range map[string]string{"name=ns1*": "ns1.example.net ns1.glue.co.test", "name=ns1.*.net": "ns1.example.net",
		"ip=192.0.2.1": "ns1.glue.co.test"} {
		if got := names(s.get("nameservers?"+query, 200), "nameserverSearchResults", "ldhName"); got != found {
			t.Errorf("%s: %s, want %s", query, got, found)
		}
	}
	for query, found := range map[string]string{"fn=alpha*": "9901", "fn=Alpha%20Names%20Ltd": "9901", "handle=B*": "B-TWO", "handle=9901": "9901"} {
		if got := names(s.get("entities?"+query, 200), "entitySearchResults", "handle"); got != found {
			t.Errorf("%s: %s, want %s", query, got, found)
		}
	}
	for _, query := range []string{"domains?name=nothing*", "nameservers?ip=192.0.2.99", "entities?fn=Zo%C3%AB*", "domains?nsIp=192.0.2.99", "domains?name=pai*.co"} {
		s.get(query, 404)
	}
	for _, query := range []string{"domains", "domains?name=", "domains?name=pa*", "domains?name=*", "domains?name=p*id*", "domains?name=paid*x",
		"domains?name=paid*&nsIp=192.0.2.1", "domains?name=paid*&name=held*", "domains?name=b%C3%BCch*", "domains?name=%00aaa*", "domains?name=%ff",
		"domains?name=%zz", "domains?nsIp=x", "domains?nsIp=192.0.2.1/24", "nameservers?ip=fe80::1%25eth0", "entities?fn=a*b", "entities?email=x"} {
		s.get(query, 400)
	}
}

// A search tells 50 results and that there are more.
func TestSearchIsLimited(t *testing.T) {
	reg := lookuptest.New(t)
	reg.SQL(`INSERT INTO domain (name, zone_id, sponsor, registrant, expires, first_paid, creator, created_at)
		SELECT 'many' || n || '.co.test', zone_id, sponsor, registrant, expires, true, creator, created_at
		FROM domain, generate_series(1, 60) n WHERE name = 'paid.co.test'`)
	s := start(t, reg, Config{Search: true})
	v := s.get("domains?name=many*", 200)
	if n := len(in(v, "domainSearchResults").([]any)); n != 50 {
		t.Errorf("%d results, want 50", n)
	}
	want(t, v, "result set truncated due to excessive load", "notices", 0, "type")
	want(t, v, "object truncated due to authorization", "notices", 1, "type")
}

func TestRateLimit(t *testing.T) {
	reg := lookuptest.New(t)
	metrics := prometheus.NewRegistry()
	s := start(t, reg, Config{PerMinute: 2, Metrics: metrics})
	s.get("domain/paid.co.test", 200)
	s.get("domain/nothing.co.test", 404)
	reg.Queries()
	r, body := s.do("GET", "domain/paid.co.test")
	checkShape(t, 429, body)
	if r.StatusCode != 429 || r.Header.Get("Retry-After") == "" || reg.Queries() != 0 {
		t.Errorf("%d, Retry-After %q", r.StatusCode, r.Header.Get("Retry-After"))
	}
	pgtest.Advance(t, reg.DB, 31*time.Second)
	s.get("domain/paid.co.test", 200)
	err := testutil.GatherAndCompare(metrics, strings.NewReader(`
		# HELP rdap_queries_total RDAP queries by what they asked for and the status of the answer.
		# TYPE rdap_queries_total counter
		rdap_queries_total{object="domain",result="200"} 2
		rdap_queries_total{object="domain",result="404"} 1
		rdap_queries_total{object="other",result="429"} 1
	`), "rdap_queries_total")
	if err != nil {
		t.Error(err)
	}
}

// A look-up asks the database once, and what cannot be here not at all.
func TestQueriesPerLookup(t *testing.T) {
	reg := lookuptest.New(t)
	s := start(t, reg, Config{})
	s.get("domain/paid.co.test", 200) // the zones are read now
	for path, most := range map[string]int64{
		"domain/glue.co.test": 1, "domain/renewing.co.test": 1, "domain/tulip.gen": 1, "domain/nothing.co.test": 1,
		"nameserver/ns1.glue.co.test": 1, "entity/A-ONE": 1, "entity/C3-TEST": 1,
		"domain/example.com": 0, "domain/co.test": 0, "domain/a..b": 0, "help": 0, "ip/192.0.2.1": 0,
	} {
		reg.Queries()
		s.do("GET", path)
		if got := reg.Queries(); got != most {
			t.Errorf("%s asked the database %d times, want %d", path, got, most)
		}
	}
}

func TestDatabaseAway(t *testing.T) {
	reg := lookuptest.New(t)
	s := start(t, reg, Config{})
	s.get("domain/paid.co.test", 200)
	reg.DB.Pool.Close()
	v := s.get("domain/paid.co.test", 503)
	if text := fmt.Sprint(v); strings.Contains(text, "pool") || strings.Contains(text, "SELECT") {
		t.Errorf("the fault is told: %s", text)
	}
}

// Answers a second over HTTP, connections kept, a handful of names.
func BenchmarkDomain(b *testing.B) {
	s := start(b, lookuptest.New(b), Config{})
	names := []string{"glue.co.test", "paid.co.test", "tulip.gen", lookuptest.Latin, "of-FIRM.full.test"}
	s.get("domain/paid.co.test", 200)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			resp, err := s.Client().Get(s.URL + "/rdap/domain/" + names[i%len(names)])
			if err != nil {
				b.Error(err)
				return
			}
			n, err := io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if err != nil || n == 0 || resp.StatusCode != 200 {
				b.Errorf("%d, %d octets, %v", resp.StatusCode, n, err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
}

// Whatever comes in, the answer is RDAP and no fault of ours.
func FuzzPath(f *testing.F) {
	reg := lookuptest.New(f)
	h, err := New(reg.Registry, Config{Base: "https://registry.example/rdap", Name: "Test", Publication: registry.PublishFull, Search: true})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"domain/paid.co.test", "domain/%00", "domains?name=a*", "entity/C1-TEST", "domain/%E2%80%AE", "nameservers?ip=::1", "//", "help"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.Parse("https://registry.example/" + path)
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, &http.Request{Method: "GET", URL: u, RemoteAddr: "192.0.2.1:1", Header: http.Header{}})
		if w.Code >= 500 && w.Code != 501 {
			t.Errorf("%q: %d %s", path, w.Code, w.Body)
		}
		checkShape(t, w.Code, w.Body.Bytes())
	})
}
