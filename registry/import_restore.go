package registry

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// plan takes up the zones and registrars of a deposit that are to be made with
// Restore, so that names can be judged by them.
func (im *importing) plan() {
	im.newZones = slices.DeleteFunc(im.newZones, func(z EscrowZone) bool {
		if im.zones[z.Name] != nil {
			return true
		}
		s := z.Settings
		im.zones[z.Name] = &Zone{Name: z.Name, Profile: s.Profile, Referred: s.Referred, IDNTable: IDNTable(s.IDNTable),
			DNSSECData: s.DNSSECData, MaxNS: s.MaxNS, MaxDS: s.MaxDS}
		return false
	})
	im.newRegistrars = slices.DeleteFunc(im.newRegistrars, func(v Registrar) bool {
		if _, there := im.tags[v.TAG]; there || v.Kind != "registrar" {
			return true
		}
		im.tags[v.TAG] = -1
		return false
	})
}

// prepare makes what names need before they can be loaded, and keeps the
// identifiers of restored objects from being given out.
func (im *importing) prepare(ctx context.Context) error {
	if !im.o.Restore {
		return nil
	}
	for _, z := range im.newZones {
		err := im.r.CreateZone(ctx, im.actor, z.Name, z.Settings)
		if err == nil && len(z.Reserved) > 0 {
			err = im.r.ReserveLabels(ctx, im.actor, z.Name, z.Reserved)
		}
		if err != nil {
			return fmt.Errorf("restore zone %s: %w", z.Name, err)
		}
		im.report.Zones++
	}
	for _, v := range im.newRegistrars {
		err := im.r.restoreRegistrar(ctx, im.actor, v)
		if err != nil {
			return fmt.Errorf("restore registrar %s: %w", v.TAG, err)
		}
		im.report.Registrars++
	}
	zones, err := im.r.reloadZones(ctx)
	if err != nil {
		return err
	}
	im.zones = zones
	err = im.findTags(ctx)
	if err != nil {
		return err
	}
	for _, d := range im.domains {
		d.Zone = im.zones[d.Zone.Name]
	}
	return im.raiseSequences(ctx)
}

// restoreRegistrar makes a registrar as it was, but without a password: nobody
// logs in before staff have set one.
func (r *Registry) restoreRegistrar(ctx context.Context, actor Actor, v Registrar) error {
	return r.mutate(ctx, actor, func(tx *Tx) error {
		err := tx.insertRegistrar(ctx, v.TAG, v.RegistrarSettings)
		if err != nil {
			return err
		}
		tx.Queue(`UPDATE registrar SET state = $2, created_at = $3, updated_at = $4 WHERE tag = $1`, v.TAG, v.State, v.Created, nullTime(v.Updated))
		return nil
	})
}

// raiseSequences moves the sequences behind the identifiers of the deposit.
func (im *importing) raiseSequences(ctx context.Context) error {
	var domain, contact, host int64
	for _, d := range im.domains {
		domain = max(domain, d.ID)
	}
	for _, c := range im.contacts {
		contact = max(contact, c.ID)
	}
	for _, h := range im.hosts {
		if h.was != nil {
			host = max(host, h.was.ID)
		}
	}
	return im.r.mutate(ctx, im.actor, func(tx *Tx) error {
		for _, v := range []struct {
			table string
			last  int64
		}{{"domain", domain}, {"contact", contact}, {"host", host}} {
			// Never back: a sequence that is further on stays where it is.
			tx.Queue(`SELECT setval($1::text::regclass, $2::bigint) WHERE $2::bigint > coalesce((SELECT last_value FROM pg_sequences
				WHERE schemaname = 'public' AND sequencename = $1::text), 0)`, v.table+"_id_seq", v.last)
		}
		return nil
	})
}

// ownID reads the number in an object's identifier, 0 if it is not one of this
// repository's, or not of the kind.
func (r *Registry) ownID(kind, roid string) int64 {
	number, repository, _ := strings.Cut(roid, "-")
	if repository != r.inst.RepositoryID || !strings.HasPrefix(number, kind) {
		return 0
	}
	id, err := strconv.ParseInt(number[len(kind):], 10, 64)
	if err != nil || id < 1 {
		return 0
	}
	return id
}

// checkIdentifiers finds identifiers that other objects have.
func (im *importing) checkIdentifiers(ctx context.Context) error {
	if !im.o.Restore {
		return nil
	}
	domains, contacts, hosts := map[int64]*importDomain{}, map[int64]*importContact{}, map[int64]*importHost{}
	for _, d := range im.domains {
		if first := domains[d.ID]; d.ID != 0 && first != nil {
			im.fault(d.file, d.line, "roid", "%s has the identifier of %s", d.Name, first.Name)
		}
		domains[d.ID] = d
	}
	for _, c := range im.contacts {
		if first := contacts[c.ID]; c.ID != 0 && first != nil {
			im.fault(c.file, c.line, "roid", "%s has the identifier of %s", c.Handle, first.Handle)
		}
		contacts[c.ID] = c
	}
	for _, h := range im.hosts {
		if h.was != nil {
			if first := hosts[h.was.ID]; h.was.ID != 0 && first != nil {
				im.fault(h.file, h.line, "roid", "%s has the identifier of %s", h.name, first.name)
			}
			hosts[h.was.ID] = h
		}
	}
	return errorsOf(
		takenIdentifiers(ctx, im, `SELECT id, name FROM domain WHERE id = ANY($1)`, domains, func(d *importDomain) (string, string, int) { return d.Name, d.file, d.line }),
		takenIdentifiers(ctx, im, `SELECT id, handle FROM contact WHERE id = ANY($1)`, contacts, func(c *importContact) (string, string, int) { return c.Handle, c.file, c.line }),
		takenIdentifiers(ctx, im, `SELECT id, name FROM host WHERE id = ANY($1)`, hosts, func(h *importHost) (string, string, int) { return h.name, h.file, h.line }))
}

// errorsOf is the first error.
func errorsOf(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// takenIdentifiers notes a fault for each identifier that another object of the
// register has.
func takenIdentifiers[T any](ctx context.Context, im *importing, sql string, mine map[int64]T, about func(T) (name, file string, line int)) error {
	ids := []int64{}
	for id := range mine {
		if id != 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for part := range slices.Chunk(ids, 10*importChunk) {
		rows, err := im.r.db.Pool.Query(ctx, sql, part)
		if err != nil {
			return fmt.Errorf("import: read the identifiers: %w", err)
		}
		var id int64
		var has string
		_, err = pgx.ForEachRow(rows, []any{&id, &has}, func() error {
			if name, file, line := about(mine[id]); name != has {
				im.fault(file, line, "roid", "%s has the identifier of %s, which is in the register", name, has)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("import: read the identifiers: %w", err)
		}
	}
	return nil
}

var (
	importGraceColumns    = []string{"domain_id", "kind", "registrar_id", "years", "starts_at", "ends_at"}
	importTransferColumns = []string{"object", "object_id", "object_name", "gaining", "losing", "years", "state", "requested_at", "act_by", "acted_at", "expires"}
)

// graces adds the grace periods of a restored gtld name. What was charged is not
// in a deposit, so nothing is refunded at their end.
func (l *importLoad) graces(d *importDomain) {
	for _, g := range d.Grace {
		l.graceRows = append(l.graceRows, []any{d.ID, string(g.State), l.im.tags[g.Tag], g.Years, g.Starts, g.Ends})
	}
}

// transfer adds the last transfer of a restored object.
func (l *importLoad) transfer(object Object, id int64, name string, t *Transfer) {
	if t == nil || !l.im.o.Restore {
		return
	}
	acted := &t.ActBy
	if t.State == transferPending {
		acted = nil
	}
	l.transferRows = append(l.transferRows, []any{string(object), id, name, l.im.tags[t.Gaining], l.im.tags[t.Losing], nullInt(t.Years),
		t.State, t.Requested, t.ActBy, acted, nullDate(t.Expires)})
}

// by is the registrar's id of a tag, or a stand-in for one that is not in this
// register.
func (l *importLoad) by(tag string, otherwise int32) int32 {
	if id := l.im.tags[tag]; l.im.o.Restore && id > 0 {
		return id
	}
	return otherwise
}

// updater is who changed an object last, SQL's null where that is not known.
func (l *importLoad) updater(tag string) *int32 {
	if id := l.im.tags[tag]; l.im.o.Restore && id > 0 {
		return &id
	}
	return nil
}

// disclosure is a contact's disclosure in the database's form.
func (c *importContact) disclosure() []byte {
	if c.Disclose == nil {
		return nil
	}
	return asJSON(c.Disclose)
}
