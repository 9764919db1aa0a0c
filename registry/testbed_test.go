package registry

import (
	"os"
	"strings"
	"testing"
)

// The data set of a tag: each name in the state that the document tells, made
// again the same whatever became of it.
func TestResetTestBed(t *testing.T) {
	r := newRegister(t)
	_, err := r.db.Pool.Exec(r.ctx, `UPDATE contact SET postal = '[{"type":"loc","name":"x","city":"x","cc":"GB"}]'`)
	must(t, err)
	admin := staff(RoleAdmin)
	first, err := r.ResetTestBed(r.ctx, admin, "A-ONE")
	must(t, err)
	check := func() {
		t.Helper()
		statuses := map[string]RegistrationStatus{
			"fresh": RegistrationBeingProcessed, "paid": RegisteredUntilExpiry, "expiring": RegisteredUntilExpiry, "requested": RenewalBeingProcessed,
			"unwanted": NoLongerRequired, "expired": RenewalRequired, "suspended": RenewalRequired,
		}
		for label, want := range statuses {
			d, err := r.showDomain(r.ctx, "test-a-one-"+label+".co.test")
			must(t, err)
			if got := d.RegistrationStatus(r.Today(), r.policy); got != want || d.Sponsor != "A-ONE" {
				t.Errorf("%s: %s on %s, want %s", label, got, d.Sponsor, want)
			}
		}
		for label, want := range map[string]string{"locked": "clientUpdateProhibited", "held": "clientHold", "suspended": "serverHold", "bare": "inactive"} {
			d, err := r.showDomain(r.ctx, "test-a-one-"+label+".co.test")
			must(t, err)
			found := false
			for _, s := range d.ShownStatuses() {
				found = found || string(s) == want
			}
			if !found {
				t.Errorf("%s: %v, want %s", label, d.ShownStatuses(), want)
			}
		}
		signed, err := r.showDomain(r.ctx, "test-a-one-signed.co.test")
		must(t, err)
		hosts, err := r.showDomain(r.ctx, "test-a-one-hosts.co.test")
		must(t, err)
		if len(signed.DNSSEC.DS) != 1 || len(hosts.Subordinate) != 2 || len(hosts.Hosts) != 2 {
			t.Errorf("signed: %d DS; hosts: %v", len(signed.DNSSEC.DS), hosts.Subordinate)
		}
		deleted, err := r.showDomain(r.ctx, "test-a-one-deleted.gen")
		must(t, err)
		grace, err := r.showDomain(r.ctx, "test-a-one-grace.gen")
		must(t, err)
		if states := deleted.RGPStates(r.Now()); len(states) != 1 || states[0] != RGPRedemption {
			t.Errorf("deleted: %v", states)
		}
		if states := grace.RGPStates(r.Now()); len(states) != 1 || states[0] != RGPAdd {
			t.Errorf("grace: %v", states)
		}
		referred, err := r.showDomain(r.ctx, "test-a-one-referred.ref.test")
		must(t, err)
		if !referred.Statuses.Has(StatusPendingCreate) {
			t.Errorf("referred: %v", referred.Statuses)
		}
		for tag, from := range map[string]string{"A-ONE": "A-ONE_", "A-ONE_": "A-ONE"} {
			e, n, err := r.PollRequest(r.ctx, r.as(tag))
			must(t, err)
			if n != 1 || e.Kind != PollHandshakeRequest || e.Payload.(*HandshakeNotice).From != from {
				t.Errorf("%s: %d messages, the first %+v", tag, n, e)
			}
		}
		if list := one[string](r, `SELECT string_agg(handle, ' ' ORDER BY handle) FROM contact WHERE handle LIKE 'A-ONE-%'`); list != "A-ONE-C A-ONE-F A-ONE-P A-ONE-T A-ONE-X" {
			t.Errorf("contacts %s", list)
		}
	}
	check()
	if len(first.Faults) > 0 || len(first.Names) != len(testBedNames) || first.Clone != "A-ONE_" {
		t.Errorf("%+v", first)
	}

	// The registrars use what they got.
	a, clone := r.as("A-ONE"), r.as("A-ONE_")
	accept := r.handshakeOf("A-ONE")
	_, err = r.AcceptHandshake(r.ctx, a, accept, "")
	must(t, err)
	_, err = r.RequestDomainTransfer(r.ctx, Actor{Kind: ActorRegistrar, TAG: "A-ONE", Registrar: a.Registrar, SvTRID: "sv-x", Profile: ProfileGTLD}, TransferDomainParams{
		Name: "test-a-one-pull.gen", AuthInfo: testBedPW})
	must(t, err)
	_, err = r.DeleteDomain(r.ctx, a, "test-a-one-fresh.co.test")
	must(t, err)
	_, err = r.CreateDomain(r.ctx, clone, CreateDomainParams{Name: "test-a-one-fresh.co.test", Registrant: "A-ONE-C", Years: 1})
	must(t, err)
	again, err := r.ResetTestBed(r.ctx, admin, "A-ONE")
	must(t, err)
	if len(again.Faults) > 0 {
		t.Errorf("%v", again.Faults)
	}
	check()

	// Another tag has its own.
	_, err = r.ResetTestBed(r.ctx, admin, "B-TWO")
	must(t, err)
	check()
}

// handshakeOf is the case that waits for a tag.
func (r *register) handshakeOf(tag string) string {
	r.t.Helper()
	return caseText(one[int64](r, `SELECT h.id FROM handshake h JOIN registrar g ON g.id = h.gaining WHERE h.state = 'pending' AND g.tag = $1`, tag))
}

func TestResetTestBedRefusals(t *testing.T) {
	r := newRegister(t)
	for _, tag := range []string{"REGISTRY", "DETAGGED"} {
		_, err := r.ResetTestBed(r.ctx, staff(RoleAdmin), tag)
		wantKind(t, err, KindPolicy)
	}
	_, err := r.ResetTestBed(r.ctx, staff(RoleAdmin), "NOBODY")
	wantKind(t, err, KindNotFound)
	for _, a := range []Actor{staff(RoleOperator), r.as("A-ONE")} {
		_, err = r.ResetTestBed(r.ctx, a, "A-ONE")
		wantKind(t, err, KindAuthorization)
	}
	silent := staff(RoleAdmin)
	silent.Reason = ""
	_, err = r.ResetTestBed(r.ctx, silent, "A-ONE")
	wantKind(t, err, KindParamMissing)
	r.inst.TestBed = false
	_, err = r.ResetTestBed(r.ctx, staff(RoleAdmin), "A-ONE")
	wantKind(t, err, KindPolicy)
}

// The longest tags have room for no clone, and contact ids of their own.
func TestTestBedNamesOfLongTags(t *testing.T) {
	for tag, want := range map[string][2]string{
		"ABC": {"ABC_", "ABC"}, "ABCDEFGHIJKLMNO": {"ABCDEFGHIJKLMNO_", "ABCDEFG-"}, "ABCDEFGHIJKLMNOP": {"", "ABCDEFG-"}, "ABC_": {"", "ABC_"},
	} {
		handle := testBedHandle(tag)
		if CloneTag(tag) != want[0] || !strings.HasPrefix(handle, want[1]) || len(handle) > 12 || CheckHandle(handle+owner) != nil {
			t.Errorf("%s: clone %q, contacts %q", tag, CloneTag(tag), handle)
		}
		for _, n := range testBedNames {
			if _, err := ParseDomainName("test-" + strings.ToLower(strings.TrimSuffix(tag, "_")) + "-" + n.label + ".co.test"); err != nil {
				t.Error(err)
			}
		}
	}
	if testBedHandle("ABCDEFGHIJKLMNO") == testBedHandle("ABCDEFGHIJKLMNOP") {
		t.Error("two tags share their contacts")
	}
}

// docs/testbed.md lists what there is.
func TestTestBedIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/testbed.md")
	must(t, err)
	for _, n := range testBedNames {
		if line := "| `" + n.label + "` | " + n.state + " |"; !strings.Contains(string(text), line) {
			t.Errorf("docs/testbed.md lacks:\n%s", line)
		}
	}
}
