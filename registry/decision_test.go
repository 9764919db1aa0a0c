package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/notify"
)

// N10, N12: what a registrant may decide, and until when.
func TestDecideDecision(t *testing.T) {
	e, today, p := NewDate(2026, 8, 1), NewDate(2026, 6, 1), DefaultPolicy()
	old := func(c DecisionChoice) *Decision { return &Decision{Period: e, Choice: c, Years: 1} }
	for _, tt := range []struct {
		name   string
		n      Name
		before *Decision
		a      NameDecision
		want   Kind // -1: taken
	}{
		{"renew", Name{Expiry: e}, nil, NameDecision{Period: e, Choice: ChoiceRenew, Years: 2}, -1},
		{"decline", Name{Expiry: e}, nil, NameDecision{Period: e, Choice: ChoiceDecline}, -1},
		{"N12: another mind", Name{Expiry: e}, old(ChoiceDecline), NameDecision{Period: e, Choice: ChoiceRenew, Years: 9}, -1},
		{"N12: taken back", Name{Expiry: e}, old(ChoiceRenew), NameDecision{Period: e}, -1},
		{"N12: renewed meanwhile", Name{Expiry: e.AddYears(1)}, old(ChoiceRenew), NameDecision{Period: e, Choice: ChoiceDecline}, KindStatusProhibits},
		{"N12: marked meanwhile", Name{Expiry: e, RenewNotRequired: true}, old(ChoiceDecline), NameDecision{Period: e, Choice: ChoiceRenew, Years: 1}, KindStatusProhibits},
		{"marked before the decision to renew", Name{Expiry: e, RenewNotRequired: true}, old(ChoiceRenew), NameDecision{Period: e, Choice: ChoiceRenew, Years: 2}, -1},
		{"renewed by the tag, page is old", Name{Expiry: e.AddYears(1)}, nil, NameDecision{Period: e, Choice: ChoiceRenew, Years: 1}, KindStatusProhibits},
		{"no years", Name{Expiry: e}, nil, NameDecision{Period: e, Choice: ChoiceRenew}, KindParamRange},
		{"eleven years", Name{Expiry: e}, nil, NameDecision{Period: e, Choice: ChoiceRenew, Years: 11}, KindParamRange},
		{"beyond ten years from today", Name{Expiry: e}, nil, NameDecision{Period: e, Choice: ChoiceRenew, Years: 10}, KindParamRange},
		{"no choice at all", Name{Expiry: e}, nil, NameDecision{Period: e, Choice: "perhaps"}, KindParamRange},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := DecideDecision(tt.n, tt.before, tt.a, today, p)
			if tt.want == -1 && err != nil || tt.want != -1 && KindOf(err) != tt.want {
				t.Errorf("%v, want kind %v", err, tt.want)
			}
		})
	}
}

// decisionRegister has the names of reminderRegister, and the link of the
// registrant dommelsen.
func decisionRegister(t *testing.T) (*register, string) {
	t.Helper()
	r := reminderRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET reminder_reader = 'registrant' WHERE tag = 'A-ONE'`)
	must(t, err)
	_, err = r.QueueReminderLists(r.ctx, r.Today())
	must(t, err)
	var p notify.ReminderListNotice
	must(t, json.Unmarshal(outboxOf(r, notify.ReminderList)["info@dommelsen.example"], &p))
	_, err = r.db.Pool.Exec(r.ctx, `DELETE FROM outbox`)
	must(t, err)
	return r, strings.TrimPrefix(p.Path, renewalPage)
}

var pageActor = System("WEB-1")

func linesOf(page RenewalPage) string {
	var out []string
	for _, l := range page.Lines {
		text := strings.TrimSuffix(l.Name, ".co.test") + " " + l.Due.String()
		if l.Decision != nil {
			text += " " + string(l.Decision.Choice) + ":" + string(l.State)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// decided returns what the sales contact was mailed, each message once.
func decided(r *register) []notify.DecisionsNotice {
	r.t.Helper()
	rows, err := r.db.Pool.Query(r.ctx, `DELETE FROM outbox WHERE kind = 'renewal-decisions' RETURNING recipient, payload`)
	must(r.t, err)
	defer rows.Close()
	var list []notify.DecisionsNotice
	for rows.Next() {
		var to string
		var payload json.RawMessage
		must(r.t, rows.Scan(&to, &payload))
		must(r.t, notify.CheckPayload(notify.RenewalDecisions, payload))
		var n notify.DecisionsNotice
		must(r.t, json.Unmarshal(payload, &n))
		if to != "sales@alpha.example" || n.Tag != "A-ONE" {
			r.t.Errorf("to %s: %+v", to, n)
		}
		list = append(list, n)
	}
	must(r.t, rows.Err())
	return list
}

// N10, N11 notify, N12: the account's names and no others, decisions are
// recorded and told once, and can be changed until they are acted on.
func TestDecisionsNotify(t *testing.T) {
	r, token := decisionRegister(t)
	show := func() string {
		page, err := r.FindRenewalPage(r.ctx, token, LineCursor{}, 100)
		must(t, err)
		return linesOf(page)
	}
	if got := show(); got != "today 2026-06-01, unwanted 2026-06-01, month 2026-07-01" {
		t.Fatalf("page: %s", got)
	}
	send := func(list ...NameDecision) []DecisionResult {
		res, err := r.RecordDecisions(r.ctx, pageActor, token, list)
		must(t, err)
		return res
	}
	today, month := NewDate(2026, 6, 1), NewDate(2026, 7, 1)
	list := []NameDecision{
		{Name: "today.co.test", Period: today, Choice: ChoiceRenew, Years: 3},
		{Name: "month.co.test", Period: month, Choice: ChoiceDecline},
		{Name: "five.co.test", Period: NewDate(2026, 6, 6), Choice: ChoiceRenew, Years: 1}, // another account's
		{Name: "nothing.co.test", Period: today, Choice: ChoiceRenew, Years: 1},
		{Name: "unwanted.co.test", Period: today},
	}
	res := send(list...)
	if res[0].Refused != "" || !res[0].Changed || res[1].Refused != "" || res[4].Changed || res[4].Refused != "" {
		t.Errorf("results %+v", res)
	}
	if res[2].Refused == "" || res[2].Refused != res[3].Refused {
		t.Errorf("a stranger's name tells itself from none: %q, %q", res[2].Refused, res[3].Refused)
	}
	mails := decided(r)
	if len(mails) != 1 || len(mails[0].Decisions) != 2 || mails[0].Automatic || mails[0].Registrant.Number != "dommelsen" ||
		!mails[0].Decisions[0].Renew || mails[0].Decisions[0].Years != 3 || mails[0].Decisions[1].Renew {
		t.Errorf("mail %+v", mails)
	}
	if n := one[int](r, `SELECT count(*) FROM renewal_request`) + one[int](r, `SELECT count(*) FROM domain WHERE name = 'month.co.test' AND renew_not_required`); n != 0 {
		t.Error("mode notify changed something by itself")
	}
	if got := show(); got != "today 2026-06-01 renew:waiting, unwanted 2026-06-01, month 2026-07-01 decline:waiting" {
		t.Errorf("page: %s", got)
	}
	// The same again changes nothing and tells nobody; another mind does.
	if res = send(list...); res[0].Changed || len(decided(r)) != 0 {
		t.Error("the same decision was told twice")
	}
	send(NameDecision{Name: "month.co.test", Period: month}, NameDecision{Name: "today.co.test", Period: today, Choice: ChoiceRenew, Years: 1})
	if mails = decided(r); len(mails) != 1 || !mails[0].Decisions[0].Withdrawn || mails[0].Decisions[1].Years != 1 {
		t.Errorf("mail %+v", mails)
	}
	// The tag acts over EPP; then nothing is left to decide, and the page shows what was done.
	_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: "today.co.test", CurExpiry: today, Years: 1})
	must(t, err)
	if res = send(NameDecision{Name: "today.co.test", Period: today, Choice: ChoiceDecline}); !strings.Contains(res[0].Refused, "2027-06-01") {
		t.Errorf("after the renewal: %+v", res)
	}
	if got := show(); got != "today 2026-06-01 renew:renewed, unwanted 2026-06-01, month 2026-07-01" {
		t.Errorf("page: %s", got)
	}
	history := one[string](r, `SELECT string_agg(action || ' ' || coalesce(reason, '') || ' ' || coalesce(changes->>'decision', ''), '; ' ORDER BY id)
		FROM history WHERE object_name = 'today.co.test' AND action = 'decision'`)
	if history != `decision decided by the registrant dommelsen [null, "renew for 3 years"]; decision decided by the registrant dommelsen ["renew for 3 years", "renew for 1 year"]` {
		t.Errorf("history: %s", history)
	}
}

// N11 automatic: the same rules as the tag's own commands, at once; what they
// refuse waits for the sales contact, with the reason.
func TestDecisionsAutomatic(t *testing.T) {
	r, token := decisionRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE registrar SET decisions = 'automatic' WHERE tag = 'A-ONE'`)
	must(t, err)
	_, err = r.db.Pool.Exec(r.ctx, `UPDATE domain SET statuses = '{clientRenewProhibited}' WHERE name = 'unwanted.co.test'`)
	must(t, err)
	today, month := NewDate(2026, 6, 1), NewDate(2026, 7, 1)
	res, err := r.RecordDecisions(r.ctx, pageActor, token, []NameDecision{
		{Name: "month.co.test", Period: month, Choice: ChoiceDecline},
		{Name: "today.co.test", Period: today, Choice: ChoiceRenew, Years: 2},
		{Name: "unwanted.co.test", Period: today, Choice: ChoiceRenew, Years: 2},
	})
	must(t, err)
	if res[0].State != DecisionNotRequired || res[1].State != DecisionRenewed || res[1].Expires != NewDate(2028, 6, 1) || res[2].State != DecisionWaiting {
		t.Errorf("results %+v", res)
	}
	mails := decided(r)
	if len(mails) != 1 || !mails[0].Automatic || mails[0].Decisions[0].Refused != "" || mails[0].Decisions[1].Refused != "" || !strings.Contains(mails[0].Decisions[2].Refused, "clientRenewProhibited") {
		t.Errorf("mail %+v", mails)
	}
	if got := one[string](r, `SELECT origin || ' ' || state || ' ' || years FROM renewal_request`); got != "page uninvoiced 2" {
		t.Errorf("request %s", got)
	}
	if n := one[int](r, `SELECT count(*) FROM charge WHERE domain_name = 'today.co.test' AND amount = 200`); n != 1 {
		t.Errorf("%d charges", n)
	}
	if got := one[string](r, `SELECT string_agg(r.tag || ' ' || h.action || ' ' || h.reason, ', ' ORDER BY h.id) FROM history h JOIN registrar r ON r.id = h.registrar_id
		WHERE h.svtrid = 'WEB-1'`); got != "A-ONE update decided by the registrant dommelsen, A-ONE renew decided by the registrant dommelsen" {
		t.Errorf("history: %s", got)
	}
	waiting, err := r.Decisions(r.ctx, "A-ONE", false, LineCursor{}, 10)
	must(t, err)
	if len(waiting) != 1 || waiting[0].Name != "unwanted.co.test" || waiting[0].Decision.Refused == "" {
		t.Errorf("waiting %+v", waiting)
	}
	all, err := r.Decisions(r.ctx, "", true, LineCursor{}, 10)
	must(t, err)
	if len(all) != 3 {
		t.Errorf("all: %+v", all)
	}
	// Sent twice by an impatient finger: one renewal, one charge.
	_, err = r.RecordDecisions(r.ctx, pageActor, token, []NameDecision{{Name: "today.co.test", Period: today, Choice: ChoiceRenew, Years: 2}})
	must(t, err)
	if n := one[int](r, `SELECT count(*) FROM charge WHERE domain_name = 'today.co.test'`); n != 1 {
		t.Errorf("%d charges after the second", n)
	}
	// What held it back is gone: sending it again carries it out.
	_, err = r.db.Pool.Exec(r.ctx, `UPDATE domain SET statuses = '{}' WHERE name = 'unwanted.co.test'`)
	must(t, err)
	res, err = r.RecordDecisions(r.ctx, pageActor, token, []NameDecision{{Name: "unwanted.co.test", Period: today, Choice: ChoiceRenew, Years: 2}})
	must(t, err)
	if res[0].State != DecisionRenewed {
		t.Errorf("again: %+v", res)
	}
}

// A decision is that of these people about this period: a transfer, another
// registrant or a passing of the period ends it.
func TestDecisionEnds(t *testing.T) {
	r, token := decisionRegister(t)
	month := NewDate(2026, 7, 1)
	_, err := r.RecordDecisions(r.ctx, pageActor, token, []NameDecision{{Name: "month.co.test", Period: month, Choice: ChoiceRenew, Years: 1}})
	must(t, err)
	count := func() int {
		list, err := r.Decisions(r.ctx, "", true, LineCursor{}, 10)
		must(t, err)
		return len(list)
	}
	if count() != 1 {
		t.Fatal("there is no decision")
	}
	for _, change := range []struct{ there, back string }{
		{`UPDATE domain SET sponsor = (SELECT id FROM registrar WHERE tag = 'B-TWO') WHERE name = 'month.co.test'`,
			`UPDATE domain SET sponsor = (SELECT id FROM registrar WHERE tag = 'A-ONE') WHERE name = 'month.co.test'`},
		{`UPDATE domain SET registrant = (SELECT id FROM contact WHERE handle = 'a-owner') WHERE name = 'month.co.test'`,
			`UPDATE domain SET registrant = (SELECT id FROM contact WHERE handle = 'dommelsen') WHERE name = 'month.co.test'`},
		{`UPDATE domain SET expires = '2026-06-30' WHERE name = 'month.co.test'`, `UPDATE domain SET expires = '2026-07-01' WHERE name = 'month.co.test'`},
	} {
		_, err = r.db.Pool.Exec(r.ctx, change.there)
		must(t, err)
		if n := count(); n != 0 {
			t.Errorf("%s: %d decisions", change.there, n)
		}
		_, err = r.db.Pool.Exec(r.ctx, change.back)
		must(t, err)
	}
	// Long after it was acted on it is not shown any more, and the next period is open.
	_, err = r.db.Pool.Exec(r.ctx, `UPDATE domain SET expires = '2027-07-01' WHERE name = 'month.co.test'`)
	must(t, err)
	r.day(NewDate(2027, 6, 1))
	if n := count(); n != 0 {
		t.Errorf("a year later: %d decisions", n)
	}
}

// N10: the link is for thirty days; guesses and links of other pages are
// unknown.
func TestRenewalLinkEnds(t *testing.T) {
	r, token := decisionRegister(t)
	r.at(testNow.AddDate(0, 0, 30).Add(-time.Second))
	_, err := r.FindRenewalPage(r.ctx, token, LineCursor{}, 10)
	must(t, err)
	r.at(testNow.AddDate(0, 0, 30))
	for token, want := range map[string]error{token: ErrLinkExpired, token + "x": ErrLinkUnknown, "": ErrLinkUnknown, strings.Repeat("a", 64): ErrLinkUnknown} {
		_, err = r.FindRenewalPage(r.ctx, token, LineCursor{}, 10)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", token, err, want)
		}
		_, err = r.RecordDecisions(r.ctx, pageActor, token, nil)
		if !errors.Is(err, want) {
			t.Errorf("POST %q: %v, want %v", token, err, want)
		}
	}
	r.at(testNow.AddDate(0, 0, 30+linksKept+1))
	must(t, r.forgetLinks(r.ctx))
	if n := one[int](r, `SELECT count(*) FROM page_token`); n != 0 {
		t.Errorf("%d links are kept for ever", n)
	}
}

// Pages of lines meet without gap or overlap.
func TestRenewalPagePaging(t *testing.T) {
	r, token := decisionRegister(t)
	var got []string
	for after, more := (LineCursor{}), true; more; {
		page, err := r.FindRenewalPage(r.ctx, token, after, 1)
		must(t, err)
		got = append(got, page.Lines[0].Name)
		after, more = LineCursor{page.Lines[0].Due, page.Lines[0].Name}, page.More
	}
	if fmt.Sprint(got) != "[today.co.test unwanted.co.test month.co.test]" {
		t.Errorf("pages %v", got)
	}
	list := make([]NameDecision, MaxDecisions+1)
	_, err := r.RecordDecisions(r.ctx, pageActor, token, list)
	wantKind(t, err, KindParamRange)
}
