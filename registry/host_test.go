package registry

import (
	"net/netip"
	"slices"
	"testing"
)

func addrs(texts ...string) []HostAddress {
	var out []HostAddress
	for _, text := range texts {
		version := "v6"
		if a, err := netip.ParseAddr(text); err != nil || a.Is4() {
			version = "v4"
		}
		out = append(out, HostAddress{Version: version, Text: text})
	}
	return out
}

func (r *register) host(tag, name string, addresses ...string) *Host {
	r.t.Helper()
	h, _, err := r.CreateHost(r.ctx, r.as(tag), CreateHostParams{Name: name, Addresses: addrs(addresses...)})
	must(r.t, err)
	return h
}

func texts(list []netip.Addr) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

func TestHostCreateThenInfo(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "glue.co.test")
	h := r.host("A-ONE", "NS1.deep.Glue.co.test", "2001:DB8:0:0::1", "192.0.2.1")
	got, err := r.InfoHost(r.ctx, "ns1.DEEP.glue.co.test")
	must(t, err)
	if got.Name != "ns1.deep.glue.co.test" || got.Superordinate != "glue.co.test" || got.Sponsor != "A-ONE" || got.ID != h.ID ||
		!slices.Equal(texts(got.Addresses), []string{"192.0.2.1", "2001:db8::1"}) || !got.Created.Equal(testNow) || got.Creator != "A-ONE" {
		t.Fatalf("got %+v", got)
	}
	if s := got.ShownStatuses(); !slices.Equal(s, []Status{StatusOK}) {
		t.Errorf("statuses %v", s)
	}
	v, err := r.InfoDomain(r.ctx, r.as("A-ONE"), InfoDomainParams{Name: "glue.co.test"})
	must(t, err)
	if !slices.Equal(v.Subordinate, []string{got.Name}) {
		t.Errorf("hosts below the name: %v", v.Subordinate)
	}
	used, err := r.InfoHost(r.ctx, "ns1.example.net")
	must(t, err)
	if s := used.ShownStatuses(); !slices.Equal(s, []Status{StatusLinked, StatusOK}) || used.Superordinate != "" {
		t.Errorf("external host %+v, statuses %v", used, s)
	}
	if got := one[string](r, `SELECT action || cltrid || object_name FROM history WHERE object = 'host'`); got != "createcl-A-ONEns1.deep.glue.co.test" {
		t.Errorf("history %q", got)
	}
	_, err = r.InfoHost(r.ctx, "no.example.net")
	refused(t, err, KindNotFound, "")
}

func TestHostCreateRefusals(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "glue.co.test")
	r.create("A-ONE", "glue.gen")
	r.host("A-ONE", "ns1.glue.co.test", "192.0.2.1")
	uk, gtld := r.as("A-ONE"), r.gtld("A-ONE")
	for name, c := range map[string]struct {
		actor Actor
		host  string
		addrs []string
		kind  Kind
		code  string
	}{
		"2302 exists":                      {uk, "NS1.glue.co.test", []string{"192.0.2.1"}, KindExists, ""},
		"2302 another tag's external host": {r.as("B-TWO"), "ns1.example.net", nil, KindExists, ""},
		"2005 not a name":                  {uk, "ns_1.glue.co.test", []string{"192.0.2.1"}, KindParamSyntax, ""},
		"2005 one label":                   {uk, "ns1", nil, KindParamSyntax, ""},
		"2303 nothing above it":            {uk, "ns1.no.co.test", []string{"192.0.2.1"}, KindNotFound, ""},
		"2201 below another tag's name":    {r.as("B-TWO"), "ns2.glue.co.test", []string{"192.0.2.1"}, KindAuthorization, "V096"},
		"2201 without a code in gtld":      {r.gtld("B-TWO"), "ns2.glue.gen", []string{"192.0.2.1"}, KindAuthorization, ""},
		"2306 a zone":                      {uk, "co.test", []string{"192.0.2.1"}, KindPolicy, ""},
		"2003 C1 glue is mandatory":        {uk, "ns2.glue.co.test", nil, KindParamMissing, ""},
		"2004 loopback":                    {uk, "ns2.glue.co.test", []string{"127.0.0.1"}, KindParamRange, ""},
		"2004 multicast":                   {uk, "ns2.glue.co.test", []string{"ff02::1"}, KindParamRange, ""},
		"2005 not an address":              {uk, "ns2.glue.co.test", []string{"192.0.2.256"}, KindParamSyntax, ""},
		"2306 address twice":               {uk, "ns2.glue.co.test", []string{"2001:db8::1", "2001:db8:0::1"}, KindPolicy, ""},
		"2306 external with glue in gtld":  {gtld, "ns9.example.net", []string{"192.0.2.1"}, KindPolicy, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := r.CreateHost(r.ctx, c.actor, CreateHostParams{Name: c.host, Addresses: addrs(c.addrs...)})
			refused(t, err, c.kind, c.code)
		})
	}
	if n := one[int](r, `SELECT count(*)::int FROM host`); n != 3 {
		t.Errorf("%d hosts", n)
	}
	// uk takes the external host without its addresses and tells.
	h, ignored, err := r.CreateHost(r.ctx, uk, CreateHostParams{Name: "ns9.example.net", Addresses: addrs("192.0.2.1", "2001:db8::1")})
	must(t, err)
	if want := []Ignored{{fieldHostAddr, "192.0.2.1"}, {fieldHostAddr, "2001:db8::1"}}; !slices.Equal(ignored, want) || len(h.Addresses) != 0 {
		t.Errorf("ignored %v, kept %v", ignored, h.Addresses)
	}
}

func TestHostCheckAnswersEachName(t *testing.T) {
	r := newRegister(t)
	got, err := r.CheckHosts(r.ctx, []string{"NS1.example.net", "ns7.example.net", "bad_.example.net", "co.test"})
	must(t, err)
	want := []Availability{{"NS1.example.net", false, "In use"}, {"ns7.example.net", true, ""},
		{"bad_.example.net", false, "Not a valid host name"}, {"co.test", false, "A zone of this registry"}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestHostUpdateAddressesAndStatuses(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "glue.co.test")
	r.host("A-ONE", "ns1.glue.co.test", "192.0.2.1")
	update := func(p UpdateHostParams) (HostUpdate, error) {
		p.Name = "NS1.glue.co.test"
		return r.UpdateHost(r.ctx, r.as("A-ONE"), p)
	}
	after, err := update(UpdateHostParams{AddAddresses: addrs("2001:db8:0:0::7")})
	must(t, err)
	if !slices.Equal(texts(after.Addresses), []string{"192.0.2.1", "2001:db8::7"}) || after.Updater != "A-ONE" {
		t.Fatalf("after %+v", after.Host)
	}
	// What info shows can be removed exactly so, and in any other spelling.
	info, err := r.InfoHost(r.ctx, "ns1.glue.co.test")
	must(t, err)
	_, err = update(UpdateHostParams{RemoveAddresses: addrs(info.Addresses[1].String()), AddAddresses: addrs("2001:db8::8")})
	must(t, err)
	after, err = update(UpdateHostParams{RemoveAddresses: addrs("2001:DB8:0:0:0:0:0:8")})
	must(t, err)
	if !slices.Equal(texts(after.Addresses), []string{"192.0.2.1"}) {
		t.Fatalf("after %v", after.Addresses)
	}
	for name, c := range map[string]struct {
		p    UpdateHostParams
		kind Kind
	}{
		"2003 the last address":     {UpdateHostParams{RemoveAddresses: addrs("192.0.2.1")}, KindParamMissing},
		"2306 one that is not":      {UpdateHostParams{RemoveAddresses: addrs("192.0.2.9")}, KindPolicy},
		"2306 one that is":          {UpdateHostParams{AddAddresses: addrs("192.0.2.1")}, KindPolicy},
		"2004 private":              {UpdateHostParams{AddAddresses: addrs("10.0.0.1")}, KindParamRange},
		"2306 server status":        {UpdateHostParams{AddStatuses: []Status{StatusServerUpdateProhibited}}, KindPolicy},
		"2306 a status not there":   {UpdateHostParams{RemoveStatuses: []Status{StatusClientDeleteProhibited}}, KindPolicy},
		"2306 no status of a host":  {UpdateHostParams{AddStatuses: []Status{StatusClientHold}}, KindPolicy},
		"2003 nothing is asked for": {UpdateHostParams{}, KindParamMissing},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := update(c.p)
			refused(t, err, c.kind, "")
		})
	}
	locked := []Status{StatusClientUpdateProhibited}
	_, err = update(UpdateHostParams{AddStatuses: locked})
	must(t, err)
	_, err = update(UpdateHostParams{AddAddresses: addrs("192.0.2.2")})
	refused(t, err, KindStatusProhibits, "")
	_, err = update(UpdateHostParams{RemoveStatuses: locked})
	must(t, err)
	_, err = r.UpdateHost(r.ctx, r.as("B-TWO"), UpdateHostParams{Name: "ns1.glue.co.test", AddStatuses: locked})
	refused(t, err, KindAuthorization, CodeNotYours)
	_, err = r.UpdateHost(r.ctx, staff(RoleOperator), UpdateHostParams{Name: "ns1.glue.co.test", AddStatuses: []Status{StatusServerUpdateProhibited}})
	must(t, err)
}

func TestHostRename(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "one.co.test")
	r.create("A-ONE", "two.co.test")
	r.create("B-TWO", "other.co.test")
	r.host("A-ONE", "ns1.one.co.test", "192.0.2.1")
	r.host("A-ONE", "free.example.net")
	r.host("A-ONE", "free2.example.net")
	rename := func(a Actor, from, to string, add ...string) (HostUpdate, error) {
		return r.UpdateHost(r.ctx, a, UpdateHostParams{Name: from, NewName: to, AddAddresses: addrs(add...)})
	}
	a := r.as("A-ONE")
	for name, c := range map[string]struct {
		from, to string
		kind     Kind
		code     string
	}{
		"2201 below another tag's name":       {"ns1.one.co.test", "ns1.other.co.test", KindAuthorization, "V096"},
		"2303 below no name":                  {"ns1.one.co.test", "ns1.none.co.test", KindNotFound, ""},
		"2302 exists":                         {"ns1.one.co.test", "NS1.example.net", KindExists, ""},
		"2302 its own name":                   {"ns1.one.co.test", "NS1.one.co.test", KindExists, ""},
		"2305 external, used by another tag":  {"ns1.example.net", "ns3.example.net", KindAssociation, ""},
		"2003 without the glue that it needs": {"free.example.net", "ns9.one.co.test", KindParamMissing, ""},
		"2306 a zone":                         {"ns1.one.co.test", "co.test", KindPolicy, ""},
		"2005 not a name":                     {"ns1.one.co.test", "ns1..test", KindParamSyntax, ""},
		"2303 no such host":                   {"nobody.example.net", "x.example.net", KindNotFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rename(a, c.from, c.to)
			refused(t, err, c.kind, c.code)
		})
	}
	t.Run("names that use it have the new one", func(t *testing.T) {
		_, err := r.UpdateDomain(r.ctx, a, UpdateDomainParams{Name: "two.co.test", AddHosts: []HostSpec{{Name: "ns1.one.co.test"}}})
		must(t, err)
		h, err := rename(a, "ns1.one.co.test", "ns7.Two.co.test")
		must(t, err)
		if h.Superordinate != "two.co.test" || !slices.Equal(texts(h.Addresses), []string{"192.0.2.1"}) {
			t.Errorf("after %+v", h.Host)
		}
		v, err := r.InfoDomain(r.ctx, a, InfoDomainParams{Name: "two.co.test"})
		must(t, err)
		if !slices.Contains(v.Hosts, "ns7.two.co.test") || slices.Contains(v.Hosts, "ns1.one.co.test") || !slices.Equal(v.Subordinate, []string{"ns7.two.co.test"}) {
			t.Errorf("name servers %v, below %v", v.Hosts, v.Subordinate)
		}
	})
	t.Run("in from outside, with glue", func(t *testing.T) {
		h, err := rename(a, "free.example.net", "ns8.one.co.test", "192.0.2.8")
		must(t, err)
		if h.Superordinate != "one.co.test" || len(h.Ignored) != 0 {
			t.Errorf("after %+v", h)
		}
	})
	t.Run("out: gtld wants the addresses removed, uk removes them and tells", func(t *testing.T) {
		_, err := rename(r.gtld("A-ONE"), "ns8.one.co.test", "ns8.example.org")
		refused(t, err, KindPolicy, "")
		h, err := rename(a, "ns8.one.co.test", "ns8.example.org", "192.0.2.77")
		must(t, err)
		if h.Superordinate != "" || len(h.Addresses) != 0 || !slices.Equal(texts(h.Removed), []string{"192.0.2.8"}) ||
			!slices.Equal(h.Ignored, []Ignored{{fieldHostAddr, "192.0.2.77"}}) || h.Sponsor != "A-ONE" {
			t.Errorf("after %+v %+v", h, h.Host)
		}
		h, err = r.UpdateHost(r.ctx, r.gtld("A-ONE"), UpdateHostParams{Name: "free2.example.net", NewName: "free3.example.net"})
		must(t, err)
		if h.Name != "free3.example.net" {
			t.Errorf("after %+v", h.Host)
		}
	})
}

// A host below a name goes with it to another tag (RFC 5732 section 1.1).
func TestHostFollowsTheNameAboveIt(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "glue.co.test")
	r.host("A-ONE", "ns1.glue.co.test", "192.0.2.1")
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE domain SET sponsor = (SELECT id FROM registrar WHERE tag = 'B-TWO')`)
	must(t, err)
	h, err := r.InfoHost(r.ctx, "ns1.glue.co.test")
	must(t, err)
	if h.Sponsor != "B-TWO" || h.Creator != "A-ONE" {
		t.Errorf("sponsor %s, creator %s", h.Sponsor, h.Creator)
	}
	refused(t, r.DeleteHost(r.ctx, r.as("A-ONE"), h.Name), KindAuthorization, CodeNotYours)
	list, err := r.Hosts(r.ctx, HostFilter{TAG: "B-TWO"})
	must(t, err)
	if len(list) != 1 || list[0].Name != h.Name {
		t.Errorf("listed %+v", list)
	}
	must(t, r.DeleteHost(r.ctx, r.as("B-TWO"), h.Name))
}

func TestHostDelete(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "linked.co.test")
	r.host("A-ONE", "free.example.net")
	a := r.as("A-ONE")
	refused(t, r.DeleteHost(r.ctx, a, "ns1.example.net"), KindAssociation, "")
	refused(t, r.DeleteHost(r.ctx, a, "no.example.net"), KindNotFound, "")
	refused(t, r.DeleteHost(r.ctx, r.as("B-TWO"), "free.example.net"), KindAuthorization, CodeNotYours)
	_, err := r.UpdateHost(r.ctx, a, UpdateHostParams{Name: "free.example.net", AddStatuses: []Status{StatusClientDeleteProhibited}})
	must(t, err)
	refused(t, r.DeleteHost(r.ctx, a, "free.example.net"), KindStatusProhibits, "")
	must(t, r.DeleteHost(r.ctx, staff(RoleOperator), "FREE.example.net"))
	uses, err := r.HostUses(r.ctx, "NS1.example.net", "", 0)
	must(t, err)
	if !slices.Equal(uses, []string{"linked.co.test"}) {
		t.Errorf("used by %v", uses)
	}
}

// One host created many times at once is made once.
func TestHostCreateRaceHasOneWinner(t *testing.T) {
	r := newRegister(t)
	oneWinner(t, atOnce(8, func(i int) error {
		_, _, err := r.CreateHost(r.ctx, r.as([]string{"A-ONE", "B-TWO"}[i%2]), CreateHostParams{Name: "race.example.org"})
		return err
	}), KindExists)
}

// A host is deleted while a name is given it, or made while the name above it
// goes: one of the two happens, and the other is told.
func TestHostRacesItsNames(t *testing.T) {
	r := newRegister(t)
	a := r.as("A-ONE")
	for i := range 10 {
		host, name := "race"+itoa(i)+".example.org", "race"+itoa(i)+".co.test"
		r.host("A-ONE", host)
		errs := atOnce(2, func(i int) error {
			if i == 0 {
				return r.DeleteHost(r.ctx, a, host)
			}
			_, err := r.CreateDomain(r.ctx, a, CreateDomainParams{Name: name, Registrant: "a-owner", Hosts: []HostSpec{{Name: host}}})
			return err
		})
		linked := one[bool](r, `SELECT EXISTS (SELECT FROM domain_host dh JOIN host h ON h.id = dh.host_id WHERE h.name = $1)`, host)
		if deleted := errs[0] == nil; deleted == linked {
			t.Fatalf("delete: %v, create: %v, linked %v", errs[0], errs[1], linked)
		}
		if errs[0] != nil {
			refused(t, errs[0], KindAssociation, "")
		}
	}
	for i := range 10 {
		name := "above" + itoa(i) + ".co.test"
		r.create("A-ONE", name)
		errs := atOnce(2, func(i int) error {
			if i == 0 {
				_, err := r.DeleteDomain(r.ctx, a, name)
				return err
			}
			_, _, err := r.CreateHost(r.ctx, a, CreateHostParams{Name: "ns." + name, Addresses: addrs("192.0.2.1")})
			return err
		})
		must(t, errs[0])
		if errs[1] != nil {
			refused(t, errs[1], KindNotFound, "")
		}
		if n := one[int](r, `SELECT count(*)::int FROM host WHERE name = $1`, "ns."+name); n != 0 {
			t.Fatalf("a host is left below a name that is gone")
		}
	}
}

func TestHostsListsByFilter(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "glue.co.test")
	for i := range 3 {
		r.host("A-ONE", "ns"+itoa(i)+".glue.co.test", "192.0.2."+itoa(i+1), "2001:db8::1")
	}
	for name, c := range map[string]struct {
		f    HostFilter
		want []string
	}{
		"page":    {HostFilter{Superordinate: "GLUE.co.test", Limit: 2}, []string{"ns0.glue.co.test", "ns1.glue.co.test"}},
		"next":    {HostFilter{Superordinate: "glue.co.test", Limit: 2, After: "ns1.glue.co.test"}, []string{"ns2.glue.co.test"}},
		"address": {HostFilter{Address: "192.0.2.2"}, []string{"ns1.glue.co.test"}},
		"domain":  {HostFilter{Domain: "glue.co.test"}, []string{"ns1.example.net", "ns2.example.net"}},
		"prefix":  {HostFilter{Name: "ns2."}, []string{"ns2.example.net", "ns2.glue.co.test"}},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := r.Hosts(r.ctx, c.f)
			must(t, err)
			var got []string
			for _, h := range list {
				got = append(got, h.Name)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v", got)
			}
		})
	}
	_, err := r.Hosts(r.ctx, HostFilter{Address: "nonsense"})
	refused(t, err, KindParamSyntax, "")
}
