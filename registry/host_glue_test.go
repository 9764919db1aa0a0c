package registry

import "testing"

// C1: a name server below the name has the addresses that its tag gave last,
// whether the host was there before or not.
func TestGlueGivenWithTheNameCounts(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "glue.co.test")
	glue := func(address string) []HostSpec {
		return []HostSpec{{Name: "ns1.glue.co.test", Addresses: []string{address}, Attribute: true}}
	}
	update := func(p UpdateDomainParams) error {
		p.Name = "glue.co.test"
		_, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), p)
		return err
	}
	addresses := func() string {
		return one[string](r, `SELECT h.addresses::text || ' ' || r.tag || ' ' || coalesce(d.name, '-') FROM host h
			JOIN registrar r ON r.id = h.sponsor LEFT JOIN domain d ON d.id = h.superordinate WHERE h.name = 'ns1.glue.co.test'`)
	}
	// Another tag delegates to the host before the name's own tag does.
	_, err := r.CreateDomain(r.ctx, r.as("B-TWO"), CreateDomainParams{Name: "early.co.test", Registrant: "b-owner",
		Hosts: []HostSpec{{Name: "ns1.glue.co.test", Attribute: true}}})
	must(t, err)
	must(t, update(UpdateDomainParams{AddHosts: glue("192.0.2.1")}))
	if got := addresses(); got != "{192.0.2.1} A-ONE glue.co.test" {
		t.Errorf("first: %s", got)
	}
	must(t, update(UpdateDomainParams{RemoveHosts: []string{"ns1.glue.co.test"}}))
	must(t, update(UpdateDomainParams{AddHosts: glue("192.0.2.2")}))
	if got := addresses(); got != "{192.0.2.2} A-ONE glue.co.test" {
		t.Errorf("given again: %s", got)
	}
	must(t, update(UpdateDomainParams{RemoveHosts: []string{"ns1.glue.co.test"}, AddHosts: glue("192.0.2.3")}))
	if got := addresses(); got != "{192.0.2.3} A-ONE glue.co.test" {
		t.Errorf("replaced in one command: %s", got)
	}
	if got := r.domain("glue.co.test").Hosts; len(got) != 3 {
		t.Errorf("name servers %v", got)
	}
	if n := one[int64](r, `SELECT count(*) FROM history WHERE object = 'host' AND object_name = 'ns1.glue.co.test'`); n != 4 {
		t.Errorf("%d history rows of the host, want one to make it and three that change it", n)
	}
	refused(t, update(UpdateDomainParams{AddHosts: []HostSpec{{Name: "ns2.glue.co.test", Addresses: []string{"192.0.2.1", "192.0.2.1"},
		Attribute: true}}}), KindPolicy, "")
}

// RFC 5732: a host below a name is the name's tag's to make, though names of
// others came to use it when there was none.
func TestHostLeftBehindIsTakenUp(t *testing.T) {
	r := newRegister(t)
	_, err := r.CreateDomain(r.ctx, r.as("B-TWO"), CreateDomainParams{Name: "early.co.test", Registrant: "b-owner",
		Hosts: []HostSpec{{Name: "ns1.late.co.test", Attribute: true}}})
	must(t, err)
	r.create("A-ONE", "late.co.test")
	h, _, err := r.CreateHost(r.ctx, r.as("A-ONE"), CreateHostParams{Name: "ns1.late.co.test", Addresses: []HostAddress{{Text: "192.0.2.9"}}})
	must(t, err)
	shown, err := r.InfoHost(r.ctx, "ns1.late.co.test")
	must(t, err)
	if shown.ID != h.ID || shown.Sponsor != "A-ONE" || shown.Superordinate != "late.co.test" || len(shown.Addresses) != 1 || !shown.Linked {
		t.Errorf("host %+v", shown)
	}
	_, _, err = r.CreateHost(r.ctx, r.as("A-ONE"), CreateHostParams{Name: "ns1.late.co.test", Addresses: []HostAddress{{Text: "192.0.2.9"}}})
	refused(t, err, KindExists, "")
}
