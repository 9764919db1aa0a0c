package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// The types of an escrow deposit (RFC 8909).
const (
	EscrowFull         = "FULL" // everything
	EscrowDifferential = "DIFF" // what changed since the last deposit
	EscrowIncremental  = "INCR" // what changed since the last full one
)

// EscrowOptions ask for a deposit.
type EscrowOptions struct {
	Type   string
	Format string   // xml or csv; only noted
	Zones  []string // none: the whole register
	// Resend makes the last deposit of the type anew, from the state of now: the
	// agent could not use it. It builds on what that one built on.
	Resend bool
	// AuthInfo includes the hashes of authInfos.
	AuthInfo bool
	// Progress, if not nil, is told how many objects were read.
	Progress func(done, total int)
}

// EscrowZone is a zone of a deposit, with its labels that cannot be had.
type EscrowZone struct {
	Name     string
	Settings ZoneSettings
	Reserved []Reservation
}

// EscrowDomain is a name in a deposit.
type EscrowDomain struct {
	*Domain
	ROID    string
	RGP     []RGPState // at the watermark
	Last    *Transfer  // the last transfer, pending or done; nil: none
	Auth    []byte     // hash of the authInfo, if asked for
	AuthSet time.Time
}

// EscrowContact is a contact in a deposit.
type EscrowContact struct {
	*Contact
	ROID    string
	Last    *Transfer
	Auth    []byte
	AuthSet time.Time
}

// EscrowHost is a host in a deposit.
type EscrowHost struct {
	*Host
	ROID string
}

// EscrowGone are the names of what was deleted since the deposit before and is
// not there now.
type EscrowGone struct {
	Domains, Hosts, Contacts, Reserved []string
}

// EscrowContents is what a deposit holds beside names, hosts and contacts, and
// what can be said beforehand.
type EscrowContents struct {
	ID         string // of the deposit
	Type       string
	PrevID     string
	Resend     int
	Zones      []EscrowZone
	Whole      bool // all zones
	Registrars []Registrar
	Watermark  time.Time
	Gone       EscrowGone
	Domains    map[string]int64 // how many, by zone
	Hosts      int64
	Contacts   int64

	format    string
	historyID int64
	batchOpen bool
	replaces  int64
}

// DomainTotal is how many names there are in all.
func (c EscrowContents) DomainTotal() int64 {
	n := int64(0)
	for _, v := range c.Domains {
		n += v
	}
	return n
}

// Counts are the numbers of objects of each kind.
func (c EscrowContents) Counts() map[string]int64 {
	reserved := 0
	for _, z := range c.Zones {
		reserved += len(z.Reserved)
	}
	return map[string]int64{"domain": c.DomainTotal(), "host": c.Hosts, "contact": c.Contacts,
		"registrar": int64(len(c.Registrars)), "reserved": int64(reserved)}
}

// EscrowSink takes a deposit, object by object: Begin first, then contacts,
// hosts and names, each in the order of their ids.
type EscrowSink interface {
	Begin(EscrowContents) error
	Contact(EscrowContact) error
	Host(EscrowHost) error
	Domain(EscrowDomain) error
}

// escrowPage is how many objects are read at once.
const escrowPage = 2000

// Escrow reads what a deposit is to hold, all of one moment, and hands it to the
// sink; registrars may go on meanwhile. The deposit counts only once it is
// recorded (RecordEscrow). Errors: KindAuthorization, KindNotFound for a zone,
// KindStatusProhibits without a deposit to build on or to replace, those of the
// sink.
func (r *Registry) Escrow(ctx context.Context, actor Actor, o EscrowOptions, sink EscrowSink) (EscrowContents, error) {
	err := actor.MayKeep()
	if err != nil {
		return EscrowContents{}, err
	}
	var out EscrowContents
	err = r.db.InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		e := &escrow{r: r, tx: tx, o: o, sink: sink}
		err := e.run(ctx)
		out = e.c
		return err
	})
	return out, err
}

// escrow is one deposit on its way.
type escrow struct {
	r     *Registry
	tx    pgx.Tx
	o     EscrowOptions
	sink  EscrowSink
	c     EscrowContents
	zones []int32
	since *escrowBase // nil: everything
	done  int

	// What changed, in order; not used for everything.
	domains, hosts, contacts []int64
}

func (e *escrow) run(ctx context.Context) error {
	e.c.Watermark, e.c.Type, e.c.format = e.r.db.Now(), e.o.Type, e.o.Format
	err := e.scope(ctx)
	if err == nil {
		err = e.plan(ctx)
	}
	if err == nil {
		e.c.Registrars, err = readRegistrars(ctx, e.tx)
	}
	if err == nil && e.since != nil {
		err = e.findChanges(ctx)
	}
	if err == nil {
		err = e.count(ctx)
	}
	if err == nil {
		err = e.sink.Begin(e.c)
	}
	for _, part := range []func(context.Context) error{e.writeContacts, e.writeHosts, e.writeDomains} {
		if err == nil {
			err = part(ctx)
		}
	}
	return err
}

// scope finds the zones.
func (e *escrow) scope(ctx context.Context) error {
	all, err := e.r.reloadZones(ctx)
	if err != nil {
		return err
	}
	names := []string{}
	for _, text := range e.o.Zones {
		name, err := ToASCII(text)
		if err == nil && all[name] == nil {
			err = Refuse(KindNotFound, "", "There is no zone %s.", text).About("zone", text)
		}
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	e.c.Whole = len(names) == 0
	for name, z := range all {
		if e.c.Whole || slices.Contains(names, name) {
			e.c.Zones = append(e.c.Zones, EscrowZone{Name: name, Settings: z.Settings(), Reserved: z.Reservations()})
			e.zones = append(e.zones, z.ID)
		}
	}
	slices.SortFunc(e.c.Zones, func(a, b EscrowZone) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// zoneKey names the scope in escrow_deposit.
func (c EscrowContents) zoneKey() []string {
	key := []string{}
	if !c.Whole {
		for _, z := range c.Zones {
			key = append(key, z.Name)
		}
	}
	return key
}

// escrowBase is a deposit that another builds on.
type escrowBase struct {
	ID        int64
	DepositID string
	Type      string
	PrevID    string
	Resend    int
	Watermark time.Time
	HistoryID int64
	BatchOpen bool
}

const escrowBaseSQL = `SELECT id, deposit_id, type, coalesce(prev_id, ''), resend, watermark, history_id, batch_open FROM escrow_deposit`

func (e *escrow) base(ctx context.Context, condition string, args ...any) (*escrowBase, error) {
	rows, err := e.tx.Query(ctx, escrowBaseSQL+` WHERE `+condition+` ORDER BY id DESC LIMIT 1`, args...)
	if err != nil {
		return nil, fmt.Errorf("read the deposits: %w", err)
	}
	b, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[escrowBase])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the deposits: %w", err)
	}
	return &b, nil
}

// plan finds the deposit that this one builds on, and its number.
func (e *escrow) plan(ctx context.Context) error {
	key := e.c.zoneKey()
	err := e.number(ctx)
	if err != nil {
		return err
	}
	if e.o.Resend {
		last, err := e.base(ctx, `zones = $1 AND type = $2 AND NOT replaced`, key, e.o.Type)
		if err != nil {
			return err
		}
		if last == nil {
			return Refuse(KindStatusProhibits, "", "There is no deposit of type %s to send again.", e.o.Type)
		}
		e.c.replaces, e.c.Resend, e.c.PrevID = last.ID, last.Resend+1, last.PrevID
		if e.o.Type != EscrowFull {
			e.since, err = e.base(ctx, `deposit_id = $1`, last.PrevID)
		}
		return err
	}
	if e.o.Type == EscrowFull {
		return nil
	}
	condition := `zones = $1 AND NOT replaced`
	if e.o.Type == EscrowIncremental {
		condition += ` AND type = 'FULL'`
	}
	e.since, err = e.base(ctx, condition, key)
	if err != nil {
		return err
	}
	if e.since == nil {
		return Refuse(KindStatusProhibits, "", "There is no deposit that one of type %s could build on: make a full one first.", e.o.Type)
	}
	e.c.PrevID = e.since.DepositID
	return nil
}

// number gives the deposit its id, the day and a number within it, and notes
// how far the history has come.
func (e *escrow) number(ctx context.Context) error {
	day := strings.ReplaceAll(DateOf(e.c.Watermark, time.UTC).String(), "-", "")
	var n int
	err := e.tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM escrow_deposit WHERE starts_with(deposit_id, $1))::int,
		coalesce((SELECT max(id) FROM history), 0), EXISTS (SELECT FROM batch_run WHERE finished_at IS NULL)`, day).
		Scan(&n, &e.c.historyID, &e.c.batchOpen)
	if err != nil {
		return fmt.Errorf("number the deposit: %w", err)
	}
	e.c.ID = fmt.Sprintf("%s%03d", day, n+1)
	return nil
}

// RecordEscrow notes a deposit whose file, with its SHA-256, is where it
// belongs: later ones build on it. Errors: KindAuthorization, KindExists when
// another one was made meanwhile.
func (r *Registry) RecordEscrow(ctx context.Context, actor Actor, c EscrowContents, file string, sum []byte) error {
	err := actor.MayKeep()
	if err != nil {
		return err
	}
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		if c.replaces != 0 {
			tx.Queue(`UPDATE escrow_deposit SET replaced = true WHERE id = $1`, c.replaces)
		}
		tx.Queue(`INSERT INTO escrow_deposit (deposit_id, zones, type, format, prev_id, resend, watermark, history_id, batch_open, counts, file, sha256)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, c.ID, c.zoneKey(), c.Type, c.format, null(c.PrevID), c.Resend,
			c.Watermark, c.historyID, c.batchOpen, asJSON(c.Counts()), file, sum)
		tx.record("escrow", 0, c.ID, "deposit", changes{}.add("type", nil, c.Type).add("file", nil, file).add("watermark", nil, c.Watermark))
		return nil
	})
	if pg.ConstraintName(err) == "escrow_deposit_deposit_id_key" {
		return Refuse(KindExists, "", "Another deposit was made meanwhile; repeat this one.")
	}
	return err
}

// EscrowDeposit is a deposit that was made.
type EscrowDeposit struct {
	ID        string           `json:"id"`
	Type      string           `json:"type"`
	Format    string           `json:"format"`
	Zones     []string         `json:"zones"` // none: the whole register
	PrevID    string           `json:"prev_id,omitempty"`
	Resend    int              `json:"resend"`
	Replaced  bool             `json:"replaced"` // by one that was sent again
	Watermark time.Time        `json:"watermark"`
	Counts    map[string]int64 `json:"counts"`
	File      string           `json:"file"`
}

// EscrowDeposits lists the deposits that were made, the latest first.
func (r *Registry) EscrowDeposits(ctx context.Context, limit int) ([]EscrowDeposit, error) {
	rows, err := r.db.Pool.Query(ctx, `SELECT deposit_id, type, format, zones, coalesce(prev_id, ''), resend, replaced, watermark, counts, file
		FROM escrow_deposit ORDER BY id DESC LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list the deposits: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[EscrowDeposit])
	if err != nil {
		return nil, fmt.Errorf("list the deposits: %w", err)
	}
	return list, nil
}
