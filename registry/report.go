package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// ReportYears is the longest period that has columns of its own.
const ReportYears = 10

// Transactions is what one registrar did in one zone in one month, in the
// columns that registries report to ICANN. Registrations and renewals count in
// the month in which their grace period ends, if they were not taken back: a uk
// name has none, so theirs count at once, and stop counting when they lapse or
// are withdrawn.
type Transactions struct {
	TAG    string `json:"registrar"`
	Name   string `json:"registrar_name"`
	IANAID int    `json:"iana_id,omitempty"`
	Zone   string `json:"zone"`
	Month  Date   `json:"month"` // its first day

	Domains     int64 `json:"total_domains"`     // at the end of the month, or now
	NameServers int64 `json:"total_nameservers"` // that they use now

	Adds   [ReportYears]int64 `json:"net_adds"`   // of 1 to 10 years
	Renews [ReportYears]int64 `json:"net_renews"` // of 1 to 10 years

	GainingSuccessful int64 `json:"transfer_gaining_successful"`
	GainingNacked     int64 `json:"transfer_gaining_nacked"`
	LosingSuccessful  int64 `json:"transfer_losing_successful"`
	LosingNacked      int64 `json:"transfer_losing_nacked"`
	DeletedGrace      int64 `json:"deleted_domains_grace"`
	DeletedNoGrace    int64 `json:"deleted_domains_nograce"`
	Restored          int64 `json:"restored_domains"`
	RestoredNoReport  int64 `json:"restored_noreport"`
}

// empty tells whether there is nothing to report.
func (t *Transactions) empty() bool {
	v := *t
	v.TAG, v.Name, v.IANAID, v.Zone, v.Month = "", "", 0, "", Date{}
	return v == Transactions{}
}

// ReportFilter limits a report; empty fields do not.
type ReportFilter struct {
	TAG, Zone string
}

// reportKey is a registrar in a zone.
type reportKey struct {
	registrar, zone int32
}

// transactionSQL counts one thing each, by registrar and zone, in the time from
// $1 to before $2. The zone of a name is what follows its first label.
var transactionSQL = []struct {
	what string
	sql  string
}{
	{"add", `SELECT c.registrar_id, c.zone_id, c.years::int, count(*) FROM charge c JOIN zone z ON z.id = c.zone_id
		WHERE c.operation = 'create' AND c.reversed_at IS NULL
		AND c.charged_at + CASE WHEN z.profile = 'gtld' THEN $3::interval ELSE '0' END >= $1
		AND c.charged_at + CASE WHEN z.profile = 'gtld' THEN $3::interval ELSE '0' END < $2
		AND $4::interval IS NOT NULL GROUP BY 1, 2, 3`},
	{"renew", `SELECT c.registrar_id, c.zone_id, c.years::int, count(*) FROM (
			SELECT c.*, c.charged_at + CASE WHEN z.profile <> 'gtld' THEN '0'
				WHEN EXISTS (SELECT FROM history h WHERE h.object = 'domain' AND h.object_name = c.domain_name AND h.object_id = c.domain_id
					AND h.action = 'auto-renew' AND h.at = c.charged_at) THEN $4::interval ELSE $3::interval END AS counts
			FROM charge c JOIN zone z ON z.id = c.zone_id LEFT JOIN renewal_request q ON q.id = c.request_id
			WHERE c.operation = 'renew' AND c.reversed_at IS NULL AND c.charged_at >= $1::timestamptz - $4::interval AND c.charged_at < $2
			AND coalesce(q.state, 'paid') NOT IN ('lapsed', 'withdrawn')) c
		WHERE counts >= $1 AND counts < $2 GROUP BY 1, 2, 3`},
	{"renew", `SELECT a.registrar_id, t.zone_id, extract(year FROM age(t.period_to, t.period_from))::int, count(*) FROM receipt t
		JOIN registrant_account a ON a.id = t.account_id
		WHERE t.created_at >= $1 AND t.created_at < $2 AND NOT EXISTS (SELECT FROM receipt_reversal WHERE receipt_id = t.id)
		AND $3::interval IS NOT NULL AND $4::interval IS NOT NULL GROUP BY 1, 2, 3`},
	{"gained", movedSQL(`h.changes->'sponsor'->>1`)},
	{"lost", movedSQL(`h.changes->'sponsor'->>0`)},
	{"gaining nacked", nackedSQL("gaining")},
	{"losing nacked", nackedSQL("losing")},
	{"deleted in grace", leftSQL("")},
	{"deleted", leftSQL("NOT")},
	{"restored", `SELECT registrar_id, zone_id, 0, count(*) FROM charge WHERE operation = 'restore' AND reversed_at IS NULL
		AND charged_at >= $1 AND charged_at < $2 AND $3::interval IS NOT NULL AND $4::interval IS NOT NULL GROUP BY 1, 2`},
	{"restored without report", `SELECT r.registrar_id, z.id, 0, count(*) FROM history h
		JOIN zone z ON z.name = substr(h.object_name, strpos(h.object_name, '.') + 1)
		CROSS JOIN LATERAL (SELECT q.registrar_id FROM history q WHERE q.object = 'domain' AND q.object_name = h.object_name AND q.id < h.id
			AND q.action = 'restore request' ORDER BY q.id DESC LIMIT 1) r
		WHERE h.object = 'domain' AND h.action = 'phase' AND h.changes->'rgp'->>0 = 'pendingRestore' AND r.registrar_id IS NOT NULL
		AND h.at >= $1 AND h.at < $2 AND $3::interval IS NOT NULL AND $4::interval IS NOT NULL GROUP BY 1, 2`},
}

// movedSQL counts names that went from one tag to another, by one of the two.
func movedSQL(tag string) string {
	return `SELECT r.id, z.id, 0, count(*) FROM history h JOIN registrar r ON r.tag = ` + tag + `
		JOIN zone z ON z.name = substr(h.object_name, strpos(h.object_name, '.') + 1)
		WHERE h.object = 'domain' AND h.changes->'sponsor'->>0 IS NOT NULL AND h.changes->'sponsor'->>1 IS NOT NULL
		AND h.at >= $1 AND h.at < $2 AND $3::interval IS NOT NULL AND $4::interval IS NOT NULL GROUP BY 1, 2`
}

// nackedSQL counts transfers that the losing tag refused.
func nackedSQL(column string) string {
	return `SELECT t.` + column + `, z.id, 0, count(*) FROM transfer t
		JOIN zone z ON z.name = substr(t.object_name, strpos(t.object_name, '.') + 1)
		WHERE t.object = 'domain' AND t.state = 'clientRejected' AND t.acted_at >= $1 AND t.acted_at < $2
		AND $3::interval IS NOT NULL AND $4::interval IS NOT NULL GROUP BY 1, 2`
}

// leftSQL counts names that left the register: in grace are those whose
// registration was taken back with them.
func leftSQL(not string) string {
	return `SELECT r.id, z.id, 0, count(*) FROM history h JOIN registrar r ON r.tag = h.changes->'sponsor'->>0
		JOIN zone z ON z.name = substr(h.object_name, strpos(h.object_name, '.') + 1)
		WHERE h.object = 'domain' AND h.changes ? 'sponsor' AND h.changes->'sponsor'->>1 IS NULL AND h.action <> 'assign'
		AND ` + not + ` EXISTS (SELECT FROM charge c WHERE c.domain_id = h.object_id AND c.operation = 'create' AND c.reversed_at = h.at)
		AND h.at >= $1 AND h.at < $2 AND $3::interval IS NOT NULL AND $4::interval IS NOT NULL GROUP BY 1, 2`
}

// column is where a count belongs.
func (t *Transactions) column(what string, years int) *int64 {
	switch what {
	case "add":
		return &t.Adds[min(max(years, 1), ReportYears)-1]
	case "renew":
		return &t.Renews[min(max(years, 1), ReportYears)-1]
	case "gained":
		return &t.GainingSuccessful
	case "lost":
		return &t.LosingSuccessful
	case "gaining nacked":
		return &t.GainingNacked
	case "losing nacked":
		return &t.LosingNacked
	case "deleted in grace":
		return &t.DeletedGrace
	case "deleted":
		return &t.DeletedNoGrace
	case "restored":
		return &t.Restored
	}
	return &t.RestoredNoReport
}

// ReportTransactions is the report of the month that begins on a day, by
// registrar and zone; what has nothing to report is left out. Errors:
// KindNotFound for a tag or zone of the filter.
func (r *Registry) ReportTransactions(ctx context.Context, month Date, f ReportFilter) ([]Transactions, error) {
	month = NewDate(month.Year, month.Month, 1)
	from, to := month.Start(r.loc), month.AddMonths(1).Start(r.loc)
	rows := map[reportKey]*Transactions{}
	row := func(k reportKey) *Transactions {
		if rows[k] == nil {
			rows[k] = &Transactions{Month: month}
		}
		return rows[k]
	}
	err := r.db.InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		clear(rows)
		for _, q := range transactionSQL {
			err := eachCount(ctx, tx, q.sql, []any{from, to, days24(r.policy.RenewGraceDays), days24(r.policy.AutoRenewGraceDays)}, func(k reportKey, years int, n int64) {
				*row(k).column(q.what, years) += n
			}, q.what == "add", days24(r.policy.AddGraceDays))
			if err != nil {
				return err
			}
		}
		totals, err := r.totals(ctx, tx, to)
		if err != nil {
			return err
		}
		for k, n := range totals {
			row(k).Domains = n
		}
		return eachCount(ctx, tx, `SELECT d.sponsor, d.zone_id, 0, count(DISTINCT dh.host_id) FROM domain d JOIN domain_host dh ON dh.domain_id = d.id
			GROUP BY 1, 2`, nil, func(k reportKey, _ int, n int64) { row(k).NameServers = n }, false, 0)
	})
	if err != nil {
		return nil, fmt.Errorf("report transactions: %w", err)
	}
	return r.label(ctx, rows, f)
}

// eachCount runs a query for registrar, zone, years and count. With add, the
// third parameter is the add grace period in place of the renewals'.
func eachCount(ctx context.Context, tx pgx.Tx, sql string, args []any, fn func(k reportKey, years int, n int64), add bool, grace time.Duration) error {
	if add {
		args[2] = grace
	}
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var k reportKey
	var years int
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&k.registrar, &k.zone, &years, &n}, func() error { fn(k, years, n); return nil })
	return err
}

// totalsSQL counts the names at an instant $1: those of now that were there, with
// the tag of then, and those that have left since. $2 is the registry's tag,
// which imported names wait on.
const totalsSQL = `WITH later AS (
		SELECT DISTINCT ON (object_id) object_id, coalesce(changes->'sponsor'->>0, CASE WHEN action = 'assign' THEN $2 END) AS tag
		FROM history WHERE object = 'domain' AND at >= $1 AND changes ? 'sponsor'
		AND (changes->'sponsor'->>0 IS NOT NULL OR action = 'assign') ORDER BY object_id, id),
	come AS (SELECT DISTINCT object_id FROM history WHERE object = 'domain' AND at >= $1 AND action IN ('create', 'import')),
	gone AS (
		SELECT DISTINCT ON (object_id) object_id, object_name FROM history h WHERE object = 'domain' AND at >= $1 AND changes ? 'sponsor'
		AND changes->'sponsor'->>1 IS NULL AND changes->'sponsor'->>0 IS NOT NULL
		AND NOT EXISTS (SELECT FROM domain d WHERE d.id = h.object_id) ORDER BY object_id, id)
	SELECT registrar, zone, 0, count(*) FROM (
		SELECT coalesce(r.id, d.sponsor) AS registrar, d.zone_id AS zone FROM domain d
		LEFT JOIN later l ON l.object_id = d.id LEFT JOIN registrar r ON r.tag = l.tag
		WHERE NOT EXISTS (SELECT FROM come c WHERE c.object_id = d.id)
		UNION ALL
		SELECT r.id, z.id FROM gone g JOIN later l USING (object_id) JOIN registrar r ON r.tag = l.tag
		JOIN zone z ON z.name = substr(g.object_name, strpos(g.object_name, '.') + 1)
		WHERE NOT EXISTS (SELECT FROM come c WHERE c.object_id = g.object_id)) x
	GROUP BY 1, 2`

// totals counts the names at an instant, by registrar and zone.
func (r *Registry) totals(ctx context.Context, tx pgx.Tx, at time.Time) (map[reportKey]int64, error) {
	out := map[reportKey]int64{}
	err := eachCount(ctx, tx, totalsSQL, []any{at, r.policy.RegistryTag}, func(k reportKey, _ int, n int64) { out[k] += n }, false, 0)
	return out, err
}

// label gives the rows their names, in order of zone and tag.
func (r *Registry) label(ctx context.Context, rows map[reportKey]*Transactions, f ReportFilter) ([]Transactions, error) {
	zones, registrars, err := r.reportNames(ctx, f)
	if err != nil {
		return nil, err
	}
	out := []Transactions{}
	for k, t := range rows {
		reg, zone := registrars[k.registrar], zones[k.zone]
		if t.empty() || f.TAG != "" && reg.TAG != f.TAG || f.Zone != "" && zone != f.Zone {
			continue
		}
		t.TAG, t.Name, t.Zone, t.IANAID = reg.TAG, reg.Name, zone, reg.IANAID
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Transactions) int {
		if c := strings.Compare(a.Zone, b.Zone); c != 0 {
			return c
		}
		return strings.Compare(a.TAG, b.TAG)
	})
	return out, nil
}

// reportNames reads zones and registrars by number, and checks a filter.
func (r *Registry) reportNames(ctx context.Context, f ReportFilter) (map[int32]string, map[int32]Registrar, error) {
	all, err := r.reloadZones(ctx)
	if err != nil {
		return nil, nil, err
	}
	if f.Zone != "" && all[f.Zone] == nil {
		return nil, nil, Refuse(KindNotFound, "", "There is no zone %s.", f.Zone).About("zone", f.Zone)
	}
	zones := map[int32]string{}
	for name, z := range all {
		zones[z.ID] = name
	}
	list, err := r.Registrars(ctx)
	if err != nil {
		return nil, nil, err
	}
	registrars := map[int32]Registrar{}
	found := f.TAG == ""
	for _, v := range list {
		registrars[v.ID] = v
		found = found || v.TAG == f.TAG
	}
	if !found {
		return nil, nil, noRegistrar(f.TAG)
	}
	return zones, registrars, nil
}
