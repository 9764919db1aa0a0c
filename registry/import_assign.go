package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// ImportStatus says how far the assignment of imported names has come in one
// zone.
type ImportStatus struct {
	Zone       string `json:"zone"`
	Names      int    `json:"names"`      // registered in the zone, imported or not
	Unassigned int    `json:"unassigned"` // waiting for a tag
}

// ImportStatus returns the zones that have names, in order.
func (r *Registry) ImportStatus(ctx context.Context) ([]ImportStatus, error) {
	rows, err := r.db.Pool.Query(ctx, `SELECT z.name, count(*), count(*) FILTER (WHERE d.unassigned)
		FROM domain d JOIN zone z ON z.id = d.zone_id GROUP BY z.name ORDER BY z.name`)
	if err != nil {
		return nil, fmt.Errorf("read the state of the import: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ImportStatus])
	if err != nil {
		return nil, fmt.Errorf("read the state of the import: %w", err)
	}
	return list, nil
}

// AssignImported gives imported names that wait to a registrar (rule C8): the
// names given, or all that wait with none. Their contacts and hosts go along if
// they still are the registry's; a contact that another registrar got with
// another name stays there. It returns how many names were assigned, which is
// right with an error too: names go in chunks, and a repeat goes on.
//
// The registrar must have a price for renewing, in each zone of the names and of
// the names that share a contact with them; otherwise nothing is assigned and
// KindBillingFailure lists the zones. Other errors: KindNotFound for a tag or a
// name, KindStatusProhibits for a name that does not wait or a registrar that is
// not active, KindParamMissing without a reason, KindAuthorization.
func (r *Registry) AssignImported(ctx context.Context, actor Actor, tag string, names []string, progress func(done, total int)) (int, error) {
	err := actor.staffOnly(RoleOperator)
	if err == nil {
		err = actor.needReason()
	}
	if err != nil {
		return 0, err
	}
	chosen, err := r.chosenToAssign(ctx, names)
	if err != nil {
		return 0, err
	}
	reg, err := r.Registrar(ctx, tag)
	if err != nil {
		return 0, err
	}
	if reg.Kind != "registrar" || reg.State != RegistrarActive {
		return 0, Refuse(KindStatusProhibits, "", "%s is not an active registrar.", tag).About("tag", tag)
	}
	err = r.checkPlans(ctx, reg, chosen)
	if err != nil {
		return 0, err
	}
	total := 0
	err = r.db.Pool.QueryRow(ctx, `SELECT count(*) FROM domain
		WHERE unassigned AND (cardinality($1::text[]) = 0 OR name = ANY($1))`, chosen).Scan(&total)
	if err != nil {
		return 0, fmt.Errorf("count the names to assign: %w", err)
	}
	done, last := 0, ""
	for {
		n := 0
		err := r.mutate(ctx, actor, func(tx *Tx) error {
			var next string
			var err error
			n, next, err = tx.assignChunk(ctx, reg.ID, tag, chosen, last)
			tx.AfterCommit(func() { last = next })
			return err
		})
		if err != nil {
			return done, fmt.Errorf("assign to %s: %w", tag, err)
		}
		if n == 0 {
			return done, ctx.Err()
		}
		done += n
		if progress != nil {
			progress(done, max(total, done))
		}
		if ctx.Err() != nil {
			return done, ctx.Err()
		}
	}
}

// chosenToAssign reads the names asked for; each must wait for a tag.
func (r *Registry) chosenToAssign(ctx context.Context, names []string) ([]string, error) {
	chosen := []string{}
	for _, text := range names {
		name, err := ToASCII(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, name)
	}
	if len(chosen) == 0 {
		return chosen, nil
	}
	var name string
	var found bool
	err := r.db.Pool.QueryRow(ctx, `SELECT n, d.id IS NOT NULL FROM unnest($1::text[]) n LEFT JOIN domain d ON d.name = n
		WHERE d.unassigned IS NOT TRUE ORDER BY n LIMIT 1`, chosen).Scan(&name, &found)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return chosen, nil
	case err != nil:
		return nil, fmt.Errorf("read the names to assign: %w", err)
	case !found:
		return nil, Refuse(KindNotFound, "", "%s is not registered.", name).About("domain:name", name)
	}
	return nil, Refuse(KindStatusProhibits, "", "%s does not wait for a tag.", name).About("domain:name", name)
}

// checkPlans refuses a registrar that has no price in a zone of the names, or of
// those that share their contacts (C8).
func (r *Registry) checkPlans(ctx context.Context, reg Registrar, chosen []string) error {
	rows, err := r.db.Pool.Query(ctx, `WITH chosen AS (
			SELECT id, zone_id, registrant FROM domain
			WHERE unassigned AND (cardinality($1::text[]) = 0 OR name = ANY($1))),
		used AS (
			SELECT registrant AS contact FROM chosen WHERE registrant IS NOT NULL
			UNION SELECT contact_id FROM domain_contact WHERE domain_id IN (SELECT id FROM chosen)),
		zones AS (
			SELECT zone_id FROM chosen
			UNION SELECT zone_id FROM domain WHERE registrant IN (SELECT contact FROM used)
			UNION SELECT d.zone_id FROM domain_contact dc JOIN domain d ON d.id = dc.domain_id
				WHERE dc.contact_id IN (SELECT contact FROM used))
		SELECT z.name FROM zone z
		WHERE z.id IN (SELECT zone_id FROM zones) AND NOT EXISTS (SELECT FROM price p
			WHERE p.zone_id = z.id AND p.operation = $2 AND p.tier = $3 AND p.currency = $4 AND p.valid_from <= $5)
		ORDER BY z.name`, chosen, billing.Renew, reg.Tier, reg.Currency, r.Today())
	if err != nil {
		return fmt.Errorf("check the prices of %s: %w", reg.TAG, err)
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("check the prices of %s: %w", reg.TAG, err)
	}
	if len(missing) > 0 {
		return Refuse(KindBillingFailure, "", "%s has no price (%s, %s) in these zones of the names and of those that share their contacts: %s.",
			reg.TAG, reg.Tier, reg.Currency, strings.Join(missing, ", ")).About("tag", reg.TAG)
	}
	return nil
}

// assignSQL assigns the next names in order. Rows are locked in the order of the
// house: names, hosts, contacts. $1 tag's id, $2 the registry's id, $3 now,
// $4 the names or none, $5 the last name done, $6 how many, $7 the tag and from
// $8 on who acts.
const assignSQL = `WITH chosen AS MATERIALIZED (
		SELECT id, name, registrant FROM domain
		WHERE unassigned AND name > $5 AND (cardinality($4::text[]) = 0 OR name = ANY($4))
		ORDER BY name LIMIT $6 FOR UPDATE),
	names AS (
		UPDATE domain d SET sponsor = $1, unassigned = false, updater = $2, updated_at = $3
		FROM chosen c WHERE d.id = c.id),
	hosts AS (
		UPDATE host h SET sponsor = $1, updater = $2, updated_at = $3
		WHERE h.sponsor = $2 AND h.id IN (
			SELECT id FROM host WHERE superordinate IN (SELECT id FROM chosen)
			UNION SELECT dh.host_id FROM domain_host dh JOIN host e ON e.id = dh.host_id
				WHERE dh.domain_id IN (SELECT id FROM chosen) AND e.superordinate IS NULL)
		RETURNING h.id, h.name),
	contacts AS (
		UPDATE contact t SET sponsor = $1, updater = $2, updated_at = $3
		WHERE t.sponsor = $2 AND t.id IN (
			SELECT registrant FROM chosen
			UNION SELECT contact_id FROM domain_contact WHERE domain_id IN (SELECT id FROM chosen))
		RETURNING t.id, t.handle),
	noted AS (
		INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid, changes)
		SELECT $3, o.kind, o.id, o.name, 'assign', $8, $9, $10, $11, $12, jsonb_build_object('sponsor', jsonb_build_array(null, $7::text))
		FROM (SELECT 'domain' AS kind, id, name FROM chosen UNION ALL SELECT 'host', id, name FROM hosts
			UNION ALL SELECT 'contact', id, handle FROM contacts) o)
	SELECT count(*), coalesce(max(name), $5) FROM chosen`

// assignChunk assigns some names after the last one, and returns how many and
// the last of them.
func (tx *Tx) assignChunk(ctx context.Context, id int32, tag string, chosen []string, last string) (n int, next string, err error) {
	registry, err := tx.r.needTag(ctx, tx.r.policy.RegistryTag)
	if err != nil {
		return 0, "", err
	}
	args := append([]any{id, registry, tx.Now, chosen, last, importChunk, tag}, tx.actorArgs()...)
	err = tx.QueryRow(ctx, assignSQL, args...).Scan(&n, &next)
	return n, next, err
}
