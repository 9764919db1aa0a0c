package registry

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// CreateDomainParams asks for a registration.
type CreateDomainParams struct {
	Name       string
	Sponsor    string // for staff: the tag it becomes; registrars register for themselves
	Years      int    // 0: the policy's default
	Registrant string
	Contacts   []DomainContact
	Hosts      []HostSpec
	DNSSEC     DNSSEC
	AuthInfo   AuthInfo // gtld only; uk issues its own on request
	FirstBill  RecurBill
	RecurBill  RecurBill
	Bill       BillSettings
	Notes      []string
	Reseller   string
	Fee        *DeclaredFee // nil: none declared
}

// HostSpec names a name server; addresses only where the name server is given
// as an attribute of the name (RFC 5731 section 1.1).
type HostSpec struct {
	Name      string
	Addresses []string
	Attribute bool
	parsed    []netip.Addr // Addresses, where they are needed as glue
}

// CreateDomain registers a name for the acting tag (RFC 5731 section 3.2.1) and
// charges it, in one transaction of two round trips. In a referred zone the
// name waits for the staff's decision: it has pendingCreate.
//
// Refusals: KindParamSyntax and KindParamRange for the name and the values,
// KindExists, KindPolicy for reserved names and bill settings, KindNotFound or
// KindAuthorization for contacts and hosts, KindBillingFailure without a price,
// KindParamRange for a declared fee that is too low.
func (r *Registry) CreateDomain(ctx context.Context, actor Actor, p CreateDomainParams) (*Domain, error) {
	d, err := r.createDomain(ctx, actor, p)
	if AsRefusal(err) != nil && actor.IsRegistrar() {
		return nil, errors.Join(err, r.countFailedCreate(ctx, actor))
	}
	return d, err
}

func (r *Registry) createDomain(ctx context.Context, actor Actor, p CreateDomainParams) (*Domain, error) {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return nil, err
	}
	zone, name, err := r.registrable(ctx, p.Name)
	if err != nil {
		return nil, err
	}
	err = zone.reservation(name)
	if err != nil {
		return nil, err
	}
	err = r.checkNoZones(ctx, p.Hosts)
	if err != nil {
		return nil, err
	}
	if p.Years == 0 {
		p.Years = r.policy.defaultYears(zone.Profile)
	}
	sponsor := actor.Registrar
	if !actor.IsRegistrar() {
		sponsor, err = r.needTag(ctx, p.Sponsor)
		if err != nil {
			return nil, err
		}
	}
	var d *Domain
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		c := &creation{tx: tx, zone: zone, name: name, sponsor: sponsor, p: p}
		err := c.check()
		if err != nil {
			return err
		}
		err = tx.Batch(ctx, c.read)
		if err != nil {
			return err
		}
		d, err = c.decide(ctx)
		if err != nil {
			return err
		}
		c.write(d)
		return nil
	})
	if err != nil {
		return nil, createRefusal(err, name)
	}
	return d, nil
}

// countFailedCreate notes a refused create against the tag's daily limit (rule
// E4). It is a transaction of its own: the create has been rolled back.
func (r *Registry) countFailedCreate(ctx context.Context, actor Actor) error {
	if r.policy.FailedCreatesPerDay <= 0 {
		return nil
	}
	_, err := r.db.Pool.Exec(ctx, `INSERT INTO daily_usage (registrar_id, day, kind, used) VALUES ($1, $2, 'creates-failed', 1)
		ON CONFLICT (registrar_id, day, kind) DO UPDATE SET used = daily_usage.used + 1`, actor.Registrar, r.Today())
	if err != nil {
		return fmt.Errorf("count a failed create: %w", err)
	}
	return nil
}

// createRefusal tells what a race in the database means.
func createRefusal(err error, name string) error {
	switch pg.ConstraintName(err) {
	case "domain_name_key":
		return nameExists(name)
	case "domain_registrant_fkey", "domain_contact_contact_id_fkey":
		return Refuse(KindNotFound, "", "A contact was deleted meanwhile.").About("domain:name", name)
	case "domain_host_host_id_fkey":
		return Refuse(KindNotFound, "", "A name server was deleted meanwhile.").About("domain:name", name)
	}
	return err
}

func nameExists(name string) error {
	return Refuse(KindExists, "", "%s is registered already.", name).About("domain:name", name)
}

// creation is one registration on its way.
type creation struct {
	tx      *Tx
	zone    *Zone
	name    string
	sponsor int32
	p       CreateDomainParams
	id      int64
	taken   bool
	state   string // of the registrar
	failed  int64  // creates of the tag that failed today
	quote   billing.Quote
	refs    references
}

// check judges what needs no database.
func (c *creation) check() error {
	policy := c.tx.r.policy
	p := &c.p
	if p.Years < 1 || p.Years > policy.MaxYears {
		return Refuse(KindParamRange, "", "A name is registered for 1 to %d years.", policy.MaxYears).
			About("domain:period", itoa(p.Years))
	}
	if c.zone.Profile == ProfileUK && p.Registrant == "" {
		return Refuse(KindParamMissing, "", "A registrant is required.").About("domain:registrant", "")
	}
	// An empty one stands for none yet, as RFC 9154 section 4.1 wants it.
	if c.zone.Profile == ProfileGTLD && p.AuthInfo != "" && !c.tx.actor.IsStaff() {
		err := p.AuthInfo.Check()
		if err != nil {
			return err
		}
	}
	hosts, err := c.zone.checkHosts(c.name, p.Hosts)
	if err != nil {
		return err
	}
	p.Hosts = hosts
	err = checkDomainContacts(p.Contacts, true)
	if err != nil {
		return err
	}
	return c.zone.checkDNSSEC(c.name, p.DNSSEC)
}

// read queues all reads of a registration.
func (c *creation) read(b *pgx.Batch) {
	c.refs = references{}
	b.Queue(`SELECT nextval('domain_id_seq'), (SELECT state FROM registrar WHERE id = $1),
		EXISTS (SELECT FROM domain WHERE name = $2),
		coalesce((SELECT used FROM daily_usage WHERE registrar_id = $1 AND day = $3 AND kind = 'creates-failed'), 0)`,
		c.sponsor, c.name, c.tx.today).
		QueryRow(func(row pgx.Row) error { return row.Scan(&c.id, &c.state, &c.taken, &c.failed) })
	billing.QueueQuote(b, billing.QuoteFor{Registrar: c.sponsor, Zone: c.zone.ID, Operation: billing.Create,
		Years: c.p.Years, Day: c.tx.today.EPPTime()}, &c.quote)
	c.refs.read(b, c.handles(), hostNames(c.p.Hosts))
}

func (c *creation) handles() []string {
	var out []string
	if c.p.Registrant != "" {
		out = append(out, c.p.Registrant)
	}
	for _, k := range c.p.Contacts {
		out = append(out, k.Handle)
	}
	return out
}

// decide judges what was read and makes the new name.
func (c *creation) decide(ctx context.Context) (*Domain, error) {
	tx, p := c.tx, c.p
	limit := int64(tx.r.policy.FailedCreatesPerDay)
	switch {
	case limit > 0 && c.failed >= limit && tx.actor.IsRegistrar():
		return nil, Refuse(KindPolicy, "", "%d creates of your tag failed today; the next are taken tomorrow.", c.failed)
	case c.taken:
		return nil, nameExists(c.name)
	case c.state != "active":
		return nil, Refuse(KindAuthorization, "", "The tag is suspended.")
	case !c.quote.Found:
		return nil, Refuse(KindBillingFailure, "", "There is no price for %s in .%s on %s; ask the registry.",
			Years(p.Years), c.zone.Name, tx.today).About("domain:name", c.name)
	}
	fee := tx.r.policy.feeLine(c.zone.Profile, billing.Create, p.Years, c.quote)
	err := p.Fee.Check(c.quote.Net.Currency, fee)
	if err != nil {
		return nil, err
	}
	err = c.refs.checkContacts(c.zone.Profile, c.sponsor, p.Registrant, p.Contacts)
	if err != nil {
		return nil, err
	}
	err = c.refs.checkHosts(c.p.Hosts)
	if err == nil && !tx.actor.IsStaff() {
		err = c.checkDirectRight(ctx)
	}
	if err != nil {
		return nil, err
	}
	tags, err := tx.r.tags(ctx, c.sponsor)
	if err != nil {
		return nil, err
	}
	d := &Domain{
		ID: c.id, Name: c.name, Zone: c.zone, Sponsor: tags[0], SponsorID: c.sponsor,
		Registrant: p.Registrant, RegistrantID: c.refs.contacts[p.Registrant].id,
		Expires: tx.today.AddYears(p.Years), FirstBill: p.FirstBill, RecurBill: p.RecurBill, Bill: p.Bill,
		Notes: p.Notes, Reseller: p.Reseller, Creator: tags[0], Created: tx.Now,
		Contacts: p.Contacts, Hosts: hostNames(p.Hosts), DNSSEC: p.DNSSEC,
	}
	if d.RecurBill == "" {
		d.RecurBill = BillTagHolder
	}
	if c.zone.Profile == ProfileGTLD {
		d.FirstPaid = true // no terms there: the charge is a line of the month
	}
	err = d.checkBillFields(tx.today, tx.r.policy)
	if err != nil {
		return nil, err
	}
	if c.zone.Referred && !tx.actor.IsStaff() {
		d.Statuses = StatusSet{StatusPendingCreate}
		d.Referred = tx.Now
		fee.Delayed = true
	}
	if d.Referred.IsZero() {
		err = needFunds(c.name, c.quote)
		if err != nil {
			return nil, err
		}
		d.FirstPaid = d.FirstPaid || c.quote.Prepaid // B11
	}
	d.Fees = []FeeLine{fee}
	if c.zone.Profile == ProfileGTLD && p.AuthInfo != "" {
		d.authHash, d.authSetAt = p.AuthInfo.Hash(), tx.Now
	}
	slices.Sort(d.Hosts)
	return d, nil
}

// write queues all rows of a registration; they travel with the commit.
func (c *creation) write(d *Domain) {
	tx := c.tx
	tx.Queue(`INSERT INTO domain (id, name, zone_id, sponsor, registrant, statuses, expires, first_paid,
		auto_bill, next_bill, auto_period, next_period, first_bill, recur_bill, notes, reseller, referred_at,
		auth_hash, auth_set_at, creator, created_at) OVERRIDING SYSTEM VALUE
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		d.ID, d.Name, d.Zone.ID, d.SponsorID, nullID(d.RegistrantID), orEmpty(d.Statuses), d.Expires, d.FirstPaid,
		nullInt(d.Bill.Auto), nullInt(d.Bill.Next), nullInt(d.Bill.AutoPeriod), nullInt(d.Bill.NextPeriod),
		null(string(d.FirstBill)), d.RecurBill, orEmpty(d.Notes), null(d.Reseller), nullTime(d.Referred),
		d.authHash, nullTime(d.authSetAt), d.SponsorID, d.Created)
	tx.queueContacts(d.ID, d.Contacts, c.refs)
	tx.queueHosts(d, c.p.Hosts, c.refs)
	tx.queueDNSSEC(d.ID, d.DNSSEC)
	tx.record("domain", d.ID, d.Name, "create", d.snapshot())
	tx.queueVerification(d.RegistrantID, d.Zone)
	tx.tellStaffChange(ObjectDomain, d.Name, d.SponsorID, "create")
	if d.Referred.IsZero() {
		tx.chargeCreation(d, c.p.Years, c.quote)
		d.FundsLeft = fundsLeft(c.quote)
	}
}

// chargeCreation charges a registration from the day of its create on, which in
// a referred zone is earlier than today, and in gtld opens its grace period. The
// caller has checked the funds.
func (tx *Tx) chargeCreation(d *Domain, years int, quote billing.Quote) {
	billing.QueueCharge(tx.Tx, billing.Charge{
		Registrar: d.SponsorID, Operation: billing.Create, Zone: d.Zone.ID, DomainID: d.ID, DomainName: d.Name,
		Years: years, From: DateOf(d.Created, tx.r.loc).EPPTime(), To: d.Expires.EPPTime(), Quote: quote, On: tx.today.EPPTime(),
	})
	tx.warnLowBalance(d.SponsorID, quote)
	if d.Zone.Profile == ProfileGTLD {
		tx.queueGrace(d, RGPAdd, years)
	}
}
