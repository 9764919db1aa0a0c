package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// registrarJSON, hostJSON and contactJSON are what the world may be told, or
// what decides it, as one column each.
const (
	registrarJSON = `json_build_object('tag', r.tag, 'kind', r.kind, 'name', r.name, 'trad_name', coalesce(r.trad_name, ''),
		'url', coalesce(r.url, ''), 'iana_id', coalesce(r.iana_id, 0), 'abuse_email', coalesce(r.abuse_email, ''),
		'abuse_phone', coalesce(r.abuse_phone, ''))`
	contactJSON = `json_build_object('id', c.id, 'postal', c.postal, 'voice', coalesce(c.voice, ''),
		'voice_ext', coalesce(c.voice_ext, ''), 'fax', coalesce(c.fax, ''), 'fax_ext', coalesce(c.fax_ext, ''),
		'email', c.email, 'disclose', c.disclose, 'opt_out', c.opt_out, 'natural', c.natural_person,
		'created', c.created_at, 'updated', c.updated_at, 'held', EXISTS (SELECT FROM registrant_account a
			JOIN account_transfer t ON t.new_account_id = a.id
			WHERE a.contact_id = c.id AND a.status = 'active' AND a.registrar_id <> c.sponsor)`
	hostsJSON = `(SELECT json_agg(json_build_object('id', h.id, 'name', h.name, 'addresses', h.addresses))
		FROM domain_host dh JOIN host h ON h.id = dh.host_id WHERE dh.domain_id = d.id)`
)

// lookupParts are the children of a name that the world may see.
const lookupParts = partDNSSEC | partRequests | partGrace

// lookupSQL reads a name with all that is told of it.
var lookupSQL = partsSQL(lookupParts) + `, (SELECT ` + registrarJSON + ` FROM registrar r WHERE r.id = d.sponsor),
	(SELECT coalesce(z.publication, '') FROM zone z WHERE z.id = d.zone_id), ` + hostsJSON + `,
	(SELECT json_agg(` + contactJSON + `, 'role', k.role)) FROM (SELECT 'registrant' AS role, d.registrant AS id
		UNION ALL SELECT role, contact_id FROM domain_contact WHERE domain_id = d.id AND role <> 'billing') k
		JOIN contact c ON c.id = k.id) FROM domain d`

// lookupRow is a row of lookupSQL.
type lookupRow struct {
	domainRow
	registrar, hosts, contacts []byte
	publication                Publication
}

func (w *lookupRow) scan(row pgx.Row) error {
	return row.Scan(append(w.fields(), &w.registrar, &w.publication, &w.hosts, &w.contacts)...)
}

// publicContactRow is an element of contactJSON.
type publicContactRow struct {
	ID       int64
	Role     string
	Postal   []PostalValues
	Voice    string
	VoiceExt string `json:"voice_ext"`
	Fax      string
	FaxExt   string `json:"fax_ext"`
	Email    string
	Disclose *Disclosure
	OptOut   bool `json:"opt_out"`
	Natural  bool
	Created  time.Time
	Updated  *time.Time
	Held     bool
}

func (w publicContactRow) contact() *Contact {
	return &Contact{ID: w.ID, ContactValues: ContactValues{Postal: w.Postal, Voice: w.Voice, VoiceExt: w.VoiceExt,
		Fax: w.Fax, FaxExt: w.FaxExt, Email: w.Email}, Disclose: w.Disclose, OptOut: w.OptOut, Natural: w.Natural,
		Created: w.Created.UTC(), Updated: at(w.Updated).UTC(), held: w.Held}
}

// LookupDomain shows a name to the world, by its A-label form, with one query.
// Where the zone has no policy of its own, deflt says what is told of contacts.
//
// Refusals: KindParamSyntax for what cannot be a name; KindPolicy for one that
// cannot be registered here, without a query; KindNotFound.
func (r *Registry) LookupDomain(ctx context.Context, name string, deflt Publication) (*PublicDomain, error) {
	name, err := ParseDomainName(name)
	if err != nil {
		return nil, err
	}
	err = r.checkLookup(ctx, name)
	if err != nil {
		return nil, err
	}
	var row lookupRow
	err = row.scan(r.db.Pool.QueryRow(ctx, lookupSQL+` WHERE d.name = $1`, name))
	return r.finishLookup(ctx, name, &row, err, deflt)
}

// checkLookup refuses a name that cannot be registered here. Much of what the
// world asks for by mistake is such. The zones are a copy that is renewed every
// Config.ZoneTTL, not by each look-up.
func (r *Registry) checkLookup(ctx context.Context, name string) error {
	zones, err := r.Zones(ctx)
	if err != nil {
		return err
	}
	zone, err := r.zoneOf(ctx, name)
	if err != nil {
		return err
	}
	if zone == nil || zones[name] != nil {
		_, _, err = SplitName(name, slices.Collect(maps.Keys(zones)))
		return err
	}
	_, _, err = SplitName(name, []string{zone.Name})
	return err
}

func (r *Registry) finishLookup(ctx context.Context, name string, w *lookupRow, err error, deflt Publication) (*PublicDomain, error) {
	d, err := r.finishDomain(ctx, name, &w.domainRow, err)
	if err != nil {
		return nil, err
	}
	out := &PublicDomain{Domain: d, Now: r.Now(), ROID: r.DomainROID(d)}
	out.Today = DateOf(out.Now, r.loc)
	err = json.Unmarshal(w.registrar, &out.Registrar)
	if err == nil {
		out.NameServers, err = r.readPublicHosts(w.hosts)
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", name, err)
	}
	for _, h := range out.NameServers {
		d.Hosts = append(d.Hosts, h.Name)
	}
	out.Status = d.RegistrationStatus(out.Today, r.policy)
	var contacts []publicContactRow
	if w.contacts != nil {
		err = json.Unmarshal(w.contacts, &contacts)
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", name, err)
		}
	}
	policy := cmp.Or(w.publication, deflt)
	for _, row := range contacts {
		switch c := r.publish(policy, row.Role, row.contact()); {
		case c == nil && (policy == PublishNone || row.Role == "registrant"):
		case c == nil:
			if !slices.Contains(out.Unnamed, row.Role) {
				out.Unnamed = append(out.Unnamed, row.Role)
			}
		case row.Role == "registrant":
			out.Registrant = c
		default:
			out.Others = append(out.Others, *c)
		}
	}
	return out, nil
}

func (r *Registry) readPublicHosts(text []byte) ([]PublicHost, error) {
	if text == nil {
		return nil, nil
	}
	var rows []struct {
		ID        int64
		Name      string
		Addresses []netip.Addr
	}
	err := json.Unmarshal(text, &rows)
	if err != nil {
		return nil, err
	}
	out := make([]PublicHost, len(rows))
	for i, w := range rows {
		out[i] = PublicHost{ROID: r.roid("H", w.ID), Name: w.Name, Addresses: w.Addresses}
	}
	slices.SortFunc(out, func(a, b PublicHost) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// lookupHostSQL reads a host with its registrar.
const lookupHostSQL = hostColumns + `, ` + registrarJSON + hostFrom + `
	JOIN registrar r ON r.id = coalesce(s.sponsor, h.sponsor)`

// LookupHost shows a name server to the world, by its A-label form, with one
// query. Refusals: KindParamSyntax, KindNotFound.
func (r *Registry) LookupHost(ctx context.Context, name string) (*PublicHost, error) {
	name, err := ParseHostName(name)
	if err != nil {
		return nil, err
	}
	var row publicHostRow
	err = row.scan(r.db.Pool.QueryRow(ctx, lookupHostSQL+` WHERE h.name = $1`, name))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noHost(name)
	}
	if err != nil {
		return nil, fmt.Errorf("look up host %s: %w", name, err)
	}
	return row.public(r)
}

// publicHostRow is a row of lookupHostSQL.
type publicHostRow struct {
	hostRow
	registrar []byte
}

func (w *publicHostRow) scan(row pgx.Row) error { return row.Scan(append(w.fields(), &w.registrar)...) }

func (w *publicHostRow) public(r *Registry) (*PublicHost, error) {
	out := &PublicHost{ROID: r.HostROID(&w.h), Name: w.h.Name, Addresses: w.h.Addresses, Statuses: w.h.Statuses,
		Linked: w.h.Linked, Created: w.h.Created, Updated: at(w.updated), Now: r.Now()}
	err := json.Unmarshal(w.registrar, &out.Registrar)
	if err != nil {
		return nil, fmt.Errorf("look up host %s: %w", w.h.Name, err)
	}
	return out, nil
}

// entityHandle is what tags, IANA IDs and roids consist of.
const (
	entityHandle    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	maxEntityHandle = 64
)

// PublicEntity is a registrar or a contact.
type PublicEntity struct {
	Registrar *PublicRegistrar
	Contact   *PublicContact
	Now       time.Time
}

// LookupEntity shows a registrar to the world, by its IANA ID or tag, or a
// contact by its roid, with one query. A contact that policy and its own wishes
// leave unidentified is not found: its identifier is not told either.
// Refusals: KindParamSyntax, KindNotFound.
func (r *Registry) LookupEntity(ctx context.Context, handle string, policy Publication) (*PublicEntity, error) {
	if handle == "" || len(handle) > maxEntityHandle || strings.Trim(handle, entityHandle) != "" {
		return nil, Refuse(KindParamSyntax, "", "A handle has 1 to %d letters, digits, hyphens and underscores.", maxEntityHandle).
			About("handle", handle)
	}
	iana, err := strconv.ParseInt(handle, 10, 32)
	if err != nil {
		iana = 0
	}
	policy, err = r.leastPublication(ctx, policy)
	if err != nil {
		return nil, err
	}
	var registrar, contact []byte
	err = r.db.Pool.QueryRow(ctx, `SELECT (SELECT `+registrarJSON+` FROM registrar r WHERE r.tag = $1 OR r.iana_id = $2
			ORDER BY r.iana_id IS NOT DISTINCT FROM $2 DESC LIMIT 1),
		(SELECT `+contactJSON+`) FROM contact c WHERE c.id = $3)`, strings.ToUpper(handle), iana, r.contactID(handle)).
		Scan(&registrar, &contact)
	if err != nil {
		return nil, fmt.Errorf("look up %q: %w", handle, err)
	}
	out := &PublicEntity{Now: r.Now()}
	switch {
	case registrar != nil:
		out.Registrar = &PublicRegistrar{}
		err = json.Unmarshal(registrar, out.Registrar)
	case contact != nil:
		var row publicContactRow
		err = json.Unmarshal(contact, &row)
		if err == nil {
			c := row.contact()
			out.Contact = r.publish(policy, "", c)
			if out.Contact != nil {
				out.Contact.Created, out.Contact.Updated, out.Contact.Now = c.Created, c.Updated, out.Now
			}
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look up %q: %w", handle, err)
	}
	if out.Registrar == nil && out.Contact == nil {
		return nil, Refuse(KindNotFound, "", "There is no %q.", handle).About("handle", handle)
	}
	return out, nil
}
