package registry

import (
	"sync"
	"testing"
	"time"
)

func (r *register) create(tag, name string) *Domain {
	r.t.Helper()
	d, err := r.CreateDomain(r.ctx, r.as(tag), CreateDomainParams{Name: name, Registrant: lowerASCII(tag[:1]) + "-owner",
		Hosts: []HostSpec{{Name: "ns1.example.net"}, {Name: "NS2.example.net"}}, AuthInfo: gtldAuth(name)})
	must(r.t, err)
	return d
}

func gtldAuth(name string) AuthInfo { return AuthInfo("Secret-1234567890-abcdefgh") }

func TestCreateThenInfoShowsTheName(t *testing.T) {
	r := newRegister(t)
	d := r.create("A-ONE", "Fresh.co.test")
	v, err := r.InfoDomain(r.ctx, r.as("A-ONE"), InfoDomainParams{Name: "fresh.CO.test"})
	must(t, err)
	if !v.Full || v.Name != "fresh.co.test" || v.ID != d.ID || v.Sponsor != "A-ONE" || v.Registrant != "a-owner" ||
		v.Expires != NewDate(2028, 6, 1) || len(v.Hosts) != 2 || v.Hosts[1] != "ns2.example.net" || !v.Created.Equal(testNow) {
		t.Fatalf("got %+v", v.Domain)
	}
	if v.Status != RegistrationBeingProcessed {
		t.Errorf("status %q", v.Status)
	}
	// One charge line of two pounds and 20 % tax (B1, B4).
	if got := one[int64](r, `SELECT amount * 1000 + tax FROM charge WHERE domain_name = 'fresh.co.test'`); got != 200_040 {
		t.Errorf("charge %d", got)
	}
	// One history row, with the tag and both transaction identifiers.
	if got := one[string](r, `SELECT action || cltrid || svtrid FROM history WHERE object = 'domain'`); got != "createcl-A-ONEsv-A-ONE" {
		t.Errorf("history %q", got)
	}
}

func TestCreateRefusals(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "taken.co.test")
	_, err := r.db.Pool.Exec(r.ctx, `INSERT INTO reserved_name SELECT id, 'crown', 'reserved', 'for the state' FROM zone WHERE name = 'co.test'`)
	must(t, err)
	r.ForgetZones()
	ok := CreateDomainParams{Name: "new.co.test", Registrant: "a-owner"}
	for name, c := range map[string]struct {
		change func(*CreateDomainParams)
		kind   Kind
	}{
		"E2302 taken":                    {func(p *CreateDomainParams) { p.Name = "TAKEN.co.test" }, KindExists},
		"bad name":                       {func(p *CreateDomainParams) { p.Name = "-x.co.test" }, KindParamSyntax},
		"not in our zones":               {func(p *CreateDomainParams) { p.Name = "x.example" }, KindPolicy},
		"reserved":                       {func(p *CreateDomainParams) { p.Name = "crown.co.test" }, KindPolicy},
		"11 years":                       {func(p *CreateDomainParams) { p.Years = 11 }, KindParamRange},
		"no registrant (uk)":             {func(p *CreateDomainParams) { p.Registrant = "" }, KindParamMissing},
		"unknown registrant (uk) 2201":   {func(p *CreateDomainParams) { p.Registrant = "nobody" }, KindAuthorization},
		"another tag's registrant":       {func(p *CreateDomainParams) { p.Registrant = "b-owner" }, KindAuthorization},
		"unknown registrant (gtld) 2303": {func(p *CreateDomainParams) { p.Name, p.Registrant, p.AuthInfo = "x.gen", "nobody", gtldAuth("") }, KindNotFound},
		"unknown host":                   {func(p *CreateDomainParams) { p.Hosts = []HostSpec{{Name: "ns9.example.net"}} }, KindNotFound},
		"host twice": {func(p *CreateDomainParams) {
			p.Hosts = []HostSpec{{Name: "ns1.example.net"}, {Name: "NS1.example.net"}}
		}, KindPolicy},
		"R11 both bills":        {func(p *CreateDomainParams) { p.Bill = BillSettings{Auto: 1, Next: 2} }, KindPolicy},
		"R21 bc with auto-bill": {func(p *CreateDomainParams) { p.Bill.Auto, p.RecurBill = 1, BillCustomer }, KindPolicy},
		"auto-bill 183":         {func(p *CreateDomainParams) { p.Bill.Auto = 183 }, KindParamRange},
		"weak authInfo (gtld)":  {func(p *CreateDomainParams) { p.Name, p.AuthInfo = "x.gen", "short" }, KindParamRange},
	} {
		t.Run(name, func(t *testing.T) {
			p := ok
			c.change(&p)
			_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), p)
			if KindOf(err) != c.kind || err == nil {
				t.Fatalf("got %v", err)
			}
		})
	}
	if n := one[int](r, `SELECT count(*)::int FROM domain`); n != 1 {
		t.Errorf("refused creates left %d names", n-1)
	}
	// B3: no price on the day, no name.
	_, err = r.db.Pool.Exec(r.ctx, `DELETE FROM price WHERE operation = 'create'`)
	must(t, err)
	_, err = r.CreateDomain(r.ctx, r.as("A-ONE"), ok)
	refused(t, err, KindBillingFailure, "")
}

// Two tags that create the same name at once: one wins, the other is told that
// it exists.
func TestCreateRaceHasOneWinner(t *testing.T) {
	r := newRegister(t)
	tags := []string{"A-ONE", "B-TWO", "C-THREE"}
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		tag := tags[i%3]
		actor := r.as(tag)
		wg.Go(func() {
			_, errs[i] = r.CreateDomain(r.ctx, actor, CreateDomainParams{Name: "race.co.test", Registrant: lowerASCII(tag[:1]) + "-owner"})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			refused(t, err, KindExists, "")
		}
	}
	if won != 1 {
		t.Fatalf("%d creates won", won)
	}
	if n := one[int](r, `SELECT count(*)::int FROM charge`); n != 1 {
		t.Errorf("%d charges", n)
	}
}

func TestRenew(t *testing.T) {
	r := newRegister(t)
	d := r.create("A-ONE", "old.co.test")
	renew := RenewDomainParams{Name: "old.co.test", CurExpiry: d.Expires}

	t.Run("R2 before day 182", func(t *testing.T) {
		r.day(d.Expires.AddDays(-183))
		_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), renew)
		refused(t, err, KindNotRenewable, "V128")
	})
	r.day(d.Expires.AddDays(-182))
	t.Run("R1 another tag", func(t *testing.T) {
		_, err := r.RenewDomain(r.ctx, r.as("B-TWO"), renew)
		refused(t, err, KindAuthorization, "V096")
	})
	t.Run("R4 curExpDate", func(t *testing.T) {
		p := renew
		p.CurExpiry = d.Expires.AddDays(1)
		_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), p)
		refused(t, err, KindPolicy, "V904")
	})
	t.Run("R4 moves E, charges once, status in process", func(t *testing.T) {
		after, err := r.RenewDomain(r.ctx, r.as("A-ONE"), renew)
		must(t, err)
		if after.Expires != d.Expires.AddYears(2) {
			t.Fatalf("E %s", after.Expires)
		}
		_, err = r.db.Pool.Exec(r.ctx, `UPDATE domain SET first_paid = true`)
		must(t, err)
		v, err := r.InfoDomain(r.ctx, r.as("A-ONE"), InfoDomainParams{Name: d.Name})
		must(t, err)
		if v.Expires != after.Expires || v.Status != RenewalBeingProcessed || v.Updater != "A-ONE" {
			t.Errorf("info %s %q", v.Expires, v.Status)
		}
		if n := one[int](r, `SELECT count(*)::int FROM charge c JOIN renewal_request q ON q.id = c.request_id WHERE c.operation = 'renew' AND q.state = 'uninvoiced'`); n != 1 {
			t.Errorf("%d charges", n)
		}
	})
	t.Run("R3 a second request", func(t *testing.T) {
		_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: d.Name, CurExpiry: d.Expires.AddYears(2)})
		refused(t, err, KindNotRenewable, "V128")
	})
}

// Two renewals of one period at once: one wins, one line is charged.
func TestRenewRaceHasOneWinner(t *testing.T) {
	r := newRegister(t)
	d := r.create("A-ONE", "race.co.test")
	r.day(d.Expires.AddDays(-100))
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: d.Name, CurExpiry: d.Expires})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			refused(t, err, KindPolicy, "V904")
		}
	}
	if n := one[int](r, `SELECT count(*)::int FROM charge WHERE operation = 'renew'`); won != 1 || n != 1 {
		t.Fatalf("%d won, %d charged", won, n)
	}
}

func TestCheckAnswersEachName(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "taken.co.test")
	got, err := r.CheckDomains(r.ctx, []string{"taken.co.test", "free.co.test", "bad_name.co.test", "x.example", "a.b.co.test"})
	must(t, err)
	want := []Availability{{"taken.co.test", false, "In use"}, {"free.co.test", true, ""}, {"bad_name.co.test", false, "Not a valid name"},
		{"x.example", false, "Not a name of our zones"}, {"a.b.co.test", false, "Not a name of our zones"}}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
	}
}

// Checks of many sessions share queries; each still gets its own answer.
func TestChecksAtOnceGetTheirOwnAnswers(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "taken.co.test")
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			name, free := "taken.co.test", false
			if i%2 == 0 {
				name, free = "free"+itoa(i)+".co.test", true
			}
			got, err := r.CheckDomains(r.ctx, []string{name})
			if err != nil || got[0].Available != free {
				t.Errorf("%s: %v %v", name, got, err)
			}
		})
	}
	wg.Wait()
	if r.checks.running != 0 || r.checks.waiting != nil {
		t.Errorf("left behind: %d running", r.checks.running)
	}
}

func TestInfoOfAnotherTagShowsThePublicPart(t *testing.T) { // C9
	r := newRegister(t)
	r.create("A-ONE", "theirs.gen")
	v, err := r.InfoDomain(r.ctx, r.as("B-TWO"), InfoDomainParams{Name: "theirs.gen"})
	must(t, err)
	if v.Full {
		t.Error("another tag sees everything")
	}
	v, err = r.InfoDomain(r.ctx, r.as("B-TWO"), InfoDomainParams{Name: "theirs.gen", AuthInfo: gtldAuth("")})
	must(t, err)
	if !v.Full {
		t.Error("the right authInfo shows nothing more")
	}
	_, err = r.InfoDomain(r.ctx, r.as("B-TWO"), InfoDomainParams{Name: "theirs.gen", AuthInfo: "wrong-wrong-wrong-wrong"})
	refused(t, err, KindBadAuthInfo, "")
	if len(v.Grace) != 1 || v.Grace[0].State != RGPAdd || v.Grace[0].ChargeID == 0 || !v.Grace[0].Ends.Equal(testNow.Add(5*24*time.Hour)) {
		t.Errorf("grace %+v", v.Grace)
	}
}

func TestUpdateChangesAllOfIt(t *testing.T) {
	r := newRegister(t)
	d := r.create("A-ONE", "change.co.test")
	n := func(v int) *int { return &v }
	notes, yes := []string{"one", "two"}, true
	after, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{
		Name: "Change.co.test", RemoveHosts: []string{"NS1.example.net"},
		AddHosts:    []HostSpec{{Name: "ns1.change.co.test", Addresses: []string{"192.0.2.1", "2001:db8::1"}, Attribute: true}},
		AddContacts: []DomainContact{{"tech", "a-owner"}}, AddStatuses: []Status{StatusClientHold}, AutoBill: n(10), AutoPeriod: n(3),
		RenewNotRequired: &yes, Notes: &notes,
		DNSSEC: &DNSSECChange{Add: DNSSEC{DS: []DSData{{KeyTag: 12345, Algorithm: 13, DigestType: 2, Digest: make([]byte, 32)}}}},
	})
	must(t, err)
	v, err := r.InfoDomain(r.ctx, r.as("A-ONE"), InfoDomainParams{Name: d.Name})
	must(t, err)
	if len(v.Hosts) != 2 || v.Hosts[0] != "ns1.change.co.test" || len(v.Subordinate) != 1 || len(v.Contacts) != 1 ||
		!v.Statuses.Has(StatusClientHold) || v.Bill != (BillSettings{Auto: 10, AutoPeriod: 3}) || !v.RenewNotRequired ||
		len(v.Notes) != 2 || len(v.DNSSEC.DS) != 1 || v.DNSSEC.DS[0].KeyTag != 12345 || v.Updater != "A-ONE" {
		t.Fatalf("got %+v", v.Domain)
	}
	if after.Expires != d.Expires {
		t.Error("E moved")
	}
	// The one history row says what was before and after.
	if got := one[string](r, `SELECT changes->'auto-bill'->>0 || ' ' || (changes->'auto-bill'->>1) FROM history WHERE action = 'update'`); got != "0 10" {
		t.Errorf("history %q", got)
	}
}

func TestUpdateRefusals(t *testing.T) {
	r := newRegister(t)
	d := r.create("A-ONE", "change.co.test")
	r.day(d.Expires.AddDays(-11)) // R12: a value of 10 could be set until E-12
	n := func(v int) *int { return &v }
	empty, bc := "", BillCustomer
	for name, c := range map[string]struct {
		p    UpdateDomainParams
		kind Kind
	}{
		"ns not there":              {UpdateDomainParams{RemoveHosts: []string{"ns9.example.net"}}, KindPolicy},
		"ns there already":          {UpdateDomainParams{AddHosts: []HostSpec{{Name: "ns1.example.net"}}}, KindPolicy},
		"unknown host":              {UpdateDomainParams{AddHosts: []HostSpec{{Name: "ns9.example.net"}}}, KindNotFound},
		"glue missing":              {UpdateDomainParams{AddHosts: []HostSpec{{Name: "ns.change.co.test", Attribute: true}}}, KindParamMissing},
		"status not set":            {UpdateDomainParams{RemoveStatuses: []Status{StatusClientHold}}, KindPolicy},
		"server status":             {UpdateDomainParams{AddStatuses: []Status{StatusServerHold}}, KindPolicy},
		"no registrant (uk)":        {UpdateDomainParams{Registrant: &empty}, KindParamMissing},
		"R12 clear day":             {UpdateDomainParams{AutoBill: n(10)}, KindPolicy},
		"R11 both":                  {UpdateDomainParams{AutoBill: n(1), NextBill: n(1)}, KindPolicy},
		"R21 bc and auto-bill":      {UpdateDomainParams{AutoBill: n(1), RecurBill: &bc}, KindPolicy},
		"auto-period 10":            {UpdateDomainParams{AutoPeriod: n(10)}, KindParamRange},
		"DS not there":              {UpdateDomainParams{DNSSEC: &DNSSECChange{Remove: DNSSEC{DS: []DSData{{KeyTag: 1}}}}}, KindPolicy},
		"short digest":              {UpdateDomainParams{DNSSEC: &DNSSECChange{Add: DNSSEC{DS: []DSData{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: []byte{1}}}}}}, KindParamRange},
		"contact without a type":    {UpdateDomainParams{AddContacts: []DomainContact{{"", "a-owner"}}}, KindParamMissing},
		"contact not there":         {UpdateDomainParams{RemoveContacts: []DomainContact{{"tech", "a-owner"}}}, KindPolicy},
		"registrant of another tag": {UpdateDomainParams{Registrant: ptr("b-owner")}, KindAuthorization},
	} {
		t.Run(name, func(t *testing.T) {
			c.p.Name = d.Name
			_, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), c.p)
			if err == nil || KindOf(err) != c.kind {
				t.Fatalf("got %v", err)
			}
		})
	}
	_, err := r.UpdateDomain(r.ctx, r.as("B-TWO"), UpdateDomainParams{Name: d.Name, AutoBill: n(1)})
	refused(t, err, KindAuthorization, "V096")
	if got := one[int](r, `SELECT count(*)::int FROM history WHERE action = 'update'`); got != 0 {
		t.Errorf("%d refused updates left a history row", got)
	}
	// clientUpdateProhibited lets its own removal through, and nothing else.
	_, err = r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: d.Name, AddStatuses: []Status{StatusClientUpdateProhibited}})
	must(t, err)
	_, err = r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: d.Name, AutoBill: n(1)})
	refused(t, err, KindStatusProhibits, "")
	_, err = r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: d.Name, RemoveStatuses: []Status{StatusClientUpdateProhibited}})
	must(t, err)
}

func ptr[T any](v T) *T { return &v }

func TestDeleteInUK(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "mistake.co.test")
	paid := r.create("A-ONE", "paid.co.test")
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE domain SET first_paid = true WHERE id = $1`, paid.ID)
	must(t, err)
	_, err = r.DeleteDomain(r.ctx, r.as("A-ONE"), paid.Name)
	refused(t, err, KindStatusProhibits, "V906")
	_, err = r.DeleteDomain(r.ctx, r.as("B-TWO"), "mistake.co.test")
	refused(t, err, KindAuthorization, "V096")
	out, err := r.DeleteDomain(r.ctx, r.as("A-ONE"), "mistake.co.test")
	must(t, err)
	if !out.Purged {
		t.Error("not purged")
	}
	_, err = r.InfoDomain(r.ctx, r.as("A-ONE"), InfoDomainParams{Name: "mistake.co.test"})
	refused(t, err, KindNotFound, "")
	if n := one[int](r, `SELECT count(*)::int FROM charge WHERE reversed_at IS NOT NULL`); n != 1 {
		t.Errorf("%d charges taken back", n)
	}
	r.create("B-TWO", "mistake.co.test") // free to be registered again
}

func TestDeleteRestoreInGTLD(t *testing.T) { // RFC 3915
	r := newRegister(t)
	a := r.as("A-ONE")
	r.create("A-ONE", "fresh.gen")
	out, err := r.DeleteDomain(r.ctx, a, "fresh.gen")
	must(t, err)
	if !out.Purged {
		t.Error("a delete in the add grace period purges at once")
	}
	d := r.create("A-ONE", "old.gen")
	r.at(testNow.Add(6 * 24 * time.Hour))
	out, err = r.DeleteDomain(r.ctx, a, "old.gen")
	must(t, err)
	v, err := r.InfoDomain(r.ctx, a, InfoDomainParams{Name: "old.gen"})
	must(t, err)
	if out.Purged || v.DeletePhase != RGPRedemption || !v.Statuses.Has(StatusPendingDelete) || v.Expires != d.Expires {
		t.Fatalf("purged %v, phase %q, statuses %v, E %s", out.Purged, v.DeletePhase, v.Statuses, v.Expires)
	}
	_, err = r.RestoreDomain(r.ctx, a, RestoreDomainParams{Name: "old.gen", Report: &RestoreReport{}})
	refused(t, err, KindStatusProhibits, "")
	_, err = r.RestoreDomain(r.ctx, r.as("B-TWO"), RestoreDomainParams{Name: "old.gen"})
	refused(t, err, KindAuthorization, "")
	after, err := r.RestoreDomain(r.ctx, a, RestoreDomainParams{Name: "old.gen"})
	must(t, err)
	if after.DeletePhase != RGPPendingRestore {
		t.Errorf("phase %q", after.DeletePhase)
	}
	after, err = r.RestoreDomain(r.ctx, a, RestoreDomainParams{Name: "old.gen", Report: &RestoreReport{Reason: "mistake"}})
	must(t, err)
	if after.DeletePhase != "" || after.Statuses.Has(StatusPendingDelete) {
		t.Errorf("phase %q, statuses %v", after.DeletePhase, after.Statuses)
	}
	if n := one[int64](r, `SELECT sum(amount)::bigint FROM charge WHERE operation = 'restore'`); n != 4000 {
		t.Errorf("charged %d for the restore", n)
	}
}

// E4: after so many failed creates a tag's next ones wait for the next day.
func TestFailedCreatesAreLimited(t *testing.T) {
	r := newRegister(t)
	r.policy.FailedCreatesPerDay = 3
	r.create("B-TWO", "taken.co.test")
	try := func(name string) error {
		_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: name, Registrant: "a-owner"})
		return err
	}
	for range 3 {
		refused(t, try("taken.co.test"), KindExists, "")
	}
	refused(t, try("free.co.test"), KindPolicy, "")
	r.create("B-TWO", "other.co.test") // another tag is not concerned
	r.at(testNow.Add(24 * time.Hour))
	must(t, try("free.co.test"))
}

// Updates of one name at once: each sees what the one before it did.
func TestUpdatesAtOnceLoseNothing(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "busy.co.test")
	for i := range 6 {
		_, err := r.db.Pool.Exec(r.ctx, `INSERT INTO host (name, sponsor, creator, created_at) SELECT 'h' || $1 || '.example.net', id, id, '2020-01-01' FROM registrar WHERE tag = 'A-ONE'`, itoa(i))
		must(t, err)
	}
	for round := range 10 {
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				host := "h" + itoa(i) + ".example.net"
				p := UpdateDomainParams{Name: "busy.co.test", AddHosts: []HostSpec{{Name: host}}}
				if round%2 == 1 {
					p = UpdateDomainParams{Name: "busy.co.test", RemoveHosts: []string{host}}
				}
				_, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), p)
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		v, err := r.InfoDomain(r.ctx, r.as("A-ONE"), InfoDomainParams{Name: "busy.co.test"})
		must(t, err)
		if want := 8 - round%2*6; len(v.Hosts) != want {
			t.Fatalf("round %d: %v", round, v.Hosts)
		}
	}
}

// The database refuses a name whose sponsor or zone does not exist, and keeps
// the rows that names refer to.
func TestNamesReferToWhatExists(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "held.co.test")
	for _, sql := range []string{
		`UPDATE domain SET sponsor = 9999`,
		`UPDATE domain SET zone_id = 9999`,
		`DELETE FROM registrar WHERE tag = 'C-THREE'`,
		`DELETE FROM zone WHERE name = 'ref.test'`,
	} {
		_, err := r.db.Pool.Exec(r.ctx, sql)
		if err == nil {
			t.Errorf("the database let this through: %s", sql)
		}
	}
}
