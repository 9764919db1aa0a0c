package registry

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/notify"
)

// reminderRegister has names of A-ONE at several distances on 1 June 2026, of
// two registrants.
func reminderRegister(t *testing.T) *register {
	t.Helper()
	r := newRegister(t)
	for _, sql := range []string{
		`UPDATE registrar SET sales_email = 'sales@alpha.example', url = 'https://alpha.example' WHERE tag = 'A-ONE'`,
		`UPDATE registrar SET billing_email = 'billing@beta.example' WHERE tag = 'B-TWO'`,
		`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
			SELECT 'dommelsen', id, '[{"type": "int", "name": "Zoe", "city": "Bristol", "cc": "GB"},
				{"type": "loc", "name": "Zoë Dommelsen", "street": ["12 Quay Street", ""], "city": "Bristol", "pc": "BS1 4QA", "cc": "GB"}]',
				'info@dommelsen.example', true, id, '2020-01-01' FROM registrar WHERE tag = 'A-ONE'`,
		`INSERT INTO domain (name, zone_id, sponsor, registrant, expires, first_paid, renew_not_required, creator, created_at)
			SELECT v.name || '.co.test', z.id, r.id, c.id, v.expires::date, true, v.off, r.id, '2020-01-01'
			FROM (VALUES ('today', '2026-06-01', 'dommelsen', false), ('five', '2026-06-06', 'a-owner', false),
				('six', '2026-06-07', 'a-owner', false), ('month', '2026-07-01', 'dommelsen', false),
				('unwanted', '2026-06-01', 'dommelsen', true), ('september', '2026-09-30', 'a-owner', false)) v (name, expires, owner, off)
			JOIN contact c ON c.handle = v.owner, zone z, registrar r WHERE z.name = 'co.test' AND r.tag = 'A-ONE'`,
		`INSERT INTO domain (name, zone_id, sponsor, registrant, expires, first_paid, creator, created_at)
			SELECT 'beta.co.test', z.id, r.id, c.id, '2026-06-02', true, r.id, '2020-01-01'
			FROM contact c, zone z, registrar r WHERE c.handle = 'b-owner' AND z.name = 'co.test' AND r.tag = 'B-TWO'`,
	} {
		_, err := r.db.Pool.Exec(r.ctx, sql)
		must(t, err)
	}
	return r
}

// outboxOf returns the payloads of a kind by recipient, checked as the sender
// does.
func outboxOf(r *register, kind string) map[string]json.RawMessage {
	r.t.Helper()
	rows, err := r.db.Pool.Query(r.ctx, `SELECT recipient, payload FROM outbox WHERE kind = $1`, kind)
	must(r.t, err)
	defer rows.Close()
	out := map[string]json.RawMessage{}
	for rows.Next() {
		var to string
		var payload json.RawMessage
		must(r.t, rows.Scan(&to, &payload))
		must(r.t, notify.CheckPayload(kind, payload))
		if out[to] != nil {
			r.t.Errorf("%s got two", to)
		}
		out[to] = payload
	}
	must(r.t, rows.Err())
	return out
}

func queueTwice(r *register, queue func(context.Context, Date) (int64, error), day Date, want int64) {
	r.t.Helper()
	for _, expected := range []int64{want, 0} {
		n, err := queue(r.ctx, day)
		must(r.t, err)
		if n != expected {
			r.t.Errorf("queued %d, want %d", n, expected)
		}
	}
}

// notices.md, renewal reminder list: sales contact, registrants or both; nothing
// for who has nothing, once a day, and no names that are not to be renewed.
func TestReminderLists(t *testing.T) {
	tests := []struct {
		reader string
		want   map[string]string // recipient to names
	}{
		{"sales", map[string]string{"sales@alpha.example": "today 0d five 5d month 1m", "billing@beta.example": "beta 1d"}},
		{"registrant", map[string]string{"info@dommelsen.example": "today 0d month 1m", "owner@example.net": "five 5d", "billing@beta.example": "beta 1d"}},
		{"both", map[string]string{"sales@alpha.example": "today 0d five 5d month 1m", "info@dommelsen.example": "today 0d month 1m",
			"owner@example.net": "five 5d", "billing@beta.example": "beta 1d"}},
	}
	for _, tt := range tests {
		t.Run(tt.reader, func(t *testing.T) {
			r := reminderRegister(t)
			_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET reminder_reader = $1 WHERE tag = 'A-ONE'`, tt.reader)
			must(t, err)
			queueTwice(r, r.QueueReminderLists, r.Today(), int64(len(tt.want)))
			got := outboxOf(r, notify.ReminderList)
			for to, names := range tt.want {
				var p notify.ReminderListNotice
				must(t, json.Unmarshal(got[to], &p))
				var list []string
				for _, n := range p.Names {
					list = append(list, strings.TrimSuffix(n.Name, ".co.test"), n.Distance)
				}
				if strings.Join(list, " ") != names {
					t.Errorf("%s: %v, want %s", to, list, names)
				}
				if p.Reader == "registrant" {
					checkPageToken(r, p.Path)
				}
			}
			if len(got) != len(tt.want) {
				t.Errorf("%d lists, want %d", len(got), len(tt.want))
			}
		})
	}
}

// checkPageToken holds the link of a message to what is stored: the hash alone,
// for thirty days (N10).
func checkPageToken(r *register, path string) {
	r.t.Helper()
	token, ok := strings.CutPrefix(path, renewalPage)
	hash := sha256.Sum256([]byte(token))
	days := one[int](r, `SELECT coalesce(max(expires_at::date - created_at::date), 0) FROM page_token WHERE hash = $1 AND page = 'renewal'`, hash[:])
	if !ok || len(token) != 64 || days != 30 {
		r.t.Errorf("link %q is valid for %d days", path, days)
	}
}

// The address is that of the local form, without empty lines.
func TestReminderListNamesTheAccount(t *testing.T) {
	r := reminderRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET reminder_reader = 'registrant' WHERE tag = 'A-ONE'`)
	must(t, err)
	_, err = r.QueueReminderLists(r.ctx, r.Today())
	must(t, err)
	var p notify.ReminderListNotice
	must(t, json.Unmarshal(outboxOf(r, notify.ReminderList)["info@dommelsen.example"], &p))
	if p.Party.Number != "dommelsen" || p.Party.Name != "Zoë Dommelsen" || strings.Join(p.Party.Address, "|") != "12 Quay Street|Bristol|BS1 4QA|GB" {
		t.Errorf("party %+v", p.Party)
	}
}

// Nobody is mailed who opted out: a tag of its own list, a registrant of his.
func TestNobodyIsMailedWhoOptedOut(t *testing.T) {
	r := reminderRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET reminder_reader = 'both' WHERE tag = 'A-ONE'`)
	must(t, err)
	_, err = r.QueueReminderLists(r.ctx, r.Today())
	must(t, err)
	for _, to := range []string{"sales@alpha.example", "info@dommelsen.example"} {
		var p notify.ReminderListNotice
		must(t, json.Unmarshal(outboxOf(r, notify.ReminderList)[to], &p))
		for range 2 { // the link may be followed twice
			s, err := notify.OptOut(r.ctx, r.db, p.Unsubscribe)
			if err != nil || s.TAG != "A-ONE" || s.OptedOut.IsZero() {
				t.Fatalf("%+v, %v", s, err)
			}
		}
	}
	if _, err = notify.OptOut(r.ctx, r.db, "' OR true"); err != notify.ErrNoSubscription {
		t.Errorf("a token that is none: %v", err)
	}
	_, err = r.db.Pool.Exec(r.ctx, `DELETE FROM outbox`)
	must(t, err)
	r.day(NewDate(2026, 6, 2)) // six is in five days
	_, err = r.db.Pool.Exec(r.ctx, `UPDATE domain SET registrant = (SELECT id FROM contact WHERE handle = 'dommelsen') WHERE name = 'six.co.test'`)
	must(t, err)
	queueTwice(r, r.QueueReminderLists, r.Today(), 2)
	got := outboxOf(r, notify.ReminderList)
	if len(got) != 2 || got["owner@example.net"] == nil || got["billing@beta.example"] == nil {
		t.Errorf("lists to %v, want those who stay", got)
	}
	// The opt-out is of this list alone.
	r.day(NewDate(2026, 6, 1))
	queueTwice(r, r.QueueAdvanceLists, NewDate(2026, 6, 1), 1)
}

// notices.md, advance list: on the 1st the names of the month three on, nothing
// if there are none; opt-out per registrar.
func TestAdvanceLists(t *testing.T) {
	r := reminderRegister(t)
	queueTwice(r, r.QueueAdvanceLists, NewDate(2026, 6, 2), 0)
	queueTwice(r, r.QueueAdvanceLists, NewDate(2026, 6, 1), 1)
	var p notify.AdvanceListNotice
	must(t, json.Unmarshal(outboxOf(r, notify.AdvanceList)["sales@alpha.example"], &p))
	if p.Tag != "A-ONE" || p.Month != "2026-09" || len(p.Names) != 1 || p.Names[0].Name != "september.co.test" {
		t.Errorf("%+v", p)
	}
	_, err := notify.OptOut(r.ctx, r.db, p.Unsubscribe)
	must(t, err)
	_, err = r.db.Pool.Exec(r.ctx, `DELETE FROM outbox`)
	must(t, err)
	queueTwice(r, r.QueueAdvanceLists, NewDate(2026, 6, 1), 0)
}

// operations.md, certificates: a warning at 30, 14 and 3 days by poll message
// and mail, once each; none for what was revoked.
func TestCertificateWarnings(t *testing.T) {
	r := reminderRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `INSERT INTO registrar_certificate (registrar_id, fingerprint, subject, serial, issued, not_before, not_after, added_at, revoked_at)
		SELECT r.id, repeat(v.c, 64), 'CN=' || v.c, '01', true, '2026-01-01', v.ends::timestamptz, '2026-01-01', v.revoked::timestamptz
		FROM registrar r, (VALUES ('a', '2026-07-20', NULL), ('b', '2026-07-20', '2026-05-01')) v (c, ends, revoked) WHERE r.tag = 'A-ONE'`)
	must(t, err)
	for _, step := range []struct {
		day  Date
		want int64
	}{
		{NewDate(2026, 6, 18), 0}, {NewDate(2026, 6, 20), 1}, {NewDate(2026, 6, 21), 0},
		{NewDate(2026, 7, 18), 1}, // the 14 days were missed: only the nearest is told
		{NewDate(2026, 7, 19), 0}, {NewDate(2026, 7, 20), 0},
	} {
		n, err := r.QueueCertificateWarnings(r.ctx, step.day)
		must(t, err)
		if n != step.want {
			t.Errorf("%s: %d warnings, want %d", step.day, n, step.want)
		}
	}
	if n := one[int](r, `SELECT count(*) FROM poll_message WHERE kind = 'certificate-expires'`); n != 2 {
		t.Errorf("%d poll messages", n)
	}
	days := one[string](r, `SELECT string_agg(payload->>'days', ' ' ORDER BY id) FROM outbox WHERE kind = 'certificate-expiry'`)
	if days != "30 3" {
		t.Errorf("mails for %s days", days)
	}
}

// notices.md, tag change: both tags get a mail with the registration status.
func TestTagChangeIsMailedToBoth(t *testing.T) {
	r := reminderRegister(t)
	_, err := r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "six.co.test", To: "B-TWO"})
	must(t, err)
	got := outboxOf(r, notify.TagChange)
	for to, side := range map[string]string{"sales@alpha.example": "losing", "billing@beta.example": "gaining"} {
		var p notify.TagChangeNotice
		must(t, json.Unmarshal(got[to], &p))
		if p.Side != side || len(p.Names) != 1 || p.Names[0].Status != "Registered until expiry date" {
			t.Errorf("%s: %+v", to, p)
		}
	}
}
