package registry

import (
	"context"
	"net/netip"
	"slices"

	"github.com/jackc/pgx/v5"
)

// references are the contacts and hosts that a command on a name mentions.
type references struct {
	contacts map[string]contactRef
	hosts    map[string]hostRef
}

type contactRef struct {
	id      int64
	sponsor int32
}

type hostRef struct {
	id            int64
	superordinate int64 // the name of ours above it, 0: none
	addresses     []netip.Addr
	pendingDelete bool
}

// read queues the look-up of contacts and hosts by name; missing ones are left
// out of the maps. It locks them as the foreign keys of the rows to come will
// do, only earlier: none can be renamed, deleted or go to another tag between
// the look and the commit.
func (f *references) read(b *pgx.Batch, handles, hosts []string) {
	f.contacts, f.hosts = map[string]contactRef{}, map[string]hostRef{}
	if len(hosts) > 0 {
		b.Queue(`SELECT name, id, coalesce(superordinate, 0), addresses, 'pendingDelete' = ANY(statuses)
			FROM host WHERE name = ANY($1) ORDER BY id FOR KEY SHARE`, hosts).Query(func(rows pgx.Rows) error {
			var name string
			var h hostRef
			_, err := pgx.ForEachRow(rows, []any{&name, &h.id, &h.superordinate, &h.addresses, &h.pendingDelete}, func() error {
				f.hosts[name] = h
				h.addresses = nil // the next row has a slice of its own
				return nil
			})
			return err
		})
	}
	if len(handles) > 0 {
		b.Queue(`SELECT handle, id, sponsor FROM contact WHERE handle = ANY($1) ORDER BY id FOR KEY SHARE`, handles).Query(func(rows pgx.Rows) error {
			var handle string
			var c contactRef
			_, err := pgx.ForEachRow(rows, []any{&handle, &c.id, &c.sponsor}, func() error {
				f.contacts[handle] = c
				return nil
			})
			return err
		})
	}
}

// checkContacts refuses contacts that do not exist or are another tag's. In uk
// an unknown registrant is not the tag's own either (epp.md "Results").
func (f *references) checkContacts(profile Profile, sponsor int32, registrant string, contacts []DomainContact) error {
	check := func(handle, field string) error {
		c, ok := f.contacts[handle]
		switch {
		case !ok && profile == ProfileUK && field == "domain:registrant":
			return Refuse(KindAuthorization, "", "There is no contact %q on your tag.", handle).About(field, handle)
		case !ok:
			return Refuse(KindNotFound, "", "There is no contact %q.", handle).About(field, handle)
		case c.sponsor != sponsor:
			return Refuse(KindAuthorization, "", "The contact %q is not on your tag.", handle).About(field, handle)
		}
		return nil
	}
	if registrant != "" {
		err := check(registrant, "domain:registrant")
		if err != nil {
			return err
		}
	}
	for _, c := range contacts {
		err := check(c.Handle, "domain:contact")
		if err != nil {
			return err
		}
	}
	return nil
}

// checkHosts refuses name servers that are not in the register, save those
// given as attributes: they are made.
func (f *references) checkHosts(hosts []HostSpec) error {
	for _, h := range hosts {
		ref, ok := f.hosts[h.Name]
		switch {
		case !ok && !h.Attribute:
			return Refuse(KindNotFound, "", "There is no host %q; create it first.", h.Name).About("domain:hostObj", h.Name)
		case ok && ref.pendingDelete:
			return Refuse(KindAssociation, "", "The host %q is being deleted.", h.Name).About("domain:hostObj", h.Name)
		}
	}
	return nil
}

// checkNoZones refuses a zone of ours as a name server: KindPolicy.
func (r *Registry) checkNoZones(ctx context.Context, hosts []HostSpec) error {
	for _, h := range hosts {
		_, err := r.superordinateOf(ctx, normalName(h.Name))
		if err != nil {
			return err
		}
	}
	return nil
}

// maxDomainContacts keeps the answer that shows a name within the frames that
// clients take.
const maxDomainContacts = 50

// checkDomainContacts judges a list of contacts by itself; grows tells that some
// are new in it.
func checkDomainContacts(contacts []DomainContact, grows bool) error {
	if len(contacts) > maxDomainContacts && grows {
		return Refuse(KindPolicy, "", "A name has at most %d contacts.", maxDomainContacts).About("domain:contact", "")
	}
	seen := map[DomainContact]bool{}
	for _, c := range contacts {
		switch c.Role {
		case "admin", "tech", "billing":
		default:
			return Refuse(KindParamMissing, "", "A contact needs a type: admin, billing or tech.").About("domain:contact", c.Handle)
		}
		if seen[c] {
			return Refuse(KindPolicy, "", "The contact is given twice as %s.", c.Role).About("domain:contact", c.Handle)
		}
		seen[c] = true
	}
	return nil
}

// checkHosts judges the name servers of name by themselves and returns them
// with normal names.
func (z *Zone) checkHosts(name string, hosts []HostSpec) ([]HostSpec, error) {
	if len(hosts) > z.MaxNS {
		return nil, Refuse(KindPolicy, "", "A name has at most %d name servers.", z.MaxNS).About("domain:ns", "")
	}
	out := make([]HostSpec, len(hosts))
	seen := map[string]bool{}
	for i, h := range hosts {
		if h.Attribute && z.Profile == ProfileGTLD {
			return nil, Refuse(KindUnimplementedOption, "", "Name servers are host objects here (domain:hostObj).").About("domain:hostAttr", h.Name)
		}
		host, err := ParseHostName(h.Name)
		if err != nil {
			return nil, AsRefusal(err).About("domain:hostObj", h.Name)
		}
		if seen[host] {
			return nil, Refuse(KindPolicy, "", "The name server %s is given twice.", host).About("domain:hostObj", h.Name)
		}
		seen[host] = true
		out[i] = HostSpec{Name: host, Attribute: h.Attribute}
		if !h.Attribute {
			continue
		}
		if NeedsGlue(host, name) {
			out[i].parsed, err = h.glue(host)
			if err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// glue judges the addresses of a name server below the name itself (C1) as those
// of the host that it is.
func (h HostSpec) glue(host string) ([]netip.Addr, error) {
	given := make([]HostAddress, len(h.Addresses))
	for i, text := range h.Addresses {
		given[i].Text = text
	}
	addresses, err := parseGiven(given)
	if err != nil {
		return nil, err
	}
	return addresses, CheckHostAddresses(host, true, addresses)
}

func hostNames(hosts []HostSpec) []string {
	out := make([]string, len(hosts))
	for i, h := range hosts {
		out[i] = h.Name
	}
	return out
}

// queueContacts writes a name's contacts.
func (tx *Tx) queueContacts(id int64, contacts []DomainContact, refs references) {
	if len(contacts) == 0 {
		return
	}
	roles, ids := make([]string, len(contacts)), make([]int64, len(contacts))
	for i, c := range contacts {
		roles[i], ids[i] = c.Role, refs.contacts[c.Handle].id
	}
	tx.Queue(`INSERT INTO domain_contact (domain_id, role, contact_id)
		SELECT $1, r, c FROM unnest($2::text[], $3::bigint[]) AS t (r, c)`, id, roles, ids)
}

// queueHosts writes a name's name servers. Those given as attributes are hosts
// of the register too: they are made where they do not exist. One below the name
// itself is the name's, whoever came to use it first, and has the addresses that
// are given now.
func (tx *Tx) queueHosts(d *Domain, hosts []HostSpec, refs references) {
	if len(hosts) == 0 {
		return
	}
	for _, h := range hosts {
		ref, exists := refs.hosts[h.Name]
		below := NeedsGlue(h.Name, d.Name)
		switch {
		case !h.Attribute:
		case !exists:
			tx.queueNewHost(d, h, below)
		case below && (ref.superordinate != d.ID || !slices.Equal(ref.addresses, h.parsed)):
			tx.Queue(`UPDATE host SET sponsor = $2, superordinate = $3, addresses = $4::inet[], updater = $5, updated_at = $6 WHERE id = $1`,
				ref.id, d.SponsorID, d.ID, orEmpty(h.parsed), tx.updaterID(), tx.Now)
			c := changes{}
			noteList(c, "addresses", ref.addresses, h.parsed)
			tx.record("host", ref.id, h.Name, "update", c)
		}
	}
	tx.Queue(`INSERT INTO domain_host (domain_id, host_id) SELECT $1, id FROM host WHERE name = ANY($2)`, d.ID, hostNames(hosts))
}

// queueNewHost makes a host for a name server given as an attribute, unless
// somebody else makes it at this moment.
func (tx *Tx) queueNewHost(d *Domain, h HostSpec, below bool) {
	var superordinate *int64
	if below {
		superordinate = &d.ID
	}
	tx.Queue(`WITH h AS (INSERT INTO host (name, sponsor, superordinate, addresses, creator, created_at)
			VALUES ($1, $2, $3, $4::inet[], $2, $5) ON CONFLICT (name) DO NOTHING RETURNING id)
		INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid, changes)
		SELECT $5, 'host', h.id, $1, 'create', $6, $7, $8, $9, $10, NULL FROM h`,
		append([]any{h.Name, d.SponsorID, superordinate, orEmpty(h.parsed), tx.Now}, tx.actorArgs()...)...)
}
