package registry

import (
	"slices"
	"testing"
)

func TestCheckUpdateStatuses(t *testing.T) {
	for _, c := range []struct {
		what   string
		o      Object
		set    StatusSet
		change StatusChange
		staff  bool
		want   StatusSet
		reject bool
		kind   Kind
	}{
		{"add", ObjectDomain, nil, StatusChange{Add: []Status{StatusClientHold}}, false, StatusSet{StatusClientHold}, false, 0},
		{"add one that is set", ObjectDomain, StatusSet{StatusClientHold}, StatusChange{Add: []Status{StatusClientHold}}, false, nil, true, KindPolicy},
		{"add one twice", ObjectDomain, nil, StatusChange{Add: []Status{StatusClientHold, StatusClientHold}}, false, nil, true, KindPolicy},
		{"remove one that is not set", ObjectDomain, nil, StatusChange{Remove: []Status{StatusClientHold}}, false, nil, true, KindPolicy},
		{"add ok", ObjectDomain, nil, StatusChange{Add: []Status{StatusOK}}, true, nil, true, KindPolicy},
		{"add pendingDelete", ObjectDomain, nil, StatusChange{Add: []Status{StatusPendingDelete}}, true, nil, true, KindPolicy},
		{"server status by a registrar", ObjectDomain, nil, StatusChange{Add: []Status{StatusServerHold}}, false, nil, true, KindPolicy},
		{"server status removed by a registrar", ObjectDomain, StatusSet{StatusServerHold}, StatusChange{Remove: []Status{StatusServerHold}}, false, nil, true, KindPolicy},
		{"server status by staff", ObjectDomain, nil, StatusChange{Add: []Status{StatusServerHold}}, true, StatusSet{StatusServerHold}, false, 0},
		{"hold of a contact", ObjectContact, nil, StatusChange{Add: []Status{StatusClientHold}}, false, nil, true, KindPolicy},
		{"transfer lock of a host", ObjectHost, nil, StatusChange{Add: []Status{StatusClientTransferProhibited}}, false, nil, true, KindPolicy},
		{"own removal", ObjectDomain, StatusSet{StatusClientUpdateProhibited}, StatusChange{Remove: []Status{StatusClientUpdateProhibited}}, false, StatusSet{}, false, 0},
		{"own removal and more", ObjectDomain, StatusSet{StatusClientUpdateProhibited}, StatusChange{Remove: []Status{StatusClientUpdateProhibited}, Other: true}, false, nil, true, KindStatusProhibits},
		{"own removal and another status", ObjectDomain, StatusSet{StatusClientHold, StatusClientUpdateProhibited}, StatusChange{Remove: []Status{StatusClientUpdateProhibited, StatusClientHold}}, false, nil, true, KindStatusProhibits},
		{"update while prohibited", ObjectContact, StatusSet{StatusClientUpdateProhibited}, StatusChange{Other: true}, false, nil, true, KindStatusProhibits},
		{"own removal under the server's lock", ObjectDomain, StatusSet{StatusClientUpdateProhibited, StatusServerUpdateProhibited}, StatusChange{Remove: []Status{StatusClientUpdateProhibited}}, false, nil, true, KindStatusProhibits},
		{"staff under every lock", ObjectDomain, StatusSet{StatusServerUpdateProhibited}, StatusChange{Other: true}, true, StatusSet{StatusServerUpdateProhibited}, false, 0},
		{"C6 a second change while pending", ObjectDomain, StatusSet{StatusPendingUpdate}, StatusChange{Other: true}, false, nil, true, KindStatusProhibits},
		{"update lock while an update is pending", ObjectDomain, StatusSet{StatusPendingUpdate}, StatusChange{Add: []Status{StatusServerUpdateProhibited}}, true, nil, true, KindStatusProhibits},
		{"delete lock while a delete is pending", ObjectDomain, StatusSet{StatusPendingDelete}, StatusChange{Add: []Status{StatusClientDeleteProhibited}}, true, nil, true, KindStatusProhibits},
	} {
		got, err := c.set.CheckUpdate(c.o, c.change, c.staff)
		expect(t, c.what, err, c.reject, c.kind, "")
		if !c.reject && !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestCheckOperation(t *testing.T) {
	for _, op := range []Operation{OpUpdate, OpDelete, OpRenew, OpTransfer} {
		for _, s := range domainStatuses {
			forbids := map[Operation][]Status{
				OpUpdate:   {StatusClientUpdateProhibited, StatusServerUpdateProhibited, StatusPendingTransfer, StatusPendingUpdate},
				OpDelete:   {StatusClientDeleteProhibited, StatusServerDeleteProhibited, StatusPendingTransfer, StatusPendingUpdate},
				OpRenew:    {StatusClientRenewProhibited, StatusServerRenewProhibited, StatusPendingTransfer},
				OpTransfer: {StatusClientTransferProhibited, StatusServerTransferProhibited, StatusPendingUpdate},
			}[op]
			want := slices.Contains(forbids, s) || s == StatusPendingCreate || s == StatusPendingDelete || s == StatusPendingRenew
			expect(t, string(s)+" and "+string(op), StatusSet{s}.CheckOperation(ObjectDomain, op), want, KindStatusProhibits, "The status "+string(s))
		}
	}
}

func TestShownStatuses(t *testing.T) {
	for _, c := range []struct {
		o     Object
		set   StatusSet
		inUse bool
		want  []Status
	}{
		{ObjectDomain, nil, true, []Status{StatusOK}},
		{ObjectDomain, nil, false, []Status{StatusInactive}},
		{ObjectDomain, StatusSet{StatusClientHold}, false, []Status{StatusClientHold, StatusInactive}},
		{ObjectContact, nil, true, []Status{StatusLinked, StatusOK}},
		{ObjectHost, StatusSet{StatusClientDeleteProhibited}, true, []Status{StatusClientDeleteProhibited, StatusLinked}},
		{ObjectHost, nil, false, []Status{StatusOK}},
	} {
		if got := c.set.Shown(c.o, c.inUse); !slices.Equal(got, c.want) {
			t.Errorf("%s %v: %v, want %v", c.o, c.set, got, c.want)
		}
	}
	if _, err := ParseStatus(ObjectHost, "clientHold"); KindOf(err) != KindParamSyntax {
		t.Errorf("clientHold of a host: %v", err)
	}
	if a, b := (StatusSet{StatusClientHold, StatusOK}).conflict(); a != StatusOK || b != StatusClientHold {
		t.Errorf("ok with a hold: %s, %s", a, b)
	}
	if a, _ := (StatusSet{StatusPendingDelete, StatusPendingTransfer}).conflict(); a == "" {
		t.Error("two pending statuses stand together")
	}
}

func TestPolicyValidate(t *testing.T) {
	if err := DefaultPolicy().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, spoil := range []func(*Policy){
		func(p *Policy) { p.RegistryTag = "" },
		func(p *Policy) { p.RegistryTag = TagDetagged },
		func(p *Policy) { p.RenewWindowDays = 0 },
		func(p *Policy) { p.ProFormaDay = p.ReminderDay },
		func(p *Policy) { p.AutoBillMax = p.RenewWindowDays + 1 },
		func(p *Policy) { p.DefaultYears = p.MaxYears + 1 },
		func(p *Policy) { p.AddGraceDays = -1 },
	} {
		p := DefaultPolicy()
		spoil(&p)
		if p.Validate() == nil {
			t.Errorf("not refused: %+v", p)
		}
	}
	for _, k := range Kinds() {
		if k.String() == "" {
			t.Errorf("kind %d has no name", int(k))
		}
	}
}
