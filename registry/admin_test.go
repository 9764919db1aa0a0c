package registry

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func settings(name string) RegistrarSettings {
	s := DefaultRegistrarSettings()
	s.Name = name
	return s
}

// B10: a registrar and its settings; every change is in the history.
func TestRegistrarLife(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	op := staff(RoleOperator)
	s := settings("Alpha Names Ltd")
	s.BillingEmail, s.URL = "bills@alpha.example", "https://alpha.example"
	if err := r.CreateRegistrar(ctx, op, "ALPHA", s); err != nil {
		t.Fatal(err)
	}
	wantKind(t, r.CreateRegistrar(ctx, op, "ALPHA", s), KindExists)
	wantKind(t, r.CreateRegistrar(ctx, op, TagDetagged, s), KindExists)
	got, err := r.Registrar(ctx, "ALPHA")
	if err != nil || got.RegistrarSettings != s || got.State != RegistrarActive || got.HasPassword || got.Created.IsZero() {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err = r.Registrar(ctx, "NONE"); KindOf(err) != KindNotFound {
		t.Errorf("unknown tag: %v", err)
	}
	limit := int64(50000)
	err = r.UpdateRegistrar(ctx, op, "ALPHA", func(s *RegistrarSettings) { s.CreditLimit, s.MaxSessions = &limit, 5 })
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, r.UpdateRegistrar(ctx, op, "REGISTRY", func(s *RegistrarSettings) { s.Name = "x" }), KindPolicy)
	if err = r.SuspendRegistrar(ctx, op, "ALPHA"); err != nil {
		t.Fatal(err)
	}
	wantKind(t, r.SuspendRegistrar(ctx, op, "ALPHA"), KindStatusProhibits)
	if err = r.ResumeRegistrar(ctx, op, "ALPHA"); err != nil {
		t.Fatal(err)
	}
	list, err := r.History(ctx, HistoryFilter{Object: "registrar", Name: "ALPHA"})
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range list {
		actions = append(actions, e.Action)
	}
	if got := strings.Join(actions, " "); got != "resume suspend update create" {
		t.Errorf("history: %s", got)
	}
	var changed map[string][2]any
	if err = json.Unmarshal(list[2].Changes, &changed); err != nil || len(changed) != 2 ||
		changed["credit_limit"] != [2]any{nil, 50000.0} || changed["max_sessions"] != [2]any{nil, 5.0} {
		t.Errorf("changes of the update: %s, %v", list[2].Changes, err)
	}
	if list[0].Staff != op.Staff || list[0].Reason != "a test" || list[0].SvTRID != "TEST-1" {
		t.Errorf("who: %+v", list[0])
	}
}

func TestRegistrarRefused(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	for _, c := range []struct {
		what string
		tag  string
		edit func(*RegistrarSettings)
		kind Kind
	}{
		{"tag in small letters", "alpha", func(*RegistrarSettings) {}, KindParamSyntax},
		{"tag too short", "AB", func(*RegistrarSettings) {}, KindParamSyntax},
		{"tag too long", "ABCDEFGHIJKLMNOPQ", func(*RegistrarSettings) {}, KindParamSyntax},
		{"no name", "ALPHA", func(s *RegistrarSettings) { s.Name = " " }, KindParamMissing},
		{"bad e-mail", "ALPHA", func(s *RegistrarSettings) { s.SalesEmail = "Al <a@b.example>" }, KindParamSyntax},
		{"bad URL", "ALPHA", func(s *RegistrarSettings) { s.URL = "ftp://x" }, KindParamSyntax},
		{"bad language", "ALPHA", func(s *RegistrarSettings) { s.Language = "english" }, KindParamSyntax},
		{"bad currency", "ALPHA", func(s *RegistrarSettings) { s.Currency = "QQQ" }, KindParamSyntax},
		{"bad tier", "ALPHA", func(s *RegistrarSettings) { s.Tier = "gold" }, KindParamRange},
		{"bad terms", "ALPHA", func(s *RegistrarSettings) { s.Terms = "cash" }, KindParamRange},
		{"bad tax", "ALPHA", func(s *RegistrarSettings) { s.TaxRate = 10001 }, KindParamRange},
		{"bad credit days", "ALPHA", func(s *RegistrarSettings) { s.CreditDays = 366 }, KindParamRange},
		{"bad handshake", "ALPHA", func(s *RegistrarSettings) { s.Handshake = "maybe" }, KindParamRange},
		{"negative limit", "ALPHA", func(s *RegistrarSettings) { n := int64(-1); s.CreditLimit = &n }, KindParamRange},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := settings("Alpha")
			c.edit(&s)
			wantKind(t, r.CreateRegistrar(ctx, staff(RoleAdmin), c.tag, s), c.kind)
		})
	}
	list, err := r.Registrars(ctx)
	if err != nil || len(list) != 2 {
		t.Errorf("after refusals there are %d registrars, %v; want the registry's own two", len(list), err)
	}
}

// Who may do what: operations.md "Staff commands".
func TestStaffRights(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	admin := staff(RoleAdmin)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(r.CreateRegistrar(ctx, admin, "ALPHA", settings("Alpha")))
	must(r.CreateZone(ctx, admin, "co.example", DefaultZoneSettings()))
	must(r.GrantRole(ctx, admin, "root", RoleAdmin))
	ca, err := certs.NewCA("Test CA", 365*24*time.Hour)
	must(err)
	tomorrow := r.Today().AddDays(1).EPPTime()
	price := billing.Price{Operation: billing.Renew, Tier: TierMember, Years: 2, Amount: billing.Money{Minor: 500, Currency: "GBP"}, From: tomorrow}
	n := 0
	operations := []struct {
		what  string
		roles []Role // besides admin
		do    func(Actor) error
	}{
		{"create a registrar", []Role{RoleOperator}, func(a Actor) error {
			n++
			return r.CreateRegistrar(ctx, a, "TAG-"+string(rune('A'+n))+"X", settings("x"))
		}},
		{"rename a registrar", []Role{RoleOperator}, func(a Actor) error {
			return r.UpdateRegistrar(ctx, a, "ALPHA", func(s *RegistrarSettings) { s.Name += "x" })
		}},
		{"change its terms", []Role{RoleOperator, RoleBilling}, func(a Actor) error {
			return r.UpdateRegistrar(ctx, a, "ALPHA", func(s *RegistrarSettings) { s.CreditDays++ })
		}},
		{"set a price", []Role{RoleBilling}, func(a Actor) error {
			return r.SetPrices(ctx, a, "co.example", []billing.Price{price})
		}},
		{"change a zone", []Role{RoleOperator}, func(a Actor) error {
			return r.UpdateZone(ctx, a, "co.example", func(s *ZoneSettings) { s.MaxDS++ })
		}},
		{"reserve a label", []Role{RoleOperator}, func(a Actor) error {
			return r.ReserveLabels(ctx, a, "co.example", []Reservation{{"www", LabelBlocked, "used"}})
		}},
		{"grant a role", nil, func(a Actor) error { return r.GrantRole(ctx, a, "ann", RoleSupport) }},
		{"add a certificate", nil, func(a Actor) error {
			pair, err := ca.IssueRegistrar(certs.RegistrarRequest{Tag: "ALPHA", Validity: time.Hour})
			if err != nil {
				return err
			}
			_, err = r.AddCertificate(ctx, a, "ALPHA", pair.Cert, true)
			return err
		}},
	}
	for _, op := range operations {
		for _, role := range Roles() {
			err := op.do(staff(role))
			may := role == RoleAdmin
			for _, x := range op.roles {
				may = may || x == role
			}
			if may && err != nil {
				t.Errorf("%s may not %s: %v", role, op.what, err)
			}
			if !may {
				wantKind(t, err, KindAuthorization)
			}
		}
		wantKind(t, op.do(Actor{Kind: ActorRegistrar, TAG: "ALPHA", Registrar: 3}), KindAuthorization)
	}
	// A reason is asked for where money is concerned.
	silent := staff(RoleBilling)
	silent.Reason = ""
	wantKind(t, r.SetPrices(ctx, silent, "co.example", []billing.Price{price}), KindParamMissing)
	wantKind(t, r.UpdateRegistrar(ctx, silent, "ALPHA", func(s *RegistrarSettings) { s.Terms = TermsPrepaid }), KindParamMissing)
}

func TestCertificates(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	admin := staff(RoleAdmin)
	for _, tag := range []string{"ALPHA", "BETA"} {
		if err := r.CreateRegistrar(ctx, admin, tag, settings(tag)); err != nil {
			t.Fatal(err)
		}
	}
	ca, err := certs.NewCA("Test CA", 365*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ca.IssueRegistrar(certs.RegistrarRequest{Tag: "ALPHA", Validity: 10 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.AddCertificate(ctx, admin, "ALPHA", pair.Cert, true)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.AddCertificate(ctx, admin, "BETA", pair.Cert, false)
	wantKind(t, err, KindExists)
	_, err = r.AddCertificate(ctx, admin, "BETA", ca.Cert, false)
	wantKind(t, err, KindPolicy)
	_, err = r.AddCertificate(ctx, admin, "NONE", pair.Cert, false)
	wantKind(t, err, KindNotFound)
	for days, want := range map[int]int{5: 0, 11: 1} {
		due, err := r.ExpiringCertificates(ctx, time.Now().AddDate(0, 0, days))
		if err != nil || len(due) != want {
			t.Errorf("expiring within %d days: %v, %v", days, due, err)
		}
	}
	wantKind(t, r.RevokeCertificate(ctx, admin, "BETA", c.Fingerprint), KindNotFound)
	if err = r.RevokeCertificate(ctx, admin, "ALPHA", c.Fingerprint); err != nil {
		t.Fatal(err)
	}
	wantKind(t, r.RevokeCertificate(ctx, admin, "ALPHA", c.Fingerprint), KindStatusProhibits)
	list, err := r.Certificates(ctx, "ALPHA")
	if err != nil || len(list) != 1 || list[0].Revoked.IsZero() || list[0].Usable(time.Now()) || !list[0].Issued {
		t.Errorf("certificates: %+v, %v", list, err)
	}
	if due, err := r.ExpiringCertificates(ctx, time.Now().AddDate(1, 0, 0)); err != nil || len(due) != 0 {
		t.Errorf("a revoked certificate is due: %v, %v", due, err)
	}
}

func TestZonesAndLabels(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	op := staff(RoleOperator)
	if err := r.CreateZone(ctx, op, "CO.Example", DefaultZoneSettings()); err != nil {
		t.Fatal(err)
	}
	wantKind(t, r.CreateZone(ctx, op, "co.example", DefaultZoneSettings()), KindExists)
	wantKind(t, r.CreateZone(ctx, op, "-x.example", DefaultZoneSettings()), KindParamSyntax)
	wantKind(t, r.CreateZone(ctx, op, "x.example", ZoneSettings{Profile: "none"}), KindParamRange)
	wantKind(t, r.UpdateZone(ctx, op, "none.example", func(*ZoneSettings) {}), KindNotFound)
	wantKind(t, r.UpdateZone(ctx, op, "co.example", func(s *ZoneSettings) { s.Profile = ProfileGTLD }), KindPolicy)
	wantKind(t, r.UpdateZone(ctx, op, "co.example", func(s *ZoneSettings) { s.MaxNS = 14 }), KindParamRange)
	err := r.ReserveLabels(ctx, op, "co.example", []Reservation{{"WWW", LabelBlocked, "confusing"}, {"police", LabelReserved, "for the police"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []Reservation{{"a.b", LabelBlocked, "x"}, {"_x", LabelBlocked, "x"}} {
		wantKind(t, r.ReserveLabels(ctx, op, "co.example", []Reservation{bad}), KindParamSyntax)
	}
	wantKind(t, r.ReserveLabels(ctx, op, "co.example", []Reservation{{"x", "gone", "x"}}), KindParamRange)
	wantKind(t, r.ReserveLabels(ctx, op, "co.example", []Reservation{{"x", LabelBlocked, ""}}), KindParamMissing)
	wantKind(t, r.FreeLabels(ctx, op, "co.example", []string{"www", "nothing"}), KindNotFound) // and www stays
	zones, err := r.Zones(ctx)
	if err != nil {
		t.Fatal(err)
	}
	z := zones["co.example"]
	if z == nil || len(z.Reservations()) != 2 || z.Reservations()[1] != (Reservation{"www", LabelBlocked, "confusing"}) {
		t.Fatalf("zone: %+v", z)
	}
	if err = r.FreeLabels(ctx, op, "co.example", []string{"www"}); err != nil {
		t.Fatal(err)
	}
	if zones, err = r.Zones(ctx); err != nil || len(zones["co.example"].Reservations()) != 1 {
		t.Errorf("after freeing one label: %v, %v", zones["co.example"].Reservations(), err)
	}
}

// B3: a price holds from its day on, and what holds is not altered.
func TestSetPrices(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	pgtest.SetNow(t, r.DB(), time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	bill := staff(RoleBilling)
	if err := r.CreateZone(ctx, staff(RoleOperator), "co.example", DefaultZoneSettings()); err != nil {
		t.Fatal(err)
	}
	price := func(day Date, minor int64) billing.Price {
		return billing.Price{Operation: billing.Renew, Tier: TierMember, Years: 2, From: day.EPPTime(),
			Amount: billing.Money{Minor: minor, Currency: "GBP"}}
	}
	set := func(list ...billing.Price) error { return r.SetPrices(ctx, bill, "co.example", list) }
	today := r.Today()
	if err := set(price(today, 501).ProRata(10)...); err != nil {
		t.Fatal(err)
	}
	wantKind(t, set(price(today, 600)), KindPolicy)
	wantKind(t, set(price(today.AddDays(-1), 600)), KindPolicy)
	wantKind(t, r.SetPrices(ctx, bill, "none", []billing.Price{price(today, 1)}), KindNotFound)
	bad := price(today, 1)
	bad.Years = 11
	wantKind(t, set(bad), KindParamRange)
	for _, minor := range []int64{700, 800} { // may be corrected until its day
		if err := set(price(today.AddDays(5), minor)); err != nil {
			t.Fatal(err)
		}
	}
	for day, want := range map[Date]int64{today: 501, today.AddDays(4): 501, today.AddDays(5): 800, today.AddDays(-1): 0} {
		list, err := r.Prices(ctx, billing.PriceFilter{Zone: "co.example", On: day.EPPTime()})
		if err != nil {
			t.Fatal(err)
		}
		got := int64(0)
		for _, p := range list {
			if p.Years == 2 {
				got = p.Amount.Minor
			}
		}
		if got != want {
			t.Errorf("2 years on %s cost %d, want %d", day, got, want)
		}
	}
	all, err := r.Prices(ctx, billing.PriceFilter{})
	if err != nil || len(all) != 11 || all[0].Amount.Minor != 251 || all[10].Amount.Minor != 2505 { // B4, half up
		t.Errorf("all prices: %+v, %v", all, err)
	}
}

func TestStaffUsers(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	admin := staff(RoleAdmin)
	if err := r.GrantRole(ctx, System("S"), "ann", RoleAdmin); err != nil {
		t.Fatal(err)
	}
	wantKind(t, r.RevokeRole(ctx, admin, "ann"), KindPolicy)
	wantKind(t, r.GrantRole(ctx, admin, "ann", RoleSupport), KindPolicy)
	wantKind(t, r.GrantRole(ctx, admin, "Bob", RoleSupport), KindParamSyntax)
	wantKind(t, r.GrantRole(ctx, admin, "bob", "king"), KindParamRange)
	wantKind(t, r.RevokeRole(ctx, admin, "bob"), KindNotFound)
	if err := r.GrantRole(ctx, admin, "bob", RoleAdmin); err != nil {
		t.Fatal(err)
	}
	// Two admins who remove each other at once: one stays.
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i, name := range []string{"ann", "bob"} {
		wg.Go(func() { errs[i] = r.RevokeRole(ctx, admin, name) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("both or none removed: %v", errs)
	}
	active := 0
	users, err := r.StaffUsers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range users {
		a, err := r.StaffActor(ctx, u.Name)
		if u.Active {
			active++
			if err != nil || a.Role != RoleAdmin || !a.IsStaff() {
				t.Errorf("%s: %+v, %v", u.Name, a, err)
			}
		} else {
			wantKind(t, err, KindAuthorization)
		}
	}
	if active != 1 {
		t.Errorf("%d active admins", active)
	}
}

// The history pages backwards without gaps, and every filter filters.
func TestHistoryFilters(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	start := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for i, tag := range []string{"ALPHA", "BETA", "GAMMA"} {
		pgtest.SetNow(t, r.DB(), start.Add(time.Duration(i)*time.Hour))
		a := staff(RoleOperator)
		a.Staff, a.SvTRID = strings.ToLower(tag), "S-"+tag
		if err := r.CreateRegistrar(ctx, a, tag, settings(tag)); err != nil {
			t.Fatal(err)
		}
	}
	for want, f := range map[string]HistoryFilter{
		"GAMMA BETA ALPHA":  {},
		"BETA":              {Name: "BETA"},
		"GAMMA":             {Staff: "gamma"},
		"ALPHA":             {SvTRID: "S-ALPHA"},
		"GAMMA BETA":        {Since: start.Add(time.Hour)},
		"BETA ALPHA":        {Until: start.Add(2 * time.Hour), Object: "registrar"},
		"":                  {TAG: "ALPHA"},
		"GAMMA BETA ALPHA ": {Action: "create"},
	} {
		var got []string
		f.Limit = 1
		for {
			page, err := r.History(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page[0].Name)
			f.Before = page[0].ID
		}
		if strings.Join(got, " ") != strings.TrimSpace(want) {
			t.Errorf("%+v: %v, want %s", f, got, want)
		}
	}
}
