package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ZoneServer is a name server of a zone of ours, with the addresses that the
// register has nowhere else.
type ZoneServer struct {
	Name      string       `json:"name"` // A-label form, lower case
	Addresses []netip.Addr `json:"addresses,omitempty"`
}

// ZoneApex is what a zone says about itself in the DNS. Times are seconds.
type ZoneApex struct {
	NameServers []ZoneServer // the first is the SOA's MNAME
	Mailbox     string       // e-mail address, the SOA's RNAME
	Refresh     int
	Retry       int
	Expire      int
	Negative    int      // how long resolvers may remember that a name is not there
	TTL         int      // of NS records and the SOA
	TTLDS       int      // of DS records: short, so that a key can be replaced soon
	TTLGlue     int      // of name servers' addresses
	DS          []DSData // of the zone's own keys, shown in the zone above if that is ours too
}

// DefaultZoneApex has the times of a zone whose secondaries are told of every
// change; name servers and mailbox are missing.
func DefaultZoneApex() ZoneApex {
	return ZoneApex{Refresh: 1800, Retry: 300, Expire: 28 * 86400, Negative: 900, TTL: 86400, TTLDS: 3600, TTLGlue: 86400}
}

// maxTTL is the longest time that a record may have (RFC 2181 section 8).
const maxTTL = 1<<31 - 1

// maxZoneServers keeps the apex in a UDP answer, as with names.
const maxZoneServers = 13

// ParseZoneServer reads a name server as staff write it: ns1.nic.example, or
// ns1.nic.example/192.0.2.1/2001:db8::1. Refusals: KindParamSyntax,
// KindParamRange.
func ParseZoneServer(text string) (ZoneServer, error) {
	parts := strings.Split(text, "/")
	name, err := ParseHostName(parts[0])
	if err != nil {
		return ZoneServer{}, err
	}
	s := ZoneServer{Name: name}
	for _, part := range parts[1:] {
		a, err := ParseHostAddress(part, "")
		if err != nil {
			return s, err
		}
		s.Addresses = append(s.Addresses, a)
	}
	return s, nil
}

// String is the form that ParseZoneServer reads.
func (s ZoneServer) String() string {
	text := s.Name
	for _, a := range s.Addresses {
		text += "/" + a.String()
	}
	return text
}

func (a ZoneApex) validate(zone string) error {
	if n := len(a.NameServers); n == 0 || n > maxZoneServers {
		return Refuse(KindParamRange, "", "A zone has 1 to %d name servers.", maxZoneServers).About("ns", "")
	}
	for i, s := range a.NameServers {
		if slices.ContainsFunc(a.NameServers[:i], func(o ZoneServer) bool { return o.Name == s.Name }) {
			return Refuse(KindPolicy, "", "The name server %s is given twice.", s.Name).About("ns", s.Name)
		}
	}
	at, err := mail.ParseAddress(a.Mailbox)
	if err != nil || at.Address != a.Mailbox || at.Name != "" {
		return Refuse(KindParamSyntax, "", "%q is not an e-mail address.", a.Mailbox).About("mailbox", a.Mailbox)
	}
	local, host, _ := strings.Cut(a.Mailbox, "@")
	if _, err = ParseHostName(host); err != nil || len(local) > maxLabelLength || !mailboxLocal(local) {
		return Refuse(KindParamSyntax, "", "%q cannot be written into a SOA record.", a.Mailbox).About("mailbox", a.Mailbox)
	}
	for _, v := range []struct {
		key          string
		value, least int
	}{{"refresh", a.Refresh, 1}, {"retry", a.Retry, 1}, {"expire", a.Expire, 1}, {"negative", a.Negative, 0},
		{"ttl", a.TTL, 0}, {"ttl-ds", a.TTLDS, 0}, {"ttl-glue", a.TTLGlue, 0}} {
		if v.value < v.least || v.value > maxTTL {
			return Refuse(KindParamRange, "", "%s is %d to %d seconds.", v.key, v.least, maxTTL).About(v.key, strconv.Itoa(v.value))
		}
	}
	if a.Expire < a.Refresh+a.Retry {
		return Refuse(KindParamRange, "", "expire is at least refresh and retry together (RFC 1912).").About("expire", strconv.Itoa(a.Expire))
	}
	return CheckDNSSEC(zone, a.DS, nil, DNSSECDS, maxZoneServers)
}

// mailboxLocal tells whether the part before the @ is plain enough to be a label.
func mailboxLocal(s string) bool {
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_+") == ""
}

// ZoneApexes returns what zones say about themselves, by zone; those that are
// not published are missing.
func (r *Registry) ZoneApexes(ctx context.Context) (map[string]ZoneApex, error) {
	rows, err := r.db.Pool.Query(ctx, `SELECT z.name, `+apexColumns+` FROM zone_apex a JOIN zone z ON z.id = a.zone_id`)
	if err != nil {
		return nil, fmt.Errorf("read the zones' apexes: %w", err)
	}
	defer rows.Close()
	out := map[string]ZoneApex{}
	for rows.Next() {
		var zone string
		a, err := scanApex(rows, &zone)
		if err != nil {
			return nil, fmt.Errorf("read the zones' apexes: %w", err)
		}
		out[zone] = a
	}
	return out, rows.Err()
}

const apexColumns = `a.name_servers, a.mailbox, a.refresh, a.retry, a.expire, a.negative, a.ttl, a.ttl_ds, a.ttl_glue, a.ds`

func scanApex(row pgx.Row, before ...any) (ZoneApex, error) {
	var a ZoneApex
	var servers []byte
	var ds []string
	err := row.Scan(append(before, &servers, &a.Mailbox, &a.Refresh, &a.Retry, &a.Expire, &a.Negative, &a.TTL, &a.TTLDS, &a.TTLGlue, &ds)...)
	if err != nil {
		return a, err
	}
	err = json.Unmarshal(servers, &a.NameServers)
	for _, text := range ds {
		d, wrong := ParseDS(text)
		err = errors.Join(err, wrong)
		a.DS = append(a.DS, d)
	}
	return a, err
}

// SetZoneApex decides what a zone says about itself, with edit, which is given
// what it says now, or the defaults, and may be called again. From then on the
// zone is published. Errors: KindParamSyntax, KindParamRange, KindPolicy,
// KindNotFound, KindAuthorization.
func (r *Registry) SetZoneApex(ctx context.Context, actor Actor, zone string, edit func(*ZoneApex)) error {
	err := actor.staffOnly(RoleOperator)
	if err != nil {
		return err
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		id, _, err := tx.lockZone(ctx, zone)
		if err != nil {
			return err
		}
		before, err := scanApex(tx.QueryRow(ctx, `SELECT `+apexColumns+` FROM zone_apex a WHERE zone_id = $1`, id))
		if errors.Is(err, pgx.ErrNoRows) {
			before = DefaultZoneApex()
		} else if err != nil {
			return fmt.Errorf("read the apex of %s: %w", zone, err)
		}
		after := before
		edit(&after)
		err = after.validate(zone)
		if err != nil {
			return err
		}
		c := before.compare(after)
		if len(c) == 0 {
			return nil
		}
		servers, err := json.Marshal(after.NameServers)
		if err != nil {
			return err
		}
		tx.Queue(`INSERT INTO zone_apex (zone_id, name_servers, mailbox, refresh, retry, expire, negative, ttl, ttl_ds, ttl_glue, ds, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			ON CONFLICT (zone_id) DO UPDATE SET name_servers = excluded.name_servers, mailbox = excluded.mailbox,
				refresh = excluded.refresh, retry = excluded.retry, expire = excluded.expire, negative = excluded.negative,
				ttl = excluded.ttl, ttl_ds = excluded.ttl_ds, ttl_glue = excluded.ttl_glue, ds = excluded.ds, updated_at = excluded.updated_at`,
			id, servers, after.Mailbox, after.Refresh, after.Retry, after.Expire, after.Negative, after.TTL, after.TTLDS,
			after.TTLGlue, dsTexts(after.DS), tx.Now)
		tx.record("zone", int64(id), zone, "apex", c)
		return nil
	})
}

func (a ZoneApex) compare(after ZoneApex) changes {
	c := changes{}
	noteList(c, "ns", serverTexts(a.NameServers), serverTexts(after.NameServers))
	noteValue(c, "mailbox", a.Mailbox, after.Mailbox)
	noteList(c, "ds", dsTexts(a.DS), dsTexts(after.DS))
	for _, v := range []struct {
		key           string
		before, after int
	}{{"refresh", a.Refresh, after.Refresh}, {"retry", a.Retry, after.Retry}, {"expire", a.Expire, after.Expire},
		{"negative", a.Negative, after.Negative}, {"ttl", a.TTL, after.TTL}, {"ttl-ds", a.TTLDS, after.TTLDS},
		{"ttl-glue", a.TTLGlue, after.TTLGlue}} {
		if v.before != v.after {
			c.add(v.key, v.before, v.after)
		}
	}
	return c
}

func serverTexts(list []ZoneServer) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s.String()
	}
	return out
}

func dsTexts(list []DSData) []string {
	out := make([]string, len(list))
	for i, d := range list {
		out[i] = d.String()
	}
	return out
}

// RecordPublication notes in the audit log that staff had a zone published, and
// whether past the shrink guard, which needs a reason.
func (r *Registry) RecordPublication(ctx context.Context, actor Actor, zone string, forced bool) error {
	err := actor.staffOnly(RoleOperator)
	if err == nil && forced {
		err = actor.needReason()
	}
	if err != nil {
		return err
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		id, _, err := tx.lockZone(ctx, zone)
		if err != nil {
			return err
		}
		c := changes{}
		if forced {
			c.add("force", nil, true)
		}
		tx.record("zone", int64(id), zone, "publish", c)
		return nil
	})
}
