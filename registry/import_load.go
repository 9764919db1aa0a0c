package registry

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// importAttempts is how often a chunk is tried when registrars create the same
// things meanwhile.
const importAttempts = 3

// importLoad is what one transaction loads.
type importLoad struct {
	im       *importing
	domains  []*importDomain
	contacts []*importContact
	hosts    []*importHost

	// Set anew by each attempt.
	tx                                *Tx
	domainID, contactID, hostID       map[string]int64
	newDomain, newContact, newHost    []int64 // ids to use
	added                             ImportReport
	history                           [][]any
	contactRows, domainRows, hostRows [][]any
	useRows, dsRows, delegationRows   [][]any
	graceRows, transferRows           [][]any
}

// load loads everything in chunks. A chunk holds names with all that they need,
// so that whatever was loaded is whole.
func (im *importing) load(ctx context.Context) error {
	below := map[string][]*importHost{}
	for _, h := range im.hosts {
		if h.below != "" {
			below[h.below] = append(below[h.below], h)
		}
	}
	done := 0
	chunk := &importLoad{im: im}
	flush := func() error {
		err := chunk.run(ctx)
		if err != nil {
			return err
		}
		done += len(chunk.domains)
		if im.o.Progress != nil {
			im.o.Progress(done, len(im.domains))
		}
		chunk = &importLoad{im: im}
		return nil
	}
	for _, d := range im.domains {
		chunk.add(d, below)
		if len(chunk.domains) < im.o.ChunkSize {
			continue
		}
		err := flush()
		if err != nil {
			return err
		}
	}
	if len(chunk.domains) > 0 {
		err := flush()
		if err != nil {
			return err
		}
	}
	return im.loadRest(ctx)
}

// loadRest loads the contacts and hosts that no name uses.
func (im *importing) loadRest(ctx context.Context) error {
	for part := range slices.Chunk(im.contacts, im.o.ChunkSize) {
		chunk := &importLoad{im: im}
		for _, c := range part {
			chunk.addContact(c)
		}
		err := chunk.run(ctx)
		if err != nil {
			return err
		}
	}
	for part := range slices.Chunk(im.hosts, im.o.ChunkSize) {
		chunk := &importLoad{im: im}
		for _, h := range part {
			chunk.addHost(h)
		}
		err := chunk.run(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *importLoad) addContact(c *importContact) {
	if c != nil && !c.loaded {
		c.loaded = true
		l.contacts = append(l.contacts, c)
	}
}

func (l *importLoad) addHost(h *importHost) {
	if h != nil && !h.loaded {
		h.loaded = true
		l.hosts = append(l.hosts, h)
	}
}

// add puts a name into the chunk, with its contacts, its hosts, the hosts below
// it, and the names that its hosts lie below, which may need others in turn.
func (l *importLoad) add(d *importDomain, below map[string][]*importHost) {
	for todo := []*importDomain{d}; len(todo) > 0; {
		d, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if d.placed {
			continue
		}
		d.placed = true
		l.domains = append(l.domains, d)
		for _, handle := range d.handles() {
			l.addContact(l.im.byHandle[handle])
		}
		for _, name := range d.hosts {
			h := l.im.byHost[name]
			l.addHost(h)
			if other := l.im.byName[h.below]; other != nil {
				todo = append(todo, other)
			}
		}
		for _, h := range below[d.Name] {
			l.addHost(h)
		}
	}
}

// run loads the chunk in one transaction.
func (l *importLoad) run(ctx context.Context) error {
	if len(l.domains)+len(l.contacts)+len(l.hosts) == 0 {
		return nil
	}
	for attempt := 1; ; attempt++ {
		err := l.im.r.mutate(ctx, l.im.actor, func(tx *Tx) error {
			l.tx = tx
			return l.write(ctx)
		})
		if err == nil {
			break
		}
		if pg.SQLState(err) != uniqueViolation || attempt == importAttempts {
			return fmt.Errorf("import: %w", err)
		}
	}
	sum := &l.im.report
	for _, v := range []struct{ sum, add *ImportCount }{
		{&sum.Domains, &l.added.Domains}, {&sum.Contacts, &l.added.Contacts}, {&sum.Hosts, &l.added.Hosts},
	} {
		v.sum.Added += v.add.Added
		v.sum.There += v.add.There
	}
	return ctx.Err()
}

// write looks up what is there and copies the rest.
func (l *importLoad) write(ctx context.Context) error {
	l.added = ImportReport{}
	l.history, l.contactRows, l.domainRows, l.hostRows = nil, nil, nil, nil
	l.useRows, l.dsRows, l.delegationRows, l.graceRows, l.transferRows = nil, nil, nil, nil, nil
	err := l.tx.Batch(ctx, l.read)
	if err != nil {
		return err
	}
	for _, c := range l.contacts {
		l.contact(c)
	}
	var fresh []*importDomain
	for _, d := range l.domains {
		for _, handle := range d.handles() {
			if l.contactID[handle] == 0 {
				return fmt.Errorf("the contact %s was deleted meanwhile", handle)
			}
		}
		if l.domain(d) {
			fresh = append(fresh, d)
		}
	}
	for _, h := range l.hosts {
		l.host(h)
	}
	for _, d := range fresh {
		l.uses(d)
	}
	for _, c := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"contact", importContactColumns, l.contactRows}, {"domain", importDomainColumns, l.domainRows},
		{"host", importHostColumns, l.hostRows},
		{"domain_contact", []string{"domain_id", "role", "contact_id"}, l.useRows},
		{"domain_ds", importDSColumns, l.dsRows},
		{"domain_host", []string{"domain_id", "host_id"}, l.delegationRows},
		{"grace_period", importGraceColumns, l.graceRows},
		{"transfer", importTransferColumns, l.transferRows},
		{"history", importHistoryColumns, l.history},
	} {
		if len(c.rows) == 0 {
			continue
		}
		err = l.tx.CopyFrom(ctx, c.table, c.columns, c.rows)
		if err != nil {
			return fmt.Errorf("copy to %s: %w", c.table, err)
		}
	}
	return nil
}

// read queues the look-up of ids, and takes new ones for what is missing.
func (l *importLoad) read(b *pgx.Batch) {
	l.domainID, l.contactID, l.hostID = map[string]int64{}, map[string]int64{}, map[string]int64{}
	var names, handles, hosts []string
	for _, d := range l.domains {
		names = append(names, d.Name)
		handles = append(handles, d.handles()...)
		hosts = append(hosts, d.hosts...)
	}
	for _, c := range l.contacts {
		handles = append(handles, c.Handle)
	}
	for _, h := range l.hosts {
		hosts = append(hosts, h.name)
		if h.below != "" {
			names = append(names, h.below)
		}
	}
	find := func(sql string, keys []string, into map[string]int64) {
		b.Queue(sql, orEmpty(keys)).Query(func(rows pgx.Rows) error {
			var key string
			var id int64
			_, err := pgx.ForEachRow(rows, []any{&key, &id}, func() error { into[key] = id; return nil })
			return err
		})
	}
	find(`SELECT name, id FROM domain WHERE name = ANY($1)`, names, l.domainID)
	find(`SELECT handle, id FROM contact WHERE handle = ANY($1)`, handles, l.contactID)
	find(`SELECT name, id FROM host WHERE name = ANY($1)`, hosts, l.hostID)
	for _, v := range []struct {
		sequence string
		n        int
		ids      *[]int64
	}{
		{"domain_id_seq", len(l.domains), &l.newDomain}, {"contact_id_seq", len(l.contacts), &l.newContact},
		{"host_id_seq", len(l.hosts), &l.newHost},
	} {
		b.Queue(`SELECT ARRAY(SELECT nextval($1::regclass) FROM generate_series(1, $2::int))`, v.sequence, v.n).
			QueryRow(func(row pgx.Row) error { return row.Scan(v.ids) })
	}
}

var importContactColumns = []string{"id", "handle", "sponsor", "postal", "voice", "voice_ext", "fax", "fax_ext", "email",
	"trad_name", "type", "company_no", "opt_out", "natural_person", "creator", "created_at",
	"statuses", "disclose", "auth_hash", "auth_set_at", "updater", "updated_at", "transferred_at"}

func (l *importLoad) contact(c *importContact) {
	if l.contactID[c.Handle] != 0 {
		l.added.Contacts.There++
		return
	}
	l.added.Contacts.Added++
	if c.ID == 0 {
		c.ID = take(&l.newContact)
	}
	l.contactID[c.Handle] = c.ID
	c.Sponsor = c.tag
	sponsor := l.im.tags[c.tag]
	l.contactRows = append(l.contactRows, []any{c.ID, c.Handle, sponsor, asJSON(c.Postal), null(c.Voice), null(c.VoiceExt),
		null(c.Fax), null(c.FaxExt), c.Email, null(c.TradName), null(c.Type), null(c.CompanyNo), c.OptOut, c.Natural,
		l.by(c.Creator, sponsor), l.created(c.Contact.Created), orEmpty(c.Statuses), c.disclosure(), c.authHash, nullTime(c.authSetAt),
		l.updater(c.Updater), nullTime(c.Updated), nullTime(c.Transferred)})
	l.transfer(ObjectContact, c.ID, c.Handle, c.last)
	l.record("contact", c.ID, c.Handle, c.snapshot())
}

var importDomainColumns = []string{"id", "name", "zone_id", "sponsor", "registrant", "statuses", "expires", "first_paid",
	"unassigned", "suspended_on", "suspended_reason", "auto_bill", "next_bill", "auto_period", "next_period", "recur_bill",
	"renew_not_required", "notes", "reseller", "creator", "created_at", "recheck",
	"advance_warning_on", "reminder_on", "pro_forma_on", "not_required_on",
	"first_bill", "referred_at", "delete_phase", "delete_phase_ends", "auth_hash", "auth_set_at", "tag_changed",
	"updater", "updated_at", "transferred_at"}

// domain adds a name; it returns false for one that is there already.
func (l *importLoad) domain(d *importDomain) bool {
	if l.domainID[d.Name] != 0 {
		l.added.Domains.There++
		return false
	}
	l.added.Domains.Added++
	if d.ID == 0 {
		d.ID = take(&l.newDomain)
	}
	l.domainID[d.Name] = d.ID
	d.Sponsor, d.Hosts = d.tag, d.hosts
	sponsor := l.im.tags[d.tag]
	l.domainRows = append(l.domainRows, []any{d.ID, d.Name, d.Zone.ID, sponsor, nullID(l.contactID[d.Registrant]), orEmpty(d.Statuses),
		d.Expires, true, !l.im.o.AssignTags || d.Unassigned, nullDate(d.SuspendedOn), null(d.SuspendedReason), nullInt(d.Bill.Auto),
		nullInt(d.Bill.Next), nullInt(d.Bill.AutoPeriod), nullInt(d.Bill.NextPeriod), d.RecurBill,
		d.RenewNotRequired, orEmpty(d.Notes), null(d.Reseller), l.by(d.Creator, sponsor), l.created(d.Created), l.overdue(d),
		nullDate(d.Notices.AdvanceWarning), nullDate(d.Notices.Reminder), nullDate(d.Notices.ProForma), nullDate(d.Notices.NotRequired),
		null(string(d.FirstBill)), nullTime(d.Referred), null(string(d.DeletePhase)), nullTime(d.DeletePhaseEnds), d.authHash, nullTime(d.authSetAt),
		d.TagChanged, l.updater(d.Updater), nullTime(d.Updated), nullTime(d.Transferred)})
	l.graces(d)
	l.transfer(ObjectDomain, d.ID, d.Name, d.last)
	l.record("domain", d.ID, d.Name, d.snapshot())
	return true
}

// overdue tells whether the rules call for something on the days up to today:
// the batch looks only at what becomes due after its last run, so it must be
// told. A name that waits is looked at when it is assigned.
func (l *importLoad) overdue(d *importDomain) bool {
	if !l.im.o.AssignTags || d.Unassigned {
		return false
	}
	today, p := l.tx.today, l.im.r.policy
	if d.Zone.Profile == ProfileGTLD {
		_, due := d.gtldName().DecideExpiry(today, p)
		return due
	}
	n := d.renewalName()
	n.FirstPaid = true
	return len(DueOn(n, today, p)) > 0
}

var importHostColumns = []string{"id", "name", "sponsor", "superordinate", "addresses", "creator", "created_at",
	"statuses", "updater", "updated_at", "transferred_at"}

func (l *importLoad) host(h *importHost) {
	if l.hostID[h.name] != 0 {
		l.added.Hosts.There++
		return
	}
	l.added.Hosts.Added++
	was := h.was
	if was == nil {
		was = &Host{}
	}
	id := was.ID
	if id == 0 {
		id = take(&l.newHost)
	}
	l.hostID[h.name] = id
	sponsor := l.im.tags[h.tag]
	l.hostRows = append(l.hostRows, []any{id, h.name, sponsor, nullID(l.domainID[h.below]), addressesOf(h.addrs), l.by(was.Creator, sponsor),
		l.created(was.Created), orEmpty(was.Statuses), l.updater(was.Updater), nullTime(was.Updated), nullTime(was.Transferred)})
	l.record("host", id, h.name, changes{}.add("addresses", nil, h.addrs))
}

// addressesOf are addresses in the form that COPY encodes.
func addressesOf(list []netip.Addr) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, a := range list {
		out[i] = netip.PrefixFrom(a, a.BitLen())
	}
	return out
}

var importDSColumns = []string{"domain_id", "ordinal", "key_tag", "algorithm", "digest_type", "digest",
	"key_flags", "key_proto", "key_alg", "public_key"}

// uses adds a new name's contacts, DNSSEC data and name servers.
func (l *importLoad) uses(d *importDomain) {
	for _, c := range d.Contacts {
		l.useRows = append(l.useRows, []any{d.ID, c.Role, l.contactID[c.Handle]})
	}
	for i, s := range d.DNSSEC.DS {
		row := []any{d.ID, i, s.KeyTag, s.Algorithm, s.DigestType, s.Digest, nil, nil, nil, nil}
		if k := s.Key; k != nil {
			row = append(row[:6], k.Flags, k.Protocol, k.Algorithm, k.PublicKey)
		}
		l.dsRows = append(l.dsRows, row)
	}
	for i, k := range d.DNSSEC.Keys {
		l.dsRows = append(l.dsRows, []any{d.ID, i, nil, nil, nil, nil, k.Flags, k.Protocol, k.Algorithm, k.PublicKey})
	}
	for _, name := range d.hosts {
		l.delegationRows = append(l.delegationRows, []any{d.ID, l.hostID[name]})
	}
}

var importHistoryColumns = []string{"at", "object", "object_id", "object_name", "action", "registrar_id", "staff", "reason",
	"cltrid", "svtrid", "changes"}

// created is the time an object was made: what the file says, or now.
func (l *importLoad) created(at time.Time) time.Time {
	if at.IsZero() {
		return l.tx.Now
	}
	return at
}

func (l *importLoad) record(object string, id int64, name string, c changes) {
	l.history = append(l.history, l.tx.historyArgs(object, id, name, "import", c))
}

// take takes the first of a list.
func take(ids *[]int64) int64 {
	id := (*ids)[0]
	*ids = (*ids)[1:]
	return id
}
