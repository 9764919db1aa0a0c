package registry

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// CreateHostParams asks for a new host.
type CreateHostParams struct {
	Name      string
	Sponsor   string // for staff, of an external host: the tag it becomes
	Addresses []HostAddress
}

// CreateHost makes a host (RFC 5732 section 3.2.1) in one transaction of two
// round trips. A host in one of our zones lies below a name of the acting tag
// and has addresses. Any other has none: the uk profile ignores them and tells.
//
// Refusals: KindParamSyntax, KindParamRange, KindParamMissing and KindPolicy for
// name and addresses, KindExists, KindNotFound or KindAuthorization or
// KindStatusProhibits for the name it lies below.
func (r *Registry) CreateHost(ctx context.Context, actor Actor, p CreateHostParams) (*Host, []Ignored, error) {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return nil, nil, err
	}
	h, below, ignored, err := r.newHost(ctx, actor, p)
	if err != nil {
		return nil, nil, err
	}
	if below.name == "" {
		h.SponsorID = actor.Registrar
		if !actor.IsRegistrar() {
			h.SponsorID, err = r.needTag(ctx, p.Sponsor)
			if err != nil {
				return nil, nil, err
			}
		}
	}
	err = r.mutate(ctx, actor, func(tx *Tx) error { return tx.createHost(ctx, h, &below) })
	switch pg.ConstraintName(err) {
	case "host_name_key":
		err = hostExists(h.Name)
	case "host_superordinate_fkey":
		below.id = 0
		err = below.check(actor, h.Name)
	}
	if err != nil {
		return nil, nil, err
	}
	return h, ignored, nil
}

func hostExists(name string) error {
	return Refuse(KindExists, "", "The host %s exists already.", name).About("host:name", name)
}

// newHost judges what needs no database.
func (r *Registry) newHost(ctx context.Context, actor Actor, p CreateHostParams) (*Host, superordinate, []Ignored, error) {
	none := superordinate{}
	name, err := ParseHostName(p.Name)
	if err != nil {
		return nil, none, nil, err
	}
	below, err := r.superordinateOf(ctx, name)
	if err != nil {
		return nil, none, nil, err
	}
	var ignored []Ignored
	given := p.Addresses
	if below == "" && actor.profile() == ProfileUK {
		given, ignored = nil, ignoredGlue(given)
	}
	addresses, err := parseGiven(given)
	if err != nil {
		return nil, none, nil, err
	}
	err = CheckHostAddresses(name, below != "", addresses)
	if err != nil {
		return nil, none, nil, err
	}
	return &Host{Name: name, Superordinate: below, Addresses: addresses}, superordinate{name: below}, ignored, nil
}

func (tx *Tx) createHost(ctx context.Context, h *Host, below *superordinate) error {
	var taken, orphan int64 // a host of that name: its id as the first, or as the second if no name of ours is above it
	var state string
	err := tx.Batch(ctx, func(b *pgx.Batch) {
		taken, orphan = 0, 0
		below.read(b)
		b.Queue(`SELECT CASE WHEN superordinate IS NULL AND $2 THEN 0 ELSE id END, CASE WHEN superordinate IS NULL AND $2 THEN id ELSE 0 END
			FROM host WHERE name = $1 FOR UPDATE`, h.Name, below.name != "").Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&taken, &orphan}, func() error { return nil })
			return err
		})
		b.Queue(`SELECT nextval('host_id_seq'), coalesce((SELECT state FROM registrar WHERE id = $1), 'active')`, tx.actor.Registrar).
			QueryRow(func(row pgx.Row) error { return row.Scan(&h.ID, &state) })
	})
	switch {
	case err != nil:
		return err
	case taken != 0:
		return hostExists(h.Name)
	case state != "active":
		return Refuse(KindAuthorization, "", "The tag is suspended.")
	}
	err = below.check(tx.actor, h.Name)
	if err != nil {
		return err
	}
	if below.name != "" {
		h.superordinateID, h.SponsorID = below.id, below.sponsor
	}
	tags, err := tx.r.tags(ctx, h.SponsorID)
	if err != nil {
		return err
	}
	h.Sponsor, h.Creator, h.Created = tags[0], tags[0], tx.Now
	if orphan != 0 {
		h.ID = orphan
	}
	// Names may have been given a host of this name while there was none: it is
	// taken up, and keeps its id, but no status that another tag set.
	tx.Queue(`INSERT INTO host (id, name, sponsor, superordinate, addresses, creator, created_at)
		OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5::inet[], $3, $6)
		ON CONFLICT (id) DO UPDATE SET sponsor = excluded.sponsor, statuses = '{}', superordinate = excluded.superordinate,
			addresses = excluded.addresses, creator = excluded.creator, created_at = excluded.created_at`,
		h.ID, h.Name, h.SponsorID, nullID(h.superordinateID), orEmpty(h.Addresses), h.Created)
	c := changes{}.add("sponsor", nil, h.Sponsor)
	noteList(c, "addresses", nil, h.Addresses)
	tx.record("host", h.ID, h.Name, "create", c)
	tx.tellStaffChange(ObjectHost, h.Name, h.SponsorID, "create")
	return nil
}
