package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// TestBedReport is what a registrar's data set consists of after a reset.
type TestBedReport struct {
	Tag      string        `json:"tag"`
	Clone    string        `json:"clone,omitempty"` // "": there is none
	Names    []TestBedName `json:"names"`
	Contacts []string      `json:"contacts"`
	// Faults are parts of the set that could not be made, each with the reason.
	Faults []string `json:"faults,omitempty"`
}

// TestBedName is a name of a data set.
type TestBedName struct {
	Name  string `json:"name"`
	Tag   string `json:"tag"`
	State string `json:"state"`
}

// placedName is a name of the data set with its zone.
type placedName struct {
	testBedName
	name, tag, registrant string
}

// ResetTestBed gives a registrar its known data set (docs/testbed.md): names in
// each state of the life cycle and a clone of the registrar to move names to,
// all derived from the tag. What of an earlier set is left is cancelled first,
// wherever it went; the poll queues of tag and clone are emptied. Names that the
// registrar made by itself stay.
//
// Refusals: KindPolicy in production, and for the registry's own tags and
// clones; KindAuthorization, KindParamMissing without a reason, KindNotFound. A
// part that cannot be made is among the report's faults.
func (r *Registry) ResetTestBed(ctx context.Context, actor Actor, tag string) (TestBedReport, error) {
	report := TestBedReport{Tag: tag, Clone: CloneTag(tag), Names: []TestBedName{}, Contacts: []string{}}
	err := r.CheckTestBed()
	if err != nil {
		return report, err
	}
	err = errors.Join(actor.staffOnly(RoleAdmin), actor.needReason())
	if err != nil {
		return report, err
	}
	g, err := r.Registrar(ctx, tag)
	if err != nil {
		return report, err
	}
	if g.Kind != "registrar" || strings.HasSuffix(tag, "_") {
		return report, Refuse(KindPolicy, "", "%s has no data set of its own.", tag).About("tag", tag)
	}
	b := &testBed{r: r, ctx: ctx, actor: actor, tag: tag, report: &report}
	for _, step := range []func() error{b.place, b.clear, b.cloneRegistrar, b.load, b.commands, b.emptyQueues, b.handshakes} {
		err = step()
		if err != nil {
			return report, fmt.Errorf("test bed of %s: %w", tag, err)
		}
	}
	return report, nil
}

// CheckTestBed refuses an installation that is no test bed with KindPolicy.
func (r *Registry) CheckTestBed() error {
	if r.inst.TestBed {
		return nil
	}
	return Refuse(KindPolicy, "", "This installation is no test bed.")
}

// testBed is a reset on its way.
type testBed struct {
	r      *Registry
	ctx    context.Context // of the one call that this value lives for
	actor  Actor
	tag    string
	report *TestBedReport
	names  []placedName
}

// fault notes what a rule refused; any other error ends the reset.
func (b *testBed) fault(what string, err error) error {
	if err == nil {
		return nil
	}
	var faults ImportFaults
	if AsRefusal(err) == nil && !errors.As(err, &faults) {
		return err
	}
	b.report.Faults = append(b.report.Faults, what+": "+err.Error())
	return nil
}

// place finds the zones and with them the names. A profile without a zone has
// none of its names.
func (b *testBed) place() error {
	zones, err := b.r.Zones(b.ctx)
	if err != nil {
		return err
	}
	first := map[Profile]string{}
	for _, name := range slices.Sorted(maps.Keys(zones)) {
		p := zones[name].Profile
		if zones[name].Referred {
			p = referredProfile
		}
		if first[p] == "" {
			first[p] = name
		}
	}
	h := testBedHandle(b.tag)
	for _, n := range testBedNames {
		zone := first[cmp.Or(n.profile, ProfileUK)]
		if zone == "" || n.clone && b.report.Clone == "" {
			continue
		}
		p := placedName{n, "test-" + strings.ToLower(b.tag) + "-" + n.label + "." + zone, b.tag, h + owner}
		if n.clone {
			p.tag, p.registrant = b.report.Clone, h+cloneOwner
		} else if n.label == "paid" || n.label == "suspended" {
			p.registrant = h + firm
		}
		b.names = append(b.names, p)
		b.report.Names = append(b.report.Names, TestBedName{p.name, p.tag, n.state})
	}
	b.report.Contacts = []string{h + owner, h + firm, h + technician, h + spare}
	if b.report.Clone != "" {
		b.report.Contacts = append(b.report.Contacts, h+cloneOwner)
	}
	return nil
}

// clear takes away what is left of an earlier set.
func (b *testBed) clear() error {
	list := make([]string, len(b.names))
	for i, n := range b.names {
		list[i] = n.name
	}
	err := b.r.mutate(b.ctx, b.actor, func(tx *Tx) error {
		tx.Queue(`UPDATE handshake SET state = 'cancelled', acted_at = $2 WHERE state = 'pending' AND id IN
			(SELECT o.handshake_id FROM handshake_domain o JOIN domain d ON d.id = o.domain_id WHERE o.open AND d.name = ANY($1))`, list, tx.Now)
		tx.Queue(`UPDATE handshake_domain o SET open = false FROM handshake h WHERE h.id = o.handshake_id AND o.open AND h.state <> 'pending'`)
		tx.Queue(`UPDATE transfer SET state = 'serverCancelled', acted_at = $2 WHERE object = 'domain' AND state = 'pending'
			AND object_id IN (SELECT id FROM domain WHERE name = ANY($1))`, list, tx.Now)
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range list {
		err = b.r.CancelDomain(b.ctx, b.actor, name)
		if KindOf(err) != KindNotFound {
			err = b.fault("cancel "+name, err)
			if err != nil {
				return err
			}
		}
	}
	for _, handle := range b.report.Contacts {
		err = b.r.DeleteContact(b.ctx, b.actor, handle)
		if KindOf(err) != KindNotFound {
			err = b.fault("renew contact "+handle, err)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// cloneRegistrar makes the clone, or brings it up to date: the registrar's
// settings and password, and it wants to be asked before names come to it.
func (b *testBed) cloneRegistrar() error {
	if b.report.Clone == "" {
		return nil
	}
	g, err := b.r.Registrar(b.ctx, b.tag)
	if err != nil {
		return err
	}
	s := g.RegistrarSettings
	s.Name, s.IANAID, s.Handshake = s.Name+" (clone)", 0, HandshakeAlways
	err = b.r.CreateRegistrar(b.ctx, b.actor, b.report.Clone, s)
	if KindOf(err) == KindExists {
		err = b.r.UpdateRegistrar(b.ctx, b.actor, b.report.Clone, func(now *RegistrarSettings) { *now = s })
	}
	if err != nil {
		return b.fault("clone "+b.report.Clone, err)
	}
	return b.r.mutate(b.ctx, b.actor, func(tx *Tx) error {
		tx.Queue(`UPDATE registrar c SET password_hash = t.password_hash, password_changed_at = t.password_changed_at,
			password_expires_at = t.password_expires_at FROM registrar t WHERE c.tag = $1 AND t.tag = $2`, b.report.Clone, b.tag)
		return nil
	})
}

// load imports what commands cannot make: names with a past.
func (b *testBed) load() error {
	files, err := testBedFiles(b.tag, b.report.Clone, b.names)
	if err != nil {
		return err
	}
	var only []string
	for _, n := range b.names {
		if n.line != nil {
			only = append(only, n.name)
		}
	}
	if len(only) == 0 {
		return nil
	}
	// Names of an earlier set would count as deleted on purpose, so they are asked
	// for by name.
	_, err = b.r.Import(b.ctx, b.actor, files, ImportOptions{AssignTags: true, Reference: b.r.Today(), Only: only})
	return b.fault("names", err)
}

// as is the registrar of a name of the set.
func (b *testBed) as(n placedName) (Actor, error) {
	g, err := b.r.Registrar(b.ctx, n.tag)
	a := Actor{Kind: ActorRegistrar, TAG: n.tag, Registrar: g.ID, SvTRID: b.actor.SvTRID, Profile: ProfileUK}
	if n.profile == ProfileGTLD {
		a.Profile = ProfileGTLD
	}
	return a, err
}

// commands does what the registrars would.
func (b *testBed) commands() error {
	a, err := b.as(placedName{tag: b.tag})
	if err != nil {
		return err
	}
	_, _, err = b.r.CreateContact(b.ctx, a, CreateContactParams{ContactValues: spareContact(testBedHandle(b.tag) + spare)})
	err = b.fault("spare contact", err)
	if err != nil {
		return err
	}
	for _, n := range b.names {
		a, err := b.as(n)
		if err != nil {
			return err
		}
		if n.create {
			p := CreateDomainParams{Name: n.name, Registrant: n.registrant, Years: 1}
			if n.profile == ProfileGTLD {
				p.AuthInfo = testBedPW
			}
			_, err = b.r.CreateDomain(b.ctx, a, p)
		}
		switch n.after {
		case stepRenew:
			_, err = b.r.RenewDomain(b.ctx, a, RenewDomainParams{Name: n.name, CurExpiry: b.r.Today().AddDays(60), Years: 1})
		case stepDelete:
			_, err = b.r.DeleteDomain(b.ctx, a, n.name)
		}
		err = b.fault(n.name, err)
		if err != nil {
			return err
		}
	}
	return nil
}

// emptyQueues leaves nothing in the poll queues but what follows.
func (b *testBed) emptyQueues() error {
	return b.r.mutate(b.ctx, b.actor, func(tx *Tx) error {
		tx.Queue(`UPDATE poll_message SET acked_at = $2 WHERE acked_at IS NULL
			AND registrar_id IN (SELECT id FROM registrar WHERE tag = ANY($1))`, []string{b.tag, b.report.Clone}, tx.Now)
		return nil
	})
}

// handshakes releases names that then wait for an answer, whatever the
// receiver's setting says of releases.
func (b *testBed) handshakes() error {
	for _, n := range b.names {
		to := map[testBedStep]string{stepRelease: b.report.Clone, stepIncoming: b.tag}[n.after]
		if to == "" {
			continue
		}
		a, err := b.as(n)
		if err != nil {
			return err
		}
		err = b.fault(n.name, b.ask(a, n.name, to))
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *testBed) ask(a Actor, name, to string) error {
	return b.r.mutate(b.ctx, a, func(tx *Tx) error {
		p := ReleaseParams{Name: name, To: to}
		var f releaseFacts
		names, _, err := tx.lockNames(b.ctx, byName(name), func(batch *pgx.Batch) { f.read(batch, p) })
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return notRegistered(name)
		}
		tx.askHandshake(p, f, names)
		return nil
	})
}
