package pages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// testNow is a summer morning: 09:00 UTC is 10:00 in London.
var testNow = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

// site is the pages on a small register: the tag A-ONE with names of two
// registrants.
type site struct {
	t   *testing.T
	db  *pg.DB
	reg *registry.Registry
	url string
	log bytes.Buffer
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, db: pgtest.New(t)}
	pgtest.SetNow(t, s.db, testNow)
	must(t, registry.Install(t.Context(), s.db, registry.Installation{TestBed: true, RepositoryID: "UK", RegistryTag: "REGISTRY", TimeZone: "Europe/London"}))
	for _, sql := range []string{
		`INSERT INTO registrar (tag, name, url, sales_email, reminder_reader, created_at) VALUES
			('A-ONE', 'Alpha & Names', 'https://alpha.example', 'sales@alpha.example', 'registrant', '2020-01-01'),
			('B-TWO', 'Beta', NULL, 'sales@beta.example', 'sales', '2020-01-01')`,
		`INSERT INTO zone (name, profile, idn_table, created_at) VALUES ('co.test', 'uk', 'latin', '2020-01-01')`,
		`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
			SELECT z.id, op, 'member', y, 'GBP', y * 100, '2020-01-01' FROM zone z, unnest(ARRAY['create', 'renew']) op, generate_series(1, 10) y`,
		`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
			SELECT v.handle, r.id, jsonb_build_array(jsonb_build_object('type', 'loc', 'name', v.name, 'city', 'Bristol', 'cc', 'GB')), v.email, true, r.id, '2020-01-01'
			FROM (VALUES ('dommelsen', 'Zoë <b>Dommelsen</b>', 'info@dommelsen.example'), ('other', 'Other', 'other@example.net')) v (handle, name, email)
			JOIN registrar r ON r.tag = 'A-ONE'`,
		`INSERT INTO domain (name, zone_id, sponsor, registrant, expires, first_paid, creator, created_at)
			SELECT v.name || '.co.test', z.id, r.id, c.id, v.expires::date, true, r.id, '2020-01-01'
			FROM (VALUES ('one', '2026-06-01', 'dommelsen'), ('xn--mnchen-3ya', '2026-07-01', 'dommelsen'), ('xn--4gbrim', '2026-08-01', 'dommelsen'),
				('secret', '2026-06-15', 'other'), ('later', '2027-01-01', 'dommelsen')) v (name, expires, owner)
			JOIN contact c ON c.handle = v.owner, zone z, registrar r WHERE r.tag = 'A-ONE'`,
		`INSERT INTO domain (name, zone_id, sponsor, registrant, expires, first_paid, creator, created_at)
			SELECT 'beta.co.test', z.id, r.id, c.id, '2026-06-15', true, r.id, '2020-01-01' FROM zone z, registrar r, contact c WHERE r.tag = 'B-TWO' AND c.handle = 'other'`,
	} {
		_, err := s.db.Pool.Exec(t.Context(), sql)
		must(t, err)
	}
	var err error
	s.reg, err = registry.New(t.Context(), s.db, registry.Config{Policy: registry.DefaultPolicy()})
	must(t, err)
	p, err := New(Config{Registry: s.reg, Theme: DefaultTheme, Log: slog.New(slog.NewTextHandler(&s.log, nil)),
		Identity: notify.Identity{Name: "Test Registry", URL: "http://registry.example", Email: "help@registry.example"}})
	must(t, err)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	s.url = server.URL + "/"
	return s
}

func (s *site) exec(sql string, args ...any) {
	s.t.Helper()
	_, err := s.db.Pool.Exec(s.t.Context(), sql, args...)
	must(s.t, err)
}

func (s *site) count(sql string, args ...any) int {
	s.t.Helper()
	var n int
	must(s.t, s.db.Pool.QueryRow(s.t.Context(), sql, args...).Scan(&n))
	return n
}

// mail takes the payload of the newest message of a kind out of the outbox.
func (s *site) mail(kind string, into any) {
	s.t.Helper()
	var payload []byte
	err := s.db.Pool.QueryRow(s.t.Context(), `DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox WHERE kind = $1) RETURNING payload`, kind).Scan(&payload)
	if err != nil {
		s.t.Fatalf("no message %s: %v", kind, err)
	}
	must(s.t, notify.CheckPayload(kind, payload))
	must(s.t, json.Unmarshal(payload, into))
}

// renewalLink is the path of the registrant's personal page.
func (s *site) renewalLink() string {
	s.t.Helper()
	_, err := s.reg.QueueReminderLists(s.t.Context(), s.reg.Today())
	must(s.t, err)
	var n notify.ReminderListNotice
	s.mail(notify.ReminderList, &n)
	return n.Path
}

// visitor is a browser without scripts.
type visitor struct {
	*site
	client *http.Client
	body   string // of the page it sees
	status int
	header http.Header
}

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	must(s.t, err)
	return &visitor{site: s, client: &http.Client{Jar: jar}}
}

func (v *visitor) do(method, path string, form url.Values, header ...string) {
	v.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.url+path, body)
	must(v.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := v.client.Do(r)
	must(v.t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	must(v.t, err)
	v.body, v.status, v.header = string(text), resp.StatusCode, resp.Header
}

func (v *visitor) get(path string) *visitor {
	v.t.Helper()
	v.do(http.MethodGet, path, nil)
	return v
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)

// hiddenFields are those of the page that the visitor sees. On a page with
// several forms the fields repeat alike.
func (v *visitor) hiddenFields() url.Values {
	out := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(v.body, -1) {
		name, value := html.UnescapeString(m[1]), html.UnescapeString(m[2])
		if name == formField {
			out.Set(name, value)
			continue
		}
		out.Add(name, value)
	}
	return out
}

// send fills in the form of the page that the visitor sees.
func (v *visitor) send(path string, fields ...string) *visitor {
	v.t.Helper()
	form := v.hiddenFields()
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	v.do(http.MethodPost, path, form)
	return v
}

var tags = regexp.MustCompile(`<[^>]*>`)

// text is the page as it is read, on one line.
func (v *visitor) text() string {
	_, main, _ := strings.Cut(v.body, "<main")
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString("<main"+main, " "))), " ")
}

func (v *visitor) wants(status int, says ...string) {
	v.t.Helper()
	if v.status != status {
		v.t.Errorf("status %d, want %d: %s", v.status, status, v.text())
	}
	for _, s := range says {
		if !strings.Contains(v.text(), s) {
			v.t.Errorf("the page does not say %q: %s", s, v.text())
		}
	}
}

// state is a digest of all that a page could change; the next numbers of
// sequences and tries do not count.
func (s *site) state() string {
	s.t.Helper()
	var out string
	for _, table := range []string{"domain", "renewal_decision", "renewal_confirmation", "renewal_request", "charge", "outbox", "history",
		"page_token", "subscription", "page_attempt", "registrant_change_party", "registrant_change", "contact_verification", "contact"} {
		var sum string
		must(s.t, s.db.Pool.QueryRow(s.t.Context(), fmt.Sprintf(`SELECT coalesce(md5(string_agg(x::text, '|' ORDER BY x::text)), '') FROM %s x`, table)).Scan(&sum))
		out += table + "=" + sum + "\n"
	}
	return out
}
