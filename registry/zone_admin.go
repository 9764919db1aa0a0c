package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// ZoneSettings is what staff decide about a zone.
type ZoneSettings struct {
	Profile    Profile
	Referred   bool // creations wait for the staff's decision
	IDNTable   string
	DNSSECData string // ds, key or both
	MaxNS      int    // 0 to 13
	MaxDS      int    // 0 to 32

	// RegistrantChanges says what a change of a registrant needs (C4, C5); "" for a
	// new zone is what suits its profile.
	RegistrantChanges RegistrantChanges
	// VerifyDays is within how many days a registrant confirms its e-mail address
	// (C7), 0 to 365; 0: nobody is asked. VerifySuspends: names whose registrant
	// did not are held.
	VerifyDays     int
	VerifySuspends bool
	// Publication is what WHOIS and RDAP tell of contacts; "": what the
	// installation is configured to tell.
	Publication Publication
}

// DefaultZoneSettings is a zone of the uk profile without IDN.
func DefaultZoneSettings() ZoneSettings {
	return ZoneSettings{Profile: ProfileUK, IDNTable: "none", DNSSECData: "ds", MaxNS: 13, MaxDS: 8}
}

// Kinds of reservation: a reserved label waits for somebody entitled, a blocked
// one for nobody.
const (
	LabelReserved = "reserved"
	LabelBlocked  = "blocked"
)

func (s ZoneSettings) validate() error {
	switch {
	case s.Profile != ProfileUK && s.Profile != ProfileGTLD:
		return Refuse(KindParamRange, "", "The profile is %s or %s.", ProfileUK, ProfileGTLD).About("profile", string(s.Profile))
	case s.DNSSECData != "ds" && s.DNSSECData != "key" && s.DNSSECData != "both":
		return Refuse(KindParamRange, "", "DNSSEC data are ds, key or both.").About("dnssec-data", s.DNSSECData)
	case s.MaxNS < 0 || s.MaxNS > 13:
		return Refuse(KindParamRange, "", "A name has 0 to 13 name servers.").About("max-ns", "")
	case s.MaxDS < 0 || s.MaxDS > 32:
		return Refuse(KindParamRange, "", "A name has 0 to 32 DS records.").About("max-ds", "")
	case s.Publication != "" && !slices.Contains(Publications(), s.Publication):
		return Refuse(KindParamRange, "", "%q is not a publication policy.", s.Publication).About("publication", string(s.Publication))
	case !slices.Contains(IDNTables(), IDNTable(s.IDNTable)):
		return Refuse(KindParamRange, "", "There is no IDN table %q.", s.IDNTable).About("idn-table", s.IDNTable)
	case !slices.Contains([]RegistrantChanges{ChangesConfirmed, ChangesAtOnce, ChangesNever}, s.RegistrantChanges):
		return Refuse(KindParamRange, "", "Changes of registrants are %s, %s or %s.", ChangesConfirmed, ChangesAtOnce, ChangesNever).
			About("registrant-changes", string(s.RegistrantChanges))
	case s.VerifyDays < 0 || s.VerifyDays > 365:
		return Refuse(KindParamRange, "", "An address is verified within 0 to 365 days.").About("verify-days", "")
	case s.VerifySuspends && s.VerifyDays == 0:
		return Refuse(KindParamRange, "", "Names are suspended only where addresses are verified: set the days too.").About("verify-suspends", "")
	}
	return nil
}

func (s ZoneSettings) compare(after ZoneSettings) changes {
	c := changes{}
	if s.Referred != after.Referred {
		c.add("referred", s.Referred, after.Referred)
	}
	if s.IDNTable != after.IDNTable {
		c.add("idn_table", s.IDNTable, after.IDNTable)
	}
	if s.DNSSECData != after.DNSSECData {
		c.add("dnssec_data", s.DNSSECData, after.DNSSECData)
	}
	if s.MaxNS != after.MaxNS {
		c.add("max_ns", s.MaxNS, after.MaxNS)
	}
	if s.MaxDS != after.MaxDS {
		c.add("max_ds", s.MaxDS, after.MaxDS)
	}
	noteValue(c, "registrant_changes", s.RegistrantChanges, after.RegistrantChanges)
	noteValue(c, "verify_days", s.VerifyDays, after.VerifyDays)
	noteValue(c, "verify_suspends", s.VerifySuspends, after.VerifySuspends)
	if s.Publication != after.Publication {
		c.add("publication", s.Publication, after.Publication)
	}
	return c
}

// CreateZone adds a zone; names can be registered in it once it has prices.
// Errors: KindParamSyntax, KindParamRange, KindExists, KindAuthorization.
func (r *Registry) CreateZone(ctx context.Context, actor Actor, name string, s ZoneSettings) error {
	err := actor.staffOnly(RoleOperator)
	if err != nil {
		return err
	}
	name, err = ParseDomainName(name)
	if err != nil {
		return err
	}
	if s.RegistrantChanges == "" {
		s.RegistrantChanges = s.Profile.registrantChanges()
	}
	err = s.validate()
	if err != nil {
		return err
	}
	return r.changeZones(ctx, actor, func(tx *Tx) error {
		var id int32
		err := tx.QueryRow(ctx, `INSERT INTO zone (name, profile, referred, idn_table, dnssec_data, max_ns, max_ds, created_at,
				registrant_changes, verify_days, verify_suspends, publication)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id`,
			name, s.Profile, s.Referred, s.IDNTable, s.DNSSECData, s.MaxNS, s.MaxDS, tx.Now,
			s.RegistrantChanges, s.VerifyDays, s.VerifySuspends, null(string(s.Publication))).Scan(&id)
		if pg.SQLState(err) == uniqueViolation {
			return Refuse(KindExists, "", "The zone %s exists.", name).About("zone", name)
		}
		if err != nil {
			return fmt.Errorf("create zone %s: %w", name, err)
		}
		tx.record("zone", int64(id), name, "create", changes{}.add("profile", nil, s.Profile).
			add("referred", nil, s.Referred).add("idn_table", nil, s.IDNTable).
			add("dnssec_data", nil, s.DNSSECData).add("max_ns", nil, s.MaxNS).add("max_ds", nil, s.MaxDS).
			add("registrant_changes", nil, s.RegistrantChanges).add("verify_days", nil, s.VerifyDays).add("verify_suspends", nil, s.VerifySuspends))
		return nil
	})
}

// UpdateZone changes the settings of a zone with edit, which is given those of
// now and may be called again. The profile stays what it is: names live by it.
// Errors: those of CreateZone, KindNotFound and KindPolicy.
func (r *Registry) UpdateZone(ctx context.Context, actor Actor, name string, edit func(*ZoneSettings)) error {
	err := actor.staffOnly(RoleOperator)
	if err != nil {
		return err
	}
	return r.changeZones(ctx, actor, func(tx *Tx) error {
		id, before, err := tx.lockZone(ctx, name)
		if err != nil {
			return err
		}
		s := before
		edit(&s)
		err = s.validate()
		if err != nil {
			return err
		}
		if s.Profile != before.Profile {
			return Refuse(KindPolicy, "", "The profile of a zone does not change.").About("profile", string(s.Profile))
		}
		c := before.compare(s)
		if len(c) == 0 {
			return nil
		}
		tx.Queue(`UPDATE zone SET referred = $2, idn_table = $3, dnssec_data = $4, max_ns = $5, max_ds = $6,
			updated_at = $7, registrant_changes = $8, verify_days = $9, verify_suspends = $10, publication = $11 WHERE id = $1`,
			id, s.Referred, s.IDNTable, s.DNSSECData, s.MaxNS, s.MaxDS, tx.Now, s.RegistrantChanges, s.VerifyDays, s.VerifySuspends,
			null(string(s.Publication)))
		tx.record("zone", int64(id), name, "update", c)
		return nil
	})
}

// ReserveLabels takes labels of a zone off the market; names registered already
// stay. A label that is reserved already gets the new kind and reason. Errors:
// KindParamSyntax, KindParamRange, KindParamMissing without a reason,
// KindNotFound, KindAuthorization.
func (r *Registry) ReserveLabels(ctx context.Context, actor Actor, zone string, list []Reservation) error {
	err := actor.staffOnly(RoleOperator)
	if err != nil {
		return err
	}
	list = slices.Clone(list)
	for i := range list {
		v := &list[i]
		v.Label, err = parseLabel(v.Label)
		if err != nil {
			return err
		}
		if v.Kind != LabelReserved && v.Kind != LabelBlocked {
			return Refuse(KindParamRange, "", "A label is %s or %s.", LabelReserved, LabelBlocked).About("kind", v.Kind)
		}
		if v.Reason == "" {
			return Refuse(KindParamMissing, "", "A reason is needed for %s: registrars are told it.", v.Label).About("reason", "")
		}
	}
	return r.changeZones(ctx, actor, func(tx *Tx) error {
		id, s, err := tx.lockZone(ctx, zone)
		if err != nil {
			return err
		}
		for _, v := range list {
			err = CheckLabel(v.Label, IDNTable(s.IDNTable))
			if err != nil {
				return err
			}
			tx.Queue(`INSERT INTO reserved_name (zone_id, label, kind, reason) VALUES ($1, $2, $3, $4)
				ON CONFLICT (zone_id, label) DO UPDATE SET kind = excluded.kind, reason = excluded.reason`,
				id, v.Label, v.Kind, v.Reason)
			tx.record("zone", int64(id), zone, "reserve", changes{}.add(v.Label, nil, v.Kind+": "+v.Reason))
		}
		return nil
	})
}

// FreeLabels puts reserved labels of a zone on the market. Errors:
// KindNotFound for a zone, or a label that is not reserved;
// KindAuthorization.
func (r *Registry) FreeLabels(ctx context.Context, actor Actor, zone string, labels []string) error {
	err := actor.staffOnly(RoleOperator)
	if err != nil {
		return err
	}
	return r.changeZones(ctx, actor, func(tx *Tx) error {
		id, _, err := tx.lockZone(ctx, zone)
		if err != nil {
			return err
		}
		for _, label := range labels {
			label = strings.ToLower(label)
			var kind, reason string
			err := tx.QueryRow(ctx, `DELETE FROM reserved_name WHERE zone_id = $1 AND label = $2
				RETURNING kind, reason`, id, label).Scan(&kind, &reason)
			if errors.Is(err, pgx.ErrNoRows) {
				return Refuse(KindNotFound, "", "%s is not reserved in %s.", label, zone).About("label", label)
			}
			if err != nil {
				return fmt.Errorf("free %s in %s: %w", label, zone, err)
			}
			tx.record("zone", int64(id), zone, "free", changes{}.add(label, kind+": "+reason, nil))
		}
		return nil
	})
}

// parseLabel reads one label as it stands below a zone.
func parseLabel(text string) (string, error) {
	label, err := ParseDomainName(text)
	if err == nil && strings.Contains(label, ".") {
		err = Refuse(KindParamSyntax, "", "%q is a name: give its first label only.", text).About("label", text)
	}
	return label, err
}

// Settings returns what staff decided about the zone.
func (z *Zone) Settings() ZoneSettings {
	return ZoneSettings{z.Profile, z.Referred, string(z.IDNTable), z.DNSSECData, z.MaxNS, z.MaxDS,
		z.RegistrantChanges, z.VerifyDays, z.VerifySuspends, z.Publication}
}

// registrantChanges is what changes of registrants need in a zone of the profile,
// unless staff decide otherwise: in gtld the registrar sees to it.
func (p Profile) registrantChanges() RegistrantChanges {
	if p == ProfileGTLD {
		return ChangesAtOnce
	}
	return ChangesConfirmed
}

// Reservations returns the labels of the zone that cannot be had, in order.
func (z *Zone) Reservations() []Reservation {
	list := make([]Reservation, 0, len(z.reserved))
	for _, v := range z.reserved {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b Reservation) int { return strings.Compare(a.Label, b.Label) })
	return list
}

// changeZones is mutate for a change after which this process reads the zones
// anew; others follow within Config.ZoneTTL.
func (r *Registry) changeZones(ctx context.Context, actor Actor, fn func(*Tx) error) error {
	return r.mutate(ctx, actor, func(tx *Tx) error {
		tx.AfterCommit(r.ForgetZones)
		return fn(tx)
	})
}

func (tx *Tx) lockZone(ctx context.Context, name string) (int32, ZoneSettings, error) {
	var id int32
	var s ZoneSettings
	err := tx.QueryRow(ctx, `SELECT id, profile, referred, idn_table, dnssec_data, max_ns, max_ds,
		registrant_changes, verify_days, verify_suspends, coalesce(publication, '') FROM zone WHERE name = $1 FOR NO KEY UPDATE`, name).
		Scan(&id, &s.Profile, &s.Referred, &s.IDNTable, &s.DNSSECData, &s.MaxNS, &s.MaxDS,
			&s.RegistrantChanges, &s.VerifyDays, &s.VerifySuspends, &s.Publication)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, s, Refuse(KindNotFound, "", "There is no zone %s.", name).About("zone", name)
	}
	if err != nil {
		return 0, s, fmt.Errorf("read zone %s: %w", name, err)
	}
	return id, s, nil
}
