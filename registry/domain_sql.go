package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// parts says which children of a name a read brings along. Each costs an index
// probe and the start of a subplan, so a command reads only what it needs.
type parts uint

const (
	partRegistrant parts = 1 << iota // the contact's handle
	partHosts
	partSubordinate
	partContacts
	partDNSSEC
	partRequests
	partGrace
	partTransfer // and the open handshake
	allParts     = 1<<iota - 1

	partsOfInfo = partRegistrant | partHosts | partSubordinate | partContacts | partDNSSEC | partRequests
)

// columnsSQL is the name itself; the children follow as arrays or JSON,
// unsorted: sorting them is cheaper here than there.
const columnsSQL = `SELECT d.id, d.xmin, d.name, d.zone_id, d.sponsor, coalesce(d.registrant, 0),
	d.statuses, d.expires, d.first_paid, d.unassigned, d.suspended_on, coalesce(d.suspended_reason, ''),
	coalesce(d.auto_bill, 0), coalesce(d.next_bill, 0), coalesce(d.auto_period, 0), coalesce(d.next_period, 0),
	coalesce(d.first_bill, ''), d.recur_bill, d.renew_not_required, d.notes, coalesce(d.reseller, ''),
	d.referred_at, coalesce(d.delete_phase, ''), d.delete_phase_ends, d.auth_hash, d.auth_set_at, d.tag_changed,
	d.creator, d.created_at, coalesce(d.updater, 0), d.updated_at, d.transferred_at,
	d.first_due, d.advance_warning_on, d.reminder_on, d.pro_forma_on, d.not_required_on`

// partSQL is a child's column and what stands in its place when it is left out.
var partSQL = []struct {
	part       parts
	sql, empty string
}{
	{partRegistrant, `coalesce((SELECT handle FROM contact WHERE id = d.registrant), '')`, `''`},
	{partHosts, `ARRAY(SELECT h.name FROM domain_host dh JOIN host h ON h.id = dh.host_id WHERE dh.domain_id = d.id)`, `NULL::text[]`},
	{partSubordinate, `ARRAY(SELECT h.name FROM host h WHERE h.superordinate = d.id)`, `NULL::text[]`},
	{partContacts, `ARRAY(SELECT dc.role || ' ' || c.handle FROM domain_contact dc JOIN contact c ON c.id = dc.contact_id
		WHERE dc.domain_id = d.id)`, `NULL::text[]`},
	{partDNSSEC, `(SELECT json_agg(json_build_object('t', key_tag, 'a', algorithm, 'dt', digest_type, 'd', encode(digest, 'hex'),
		'f', key_flags, 'p', key_proto, 'ka', key_alg, 'k', encode(public_key, 'base64')) ORDER BY ordinal)
		FROM domain_ds WHERE domain_id = d.id)`, `NULL::json`},
	{partRequests, `(SELECT json_agg(json_build_object('id', id, 'period', period, 'registrar', registrar_id, 'years', years,
		'requested', requested_at, 'state', state, 'due', due, 'ended', ended_on) ORDER BY id) FROM renewal_request q
		WHERE q.domain_id = d.id AND ` + requestsThatCount + `)`,
		`NULL::json`},
	{partGrace, `(SELECT json_agg(json_build_object('id', id, 'kind', kind, 'registrar', registrar_id, 'years', years,
		'charge', charge_id, 'starts', starts_at, 'ends', ends_at) ORDER BY id)
		FROM grace_period WHERE domain_id = d.id)`, `NULL::json`},
	{partTransfer, `(SELECT json_build_object('id', id, 'gaining', gaining, 'losing', losing, 'requested', requested_at,
		'act_by', act_by, 'years', years, 'expires', expires)
		FROM transfer WHERE object = 'domain' AND object_id = d.id AND state = 'pending'),
		coalesce((SELECT handshake_id FROM handshake_domain WHERE domain_id = d.id AND open), 0)`, `NULL::json, 0::bigint`},
}

// requestsThatCount are the requests q of a name d that a rule may look at: those
// that are open or lapsed, those of the present period, and all of a period that
// an open request is for or a paid one reaches E from. Of those a paid one keeps
// the name renewed when another one ends (R41), though its period lies behind E.
const requestsThatCount = `q.state <> 'withdrawn' AND (q.state IN ('uninvoiced', 'invoiced', 'lapsed') OR q.period >= d.expires
	OR EXISTS (SELECT FROM renewal_request o WHERE o.domain_id = q.domain_id AND o.period = q.period
		AND (o.state IN ('uninvoiced', 'invoiced') OR o.state = 'paid' AND o.new_expires >= d.expires)))`

// partsQuery holds the statements of one condition, a text for each set of parts:
// the texts are fixed, so each is prepared once per connection.
type partsQuery struct {
	where string
	texts [allParts + 1]atomic.Pointer[string]
}

func (s *partsQuery) of(with parts) string {
	text := s.texts[with].Load()
	if text == nil {
		made := selectSQL(with) + s.where
		text = &made
		s.texts[with].Store(text)
	}
	return *text
}

var (
	domainSQL  = partsQuery{where: ` WHERE d.name = $1`}
	domainsSQL = partsQuery{where: ` WHERE d.name = ANY($1)`}
)

// wholeSQL reads names with all their parts; the condition is the caller's.
var wholeSQL = selectSQL(allParts)

func selectSQL(set parts) string { return partsSQL(set) + ` FROM domain d` }

// partsSQL is selectSQL up to where it reads from.
func partsSQL(set parts) string {
	sql := columnsSQL
	for _, p := range partSQL {
		if set&p.part != 0 {
			sql += ", " + p.sql
		} else {
			sql += ", " + p.empty
		}
	}
	return sql
}

// lockSQL comes before the read of a name that is to change. It has to be a
// statement of its own: one that waits for a lock reads the locked row anew, but
// its subqueries still see what was there before the wait.
const lockSQL = `SELECT FROM domain WHERE name = $1 FOR NO KEY UPDATE`

// lockToDeleteSQL is lockSQL for a command that may take the name away: it also
// keeps others from referring to the name meanwhile.
const lockToDeleteSQL = `SELECT FROM domain WHERE name = $1 FOR UPDATE`

// reader adds reads to a batch.
type reader func(b *pgx.Batch)

// lockDomain reads a name for a change and locks its row. more adds reads that
// travel with it in the same round trip. A name that is not registered is
// refused with KindNotFound.
func (tx *Tx) lockDomain(ctx context.Context, name string, more ...reader) (*Domain, error) {
	return tx.lockDomainWith(ctx, name, allParts, more...)
}

// lockDomainToDelete is lockDomain for a command that may take the name away.
func (tx *Tx) lockDomainToDelete(ctx context.Context, name string, more ...reader) (*Domain, error) {
	lock := func(b *pgx.Batch) { b.Queue(lockToDeleteSQL, name) }
	return tx.lockDomainBy(ctx, name, lock, allParts, more...)
}

// lockDomainWith is lockDomain with only the given children of the name.
func (tx *Tx) lockDomainWith(ctx context.Context, name string, with parts, more ...reader) (*Domain, error) {
	lock := func(b *pgx.Batch) { b.Queue(lockSQL, name) }
	return tx.lockDomainBy(ctx, name, lock, with, more...)
}

// lockDomainBy is lockDomainWith for a command that locks with a statement of
// its own.
func (tx *Tx) lockDomainBy(ctx context.Context, name string, lock reader, with parts, more ...reader) (*Domain, error) {
	var row domainRow
	err := tx.Batch(ctx, func(b *pgx.Batch) {
		lock(b)
		b.Queue(domainSQL.of(with), name).QueryRow(row.scan)
		for _, add := range more {
			add(b)
		}
	})
	return tx.r.finishDomain(ctx, name, &row, err)
}

// domainRow is a row of domainSQL before tags, zones and children are looked up.
type domainRow struct {
	d                             Domain
	zone, sponsor                 int32
	creator, updater              int32
	suspended                     *Date
	referred, phaseEnds, authSet  *time.Time
	updated, transferred          *time.Time
	contacts                      []string
	ds, requests, grace, transfer []byte
}

func (w *domainRow) scan(row pgx.Row) error { return row.Scan(w.fields()...) }

func (w *domainRow) fields() []any {
	d := &w.d
	return []any{&d.ID, &d.version, &d.Name, &w.zone, &w.sponsor, &d.RegistrantID,
		&d.Statuses, &d.Expires, &d.FirstPaid, &d.Unassigned, &w.suspended, &d.SuspendedReason,
		&d.Bill.Auto, &d.Bill.Next, &d.Bill.AutoPeriod, &d.Bill.NextPeriod,
		&d.FirstBill, &d.RecurBill, &d.RenewNotRequired, &d.Notes, &d.Reseller,
		&w.referred, &d.DeletePhase, &w.phaseEnds, &d.authHash, &w.authSet, &d.TagChanged,
		&w.creator, &d.Created, &w.updater, &w.updated, &w.transferred,
		&d.FirstDue, &d.Notices.AdvanceWarning, &d.Notices.Reminder, &d.Notices.ProForma, &d.Notices.NotRequired,
		&d.Registrant, &d.Hosts, &d.Subordinate, &w.contacts, &w.ds, &w.requests, &w.grace, &w.transfer, &d.Handshake}
}

// finishDomain turns a row, or the error of reading it, into a Domain: ids become
// tags and zones, and the children are read.
func (r *Registry) finishDomain(ctx context.Context, name string, w *domainRow, err error) (*Domain, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, Refuse(KindNotFound, "", "%s is not registered.", name).About("domain:name", name)
	}
	if err != nil {
		return nil, fmt.Errorf("read domain %s: %w", name, err)
	}
	d := &w.d
	d.Zone, err = r.zoneByID(ctx, w.zone)
	if err != nil {
		return nil, err
	}
	tags, err := r.tags(ctx, w.sponsor, w.creator, w.updater)
	if err != nil {
		return nil, err
	}
	d.SponsorID, d.Sponsor, d.Creator, d.Updater = w.sponsor, tags[0], tags[1], tags[2]
	if w.suspended != nil {
		d.SuspendedOn = *w.suspended
	}
	d.Referred, d.DeletePhaseEnds, d.authSetAt = at(w.referred), at(w.phaseEnds), at(w.authSet)
	d.Updated, d.Transferred = at(w.updated), at(w.transferred)
	slices.Sort(d.Hosts)
	slices.Sort(d.Subordinate)
	slices.Sort(w.contacts)
	for _, c := range w.contacts {
		role, handle, _ := strings.Cut(c, " ")
		d.Contacts = append(d.Contacts, DomainContact{Role: role, Handle: handle})
	}
	return d, r.readChildren(ctx, w)
}

func (r *Registry) readChildren(ctx context.Context, w *domainRow) error {
	d := &w.d
	if w.ds != nil {
		var err error
		d.DNSSEC, err = readDNSSEC(w.ds)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
	}
	if w.requests != nil {
		var list []struct {
			ID        int64
			Period    Date
			Registrar int32
			Years     int
			Requested time.Time
			State     RequestState
			Due       *Date
			Ended     *Date
		}
		err := json.Unmarshal(w.requests, &list)
		if err != nil {
			return fmt.Errorf("read renewal requests of %s: %w", d.Name, err)
		}
		d.requestID = map[int]int64{}
		for i, v := range list {
			tags, err := r.tags(ctx, v.Registrar)
			if err != nil {
				return err
			}
			req := RenewalRequest{Period: v.Period, Tag: tags[0], Years: v.Years, Requested: v.Requested, State: v.State}
			if v.Due != nil {
				req.Due = *v.Due
			}
			if v.Ended != nil {
				req.Ended = *v.Ended
			}
			d.requestID[i] = v.ID
			d.Requests = append(d.Requests, req)
		}
	}
	if w.grace != nil {
		err := r.readGrace(ctx, w)
		if err != nil {
			return err
		}
	}
	if w.transfer != nil {
		return r.readTransfer(ctx, w)
	}
	return nil
}

func (r *Registry) readGrace(ctx context.Context, w *domainRow) error {
	var list []struct {
		ID           int64
		Kind         RGPState
		Registrar    int32
		Years        int
		Charge       *int64
		Starts, Ends time.Time
	}
	err := json.Unmarshal(w.grace, &list)
	if err != nil {
		return fmt.Errorf("read grace periods of %s: %w", w.d.Name, err)
	}
	for _, v := range list {
		tags, err := r.tags(ctx, v.Registrar)
		if err != nil {
			return err
		}
		g := GraceCharge{ID: v.ID, Grace: Grace{State: v.Kind, Tag: tags[0], Years: v.Years, Starts: v.Starts.UTC(), Ends: v.Ends.UTC()}}
		if v.Charge != nil {
			g.ChargeID = *v.Charge
		}
		w.d.Grace = append(w.d.Grace, g)
	}
	return nil
}

// queueGrace opens a grace period for an operation that the last charge of the
// name paid for; a policy of no days opens none.
func (tx *Tx) queueGrace(d *Domain, state RGPState, years int) {
	g := NewGrace(state, d.Sponsor, years, tx.Now, tx.r.policy)
	if !g.Open(tx.Now) {
		return
	}
	tx.Queue(`INSERT INTO grace_period (domain_id, kind, registrar_id, years, charge_id, starts_at, ends_at)
		VALUES ($1, $2, $3, $4, (SELECT max(id) FROM charge WHERE domain_id = $1), $5, $6)`,
		d.ID, g.State, d.SponsorID, years, g.Starts, g.Ends)
}

func (r *Registry) readTransfer(ctx context.Context, w *domainRow) error {
	var v struct {
		ID              int64
		Gaining, Losing int32
		Requested       time.Time
		ActBy           time.Time `json:"act_by"`
		Years           *int
		Expires         *Date
	}
	err := json.Unmarshal(w.transfer, &v)
	if err != nil {
		return fmt.Errorf("read transfer of %s: %w", w.d.Name, err)
	}
	tags, err := r.tags(ctx, v.Gaining, v.Losing)
	if err != nil {
		return err
	}
	t := &Transfer{ID: v.ID, State: "pending", Gaining: tags[0], Losing: tags[1], Requested: v.Requested.UTC(), ActBy: v.ActBy.UTC()}
	if v.Years != nil {
		t.Years = *v.Years
	}
	if v.Expires != nil {
		t.Expires = *v.Expires
	}
	w.d.Transfer = t
	return nil
}

// at is the time behind p, zero for null.
func at(p *time.Time) time.Time {
	if p == nil {
		return time.Time{}
	}
	return *p
}
