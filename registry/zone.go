package registry

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// Zone is one zone of the register and its settings.
type Zone struct {
	ID         int32
	Name       string // A-label form, lower case, no dot at the end
	Profile    Profile
	Referred   bool // creations wait for the staff's decision
	IDNTable   IDNTable
	DNSSECData string // ds, key or both
	MaxNS      int
	MaxDS      int
	// RegistrantChanges, VerifyDays and VerifySuspends: as in ZoneSettings.
	RegistrantChanges RegistrantChanges
	VerifyDays        int
	VerifySuspends    bool
	Publication       Publication            // of contacts; "": the installation's
	reserved          map[string]Reservation // by label
}

// Reservation says why a label cannot be had.
type Reservation struct {
	Label  string
	Kind   string // "reserved": the registry may allocate it; "blocked": nobody gets it
	Reason string // shown to registrars
}

// zoneTable is this process's copy of the zones. They change rarely, so a
// server may work with a copy of up to ttl; the name's own row is never cached.
type zoneTable struct {
	mu     sync.RWMutex
	ttl    time.Duration
	loaded time.Time
	byName map[string]*Zone
	byID   map[int32]*Zone
	load   sync.Mutex
}

// Zones returns all zones by name.
func (r *Registry) Zones(ctx context.Context) (map[string]*Zone, error) {
	t := &r.zones
	t.mu.RLock()
	zones, age := t.byName, r.db.Now().Sub(t.loaded)
	t.mu.RUnlock()
	if zones != nil && age >= 0 && age < t.ttl {
		return zones, nil
	}
	if zones != nil && !t.load.TryLock() {
		return zones, nil // somebody else is at it
	}
	if zones == nil {
		t.load.Lock()
	}
	defer t.load.Unlock()
	return r.reloadZones(ctx)
}

// ForgetZones makes the next command read the zones anew.
func (r *Registry) ForgetZones() {
	r.zones.mu.Lock()
	r.zones.loaded = time.Time{}
	r.zones.byName = nil
	r.zones.mu.Unlock()
}

func (r *Registry) reloadZones(ctx context.Context) (map[string]*Zone, error) {
	byName := map[string]*Zone{}
	byID := map[int32]*Zone{}
	err := r.db.ReadBatch(ctx, func(b *pgx.Batch) {
		b.Queue(`SELECT id, name, profile, referred, idn_table, dnssec_data, max_ns, max_ds,
			registrant_changes, verify_days, verify_suspends, coalesce(publication, '') FROM zone`).
			Query(func(rows pgx.Rows) error {
				for rows.Next() {
					z := &Zone{reserved: map[string]Reservation{}}
					err := rows.Scan(&z.ID, &z.Name, &z.Profile, &z.Referred, &z.IDNTable, &z.DNSSECData, &z.MaxNS, &z.MaxDS,
						&z.RegistrantChanges, &z.VerifyDays, &z.VerifySuspends, &z.Publication)
					if err != nil {
						return err
					}
					byName[z.Name], byID[z.ID] = z, z
				}
				return rows.Err()
			})
		b.Queue(`SELECT zone_id, label, kind, reason FROM reserved_name`).
			Query(func(rows pgx.Rows) error {
				for rows.Next() {
					var id int32
					var v Reservation
					err := rows.Scan(&id, &v.Label, &v.Kind, &v.Reason)
					if err != nil {
						return err
					}
					if z := byID[id]; z != nil {
						z.reserved[v.Label] = v
					}
				}
				return rows.Err()
			})
	})
	if err != nil {
		return nil, fmt.Errorf("read the zones: %w", err)
	}
	t := &r.zones
	t.mu.Lock()
	t.byName, t.byID, t.loaded = byName, byID, r.db.Now()
	t.mu.Unlock()
	return byName, nil
}

// zoneOf finds the zone that name lies in, or nil when none of ours holds it.
// A name exactly one label below a zone is registrable there; see splitName.
func (r *Registry) zoneOf(ctx context.Context, name string) (*Zone, error) {
	zones, err := r.Zones(ctx)
	if err != nil {
		return nil, err
	}
	for rest := name; rest != ""; {
		_, parent, ok := strings.Cut(rest, ".")
		if !ok {
			return nil, nil
		}
		if z := zones[parent]; z != nil {
			return z, nil
		}
		rest = parent
	}
	return nil, nil
}

func (r *Registry) zoneByID(ctx context.Context, id int32) (*Zone, error) {
	_, err := r.Zones(ctx)
	if err != nil {
		return nil, err
	}
	r.zones.mu.RLock()
	z := r.zones.byID[id]
	r.zones.mu.RUnlock()
	if z != nil {
		return z, nil
	}
	r.ForgetZones()
	_, err = r.Zones(ctx)
	if err != nil {
		return nil, err
	}
	r.zones.mu.RLock()
	defer r.zones.mu.RUnlock()
	if z = r.zones.byID[id]; z == nil {
		return nil, fmt.Errorf("zone %d is not in the table", id)
	}
	return z, nil
}

// registrable reads a name that somebody wants to register and finds its zone.
// Whether it is reserved or taken is another question.
func (r *Registry) registrable(ctx context.Context, text string) (*Zone, string, error) {
	name, err := ParseDomainName(text)
	if err != nil {
		return nil, "", err
	}
	zones, err := r.Zones(ctx)
	if err != nil {
		return nil, "", err
	}
	names := make([]string, 0, len(zones))
	for z := range zones {
		names = append(names, z)
	}
	label, zone, err := SplitName(name, names)
	if err != nil {
		return nil, "", err
	}
	return zones[zone], name, CheckLabel(label, zones[zone].IDNTable)
}

// reservation refuses a name whose label is on one of the zone's lists.
func (z *Zone) reservation(name string) error {
	v, ok := z.reserved[strings.TrimSuffix(name, "."+z.Name)]
	if !ok {
		return nil
	}
	return Refuse(KindPolicy, "", "%s is %s: %s", name, v.Kind, v.Reason).About("domain:name", name)
}

// defaultYears is the period of a command that gives none (RFC 5731 section
// 3.2.3 leaves it to the server).
func (p Policy) defaultYears(profile Profile) int {
	if profile == ProfileGTLD {
		return 1
	}
	return p.DefaultYears
}
