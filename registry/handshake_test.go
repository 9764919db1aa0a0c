package registry

import (
	"sync"
	"testing"
	"time"
)

// released releases names to B-TWO, which wants to be asked every time.
func released(t *testing.T, p ReleaseParams, names ...string) (*register, *Release) {
	t.Helper()
	r := newRegister(t)
	r.exec(`UPDATE registrar SET handshake = 'always' WHERE tag = 'B-TWO'`)
	for _, name := range names {
		r.registered(name, NewDate(2026, 8, 1))
	}
	out, err := r.ReleaseDomains(r.ctx, r.as("A-ONE"), p)
	must(t, err)
	if out.Case == "" || len(out.Case) > 12 || !out.ActBy.Equal(testNow.Add(5*24*time.Hour)) {
		t.Fatalf("release %+v", out)
	}
	return r, out
}

func TestHandshakeAccept(t *testing.T) {
	r, out := released(t, ReleaseParams{Registrant: "a-owner", To: "B-TWO"}, "one.co.test", "two.co.test")
	if r.domain("one.co.test").Sponsor != "A-ONE" {
		t.Error("it went before the answer")
	}
	_, err := r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "one.co.test", To: "C-THREE"})
	refused(t, err, KindStatusProhibits, "")
	told := r.polled("B-TWO")
	if kinds(told) != "handshake-request" {
		t.Fatalf("B was told %s", kinds(told))
	}
	if n := told[0].Payload.(*HandshakeNotice); n.Case != out.Case || len(n.Names) != 2 || told[0].Registrant.Handle != "a-owner" {
		t.Errorf("B was asked %+v", n)
	}
	for _, who := range []string{"A-ONE", "C-THREE"} {
		_, err = r.AcceptHandshake(r.ctx, r.as(who), out.Case, "")
		refused(t, err, KindNotFound, "")
	}
	_, err = r.AcceptHandshake(r.ctx, r.as("B-TWO"), "nonsense", "")
	refused(t, err, KindNotFound, "")
	res, err := r.AcceptHandshake(r.ctx, r.as("B-TWO"), out.Case, "")
	must(t, err)
	if len(res.Names) != 2 || len(res.Contacts) != 1 || res.Contacts[0].Copied {
		t.Errorf("accepted %+v", res)
	}
	for _, name := range res.Names {
		if d := r.domain(name); d.Sponsor != "B-TWO" || d.Registrant != "a-owner" {
			t.Errorf("%s on %s with %s", name, d.Sponsor, d.Registrant)
		}
	}
	if a, b := kinds(r.polled("A-ONE")), kinds(r.polled("B-TWO")); a != "released" || b != "tag-changed tag-status" {
		t.Errorf("A was told %s, B %s", a, b)
	}
	_, err = r.AcceptHandshake(r.ctx, r.as("B-TWO"), out.Case, "")
	refused(t, err, KindStatusProhibits, "")
}

func TestHandshakeAcceptWithAContactOfOnesOwn(t *testing.T) {
	r, out := released(t, ReleaseParams{Name: "one.co.test", To: "B-TWO"}, "one.co.test")
	_, err := r.AcceptHandshake(r.ctx, r.as("B-TWO"), out.Case, "c-owner")
	refused(t, err, KindAuthorization, "")
	r.exec(`UPDATE contact SET email = 'other@example.net' WHERE handle = 'b-owner'`)
	_, err = r.AcceptHandshake(r.ctx, r.as("B-TWO"), out.Case, "b-owner")
	refused(t, err, KindPolicy, "") // another person
	r.exec(`UPDATE contact SET email = 'Owner@example.net' WHERE handle = 'b-owner'`)
	res, err := r.AcceptHandshake(r.ctx, r.as("B-TWO"), out.Case, "b-owner")
	must(t, err)
	if d := r.domain("one.co.test"); d.Registrant != "b-owner" || res.Contacts[0].Final != "b-owner" {
		t.Errorf("registrant %s, %+v", d.Registrant, res.Contacts)
	}
}

func TestHandshakeRejectCancelExpire(t *testing.T) {
	r, out := released(t, ReleaseParams{Name: "one.co.test", To: "B-TWO"}, "one.co.test")
	again := func() string {
		t.Helper()
		r.polled("A-ONE")
		r.polled("B-TWO")
		if r.domain("one.co.test").Sponsor != "A-ONE" {
			t.Error("the name moved")
		}
		out, err := r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "one.co.test", To: "B-TWO"})
		must(t, err)
		return out.Case
	}
	_, err := r.RejectHandshake(r.ctx, r.as("B-TWO"), out.Case)
	must(t, err)
	if k := kinds(r.polled("A-ONE")); k != "handshake-result" {
		t.Errorf("A was told %s", k)
	}
	_, err = r.AcceptHandshake(r.ctx, r.as("B-TWO"), out.Case, "")
	refused(t, err, KindStatusProhibits, "")

	second := again()
	_, err = r.CancelHandshake(r.ctx, r.as("B-TWO"), second)
	refused(t, err, KindNotFound, "")
	_, err = r.CancelHandshake(r.ctx, r.as("A-ONE"), second)
	must(t, err)
	if k := kinds(r.polled("B-TWO")); k != "handshake-request handshake-result" {
		t.Errorf("B was told %s", k)
	}

	third := again()
	r.at(testNow.Add(5*24*time.Hour - time.Second))
	if n, err := r.ExpireHandshakes(r.ctx); n != 0 || err != nil {
		t.Fatalf("too early: %d, %v", n, err)
	}
	r.at(testNow.Add(5 * 24 * time.Hour))
	_, err = r.AcceptHandshake(r.ctx, r.as("B-TWO"), third, "")
	refused(t, err, KindStatusProhibits, "")
	r.polled("B-TWO")
	for i, want := range []int{1, 0} {
		if n, err := r.ExpireHandshakes(r.ctx); n != want || err != nil {
			t.Fatalf("run %d: %d, %v", i, n, err)
		}
	}
	if a, b := kinds(r.polled("A-ONE")), kinds(r.polled("B-TWO")); a != "handshake-result" || b != a {
		t.Errorf("A was told %s, B %s", a, b)
	}
	again()
}

func TestHandshakeSettings(t *testing.T) {
	for _, c := range []struct {
		setting Handshake
		knows   bool
		asks    bool
	}{
		{HandshakeAccept, false, false}, {HandshakeAlways, true, true},
		{HandshakeNewCustomers, false, true}, {HandshakeNewCustomers, true, false},
	} {
		r := newRegister(t)
		r.registered("x.co.test", NewDate(2026, 8, 1))
		r.exec(`UPDATE registrar SET handshake = $1 WHERE tag = 'B-TWO'`, c.setting)
		if !c.knows {
			r.exec(`UPDATE contact SET email = 'new@example.net' WHERE handle = 'a-owner'`)
		}
		out, err := r.ReleaseDomains(r.ctx, r.as("A-ONE"), ReleaseParams{Name: "x.co.test", To: "B-TWO"})
		must(t, err)
		if (out.Case != "") != c.asks {
			t.Errorf("%s, known %v: %+v", c.setting, c.knows, out)
		}
	}
}

func TestAcceptAndRejectAtOnce(t *testing.T) {
	r, out := released(t, ReleaseParams{Name: "one.co.test", To: "B-TWO"}, "one.co.test")
	var accept, reject error
	var wg sync.WaitGroup
	wg.Go(func() { _, accept = r.AcceptHandshake(r.ctx, r.as("B-TWO"), out.Case, "") })
	wg.Go(func() { _, reject = r.RejectHandshake(r.ctx, r.as("B-TWO"), out.Case) })
	wg.Wait()
	if (accept == nil) == (reject == nil) {
		t.Fatalf("accept %v, reject %v", accept, reject)
	}
	want := map[bool]string{true: "B-TWO", false: "A-ONE"}[accept == nil]
	if got := r.domain("one.co.test").Sponsor; got != want {
		t.Errorf("on %s, want %s", got, want)
	}
}
