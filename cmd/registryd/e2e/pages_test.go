//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// visit is a demo, its staff's tool and a browser.
type visit struct {
	*browser
	dir  string
	demo *eppclient.Demo
	ctl  string
}

func newVisit(t *testing.T) *visit {
	t.Helper()
	dir := demoOnFreePorts(t)
	demo, err := eppclient.LoadDemo(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctl := filepath.Join(filepath.Dir(dir), "registryctl")
	out, err := exec.Command("go", "build", "-o", ctl, "../../registryctl").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return &visit{browser: newBrowser(t), dir: dir, demo: demo, ctl: ctl}
}

// staff runs registryctl.
func (v *visit) staff(args ...string) string {
	v.t.Helper()
	out, err := exec.Command(v.ctl, append([]string{"--demo", v.dir, "--yes", "--reason", "a test"}, args...)...).CombinedOutput()
	if err != nil {
		v.t.Fatalf("registryctl %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// mailed waits for a message in the demo's mailbox, newest first, and returns
// what a pattern finds in it.
func (v *visit) mailed(to string, pattern *regexp.Regexp) string {
	v.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		list := fetch(v.t, v.demo.Mailbox)
		for _, m := range regexp.MustCompile(`<a href="/messages/(\d+)">[^<]*</a>To ([^<]*)<`).FindAllStringSubmatch(list, -1) {
			if to != "" && !strings.Contains(m[2], to) {
				continue
			}
			raw := fetch(v.t, v.demo.Mailbox+"messages/"+m[1]+"/raw")
			text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(raw)))
			if err != nil && len(text) == 0 {
				continue
			}
			if found := pattern.FindString(string(text)); found != "" {
				return found
			}
		}
	}
	v.t.Fatalf("no message to %s with %s", to, pattern)
	return ""
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// The pages of renewals in a real browser, from the message in the mailbox to
// the register: without scripts, by keyboard, on a narrow and a wide screen, in
// both schemes of colours, with what a screen reader is told (N50).
func TestPages(t *testing.T) {
	v := newVisit(t)
	v.oneAccount()
	v.staff("registrar", "update", "DEMO-A", "--reminders", "both")
	v.staff("clock", "advance", "--days", "1")
	v.staff("batch", "run")
	v.look(1280, "light")
	v.open(v.demo.Pages)
	v.inspect("index")
	t.Run("renewal selection without scripts", func(t *testing.T) { v.on(t).selection() })
	t.Run("activation code by keyboard", func(t *testing.T) { v.on(t).confirmation() })
	t.Run("sales contact", func(t *testing.T) { v.on(t).salesContact() })
	t.Run("change of registrant", func(t *testing.T) { v.on(t).change() })
	t.Run("verification", func(t *testing.T) { v.on(t).verification() })
	t.Run("unsubscribe", func(t *testing.T) { v.on(t).unsubscribing() })
	t.Run("no such page", func(t *testing.T) {
		v.on(t).open(v.demo.Pages + "renewal/unknown")
		v.says("This link is not known")
		v.inspect("not-found")
	})
}

// oneAccount gives one registrant of DEMO-A some names that expire soon, one of
// them in another script.
func (v *visit) oneAccount() {
	v.t.Helper()
	conn, err := pgx.Connect(v.t.Context(), v.demo.DatabaseURL)
	if err != nil {
		v.t.Fatal(err)
	}
	defer conn.Close(v.t.Context())
	tag, err := conn.Exec(v.t.Context(), `WITH soon AS (
			SELECT d.id, c.id AS owner, row_number() OVER (ORDER BY d.name LIKE 'xn--%' DESC, d.name) n FROM domain d JOIN registrar r ON r.id = d.sponsor, contact c
			WHERE r.tag = 'DEMO-A' AND c.handle = 'A-BAKER' AND NOT d.renew_not_required AND d.suspended_on IS NULL AND d.first_paid
				AND d.statuses = '{}' AND d.recur_bill = 'th' AND d.delete_phase IS NULL AND d.expires > now()::date + 90
				AND NOT EXISTS (SELECT FROM renewal_request q WHERE q.domain_id = d.id)
			ORDER BY d.name LIKE 'xn--%' DESC, d.name LIMIT 5)
		UPDATE domain d SET registrant = owner, expires = now()::date + 1 + 15 * n::int FROM soon WHERE d.id = soon.id`)
	if err != nil || tag.RowsAffected() != 5 {
		v.t.Fatalf("%d names: %v", tag.RowsAffected(), err)
	}
}

// on lets a subtest report its own faults.
func (v *visit) on(t *testing.T) *visit {
	v.t, v.browser.t = t, t
	return v
}

// link is the pattern of an address of a page.
func (v *visit) link(path string) *regexp.Regexp {
	return regexp.MustCompile(regexp.QuoteMeta(v.demo.Pages+path) + `[A-Za-z0-9-]+`)
}

// selection is N10 and N12: decide, see it, change one's mind.
func (v *visit) selection() {
	v.scripts(false)
	defer v.scripts(true)
	v.open(v.mailed("a-baker@", v.link("renewal/")))
	v.says("Renew or decline", "Alpha Names Ltd")
	v.scripts(true) // the inspection needs them, the page does not
	v.inspect("renewal")
	v.scripts(false)
	v.do(chromedp.Click(chromedp.CSS(`input[value=renew][name^="choice:"]`)))
	v.do(chromedp.SetValue(chromedp.CSS(`select[name^="years:"]`), "3"))
	v.leads(chromedp.Click(chromedp.CSS(`main form .actions button`)))
	v.says("Thank you", "To be renewed for 3 years")
	v.scripts(true)
	v.inspect("decisions")
	v.scripts(false)
	v.leads(chromedp.Click(chromedp.CSS(`.actions a`)))
	v.says("To be renewed for 3 years")
	v.do(chromedp.Click(chromedp.CSS(`input[value=decline][name^="choice:"]`)))
	v.leads(chromedp.Click(chromedp.CSS(`main form .actions button`)))
	v.says("Not to be renewed")
	if out := v.staff("renewal", "decisions", "--tag", "DEMO-A"); !strings.Contains(out, "decline") {
		v.t.Errorf("staff see: %s", out)
	}
}

// confirmation is N20 and N21, without a mouse.
func (v *visit) confirmation() {
	name := v.renewable() // and its registrant was asked
	code := v.mailed("", regexp.MustCompile(`\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b`))
	v.open(v.demo.Pages)
	v.tabTo("Skip to the content")
	v.tabTo("Confirm or decline a renewal")
	v.leads(chromedp.KeyEvent(kb.Enter))
	v.inspect("code")
	v.tabTo("code")
	v.do(chromedp.KeyEvent("7kqf-2m9d-xh4t"))
	v.leads(chromedp.KeyEvent(kb.Enter))
	v.says("This code is not known")
	v.inspect("code-wrong")
	v.tabTo("code")
	v.do(chromedp.KeyEvent(strings.ToLower(code))) // Tab has chosen what stood there
	v.leads(chromedp.KeyEvent(kb.Enter))
	v.says("Renew "+name+"?", "Alpha Names Ltd")
	v.inspect("confirm")
	v.tabTo("renew")
	v.keys(" ")
	v.tabTo("years")
	v.keys(kb.ArrowDown)
	v.tabTo("Send my decision")
	v.leads(chromedp.KeyEvent(kb.Enter))
	v.says("Thank you", "for 2 years")
	v.inspect("confirmed")
}

// renewable is a name of DEMO-A that can be renewed now.
func (v *visit) renewable() string {
	out := v.staff("domain", "list", "--tag", "DEMO-A", "--zone", "co.demo", "--json")
	for _, m := range regexp.MustCompile(`"name": "([a-z0-9.-]+)",\s+"tag": "DEMO-A",\s+"expires": "([0-9-]+)",\s+"registration_status": "Registered until expiry date"`).FindAllStringSubmatch(out, -1) {
		cmd := exec.Command(v.ctl, "--demo", v.dir, "--reason", "a test", "renewal", "request", m[1])
		if cmd.Run() == nil {
			return m[1]
		}
	}
	v.t.Fatal("no name of DEMO-A can be renewed now")
	return ""
}

// salesContact is N30: sign in by mail, look at lists, renew.
func (v *visit) salesContact() {
	v.open(v.demo.Pages + "registrar/")
	v.inspect("sign-in")
	v.tabTo("tag")
	v.do(chromedp.KeyEvent("DEMO-A"))
	v.leads(chromedp.KeyEvent(kb.Enter))
	v.says("Look into your mailbox")
	v.open(v.mailed("sales@alpha.example", v.link("registrar/sign-in/")))
	v.inspect("sign-in-link")
	v.tabTo("Sign in")
	v.leads(chromedp.KeyEvent(kb.Enter))
	v.says("Decisions waiting", "To be renewed for 2 years")
	v.inspect("sales-decisions")
	month := eval[string](v.browser, `[...document.querySelectorAll('.views a')].at(-4).href`)
	v.open(month)
	v.inspect("sales-month")
	v.open(v.demo.Pages + "registrar/")
	v.tabTo("n0")
	v.keys(" ")
	v.tabTo("action")
	v.leads(chromedp.KeyEvent(kb.Enter))
	v.says("Done")
	v.inspect("sales-done")
	if out := v.staff("audit", "list", "--tag", "DEMO-A"); !strings.Contains(out, "WEB-") && !strings.Contains(out, "domain") {
		v.t.Errorf("the audit log: %s", out)
	}
}

// change is N40: both parties, one of whom refuses.
func (v *visit) change() {
	out := v.staff("domain", "show", "bakery.co.demo")
	owner := regexp.MustCompile(`Registrant\s+(\S+)`).FindStringSubmatch(out)
	if owner == nil {
		v.t.Fatal(out)
	}
	other := "A-BAKER"
	if owner[1] == other {
		other = "A-0001"
	}
	v.staff("domain", "set", "bakery.co.demo", "--registrant", other)
	v.open(v.mailed("", v.link("change/")))
	v.says("Confirm the change", "bakery.co.demo")
	v.inspect("change")
	v.leads(chromedp.Click(chromedp.CSS(`button[value=refuse]`)))
	v.says("The change was refused")
	v.inspect("change-refused")
}

// verification is C7, in a zone whose policy asks for it; and C5, the change of
// an identity.
func (v *visit) verification() {
	v.staff("zone", "update", "co.demo", "--verify-days", "14", "--verify-suspends")
	v.staff("contact", "verify", "A-BAKER", "--ask")
	v.open(v.mailed("a-baker@", v.link("verify/")))
	v.says("Is this your address?", "names are suspended")
	v.inspect("verify")
	v.tabTo("Yes, it is mine")
	v.leads(chromedp.KeyEvent(kb.Enter))
	v.says("Thank you", "is confirmed")
	v.inspect("verified")
	v.staff("contact", "update", "A-BAKER", "--name", "Rosa Baker-\u0645\u062b\u0627\u0644", "--email", "rosa@mail.example")
	v.open(v.mailed("rosa@", v.link("change/")))
	v.says("Are these changes right?", "rosa@mail.example")
	v.inspect("change-identity")
	v.leads(chromedp.Click(chromedp.CSS(`button[value=confirm]`)))
	v.says("you have confirmed", "The other party")
	v.inspect("change-half")
}

// unsubscribing is N4: the link asks, the button does.
func (v *visit) unsubscribing() {
	v.open(v.mailed("sales@alpha.example", v.link("unsubscribe/")))
	v.says("Unsubscribe?")
	v.inspect("unsubscribe")
	v.leads(chromedp.Click(chromedp.CSS(`main button`)))
	v.says("You are unsubscribed", fmt.Sprintf("the tag %s", "DEMO-A"))
}
