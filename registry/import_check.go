package registry

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// limit keeps the names of ImportOptions.Only, with what they use.
func (im *importing) limit() error {
	if len(im.o.Only) == 0 {
		return nil
	}
	only := map[string]bool{}
	for _, text := range im.o.Only {
		name, err := ToASCII(strings.TrimSpace(text))
		if err != nil {
			return err
		}
		if im.byName[name] == nil {
			im.fault(ImportDomains, 0, "name", "%s is asked for and not in the file", name)
		}
		only[name] = true
	}
	im.keep(func(name string) bool { return only[name] })
	return nil
}

// keep drops the other names, and the contacts and hosts that none of those
// kept uses.
func (im *importing) keep(wanted func(name string) bool) {
	im.domains = slices.DeleteFunc(im.domains, func(d *importDomain) bool { return !wanted(d.Name) })
	maps.DeleteFunc(im.byName, func(name string, _ *importDomain) bool { return !wanted(name) })
	handles, hosts := map[string]bool{}, map[string]bool{}
	for _, d := range im.domains {
		for _, h := range d.handles() {
			handles[h] = true
		}
		for _, h := range d.hosts {
			hosts[h] = true
		}
	}
	im.contacts = slices.DeleteFunc(im.contacts, func(c *importContact) bool { return !handles[c.Handle] })
	im.hosts = slices.DeleteFunc(im.hosts, func(h *importHost) bool { return !hosts[h.name] })
}

// handles are the contacts of a name.
func (d *importDomain) handles() []string {
	var out []string
	if d.Registrant != "" {
		out = append(out, d.Registrant)
	}
	for _, c := range d.Contacts {
		out = append(out, c.Handle)
	}
	return out
}

// check judges every line by the rules and against the register.
func (im *importing) check(ctx context.Context) error {
	err := im.findTags(ctx)
	if err != nil {
		return err
	}
	there, err := im.lookUp(ctx)
	if err == nil {
		err = im.dropGone(ctx, there)
	}
	if err != nil {
		return err
	}
	err = im.checkIdentifiers(ctx)
	if err != nil {
		return err
	}
	for _, d := range im.domains {
		im.checkDomain(d)
		im.checkUses(d, there)
	}
	for _, c := range im.contacts {
		if found, ok := there.contacts[c.Handle]; ok && !found {
			im.fault(c.file, c.line, "handle", "%s is in the register, and not from an import", c.Handle)
		}
		if im.toCome(c.Created) {
			im.fault(c.file, c.line, "created", "the day is to come")
		}
	}
	for _, h := range im.hosts {
		im.checkHost(h, there)
	}
	im.spreadTags()
	return nil
}

// importThere is what the register has of an import: by name, whether an
// earlier import brought it.
type importThere struct {
	domains, contacts map[string]bool
	hosts             map[string][]netip.Addr
}

// importedSQL finds objects of a kind by name, and whether an import made them.
const importedSQL = `SELECT t.%[2]s, EXISTS (SELECT FROM history h
	WHERE h.object = '%[1]s' AND h.object_name = t.%[2]s AND h.action = 'import')
	FROM %[1]s t WHERE t.%[2]s = ANY($1)`

// lookUp reads what the register has already.
func (im *importing) lookUp(ctx context.Context) (importThere, error) {
	there := importThere{map[string]bool{}, map[string]bool{}, map[string][]netip.Addr{}}
	names, handles, hosts := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, d := range im.domains {
		names[d.Name] = true
		for _, h := range d.handles() {
			handles[h] = true
		}
	}
	for _, c := range im.contacts {
		handles[c.Handle] = true
	}
	for _, h := range im.hosts {
		hosts[h.name] = true
		if h.below = im.superordinate(h.name); h.below != "" {
			names[h.below] = true
		}
	}
	find := func(sql string, keys map[string]bool, scan func(pgx.Rows) error) error {
		for part := range slices.Chunk(slices.Sorted(maps.Keys(keys)), 10*importChunk) {
			err := im.r.db.ReadBatch(ctx, func(b *pgx.Batch) { b.Queue(sql, part).Query(scan) })
			if err != nil {
				return fmt.Errorf("import: read what is there: %w", err)
			}
		}
		return nil
	}
	into := func(m map[string]bool) func(pgx.Rows) error {
		return func(rows pgx.Rows) error {
			var name string
			var imported bool
			_, err := pgx.ForEachRow(rows, []any{&name, &imported}, func() error { m[name] = imported; return nil })
			return err
		}
	}
	err := find(fmt.Sprintf(importedSQL, "domain", "name"), names, into(there.domains))
	if err == nil {
		err = find(fmt.Sprintf(importedSQL, "contact", "handle"), handles, into(there.contacts))
	}
	if err == nil {
		err = find(`SELECT name, addresses FROM host WHERE name = ANY($1)`, hosts, func(rows pgx.Rows) error {
			var name string
			var addresses []netip.Addr
			_, err := pgx.ForEachRow(rows, []any{&name, &addresses}, func() error { there.hosts[name] = addresses; return nil })
			return err
		})
	}
	return there, err
}

// dropGone leaves out the names that an earlier import brought and that were
// deleted since: a repeat must not bring them back (C8, "adds nothing twice").
// Names that were asked for one by one are wanted.
func (im *importing) dropGone(ctx context.Context, there importThere) error {
	if len(im.o.Only) > 0 {
		return nil
	}
	var missing []string
	for _, d := range im.domains {
		if _, ok := there.domains[d.Name]; !ok {
			missing = append(missing, d.Name)
		}
	}
	gone := map[string]bool{}
	for part := range slices.Chunk(missing, 10*importChunk) {
		rows, err := im.r.db.Pool.Query(ctx, `SELECT n FROM unnest($1::text[]) n WHERE EXISTS (SELECT FROM history h
			WHERE h.object = 'domain' AND h.object_name = n AND h.action = 'import')`, part)
		if err != nil {
			return fmt.Errorf("import: read what was there: %w", err)
		}
		var name string
		_, err = pgx.ForEachRow(rows, []any{&name}, func() error { gone[name] = true; return nil })
		if err != nil {
			return fmt.Errorf("import: read what was there: %w", err)
		}
	}
	im.report.Domains.Gone = len(gone)
	if len(gone) > 0 {
		im.keep(func(name string) bool { return !gone[name] })
	}
	return nil
}

// toCome tells whether the day of an instant is after today.
func (im *importing) toCome(at time.Time) bool {
	return !at.IsZero() && DateOf(at, im.r.loc).After(im.today)
}

// superordinate is the name of ours that a host is or lies below, "" for a host
// in no zone of ours.
func (im *importing) superordinate(host string) string {
	for name := host; ; {
		label, parent, ok := strings.Cut(name, ".")
		if !ok {
			return ""
		}
		if im.zones[parent] == nil {
			name = parent
			continue
		}
		return label + "." + parent
	}
}

// findTags reads the tags that names are to go to, and the registry's own.
func (im *importing) findTags(ctx context.Context) error {
	all, err := im.r.Registrars(ctx)
	if err != nil {
		return err
	}
	im.tags = map[string]int32{}
	for _, v := range all {
		if v.State != RegistrarClosed || im.o.Restore {
			im.tags[v.TAG] = v.ID
		}
	}
	im.plan()
	return nil
}

// checkDomain judges a name by itself.
func (im *importing) checkDomain(d *importDomain) {
	fault := func(column, reason string, args ...any) { im.fault(d.file, d.line, column, reason, args...) }
	refused := func(column string, err error) { im.refused(d.file, d.line, column, err) }
	label, zone, err := SplitName(d.Name, slices.Collect(maps.Keys(im.zones)))
	if err != nil {
		refused("name", err)
		return
	}
	d.Zone = im.zones[zone]
	refused("name", CheckLabel(label, d.Zone.IDNTable))
	refused("ds", d.Zone.checkDNSSEC(d.Name, d.DNSSEC))
	if len(d.hosts) > d.Zone.MaxNS {
		fault("hosts", "a name has at most %d name servers", d.Zone.MaxNS)
	}
	if d.Zone.Profile == ProfileUK && d.Registrant == "" {
		fault("registrant", "a name in %s needs one", zone)
	}
	refused("admin", checkDomainContacts(d.Contacts, false))
	if first, second := d.Statuses.conflict(); first != "" {
		fault("statuses", "%s and %s cannot be combined", first, second)
	}
	if _, ok := im.tags[d.tag]; im.o.AssignTags && !ok {
		fault("tag", "%q is no tag of this register, or a closed one", d.tag)
	}
	if d.Expires.After(im.today.AddYears(im.r.policy.MaxYears)) {
		fault("expires", "the day is more than %d years away", im.r.policy.MaxYears)
	}
	if im.toCome(d.Created) {
		fault("created", "the day is to come")
	} else if !d.Created.IsZero() && !d.Expires.IsZero() && !DateOf(d.Created, im.r.loc).Before(d.Expires) {
		fault("created", "the name expires before")
	}
	im.checkLifeCycle(d)
}

// checkLifeCycle judges what only the uk profile has.
func (im *importing) checkLifeCycle(d *importDomain) {
	fault := func(column, reason string, args ...any) { im.fault(d.file, d.line, column, reason, args...) }
	if d.Zone.Profile != ProfileUK && (d.Bill != BillSettings{} || d.RecurBill != BillTagHolder || d.RenewNotRequired ||
		d.Suspended() || d.SuspendedReason != "") {
		fault("", "zone %s has no renewal settings and no suspension", d.Zone.Name)
		return
	}
	switch SuspendReason(d.SuspendedReason) {
	case "":
		if d.Suspended() {
			d.SuspendedReason = string(SuspendedRenewalUnpaid)
		}
	case SuspendedRenewalUnpaid, SuspendedRegistrationUnpaid:
		if !d.Suspended() {
			fault("suspended", "there is a reason and no day")
		}
	default:
		fault("suspended-reason", "%q is neither %q nor %q", d.SuspendedReason, SuspendedRenewalUnpaid, SuspendedRegistrationUnpaid)
	}
	if d.SuspendedOn.After(im.today) {
		fault("suspended", "the day is to come")
	}
	if SuspendReason(d.SuspendedReason) == SuspendedRenewalUnpaid && d.Notices.ProForma.IsZero() && !d.RenewNotRequired {
		// The registry before has sent it, or the name would not be suspended.
		d.Notices.ProForma = d.SuspendedOn.AddDays(-im.r.policy.SuspendAfterProFormaDays)
	}
}

// checkUses judges what a name refers to.
func (im *importing) checkUses(d *importDomain, there importThere) {
	if imported, ok := there.domains[d.Name]; ok && !imported {
		im.fault(d.file, d.line, "name", "%s is registered, and not by an import", d.Name)
	}
	for _, h := range d.handles() {
		imported, ok := there.contacts[h]
		switch {
		case im.byHandle[h] != nil:
		case !ok:
			im.fault(d.file, d.line, "", "the contact %q is neither in %s nor in the register", h, ImportContacts)
		case !imported:
			im.fault(d.file, d.line, "", "the contact %q is in the register, and not from an import", h)
		}
	}
}

// checkHost judges a host: glue, and the name it lies below.
func (im *importing) checkHost(h *importHost, there importThere) {
	fault := func(reason string, args ...any) { im.fault(h.file, h.line, "", reason, args...) }
	if addresses, ok := there.hosts[h.name]; ok {
		if len(h.addrs) > 0 && !sameAddresses(h.addrs, addresses) {
			fault("the host %s is in the register with other addresses", h.name)
		}
		return
	}
	im.refused(h.file, h.line, "", CheckHostAddresses(h.name, h.below != "", h.addrs))
	if _, ok := there.domains[h.below]; h.below != "" && !ok && im.byName[h.below] == nil {
		fault("the host %s lies below %s, which is neither in %s nor registered", h.name, h.below, ImportDomains)
	}
}

func sameAddresses(a, b []netip.Addr) bool {
	x, y := slices.Clone(a), slices.Clone(b)
	slices.SortFunc(x, netip.Addr.Compare)
	slices.SortFunc(y, netip.Addr.Compare)
	return slices.Equal(x, y)
}

// spreadTags settles who gets what with AssignTags: a contact without a tag of
// its own goes to that of the first name that uses it, and so does a host that
// is below none. What nobody uses stays with the registry.
func (im *importing) spreadTags() {
	registryTag := im.r.policy.RegistryTag
	for _, d := range im.domains {
		if !im.o.AssignTags || d.Unassigned {
			d.tag = registryTag
		}
		for _, handle := range d.handles() {
			if c := im.byHandle[handle]; c != nil && (c.tag == "" || !im.o.AssignTags) {
				c.tag = d.tag
			}
		}
		for _, name := range d.hosts {
			if h := im.byHost[name]; h.tag == "" {
				h.tag = d.tag
			}
		}
	}
	for _, h := range im.hosts {
		if d := im.byName[h.below]; d != nil {
			h.tag = d.tag
		}
		if h.tag == "" {
			h.tag = registryTag
		}
	}
	for _, c := range im.contacts {
		if c.tag == "" || !im.o.AssignTags {
			c.tag = registryTag
		}
		if im.tags[c.tag] == 0 {
			im.fault(c.file, c.line, "tag", "%q is no tag of this register, or a closed one", c.tag)
		}
	}
}

// startOrZero is the first instant of the day, zero for no day.
func (d Date) startOrZero(loc *time.Location) time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return d.Start(loc).UTC()
}
