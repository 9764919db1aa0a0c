package zonefile

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/miekg/dns"
)

// ErrNotServed is returned for a zone that is not ours or not published yet.
var ErrNotServed = errors.New("the zone is not served here")

// Reading is one state of a published zone, for a transfer. It holds while the
// function that it was given to runs.
type Reading struct {
	Zone   string // no dot at the end
	Serial uint32
	head   Head
	id     int32
	last   int64 // version
	tx     pgx.Tx
}

// SOA returns the SOA record of a published zone.
func (p *Publisher) SOA(ctx context.Context, zone string) (*dns.SOA, error) {
	z, err := scanPublication(p.reg.DB().Pool.QueryRow(ctx, publicationSQL+` WHERE zone_id = (SELECT id FROM zone WHERE name = $1)`, zone))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNotServed
	}
	if err != nil {
		return nil, fmt.Errorf("read zone %s: %w", zone, err)
	}
	r := &Reading{Zone: zone, Serial: z.serial, head: z.head}
	return r.SOA(z.serial), nil
}

// Serial returns the serial of a published zone.
func (p *Publisher) Serial(ctx context.Context, zone string) (uint32, error) {
	soa, err := p.SOA(ctx, zone)
	if err != nil {
		return 0, err
	}
	return soa.Serial, nil
}

// Read calls fn with the state of a published zone as it is now. fn may be
// called again.
func (p *Publisher) Read(ctx context.Context, zone string, fn func(context.Context, *Reading) error) error {
	return p.reg.DB().InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		z, err := scanPublication(tx.QueryRow(ctx, publicationSQL+` WHERE zone_id = (SELECT id FROM zone WHERE name = $1)`, zone))
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNotServed
		}
		if err != nil {
			return fmt.Errorf("read zone %s: %w", zone, err)
		}
		return fn(ctx, &Reading{Zone: zone, Serial: z.serial, head: z.head, id: z.zone, last: z.version, tx: tx})
	})
}

// SOA is the SOA record with a serial.
func (r *Reading) SOA(serial uint32) *dns.SOA {
	h := r.head
	return &dns.SOA{Hdr: r.header(r.Zone, dns.TypeSOA, h.TTL), Ns: h.NameServers[0] + ".", Mbox: h.rname(), Serial: serial,
		Refresh: h.Refresh, Retry: h.Retry, Expire: h.Expire, Minttl: h.Negative}
}

// Records gives all records but the SOA to emit, in order of their owners.
func (r *Reading) Records(ctx context.Context, emit func(dns.RR) error) error {
	entries, err := declare(ctx, r.tx, "zone_transfer", `SELECT owner, kind, records FROM zone_entry
		WHERE zone_id = `+strconv.Itoa(int(r.id))+` ORDER BY owner, kind`, scanEntry)
	if err != nil {
		return err
	}
	apex := Entry{Owner: r.Zone}
	for _, s := range r.head.NameServers {
		apex.Records = append(apex.Records, "NS "+s+".")
	}
	for e := apex; e.Owner != ""; {
		for _, text := range e.Records {
			rr, err := r.record(e.Owner, text)
			if err == nil {
				err = emit(rr)
			}
			if err != nil {
				return err
			}
		}
		e, err = entries.next(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// Delta is what one serial changed (RFC 1995 section 4).
type Delta struct {
	From, To       uint32
	Removed, Added []dns.RR
}

// Since gives what each serial after a given one changed, oldest first, to emit.
// It returns false, and gives nothing, if the journal does not go back so far.
func (r *Reading) Since(ctx context.Context, serial uint32, emit func(Delta) error) (bool, error) {
	rows, err := r.tx.Query(ctx, `SELECT version, serial FROM zone_version WHERE zone_id = $1
		AND version >= (SELECT max(version) FROM zone_version WHERE zone_id = $1 AND serial = $2) ORDER BY version`, r.id, int64(serial))
	if err != nil {
		return false, fmt.Errorf("read the journal of %s: %w", r.Zone, err)
	}
	type version struct{ Version, Serial int64 }
	versions, err := pgx.CollectRows(rows, pgx.RowToStructByPos[version])
	if err != nil {
		return false, fmt.Errorf("read the journal of %s: %w", r.Zone, err)
	}
	if len(versions) == 0 || versions[len(versions)-1].Version != r.last {
		return false, nil
	}
	for i, v := range versions[1:] {
		if v.Version != versions[i].Version+1 {
			return false, nil
		}
	}
	for i, v := range versions[1:] {
		d := Delta{From: uint32(versions[i].Serial), To: uint32(v.Serial)}
		err = r.delta(ctx, v.Version, &d)
		if err == nil {
			err = emit(d)
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

func (r *Reading) delta(ctx context.Context, version int64, d *Delta) error {
	rows, err := r.tx.Query(ctx, `SELECT owner, removed, added FROM zone_change WHERE zone_id = $1 AND version = $2 ORDER BY owner, kind`,
		r.id, version)
	if err != nil {
		return fmt.Errorf("read the journal of %s: %w", r.Zone, err)
	}
	var owner string
	var removed, added []string
	_, err = pgx.ForEachRow(rows, []any{&owner, &removed, &added}, func() error {
		var err error
		d.Removed, err = r.appendRecords(d.Removed, owner, removed)
		if err == nil {
			d.Added, err = r.appendRecords(d.Added, owner, added)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read the journal of %s: %w", r.Zone, err)
	}
	return nil
}

func (r *Reading) appendRecords(list []dns.RR, owner string, texts []string) ([]dns.RR, error) {
	for _, text := range texts {
		rr, err := r.record(owner, text)
		if err != nil {
			return nil, err
		}
		list = append(list, rr)
	}
	return list, nil
}

func (r *Reading) header(owner string, kind uint16, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: owner + ".", Rrtype: kind, Class: dns.ClassINET, Ttl: ttl}
}

// record reads a record of an entry. The few types that there are need no parser.
func (r *Reading) record(owner, text string) (dns.RR, error) {
	kind, data, _ := strings.Cut(text, " ")
	ttl := r.head.ttl(kind)
	switch kind {
	case "NS":
		return &dns.NS{Hdr: r.header(owner, dns.TypeNS, ttl), Ns: data}, nil
	case "A":
		if ip := net.ParseIP(data).To4(); ip != nil {
			return &dns.A{Hdr: r.header(owner, dns.TypeA, ttl), A: ip}, nil
		}
	case "AAAA":
		if ip := net.ParseIP(data); ip != nil {
			return &dns.AAAA{Hdr: r.header(owner, dns.TypeAAAA, ttl), AAAA: ip}, nil
		}
	case "DS":
		var n [3]uint64
		fields := strings.Fields(data)
		if len(fields) == 4 {
			var faults error
			for i, bits := range []int{16, 8, 8} {
				var err error
				n[i], err = strconv.ParseUint(fields[i], 10, bits)
				faults = errors.Join(faults, err)
			}
			if _, err := hex.DecodeString(fields[3]); errors.Join(faults, err) == nil {
				return &dns.DS{Hdr: r.header(owner, dns.TypeDS, ttl), KeyTag: uint16(n[0]), Algorithm: uint8(n[1]),
					DigestType: uint8(n[2]), Digest: fields[3]}, nil
			}
		}
	}
	return nil, fmt.Errorf("zone %s: %s has the record %q", r.Zone, owner, text)
}
