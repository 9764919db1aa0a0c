package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ExpiringMonth is how many names of a tag expire in a month.
type ExpiringMonth struct {
	Month     Date   `json:"month"` // its first day
	TAG       string `json:"registrar"`
	Zone      string `json:"zone"`
	Names     int64  `json:"names"`
	AutoBill  int64  `json:"auto_bill"`          // renew by themselves: auto-bill, next-bill, or a gtld name
	NotWanted int64  `json:"renew_not_required"` // are not to be renewed
	Suspended int64  `json:"suspended"`
}

// ReportExpiring counts the names that expire from one day to another, by month,
// zone and tag. Errors: KindNotFound for a tag or zone of the filter.
func (r *Registry) ReportExpiring(ctx context.Context, from, to Date, f ReportFilter) ([]ExpiringMonth, error) {
	_, _, err := r.reportNames(ctx, f)
	if err != nil {
		return nil, err
	}
	rows, err := r.db.Pool.Query(ctx, `SELECT date_trunc('month', d.expires)::date, r.tag, z.name, count(*),
			count(*) FILTER (WHERE z.profile = 'gtld' OR coalesce(d.auto_bill, d.next_bill) IS NOT NULL),
			count(*) FILTER (WHERE d.renew_not_required), count(*) FILTER (WHERE d.suspended_on IS NOT NULL)
		FROM domain d JOIN registrar r ON r.id = d.sponsor JOIN zone z ON z.id = d.zone_id
		WHERE d.expires >= $1 AND d.expires <= $2 AND d.delete_phase IS NULL AND ($3 = '' OR r.tag = $3) AND ($4 = '' OR z.name = $4)
		GROUP BY 1, 2, 3 ORDER BY 1, 3, 2`, from, to, f.TAG, f.Zone)
	if err != nil {
		return nil, fmt.Errorf("report names that expire: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ExpiringMonth])
	if err != nil {
		return nil, fmt.Errorf("report names that expire: %w", err)
	}
	return list, nil
}

// GrowthMonth is how a zone grew in a month.
type GrowthMonth struct {
	Month   Date   `json:"month"` // its first day
	Zone    string `json:"zone"`
	Names   int64  `json:"names"` // at its end, or now
	Change  int64  `json:"change"`
	Added   int64  `json:"added"` // registered or imported
	Deleted int64  `json:"deleted"`
}

// ReportGrowth follows the number of names over months, the one that holds the
// day last included. Errors: KindNotFound for a tag or zone of the filter; a tag
// counts the names that it had.
func (r *Registry) ReportGrowth(ctx context.Context, last Date, months int, f ReportFilter) ([]GrowthMonth, error) {
	zones, registrars, err := r.reportNames(ctx, f)
	if err != nil {
		return nil, err
	}
	last = NewDate(last.Year, last.Month, 1)
	var out []GrowthMonth
	err = r.db.InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		out = []GrowthMonth{}
		sum := func(at Date) (map[string]int64, error) {
			totals, err := r.totals(ctx, tx, at.Start(r.loc))
			byZone := map[string]int64{}
			for k, n := range totals {
				if f.TAG == "" || registrars[k.registrar].TAG == f.TAG {
					byZone[zones[k.zone]] += n
				}
			}
			return byZone, err
		}
		before, err := sum(last.AddMonths(1 - months))
		if err != nil {
			return err
		}
		for month := last.AddMonths(1 - months); !month.After(last); month = month.AddMonths(1) {
			now, err := sum(month.AddMonths(1))
			if err != nil {
				return err
			}
			moves, err := r.comingAndGoing(ctx, tx, month)
			if err != nil {
				return err
			}
			for _, zone := range zones {
				if f.Zone == "" || zone == f.Zone {
					m := moves[zone]
					out = append(out, GrowthMonth{Month: month, Zone: zone, Names: now[zone], Change: now[zone] - before[zone], Added: m[0], Deleted: m[1]})
				}
			}
			before = now
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("report growth: %w", err)
	}
	if f.TAG != "" { // names come and go by transfers too
		for i := range out {
			out[i].Added, out[i].Deleted = 0, 0
		}
	}
	slices.SortFunc(out, func(a, b GrowthMonth) int {
		if c := a.Month.Compare(b.Month); c != 0 {
			return c
		}
		return strings.Compare(a.Zone, b.Zone)
	})
	return out, nil
}

// comingAndGoing counts the names that came into each zone in a month, and
// those that left.
func (r *Registry) comingAndGoing(ctx context.Context, tx pgx.Tx, month Date) (map[string][2]int64, error) {
	rows, err := tx.Query(ctx, `SELECT substr(object_name, strpos(object_name, '.') + 1), count(*) FILTER (WHERE action IN ('create', 'import')),
			count(*) FILTER (WHERE changes->'sponsor'->>0 IS NOT NULL AND changes->'sponsor'->>1 IS NULL)
		FROM history WHERE object = 'domain' AND at >= $1 AND at < $2 AND (action IN ('create', 'import') OR changes ? 'sponsor') GROUP BY 1`,
		month.Start(r.loc), month.AddMonths(1).Start(r.loc))
	if err != nil {
		return nil, err
	}
	out := map[string][2]int64{}
	var zone string
	var n [2]int64
	_, err = pgx.ForEachRow(rows, []any{&zone, &n[0], &n[1]}, func() error { out[zone] = n; return nil })
	return out, err
}

// RegistrarFigures is what a registrar has now.
type RegistrarFigures struct {
	TAG       string `json:"registrar"`
	Name      string `json:"name"`
	State     string `json:"state"`
	Names     int64  `json:"names"`
	Suspended int64  `json:"suspended"`
	Expiring  int64  `json:"expiring_in_60_days"`
	AutoBill  int64  `json:"auto_bill"`
	Waiting   int64  `json:"unassigned"` // imported, on the registry's tag
	Contacts  int64  `json:"contacts"`
	Hosts     int64  `json:"hosts"`
}

// ReportRegistrars counts what each registrar has, the registry's own tags
// included. Errors: KindNotFound for a tag or zone of the filter; contacts and
// hosts are counted whatever the zone.
func (r *Registry) ReportRegistrars(ctx context.Context, f ReportFilter) ([]RegistrarFigures, error) {
	_, _, err := r.reportNames(ctx, f)
	if err != nil {
		return nil, err
	}
	rows, err := r.db.Pool.Query(ctx, `WITH names AS (
			SELECT d.sponsor, count(*) AS n, count(*) FILTER (WHERE d.suspended_on IS NOT NULL) AS suspended,
				count(*) FILTER (WHERE d.expires >= $3 AND d.expires <= $3 + 60) AS expiring,
				count(*) FILTER (WHERE coalesce(d.auto_bill, d.next_bill) IS NOT NULL) AS auto, count(*) FILTER (WHERE d.unassigned) AS waiting
			FROM domain d JOIN zone z ON z.id = d.zone_id WHERE $2 = '' OR z.name = $2 GROUP BY 1),
		contacts AS (SELECT sponsor, count(*) AS n FROM contact GROUP BY 1),
		hosts AS (SELECT coalesce(d.sponsor, h.sponsor) AS sponsor, count(*) AS n FROM host h LEFT JOIN domain d ON d.id = h.superordinate GROUP BY 1)
		SELECT r.tag, r.name, r.state, coalesce(n.n, 0), coalesce(n.suspended, 0), coalesce(n.expiring, 0), coalesce(n.auto, 0), coalesce(n.waiting, 0),
			coalesce(c.n, 0), coalesce(h.n, 0)
		FROM registrar r LEFT JOIN names n ON n.sponsor = r.id LEFT JOIN contacts c ON c.sponsor = r.id LEFT JOIN hosts h ON h.sponsor = r.id
		WHERE $1 = '' OR r.tag = $1 ORDER BY r.tag`, f.TAG, f.Zone, r.Today())
	if err != nil {
		return nil, fmt.Errorf("report registrars: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[RegistrarFigures])
	if err != nil {
		return nil, fmt.Errorf("report registrars: %w", err)
	}
	return list, nil
}
