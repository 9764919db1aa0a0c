package registry

import (
	"context"
	"time"
)

// ImportSource hands the objects of an escrow deposit to the target, in any
// order. Its error ends the import.
type ImportSource interface {
	Objects(*ImportTarget) error
}

// ImportDeposit is Import from an escrow deposit. Names, contacts and hosts of
// other registries are taken with what a register of ours can hold; procedures
// that are under way there, such as a transfer, end with the move. Faults name
// the file and line of the deposit.
func (r *Registry) ImportDeposit(ctx context.Context, actor Actor, source ImportSource, o ImportOptions) (ImportReport, error) {
	return r.importFrom(ctx, actor, o, func(im *importing) error {
		im.begin()
		return source.Objects(&ImportTarget{im})
	})
}

// ImportTarget takes the objects of a deposit. file and line say where each
// stands.
type ImportTarget struct{ im *importing }

// Fault notes that something in the deposit cannot be imported.
func (t *ImportTarget) Fault(file string, line int, field, reason string) {
	t.im.fault(file, line, field, "%s", reason)
}

// Restoring tells whether a register is made again from a deposit of its own.
func (t *ImportTarget) Restoring() bool { return t.im.o.Restore }

// Zone takes a zone and its reserved labels; only Restore uses it.
func (t *ImportTarget) Zone(z EscrowZone) {
	if t.im.o.Restore {
		t.im.newZones = append(t.im.newZones, z)
	}
}

// Registrar takes a registrar; only Restore uses it.
func (t *ImportTarget) Registrar(v Registrar) {
	if t.im.o.Restore {
		t.im.newRegistrars = append(t.im.newRegistrars, v)
	}
}

// Contact takes a contact.
func (t *ImportTarget) Contact(file string, line int, v EscrowContact) {
	c := &importContact{file: file, line: line, Contact: *v.Contact, tag: v.Sponsor, last: v.Last}
	c.authHash, c.authSetAt = v.Auth, v.AuthSet
	c.ID = 0
	if t.im.o.Restore {
		c.ID = t.im.r.ownID("C", v.ROID)
	}
	if refusal := AsRefusal(CheckContact(c.ContactValues, ProfileGTLD)); refusal != nil {
		t.im.fault(file, line, refusal.Field, "%s: %s", c.Handle, refusal.Reason)
	}
	if first, second := c.Statuses.conflict(); first != "" {
		t.im.fault(file, line, "status", "%s: %s and %s cannot be combined", c.Handle, first, second)
	}
	t.im.keepContact(c)
}

// Host takes a host.
func (t *ImportTarget) Host(file string, line int, v EscrowHost) {
	name, err := ParseHostName(v.Name)
	if err != nil {
		t.im.refused(file, line, "name", err)
		return
	}
	if first := t.im.byHost[name]; first != nil {
		t.im.fault(file, line, "name", "%s is in line %d already", name, first.line)
		return
	}
	h := &importHost{file: file, line: line, name: name}
	given := make([]HostAddress, len(v.Addresses))
	for i, a := range v.Addresses {
		given[i].Text = a.String()
	}
	h.addrs, err = parseGiven(given)
	t.im.refused(file, line, "addr", err)
	if t.im.o.Restore {
		was := *v.Host
		was.ID = t.im.r.ownID("H", v.ROID)
		h.was, h.tag = &was, v.Sponsor
	}
	t.im.byHost[name] = h
	t.im.hosts = append(t.im.hosts, h)
}

// Domain takes a name; its hosts are taken by Host.
func (t *ImportTarget) Domain(file string, line int, v EscrowDomain) {
	d := &importDomain{file: file, line: line, Domain: *v.Domain, tag: v.Sponsor, hosts: v.Hosts, last: v.Last}
	name, err := ToASCII(v.Name)
	if err != nil {
		t.im.refused(file, line, "name", err)
		return
	}
	d.Name, d.ID = name, 0
	d.authHash, d.authSetAt = v.Auth, v.AuthSet
	if t.im.o.Restore {
		d.ID = t.im.r.ownID("D", v.ROID)
	} else {
		d.Unassigned, d.last = false, nil
	}
	if d.RecurBill == "" {
		d.RecurBill = BillTagHolder
	}
	if d.Expires.IsZero() {
		t.im.fault(file, line, "exDate", "%s: the date is missing", name)
	}
	t.im.keepDomain(d)
}

// PhaseEnds is when a phase of RFC 3915 that began on the day of the import
// ends: for names of another registry, which does not say when theirs began.
func (t *ImportTarget) PhaseEnds(phase RGPState) time.Time {
	p, now := t.im.r.policy, t.im.r.db.Now()
	switch phase {
	case RGPRedemption:
		return now.Add(days24(p.RedemptionDays))
	case RGPPendingRestore:
		return now.Add(days24(p.RestoreReportDays))
	}
	return now.Add(days24(p.PendingDeleteDays))
}

// Day is the civil day of an instant: what an expiry date of another registry
// stands for.
func (t *ImportTarget) Day(at time.Time) Date {
	if at.IsZero() {
		return Date{}
	}
	return DateOf(at, t.im.r.loc)
}

// completeHosts adds the name servers that names of a deposit have and it does
// not list: they lie elsewhere.
func (im *importing) completeHosts() {
	for _, d := range im.domains {
		for _, name := range d.hosts {
			if im.byHost[name] == nil {
				h := &importHost{file: d.file, line: d.line, name: name}
				im.byHost[name] = h
				im.hosts = append(im.hosts, h)
			}
		}
	}
}
