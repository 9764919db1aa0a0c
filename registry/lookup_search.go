package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// NamePattern finds names: one exactly, or those that begin and end so, with
// one label's rest between.
type NamePattern struct {
	Begin string // ASCII, lower case
	End   string // "" or from a dot on
	Exact bool
}

func (p NamePattern) empty() bool { return p.Begin == "" }

// where is the condition on a column, whose arguments are $1 to $3. The range
// uses the index: no character of a name sorts after "~".
func (p NamePattern) where(column string) (sql string, args []any) {
	if p.Exact {
		return fmt.Sprintf(`(%s = $1 AND $2 = '' AND $3 = '')`, column), []any{p.Begin, "", ""}
	}
	return fmt.Sprintf(`(%[1]s >= $1 AND %[1]s < $2 AND ($3 = '' OR right(%[1]s, length($3)) = $3
		AND position('.' IN substr(%[1]s, length($1) + 1, greatest(length(%[1]s) - length($1) - length($3), 0))) = 0))`, column),
		[]any{p.Begin, p.Begin + "~", p.End}
}

// DomainSearch says which names are wanted; one of the fields is set.
type DomainSearch struct {
	Name       NamePattern
	NameServer NamePattern // of a name server of the name
	Address    netip.Addr  // of a name server of the name, below names of ours
}

// SearchDomains finds names for RDAP, up to a number of them, with one query.
// Whether searches are allowed is for the caller to know.
func (r *Registry) SearchDomains(ctx context.Context, s DomainSearch, limit int, deflt Publication) ([]*PublicDomain, error) {
	var where string
	var args []any
	switch {
	case !s.Name.empty():
		where, args = s.Name.where("d.name")
		where += ` ORDER BY d.name LIMIT $4`
	case !s.NameServer.empty():
		where, args = s.NameServer.where("h.name")
		where = `d.id IN (SELECT dh.domain_id FROM host h JOIN domain_host dh ON dh.host_id = h.id WHERE ` + where + ` LIMIT $4)`
	default:
		where, args = `d.id IN (SELECT dh.domain_id FROM host h JOIN domain_host dh ON dh.host_id = h.id
			WHERE h.addresses @> ARRAY[$1::inet] AND h.addresses <> '{}' LIMIT $2)`, []any{s.Address}
	}
	var rows []*lookupRow
	result, err := r.db.Pool.Query(ctx, lookupSQL+` WHERE `+where, append(args, limit)...)
	if err == nil {
		rows, err = pgx.CollectRows(result, func(row pgx.CollectableRow) (*lookupRow, error) {
			w := &lookupRow{}
			return w, w.scan(row)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("search names: %w", err)
	}
	out := make([]*PublicDomain, len(rows))
	for i, w := range rows {
		out[i], err = r.finishLookup(ctx, w.d.Name, w, nil, deflt)
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b *PublicDomain) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// HostSearch says which name servers are wanted; one of the fields is set.
type HostSearch struct {
	Name    NamePattern
	Address netip.Addr
}

// SearchHosts finds name servers for RDAP, up to a number of them, with one
// query.
func (r *Registry) SearchHosts(ctx context.Context, s HostSearch, limit int) ([]*PublicHost, error) {
	where, args := s.Name.where("h.name")
	last := `$4`
	if s.Name.empty() {
		where, args, last = `h.addresses @> ARRAY[$1::inet] AND h.addresses <> '{}'`, []any{s.Address}, `$2`
	}
	result, err := r.db.Pool.Query(ctx, lookupHostSQL+` WHERE `+where+` ORDER BY h.name LIMIT `+last, append(args, limit)...)
	var list []*PublicHost
	if err == nil {
		list, err = pgx.CollectRows(result, func(row pgx.CollectableRow) (*PublicHost, error) {
			var w publicHostRow
			err := w.scan(row)
			if err != nil {
				return nil, err
			}
			return w.public(r)
		})
	}
	if err != nil {
		return nil, fmt.Errorf("search hosts: %w", err)
	}
	return list, nil
}

// RegistrarSearch says which registrars are wanted, by name, or by handle (tag
// or IANA ID).
type RegistrarSearch struct {
	ByHandle bool
	Text     string // in any case
	Prefix   bool   // Text is the beginning
}

// SearchRegistrars finds registrars for RDAP, up to a number of them, with one
// query.
func (r *Registry) SearchRegistrars(ctx context.Context, s RegistrarSearch, limit int) ([]PublicRegistrar, error) {
	match := func(column string) string {
		return `(lower(` + column + `) = lower($1) OR $2 AND starts_with(lower(` + column + `), lower($1)))`
	}
	where := match(`r.name`) + ` OR ` + match(`coalesce(r.trad_name, '')`)
	if s.ByHandle {
		where = match(`r.tag`) + ` OR ` + match(`coalesce(r.iana_id::text, '')`)
	}
	result, err := r.db.Pool.Query(ctx, `SELECT `+registrarJSON+` FROM registrar r
		WHERE r.kind = 'registrar' AND r.state <> 'closed' AND (`+where+`) ORDER BY r.tag LIMIT $3`, s.Text, s.Prefix, limit)
	var list []PublicRegistrar
	if err == nil {
		list, err = pgx.CollectRows(result, func(row pgx.CollectableRow) (PublicRegistrar, error) {
			var g PublicRegistrar
			var text []byte
			err := row.Scan(&text)
			if err == nil {
				err = json.Unmarshal(text, &g)
			}
			return g, err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("search registrars: %w", err)
	}
	return list, nil
}
