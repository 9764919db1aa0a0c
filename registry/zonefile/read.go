package zonefile

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry"
)

// nameSQL reads names d.
const nameSQL = `SELECT d.name, d.zone_id, d.unassigned, d.suspended_on IS NOT NULL, d.statuses, coalesce(d.delete_phase, ''),
	ARRAY(SELECT h.name FROM domain_host dh JOIN host h ON h.id = dh.host_id WHERE dh.domain_id = d.id),
	(SELECT array_agg(ARRAY[key_tag, algorithm, digest_type, key_flags, key_proto, key_alg] ORDER BY ordinal) FROM domain_ds WHERE domain_id = d.id),
	ARRAY(SELECT digest FROM domain_ds WHERE domain_id = d.id ORDER BY ordinal),
	ARRAY(SELECT public_key FROM domain_ds WHERE domain_id = d.id ORDER BY ordinal)
	FROM domain d`

func scanName(row pgx.Row) (n Name, zone int32, err error) {
	var numbers [][]*int32
	var digests, keys [][]byte
	err = row.Scan(&n.Name, &zone, &n.Unassigned, &n.Suspended, &n.Statuses, &n.Phase, &n.Hosts, &numbers, &digests, &keys)
	if err != nil {
		return n, 0, err
	}
	for i, v := range numbers {
		if digests[i] != nil {
			n.DNSSEC.DS = append(n.DNSSEC.DS, registry.DSData{KeyTag: int(*v[0]), Algorithm: int(*v[1]), DigestType: int(*v[2]), Digest: digests[i]})
			continue
		}
		n.DNSSEC.Keys = append(n.DNSSEC.Keys, registry.KeyData{Flags: int(*v[3]), Protocol: int(*v[4]), Algorithm: int(*v[5]), PublicKey: keys[i]})
	}
	return n, zone, nil
}

// hostSQL reads hosts h with a view to the zone z: used there, used anywhere
// (only told where nothing covers the host), covered.
const hostSQL = `h.name, h.addresses,
	EXISTS (SELECT FROM domain_host dh JOIN domain d ON d.id = dh.domain_id WHERE dh.host_id = h.id AND d.zone_id = z AND ` + delegatedSQL + `),
	NOT c.covered AND EXISTS (SELECT FROM domain_host dh JOIN domain d ON d.id = dh.domain_id WHERE dh.host_id = h.id AND ` + delegatedSQL + `),
	c.covered`

const coveredSQL = `LATERAL (SELECT EXISTS (SELECT FROM domain d JOIN domain_host dh ON dh.domain_id = d.id
	WHERE d.id = h.superordinate AND ` + delegatedSQL + `) AS covered) c`

func scanHost(row pgx.Row, before ...any) (Host, error) {
	var h Host
	err := row.Scan(append(before, &h.Name, &h.Addresses, &h.UsedHere, &h.Used, &h.Covered)...)
	return h, err
}

// place is an owner in a zone.
type place struct {
	zone  int32
	owner string
}

// arrays are the places as two columns for unnest.
func arrays(list []place) (zones []int32, owners []string) {
	for _, p := range list {
		zones, owners = append(zones, p.zone), append(owners, p.owner)
	}
	return zones, owners
}

// readNames reads names by name; those that are not registered are missing.
func readNames(ctx context.Context, tx pgx.Tx, names []string) (map[string]Name, error) {
	rows, err := tx.Query(ctx, nameSQL+` WHERE d.name = ANY ($1)`, names)
	if err != nil {
		return nil, fmt.Errorf("read names: %w", err)
	}
	defer rows.Close()
	out := make(map[string]Name, len(names))
	for rows.Next() {
		n, _, err := scanName(rows)
		if err != nil {
			return nil, fmt.Errorf("read names: %w", err)
		}
		out[n.Name] = n
	}
	return out, rows.Err()
}

// readHosts reads hosts, each with a view to a zone that it lies below.
func readHosts(ctx context.Context, tx pgx.Tx, list []place) (map[place]Host, error) {
	zones, owners := arrays(list)
	rows, err := tx.Query(ctx, `SELECT z, `+hostSQL+` FROM unnest($1::integer[], $2::text[]) AS v (z, name)
		JOIN host h ON h.name = v.name, `+coveredSQL, zones, owners)
	if err != nil {
		return nil, fmt.Errorf("read hosts: %w", err)
	}
	defer rows.Close()
	out := make(map[place]Host, len(list))
	for rows.Next() {
		var zone int32
		h, err := scanHost(rows, &zone)
		if err != nil {
			return nil, fmt.Errorf("read hosts: %w", err)
		}
		out[place{zone, h.Name}] = h
	}
	return out, rows.Err()
}

// key is an entry's place in the database.
type key struct {
	place
	kind Kind
}

// readEntries reads what is published at places.
func readEntries(ctx context.Context, tx pgx.Tx, list []place, kind Kind) (map[key]Entry, error) {
	zones, owners := arrays(list)
	rows, err := tx.Query(ctx, `SELECT e.zone_id, e.owner, e.kind, e.records FROM unnest($1::integer[], $2::text[]) AS v (z, name)
		JOIN zone_entry e ON e.zone_id = v.z AND e.owner = v.name AND e.kind = $3`, zones, owners, kind)
	if err != nil {
		return nil, fmt.Errorf("read what is published: %w", err)
	}
	defer rows.Close()
	out := make(map[key]Entry, len(list))
	for rows.Next() {
		var k key
		var e Entry
		err = rows.Scan(&k.zone, &e.Owner, &e.Kind, &e.Records)
		if err != nil {
			return nil, fmt.Errorf("read what is published: %w", err)
		}
		k.owner, k.kind = e.Owner, e.Kind
		out[k] = e
	}
	return out, rows.Err()
}
