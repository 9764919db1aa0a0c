package registry

import (
	"errors"
	"sync"
	"testing"
	"time"
)

// offered makes a name of A-ONE and its authInfo.
func (r *register) offered(name string) AuthInfo {
	r.t.Helper()
	r.registered(name, NewDate(2027, 8, 1))
	auth, err := r.IssueAuthInfo(r.ctx, r.as("A-ONE"), name)
	must(r.t, err)
	return auth
}

func (r *register) request(tag, name string, auth AuthInfo) *DomainTransfer {
	r.t.Helper()
	got, err := r.RequestDomainTransfer(r.ctx, r.as(tag), TransferDomainParams{Name: name, AuthInfo: auth})
	must(r.t, err)
	return got
}

func TestTransferInUK(t *testing.T) {
	for _, c := range []struct {
		action TransferAction
		by     string
		state  string
		tag    string // who has the name then
	}{
		{TransferApprove, "A-ONE", "clientApproved", "B-TWO"},
		{TransferReject, "A-ONE", "clientRejected", "A-ONE"},
		{TransferCancel, "B-TWO", "clientCancelled", "A-ONE"},
	} {
		t.Run(string(c.action), func(t *testing.T) {
			r := newRegister(t)
			auth := r.offered("pull.co.test")
			got := r.request("B-TWO", "Pull.co.test", auth)
			if got.State != "pending" || got.Gaining != "B-TWO" || got.Losing != "A-ONE" || !got.ActBy.Equal(testNow.Add(5*24*time.Hour)) {
				t.Errorf("request %+v", got)
			}
			if d := r.domain("pull.co.test"); !d.Statuses.Has(StatusPendingTransfer) || d.Sponsor != "A-ONE" {
				t.Errorf("pending: %v on %s", d.Statuses, d.Sponsor)
			}
			if a, b := kinds(r.polled("A-ONE")), kinds(r.polled("B-TWO")); a != "domain-transfer" || b != "" {
				t.Errorf("of the request A was told %q, B %q", a, b)
			}
			out, err := r.AnswerDomainTransfer(r.ctx, r.as(c.by), "pull.co.test", c.action)
			must(t, err)
			d := r.domain("pull.co.test")
			if out.State != c.state || d.Sponsor != c.tag || len(d.Statuses) != 0 || d.Expires != NewDate(2027, 8, 1) {
				t.Errorf("%+v; name on %s, %v, %s", out, d.Sponsor, d.Statuses, d.Expires)
			}
			moved := c.tag == "B-TWO"
			if (len(d.authHash) == 0) != moved || d.TagChanged != moved || d.Transferred.IsZero() == moved {
				t.Errorf("authInfo %v, tag changed %v, transferred %v", d.authHash != nil, d.TagChanged, d.Transferred)
			}
			// Both are told; B the registration status too.
			a, b := r.polled("A-ONE"), r.polled("B-TWO")
			if kinds(a) != "domain-transfer" || kinds(b) != "domain-transfer" {
				t.Fatalf("A was told %q, B %q", kinds(a), kinds(b))
			}
			n := b[0].Payload.(*TransferNotice)
			if n.State != c.state || (n.Status == RegisteredUntilExpiry) != moved {
				t.Errorf("B was told %+v", n)
			}
			// Only create was charged: a uk transfer is free.
			if n := one[int64](r, `SELECT count(*) FROM charge`); n != 1 {
				t.Errorf("%d charges", n)
			}
			q, err := r.QueryDomainTransfer(r.ctx, r.as("B-TWO"), "pull.co.test", "")
			must(t, err)
			if q.State != c.state || !q.ActBy.Equal(testNow) {
				t.Errorf("query %+v", q)
			}
			_, err = r.AnswerDomainTransfer(r.ctx, r.as(c.by), "pull.co.test", c.action)
			refused(t, err, KindNoPendingTransfer, "")
		})
	}
}

func TestTransferRefusals(t *testing.T) {
	r := newRegister(t)
	auth := r.offered("pull.co.test")
	ask := func(tag, name string, given AuthInfo) error {
		_, err := r.RequestDomainTransfer(r.ctx, r.as(tag), TransferDomainParams{Name: name, AuthInfo: given})
		return err
	}
	answer := func(tag string, a TransferAction) error {
		_, err := r.AnswerDomainTransfer(r.ctx, r.as(tag), "pull.co.test", a)
		return err
	}
	query := func(tag string, given AuthInfo) error {
		_, err := r.QueryDomainTransfer(r.ctx, r.as(tag), "pull.co.test", given)
		return err
	}
	refused(t, ask("B-TWO", "nobody.co.test", auth), KindNotFound, "")
	refused(t, ask("B-TWO", "pull.co.test", ""), KindParamMissing, "")
	refused(t, ask("B-TWO", "pull.co.test", "Wrong-1234567890-abcdef"), KindBadAuthInfo, "")
	refused(t, ask("A-ONE", "pull.co.test", auth), KindNotTransferable, "")
	refused(t, query("A-ONE", ""), KindNoPendingTransfer, "") // never transferred
	refused(t, query("C-THREE", ""), KindAuthorization, "")
	refused(t, answer("A-ONE", TransferApprove), KindNoPendingTransfer, "")
	for _, s := range []Status{StatusClientTransferProhibited, StatusServerTransferProhibited, StatusPendingUpdate} {
		r.exec(`UPDATE domain SET statuses = ARRAY[$1]`, s)
		refused(t, ask("B-TWO", "pull.co.test", auth), KindStatusProhibits, "")
	}
	r.exec(`UPDATE domain SET statuses = '{}'`)
	must(t, ask("B-TWO", "pull.co.test", auth))
	refused(t, ask("C-THREE", "pull.co.test", auth), KindPendingTransfer, "")
	refused(t, answer("B-TWO", TransferApprove), KindAuthorization, "")
	refused(t, answer("C-THREE", TransferReject), KindAuthorization, "")
	refused(t, answer("A-ONE", TransferCancel), KindAuthorization, "")
	refused(t, query("C-THREE", ""), KindAuthorization, "")
	refused(t, query("C-THREE", "Wrong-1234567890-abcdef"), KindBadAuthInfo, "")
	must(t, query("C-THREE", auth))
	// What else the pending transfer forbids.
	_, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: "pull.co.test", AddStatuses: []Status{StatusClientHold}})
	refused(t, err, KindStatusProhibits, "")
	_, err = r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "pull.co.test", To: "C-THREE"})
	refused(t, err, KindPendingTransfer, "")
	// Once its time has run out it is neither rejected nor cancelled.
	r.at(testNow.Add(5 * 24 * time.Hour))
	refused(t, answer("A-ONE", TransferReject), KindNoPendingTransfer, "")
	refused(t, answer("B-TWO", TransferCancel), KindNoPendingTransfer, "")
	must(t, query("B-TWO", ""))
	if d := r.domain("pull.co.test"); d.Sponsor != "B-TWO" {
		t.Errorf("the query left it on %s", d.Sponsor)
	}
}

func TestDueTransfersAreApproved(t *testing.T) {
	r := newRegister(t)
	for _, name := range []string{"one.co.test", "two.co.test", "late.co.test"} {
		auth := r.offered(name)
		if name == "late.co.test" {
			r.at(testNow.Add(time.Hour))
		}
		r.request("B-TWO", name, auth)
	}
	r.polled("A-ONE")
	r.at(testNow.Add(5*24*time.Hour - time.Second))
	if n, err := r.ApproveDueTransfers(r.ctx); n != 0 || err != nil {
		t.Fatalf("too early: %d, %v", n, err)
	}
	r.at(testNow.Add(5 * 24 * time.Hour))
	var wg sync.WaitGroup
	got := make([]int, 2)
	for i := range got {
		wg.Go(func() {
			n, err := r.ApproveDueTransfers(r.ctx)
			if err != nil {
				t.Error(err)
			}
			got[i] = n
		})
	}
	wg.Wait()
	if got[0]+got[1] != 2 {
		t.Errorf("approved %v, want 2 in all", got)
	}
	if n := one[int64](r, `SELECT count(*) FROM transfer WHERE state = 'serverApproved'`); n != 2 {
		t.Errorf("%d are serverApproved", n)
	}
	if a, b := kinds(r.polled("A-ONE")), kinds(r.polled("B-TWO")); a != "domain-transfer domain-transfer" || b != a {
		t.Errorf("A was told %s, B %s", a, b)
	}
	if r.domain("late.co.test").Sponsor != "A-ONE" {
		t.Error("one went before its time")
	}
}

func TestTransferInGTLD(t *testing.T) {
	r := newRegister(t)
	d := r.create("A-ONE", "pull.gen") // one year, E = 2027-06-01
	auth := gtldAuth("")
	_, err := r.RequestDomainTransfer(r.ctx, r.as("B-TWO"), TransferDomainParams{Name: d.Name, AuthInfo: auth, Years: 11})
	refused(t, err, KindParamRange, "")
	got, err := r.RequestDomainTransfer(r.ctx, r.as("B-TWO"), TransferDomainParams{Name: d.Name, AuthInfo: auth, Years: 2})
	must(t, err)
	if got.Expires != d.Expires.AddYears(2) {
		t.Errorf("will expire %s", got.Expires)
	}
	_, err = r.AnswerDomainTransfer(r.ctx, r.as("A-ONE"), d.Name, TransferApprove)
	must(t, err)
	after := r.domain(d.Name)
	if after.Expires != d.Expires.AddYears(2) || after.Sponsor != "B-TWO" || after.Registrant != "a-owner" {
		t.Errorf("after: %s on %s, registrant %s", after.Expires, after.Sponsor, after.Registrant)
	}
	if got := one[string](r, `SELECT r.tag || c.operation || c.years || c.amount FROM charge c JOIN registrar r ON r.id = registrar_id
		ORDER BY c.id DESC LIMIT 1`); got != "B-TWOtransfer2200" {
		t.Errorf("charge %s", got)
	}
	if states := after.RGPStates(testNow); len(states) != 1 || states[0] != RGPTransfer {
		t.Errorf("states %v", states)
	}
	// A delete in the transfer grace period credits it.
	_, err = r.DeleteDomain(r.ctx, r.as("B-TWO"), d.Name)
	must(t, err)
	if n := one[int64](r, `SELECT count(*) FROM charge WHERE operation = 'transfer' AND reversed_at IS NOT NULL`); n != 1 {
		t.Errorf("%d transfers credited", n)
	}
}

func TestTransferRefundsTheAutomaticRenewal(t *testing.T) { // RFC 3915 section 3.1
	r := newRegister(t)
	d := r.create("A-ONE", "auto.gen")
	r.exec(`INSERT INTO charge (registrar_id, operation, zone_id, domain_id, domain_name, years, currency, amount, tax_rate, tax, charged_at, charged_on)
		SELECT sponsor, 'renew', zone_id, id, name, 1, 'GBP', 100, 0, 0, $1, $2 FROM domain`, testNow, NewDate(2026, 6, 1))
	r.exec(`DELETE FROM grace_period`)
	r.exec(`INSERT INTO grace_period (domain_id, kind, registrar_id, years, charge_id, starts_at, ends_at)
		SELECT id, 'autoRenewPeriod', sponsor, 1, (SELECT max(id) FROM charge), $1, $2 FROM domain`, testNow, testNow.Add(45*24*time.Hour))
	r.exec(`UPDATE domain SET expires = $1`, d.Expires.AddYears(1))
	got := r.request("B-TWO", d.Name, gtldAuth(""))
	if got.Years != 1 || got.Expires != d.Expires.AddYears(1) {
		t.Errorf("%+v", got)
	}
	_, err := r.AnswerDomainTransfer(r.ctx, r.as("A-ONE"), d.Name, TransferApprove)
	must(t, err)
	if after := r.domain(d.Name); after.Expires != d.Expires.AddYears(1) {
		t.Errorf("E %s", after.Expires)
	}
	if n := one[int64](r, `SELECT count(*) FROM charge WHERE operation = 'renew' AND reversed_at IS NOT NULL`); n != 1 {
		t.Errorf("%d renewals credited", n)
	}
}

func TestTransferWithoutPriceIsRefused(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "dear.gen")
	r.exec(`DELETE FROM price WHERE operation = 'transfer'`)
	_, err := r.RequestDomainTransfer(r.ctx, r.as("B-TWO"), TransferDomainParams{Name: "dear.gen", AuthInfo: gtldAuth("")})
	refused(t, err, KindBillingFailure, "")
}

func TestContactTransfer(t *testing.T) {
	r := newRegister(t)
	auth := NewAuthInfo()
	r.exec(`UPDATE contact SET auth_hash = $1 WHERE handle = 'a-owner'`, auth.Hash())
	gtld := func(tag string) Actor { a := r.as(tag); a.Profile = ProfileGTLD; return a }
	uk := r.as("B-TWO")
	uk.Profile = ProfileUK
	_, err := r.RequestContactTransfer(r.ctx, uk, "a-owner", auth)
	refused(t, err, KindUnimplementedCommand, "")
	_, err = r.RequestContactTransfer(r.ctx, gtld("B-TWO"), "nobody", auth)
	refused(t, err, KindNotFound, "")
	_, err = r.RequestContactTransfer(r.ctx, gtld("B-TWO"), "a-owner", "Wrong-1234567890-abcdef")
	refused(t, err, KindBadAuthInfo, "")
	for _, c := range []struct {
		by     string
		action TransferAction
		state  string
	}{{"A-ONE", TransferReject, "clientRejected"}, {"B-TWO", TransferCancel, "clientCancelled"}, {"A-ONE", TransferApprove, "clientApproved"}} {
		got, err := r.RequestContactTransfer(r.ctx, gtld("B-TWO"), "a-owner", auth)
		must(t, err)
		if got.State != "pending" {
			t.Errorf("request %+v", got)
		}
		_, err = r.RequestContactTransfer(r.ctx, gtld("C-THREE"), "a-owner", auth)
		refused(t, err, KindPendingTransfer, "")
		_, err = r.AnswerContactTransfer(r.ctx, gtld("C-THREE"), "a-owner", c.action)
		refused(t, err, KindAuthorization, "")
		got, err = r.AnswerContactTransfer(r.ctx, gtld(c.by), "a-owner", c.action)
		must(t, err)
		q, err := r.QueryContactTransfer(r.ctx, gtld("A-ONE"), "a-owner", "")
		must(t, err)
		if got.State != c.state || q.State != c.state {
			t.Errorf("%s: %s, query %s", c.action, got.State, q.State)
		}
	}
	if got := one[string](r, `SELECT r.tag || (auth_hash IS NULL) || statuses::text FROM contact c JOIN registrar r ON r.id = c.sponsor
		WHERE handle = 'a-owner'`); got != "B-TWOtrue{}" {
		t.Errorf("contact %s", got)
	}
	// Nobody answers: approved when due, here by the query.
	r.exec(`UPDATE contact SET auth_hash = $1 WHERE handle = 'c-owner'`, auth.Hash())
	_, err = r.RequestContactTransfer(r.ctx, gtld("A-ONE"), "c-owner", auth)
	must(t, err)
	r.at(testNow.Add(6 * 24 * time.Hour))
	q, err := r.QueryContactTransfer(r.ctx, gtld("C-THREE"), "c-owner", "")
	must(t, err)
	if q.State != transferServerApproved {
		t.Errorf("query %+v", q)
	}
}

// Approve and cancel at once: one of them wins, and the name is where it says.
func TestApproveAndCancelAtOnce(t *testing.T) {
	r := newRegister(t)
	r.registered("stays.co.test", NewDate(2027, 8, 1)) // it keeps the registrant on the tag
	for range 10 {
		name := "race" + newHandle()[:6] + ".co.test"
		name = lowerASCII(name)
		r.request("B-TWO", name, r.offered(name))
		var approve, cancel error
		var wg sync.WaitGroup
		wg.Go(func() { _, approve = r.AnswerDomainTransfer(r.ctx, r.as("A-ONE"), name, TransferApprove) })
		wg.Go(func() { _, cancel = r.AnswerDomainTransfer(r.ctx, r.as("B-TWO"), name, TransferCancel) })
		wg.Wait()
		if (approve == nil) == (cancel == nil) {
			t.Fatalf("approve %v, cancel %v", approve, cancel)
		}
		refused(t, errors.Join(approve, cancel), KindNoPendingTransfer, "")
		want := map[bool]string{true: "B-TWO clientApproved", false: "A-ONE clientCancelled"}[approve == nil]
		if got := one[string](r, `SELECT r.tag || ' ' || t.state FROM domain d JOIN registrar r ON r.id = d.sponsor
			JOIN transfer t ON t.object_id = d.id WHERE d.name = $1`, name); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTwoTransferRequestsAtOnce(t *testing.T) {
	r := newRegister(t)
	auth := r.offered("both.co.test")
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, tag := range []string{"B-TWO", "C-THREE"} {
		actor := r.as(tag)
		wg.Go(func() {
			_, errs[i] = r.RequestDomainTransfer(r.ctx, actor, TransferDomainParams{Name: "both.co.test", AuthInfo: auth})
		})
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("got %v", errs)
	}
	refused(t, errors.Join(errs...), KindPendingTransfer, "")
}

// A release and an update at once: the update is before it, or refused.
func TestReleaseAndUpdateAtOnce(t *testing.T) {
	r := newRegister(t)
	r.registered("busy.co.test", NewDate(2027, 8, 1))
	var release, update error
	bill := 30
	var wg sync.WaitGroup
	wg.Go(func() {
		_, release = r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "busy.co.test", To: "B-TWO"})
	})
	wg.Go(func() {
		_, update = r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: "busy.co.test", AutoBill: &bill})
	})
	wg.Wait()
	must(t, release)
	if update != nil {
		refused(t, update, KindAuthorization, CodeNotYours)
	}
	if d := r.domain("busy.co.test"); d.Sponsor != "B-TWO" || d.Bill != (BillSettings{}) {
		t.Errorf("on %s with %+v", d.Sponsor, d.Bill)
	}
}

// A handshake that waits ends with the name's own end or change of tag.
func TestPendingChangesEndWithTheName(t *testing.T) {
	r := newRegister(t)
	r.exec(`UPDATE registrar SET handshake = 'always' WHERE tag = 'B-TWO'`)
	auth := r.offered("x.co.test")
	_, err := r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "x.co.test", To: "B-TWO"})
	must(t, err)
	r.request("C-THREE", "x.co.test", auth)
	_, err = r.TransferByStaff(r.ctx, staff(RoleOperator), "x.co.test", "B-TWO")
	must(t, err)
	if got := one[string](r, `SELECT (SELECT state FROM transfer) || ' ' || (SELECT state FROM handshake)`); got != "serverCancelled cancelled" {
		t.Errorf("got %s", got)
	}
	if k := kinds(r.polled("C-THREE")); k != "domain-transfer" {
		t.Errorf("C was told %s", k)
	}
}
