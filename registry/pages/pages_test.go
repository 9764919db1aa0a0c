package pages

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry"
)

const munich, arabic = "xn--mnchen-3ya.co.test", "xn--4gbrim.co.test"

// N10 to N12 from link to register.
func TestRenewalSelection(t *testing.T) {
	s := newSite(t)
	link := s.renewalLink()
	v := s.visitor().get(link)
	v.wants(http.StatusOK, "Zoë <b>Dommelsen</b>", "Alpha & Names", "one.co.test", "Expires on 1 June 2026", "münchen.co.test", munich)
	if strings.Contains(v.body, "secret.co.test") || strings.Contains(v.body, "later.co.test") || strings.Contains(v.body, "<b>Dommelsen") {
		t.Error("other people's names, those far away, or unescaped text are on the page")
	}
	v.send(link, "all", "", "choice:one.co.test", "renew", "years:one.co.test", "3", "choice:"+munich, "decline", "years:"+munich, "1", "choice:"+arabic, "", "years:"+arabic, "1")
	v.wants(http.StatusOK, "Thank you", "To be renewed for 3 years", "Not to be renewed")
	var n notify.DecisionsNotice
	s.mail(notify.RenewalDecisions, &n)
	if len(n.Decisions) != 2 {
		t.Errorf("told %+v", n)
	}
	v.get(link).wants(http.StatusOK, "To be renewed for 3 years")
	if !strings.Contains(v.body, `<option value="3" selected>`) {
		t.Error("the years of the decision are not shown")
	}
	// All at once (N10), after a change of mind (N12).
	v.send(link, "all", "renew", "all-years", "2").wants(http.StatusOK, "To be renewed for 2 years")
	if got := s.count(`SELECT count(*) FROM renewal_decision WHERE choice = 'renew' AND years = 2`); got != 3 {
		t.Errorf("%d decisions", got)
	}
	v.get(link).send(link, "all", "renew", "all-years", "2").wants(http.StatusOK, "You changed nothing")
	// Somebody else's name in the form is refused like one that there is none of.
	v.get(link)
	form := v.hiddenFields()
	form["name"] = []string{"secret.co.test", "nothing.co.test"}
	form.Set("period:secret.co.test", "2026-06-15")
	form.Set("period:nothing.co.test", "2026-06-15")
	form.Set("choice:secret.co.test", "decline")
	form.Set("choice:nothing.co.test", "decline")
	v.do(http.MethodPost, link, form)
	v.wants(http.StatusConflict, "Nothing was changed", "This name is not on your account.")
	if s.count(`SELECT count(*) FROM renewal_decision rd JOIN domain d ON d.id = rd.domain_id WHERE d.name = 'secret.co.test'`) != 0 {
		t.Error("a stranger decided")
	}
}

// N11 automatic, N12: the page shows what was done, and no form for it.
func TestRenewalSelectionAutomatic(t *testing.T) {
	s := newSite(t)
	s.exec(`UPDATE registrar SET decisions = 'automatic'`)
	link := s.renewalLink()
	v := s.visitor().get(link)
	v.wants(http.StatusOK, "carried out at once")
	v.send(link, "choice:one.co.test", "renew", "years:one.co.test", "1", "choice:"+munich, "decline", "choice:"+arabic, "")
	v.wants(http.StatusOK, "Renewed until 1 June 2027", "Will not be renewed")
	v.get(link).wants(http.StatusOK, "would have expired on 1 June 2026", "Renewed until 1 June 2027", "Will not be renewed")
	if strings.Contains(v.body, `name="choice:one.co.test"`) {
		t.Error("what was done can be decided again")
	}
	if n := s.count(`SELECT count(*) FROM renewal_request WHERE origin = 'page'`); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// N50: mail scanners follow links, twice, with GET and HEAD: nothing changes.
func TestLinkScanners(t *testing.T) {
	s := newSite(t)
	paths := append(s.links(), "", "confirm/", "registrar/", "registrar/?view=overdue")
	before := s.state()
	for range 2 {
		for _, path := range paths {
			for _, method := range []string{http.MethodHead, http.MethodGet} {
				v := s.visitor()
				v.do(method, path, nil)
				if v.status != http.StatusOK {
					t.Errorf("%s %s: %d", method, strings.SplitN(path, "/", 2)[0], v.status)
				}
			}
		}
	}
	if after := s.state(); after != before {
		t.Errorf("a GET changed something:\n%s\n%s", before, after)
	}
}

// links makes a live link of each kind.
func (s *site) links() []string {
	s.t.Helper()
	var paths []string
	paths = append(paths, s.renewalLink())
	must(s.t, s.reg.RequestSignIn(s.t.Context(), registry.System("T"), "192.0.2.1", "A-ONE"))
	var signIn notify.SignInNotice
	s.mail(notify.SalesSignIn, &signIn)
	var token string
	must(s.t, s.db.Pool.QueryRow(s.t.Context(), `SELECT token FROM subscription LIMIT 1`).Scan(&token))
	paths = append(paths, signIn.Path, notify.UnsubscribePath+token)
	return append(paths, s.changeLinks()...)
}

// changeLinks asks both parties about another registrant of a name.
func (s *site) changeLinks() []string {
	s.t.Helper()
	to := "other"
	_, err := s.reg.UpdateDomain(s.t.Context(), registry.Actor{Kind: registry.ActorStaff, Staff: "ann", Role: registry.RoleAdmin, Reason: "letter", SvTRID: "T"},
		registry.UpdateDomainParams{Name: "later.co.test", Registrant: &to})
	must(s.t, err)
	var paths []string
	for range 2 {
		var n notify.RegistrantChangeNotice
		s.mail(notify.RegistrantChange, &n)
		paths = append(paths, n.Path)
	}
	return paths
}

// A POST needs the visitor's own form token, on every page (N50); one of another
// visitor, none, or another site's form change nothing.
func TestForeignForms(t *testing.T) {
	s := newSite(t)
	links := s.links()
	other := s.visitor().get(links[0]).hiddenFields().Get(formField)
	before := s.state()
	for _, path := range append(links, "confirm/", "confirm/decide", "registrar/sign-in", "registrar/sign-out") {
		for name, header := range map[string][]string{"no token": nil, "another visitor's": nil,
			"another site": {"Origin", "https://evil.example"}, "another site, by the browser": {"Sec-Fetch-Site", "cross-site"}} {
			v := s.visitor().get(links[0])
			form := v.hiddenFields()
			form.Set("answer", "confirm")
			form.Set("code", "7KQF-2M9D-XH4T")
			form.Set("all", "decline")
			switch name {
			case "no token":
				form.Del(formField)
			case "another visitor's":
				form.Set(formField, other)
			}
			v.do(http.MethodPost, path, form, header...)
			if v.status != http.StatusForbidden || !strings.Contains(v.text(), "send the form again") {
				t.Errorf("%s to %s: %d %s", name, strings.SplitN(path, "/", 2)[0], v.status, v.text())
			}
		}
	}
	v := s.visitor()
	v.do(http.MethodPost, "registrar/act", url.Values{"action": {"renew"}})
	v.wants(http.StatusForbidden, "not signed in")
	if after := s.state(); after != before {
		t.Error("a foreign form changed something")
	}
}

// A wrong, used or expired link: the right status and what to do next; the log
// has no token.
func TestWrongLinks(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"renewal/x", "change/x", "verify/x", "unsubscribe/x", "registrar/sign-in/x", "renewal/" + strings.Repeat("a", 5000)} {
		v := s.visitor().get(path)
		v.wants(http.StatusNotFound, "This link is not known", "Copy the whole link")
		v.do(http.MethodPost, path, url.Values{})
		v.wants(http.StatusForbidden)
	}
	for _, path := range []string{"nothing", "renewal/", "renewal/x/y", "confirm/x", ".git/config"} {
		s.visitor().get(path).wants(http.StatusNotFound, "There is no such page")
	}
	link := s.renewalLink()
	s.visitor().get(link+"?after=x&due=soon").wants(http.StatusBadRequest, "could not be read")
	s.exec(`UPDATE page_token SET created_at = $1, expires_at = $2`, testNow.AddDate(0, 0, -30), testNow)
	s.visitor().get(link).wants(http.StatusGone, "This link has expired", "next reminder")
	v := s.visitor()
	v.do(http.MethodDelete, link, nil)
	if v.status != http.StatusMethodNotAllowed && v.status != http.StatusNotFound {
		t.Errorf("DELETE: %d", v.status)
	}
	if strings.Contains(s.log.String(), strings.TrimPrefix(link, "renewal/")) {
		t.Error("the log has a token")
	}
}

// Security headers, on pages of every sort (N50).
func TestHeaders(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"", s.renewalLink(), "nothing", "confirm/"} {
		v := s.visitor().get(path)
		for name, want := range map[string]string{"Content-Security-Policy": pagePolicy, "Referrer-Policy": "no-referrer",
			"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8"} {
			if got := v.header.Get(name); got != want {
				t.Errorf("%q: %s is %q, want %q", path, name, got, want)
			}
		}
		for _, banned := range []string{"<script", "style=", "onclick", "http://", "src="} {
			if strings.Contains(strings.ReplaceAll(v.body, "https://alpha.example", ""), banned) {
				t.Errorf("%q has %s", path, banned)
			}
		}
		if c := v.header.Get("Set-Cookie"); c != "" && (!strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict")) {
			t.Errorf("cookie %q", c)
		}
	}
}

// Over https the cookies are for this host alone.
func TestSecureCookies(t *testing.T) {
	p, err := New(Config{Theme: DefaultTheme, Identity: notify.Identity{Name: "R", URL: "https://registry.example/", Email: "a@registry.example"}})
	must(t, err)
	if got := p.cookieName("form"); got != "__Host-nk-form" || !p.secure {
		t.Errorf("cookie %s", got)
	}
}

// Pages below a path, as identity.url says; links and forms stay there.
func TestBelowAPath(t *testing.T) {
	s := newSite(t)
	p, err := New(Config{Registry: s.reg, Theme: DefaultTheme, Identity: notify.Identity{Name: "R", URL: "https://registry.example/names/", Email: "a@registry.example"}})
	must(t, err)
	for path, want := range map[string]int{"/names/": http.StatusOK, "/names/confirm/": http.StatusOK, "/names/style.css": http.StatusOK, "/confirm/": http.StatusNotFound} {
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
		if strings.Contains(w.Body.String(), `href="/`) && !strings.Contains(w.Body.String(), `href="/names/`) || strings.Contains(w.Body.String(), `action="/confirm`) {
			t.Errorf("%s leads elsewhere: %s", path, w.Body)
		}
	}
}

// A form that is none is told so, and so is one that is too large.
func TestBadForms(t *testing.T) {
	s := newSite(t)
	link := s.renewalLink()
	for _, body := range []string{"%zz", "a=%", strings.Repeat("a=b&", 20_000) + "%"} {
		v := s.visitor().get(link)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+link, strings.NewReader(body))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := v.client.Do(r)
		must(t, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%.10q: %d", body, resp.StatusCode)
		}
	}
	v := s.visitor().get(link)
	form := v.hiddenFields()
	form["name"] = make([]string, registry.MaxDecisions+1)
	for i := range form["name"] {
		form["name"][i] = "one.co.test"
	}
	v.do(http.MethodPost, link, form)
	v.wants(http.StatusBadRequest, "200 names at most")
	v.get(link).send(link, "choice:one.co.test", "renew", "years:one.co.test", "two").wants(http.StatusBadRequest)
	v.get(link).send(link, "choice:one.co.test", "perhaps").wants(http.StatusConflict, "Not done")
}

// N20, N21: the code from message to register; nothing is told without one.
func TestConfirmPages(t *testing.T) {
	s := newSite(t)
	_, err := s.reg.RequestConfirmation(t.Context(), s.tag("A-ONE"), munich)
	must(t, err)
	var n notify.ConfirmationNotice
	s.mail(notify.RenewalConfirmation, &n)
	v := s.visitor().get(n.Path)
	v.wants(http.StatusOK, "Activation code")
	for _, wrong := range []string{"7KQF-2M9D-XH4T", "", munich, "<script>", strings.Repeat("A", 100)} {
		v.get("confirm/").send("confirm/", "code", wrong)
		v.wants(http.StatusNotFound, "This code is not known")
		if strings.Contains(v.text(), "münchen") || strings.Contains(v.body, "<script") {
			t.Errorf("%q: %s", wrong, v.text())
		}
	}
	if !strings.Contains(v.body, `aria-invalid="true"`) || !strings.Contains(v.body, "<title>Error: ") {
		t.Error("the fault is not tied to the field")
	}
	v.get("confirm/").send("confirm/", "code", strings.ToLower(n.Code)).wants(http.StatusOK, "Renew münchen.co.test", "1 July 2026", "Alpha & Names")
	v.send("confirm/decide").wants(http.StatusBadRequest, "Choose one")
	v.send("confirm/decide", "choice", "renew", "years", "11").wants(http.StatusConflict, "1 to 10 years")
	v.send("confirm/decide", "choice", "renew", "years", "x").wants(http.StatusBadRequest)
	v.get("confirm/").send("confirm/", "code", n.Code).send("confirm/decide", "choice", "renew", "years", "2").
		wants(http.StatusOK, "Thank you", "renew münchen.co.test")
	v.get("confirm/").send("confirm/", "code", n.Code).wants(http.StatusGone, "has been used")
	if s.count(`SELECT count(*) FROM renewal_decision WHERE via = 'code' AND years = 2`) != 1 {
		t.Error("there is no decision")
	}
	for range 10 {
		v.get("confirm/").send("confirm/", "code", "0000-0000-0000")
	}
	v.wants(http.StatusTooManyRequests, "too many tries")
	if v.header.Get("Retry-After") != "900" {
		t.Error("no word of when to come back")
	}
}

// tag is a registrar's actor.
func (s *site) tag(tag string) registry.Actor {
	s.t.Helper()
	return registry.Actor{Kind: registry.ActorRegistrar, TAG: tag, Registrar: int32(s.count(`SELECT id FROM registrar WHERE tag = $1`, tag)), SvTRID: "T"}
}

// signedIn is a visitor who followed a sign-in link.
func (s *site) signedIn(tag string) *visitor {
	s.t.Helper()
	v := s.visitor().get("registrar/")
	v.wants(http.StatusOK, "Sign in")
	v.send("registrar/sign-in", "tag", strings.ToLower(tag)).wants(http.StatusOK, "mailbox")
	var n notify.SignInNotice
	s.mail(notify.SalesSignIn, &n)
	v.get(n.Path).wants(http.StatusOK, "Sign in for "+tag)
	v.send(n.Path)
	v.wants(http.StatusOK, tag, "Decisions waiting")
	s.visitor().get(n.Path).wants(http.StatusGone, "has been used")
	return v
}

// N30: one tag, lists by month, actions on one or many names, each with its
// result, in the audit log as the tag's.
func TestSalesContact(t *testing.T) {
	s := newSite(t)
	v := s.signedIn("A-ONE")
	v.wants(http.StatusOK, "Alpha & Names", "No decision of a registrant waits")
	v.get("registrar/?view=2026-06").wants(http.StatusOK, "June 2026", "one.co.test", "secret.co.test", "15 June 2026")
	if strings.Contains(v.body, "beta.co.test") {
		t.Error("another tag's name is listed")
	}
	v.send("registrar/act", "action", "renew", "years", "2").wants(http.StatusBadRequest, "Choose one name or more")
	v.send("registrar/act", "action", "drop", "pick", "one.co.test").wants(http.StatusBadRequest)
	v.get("registrar/?view=2026-06")
	form := v.hiddenFields()
	v.send("registrar/act", "action", "renew", "years", "2", "pick", "one.co.test", "pick", "beta.co.test").
		wants(http.StatusOK, "1 of 2 could not be done", "renewed until 1 June 2028")
	if s.count(`SELECT count(*) FROM history h JOIN registrar r ON r.id = h.registrar_id WHERE r.tag = 'A-ONE' AND h.action = 'renew' AND h.svtrid LIKE 'WEB-%'`) != 1 {
		t.Error("the renewal is not in the audit log as the tag's")
	}
	// The same form a second time renews nothing.
	form.Set("action", "renew")
	form.Set("years", "2")
	form.Set("pick", "one.co.test")
	v.do(http.MethodPost, "registrar/act", form)
	v.wants(http.StatusOK, "Not done")
	if s.count(`SELECT count(*) FROM charge`) != 1 {
		t.Error("charged twice")
	}
	v.get("registrar/?view=2026-06").send("registrar/act", "action", "not-required", "all", "1").wants(http.StatusOK, "marked as not to be renewed")
	if s.count(`SELECT count(*) FROM domain WHERE renew_not_required AND name = 'secret.co.test'`) != 1 {
		t.Error("not marked")
	}
	v.get("registrar/?view=2026-07").send("registrar/act", "action", "ask", "pick", munich).wants(http.StatusOK, "the registrant was asked")
	var n notify.ConfirmationNotice
	s.mail(notify.RenewalConfirmation, &n)
	v.get("registrar/?view=1999-01").wants(http.StatusNotFound, "no such list")

	// A decision waits, and is carried out with one click.
	_, err := s.reg.DecideConfirmation(t.Context(), registry.System("T"), "192.0.2.1", n.Code, registry.ChoiceRenew, 3)
	must(t, err)
	v.get("registrar/").wants(http.StatusOK, "münchen.co.test", "To be renewed for 3 years")
	v.send("registrar/act", "action", "as-decided", "pick", munich).wants(http.StatusOK, "renewed until 1 July 2029")
	v.get("registrar/").wants(http.StatusOK, "No decision of a registrant waits")

	v.send("registrar/sign-out").wants(http.StatusOK, "signed out")
	v.get("registrar/?view=2026-06").wants(http.StatusOK, "Sign in")
	if strings.Contains(v.body, "secret.co.test") {
		t.Error("names are shown to nobody")
	}
	// What is answered does not tell whether there is such a tag.
	a := s.visitor().get("registrar/").send("registrar/sign-in", "tag", "NOBODY").text()
	if b := s.visitor().get("registrar/").send("registrar/sign-in", "tag", "B-TWO").text(); a != b {
		t.Errorf("%q is not %q", a, b)
	}
}

// N4: asking first on the page, at once for RFC 8058; both once and for good.
func TestUnsubscribe(t *testing.T) {
	s := newSite(t)
	s.exec(`UPDATE registrar SET reminder_reader = 'both'`)
	_, err := s.reg.QueueReminderLists(t.Context(), s.reg.Today())
	must(t, err)
	tokens := map[bool]string{}
	for _, own := range []bool{true, false} {
		var token string
		must(t, s.db.Pool.QueryRow(t.Context(), `SELECT token FROM subscription WHERE (contact_id = 0) = $1`, own).Scan(&token))
		tokens[own] = notify.UnsubscribePath + token
	}
	out := func() int { return s.count(`SELECT count(*) FROM subscription WHERE opted_out_at IS NOT NULL`) }
	v := s.visitor().get(tokens[false])
	v.wants(http.StatusOK, "Unsubscribe?", "daily reminders")
	if out() != 0 {
		t.Fatal("the link alone ended it")
	}
	v.send(tokens[false]).wants(http.StatusOK, "You are unsubscribed")
	v.get(tokens[false]).wants(http.StatusOK, "You are unsubscribed")
	w := s.visitor() // a mail program: no cookie, no page before
	w.do(http.MethodPost, tokens[true], url.Values{"List-Unsubscribe": {"Two-Click"}})
	w.wants(http.StatusForbidden)
	w.do(http.MethodPost, tokens[true], url.Values{"List-Unsubscribe": {"One-Click"}}, "Sec-Fetch-Site", "cross-site")
	w.wants(http.StatusForbidden)
	if out() != 1 {
		t.Error("a wrong request ended it")
	}
	w.do(http.MethodPost, tokens[true], url.Values{"List-Unsubscribe": {"One-Click"}})
	w.wants(http.StatusOK, "You are unsubscribed", "A-ONE")
	if out() != 2 {
		t.Error("one click did not end it")
	}
}

// N40, C4: both parties, from the page to the register.
func TestChangeOfRegistrant(t *testing.T) {
	s := newSite(t)
	links := s.changeLinks()
	v := s.visitor().get(links[0])
	v.wants(http.StatusOK, "Zoë <b>Dommelsen</b>", "Other", "later.co.test", "15 June 2026")
	v.do(http.MethodPost, links[0], v.hiddenFields())
	v.wants(http.StatusBadRequest)
	v.get(links[0]).send(links[0], "answer", "confirm").wants(http.StatusOK, "you have confirmed", "The other party")
	if s.count(`SELECT count(*) FROM domain d JOIN contact c ON c.id = d.registrant WHERE d.name = 'later.co.test' AND c.handle = 'other'`) != 0 {
		t.Error("one confirmation was enough")
	}
	v.get(links[0]).wants(http.StatusGone, "you have confirmed")
	v.get(links[1]).send(links[1], "answer", "confirm").wants(http.StatusOK, "The change is done")
	if s.count(`SELECT count(*) FROM domain d JOIN contact c ON c.id = d.registrant WHERE d.name = 'later.co.test' AND c.handle = 'other'`) != 1 {
		t.Error("it was not done")
	}
	v.get(links[0]).wants(http.StatusGone, "The change is done")

	s = newSite(t)
	links = s.changeLinks()
	v = s.visitor().get(links[1])
	v.send(links[1], "answer", "refuse").wants(http.StatusOK, "The change was refused", "stays as it was")
	v.get(links[0]).wants(http.StatusGone, "The change was refused")
	if s.count(`SELECT count(*) FROM domain d JOIN contact c ON c.id = d.registrant WHERE d.name = 'later.co.test' AND c.handle = 'dommelsen'`) != 1 {
		t.Error("a refusal changed it")
	}

	s = newSite(t)
	links = s.changeLinks()
	s.exec(`UPDATE registrant_change SET asked_at = '2026-05-01', act_by = '2026-05-15'`)
	v = s.visitor().get(links[0])
	v.wants(http.StatusGone, "The time to answer is over")
}

// C7 on the page.
func TestVerify(t *testing.T) {
	s := newSite(t)
	s.exec(`UPDATE zone SET verify_days = 14, verify_suspends = true`)
	must(t, s.reg.AskVerification(t.Context(), registry.Actor{Kind: registry.ActorStaff, Staff: "ann", Role: registry.RoleAdmin, Reason: "letter", SvTRID: "T"}, "dommelsen"))
	var n notify.VerificationNotice
	s.mail(notify.ContactVerification, &n)
	v := s.visitor().get(n.Path)
	v.wants(http.StatusOK, "info@dommelsen.example", "names are suspended")
	v.send(n.Path).wants(http.StatusOK, "is confirmed")
	v.get(n.Path).wants(http.StatusGone, "has been used")
	if s.count(`SELECT count(*) FROM contact_verification WHERE state = 'verified' AND proof = 'link'`) != 1 {
		t.Error("not verified")
	}
}

// N2, N50: names in other scripts in both forms, apart from the text around
// them; what people are called never becomes part of the page.
func TestOtherScripts(t *testing.T) {
	s := newSite(t)
	link := s.renewalLink()
	v := s.visitor().get(link)
	for _, want := range []string{`<bdi class="name">münchen.co.test</bdi> <span class="alabel">` + munich, `<bdi class="name">` + registry.ToUnicode(arabic) + `</bdi>`,
		`<bdi>Zoë &lt;b&gt;Dommelsen&lt;/b&gt;</bdi>`} {
		if !strings.Contains(v.body, want) {
			t.Errorf("no %s", want)
		}
	}
	if registry.ToUnicode(arabic) == arabic {
		t.Fatal("the test's name has no Unicode form")
	}
	// Header injection: nothing that is typed gets into a header.
	v = s.visitor().get("registrar/")
	v.send("registrar/sign-in", "tag", "A-ONE\r\nBcc: all@example.net").wants(http.StatusOK)
	if n := s.count(`SELECT count(*) FROM outbox WHERE kind = 'sales-sign-in'`); n != 0 {
		t.Errorf("%d messages", n)
	}
}
