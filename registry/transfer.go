package registry

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// TransferDomainParams asks for a name of another tag.
type TransferDomainParams struct {
	Name     string
	AuthInfo AuthInfo
	Years    int          // gtld: how much the transfer adds, 0 for one; uk adds nothing
	Fee      *DeclaredFee // nil: none declared
}

// DomainTransfer is the state of a transfer of a name.
type DomainTransfer struct {
	Transfer
	Name    string
	Profile Profile            // of the name's zone
	Status  RegistrationStatus // once transferred, in uk
	Contact *ContactMove       // what became of the registrant, once transferred in uk
	Fees    []FeeLine          // set for a request in gtld: what the gaining tag is charged with
}

// transferSubject gives the transfer rules what they need.
func (d *Domain) transferSubject() TransferSubject {
	return TransferSubject{Object: ObjectDomain, Name: d.Name, Profile: d.Zone.Profile, Sponsor: d.Sponsor,
		Statuses: d.Statuses, AuthHash: d.authHash, Phase: d.DeletePhase, Pending: d.Transfer}
}

func notRegistered(name string) error {
	return Refuse(KindNotFound, "", "%s is not registered.", name).About("domain:name", name)
}

// RequestDomainTransfer asks for a name of another tag (RFC 5731 section 3.2.4)
// with its authInfo, in one transaction of two round trips. The losing tag has
// Policy.TransferDays to answer; then the transfer is approved. A name on one of
// the registry's own tags moves at once (R40). In gtld the price must be there
// now and is charged to the gaining tag on completion.
//
// Refusals: KindNotFound, those of DecideTransferRequest, KindParamRange for the
// period and for a declared fee that is too low, KindBillingFailure without a
// price.
func (r *Registry) RequestDomainTransfer(ctx context.Context, actor Actor, p TransferDomainParams) (*DomainTransfer, error) {
	if !actor.IsRegistrar() {
		return nil, Refuse(KindAuthorization, "", "Only a registrar requests a transfer; staff move a name.")
	}
	name := normalName(p.Name)
	var out *DomainTransfer
	err := r.mutate(ctx, actor, func(tx *Tx) error {
		zone, err := r.zoneOf(ctx, name)
		if err != nil {
			return err
		}
		if zone != nil && zone.Profile == ProfileGTLD && p.Years == 0 {
			p.Years = 1
		}
		c := &transferCompletion{tx: tx}
		var id int64
		names, refs, err := tx.lockNames(ctx, byName(name), func(b *pgx.Batch) {
			b.Queue(`SELECT nextval('transfer_id_seq')`).QueryRow(func(row pgx.Row) error { return row.Scan(&id) })
			if zone != nil && (zone.Profile == ProfileGTLD || p.Fee != nil) {
				c.readQuote(b, zone, actor.Registrar, p.Years)
			}
		})
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return notRegistered(name)
		}
		d := names[0]
		immediate, err := DecideTransferRequest(d.transferSubject(), actor.TAG, p.AuthInfo, r.policy)
		if err != nil {
			return err
		}
		t := &Transfer{ID: id, State: transferPending, Gaining: actor.TAG, Losing: d.Sponsor, Requested: tx.Now,
			ActBy: tx.Now.Add(days24(r.policy.TransferDays))}
		if d.Zone.Profile == ProfileGTLD {
			t.Years = p.Years
		}
		c.d, c.t, c.refs = d, t, refs
		err = c.decide()
		if err != nil {
			return err
		}
		fees := c.fees(immediate)
		err = p.Fee.Check(c.quote.Net.Currency, fees...)
		if err != nil {
			return err
		}
		out, err = c.request(immediate)
		if err == nil {
			out.Fees = fees
		}
		return err
	})
	if pg.ConstraintName(err) == "transfer_one_pending" {
		return nil, Refuse(KindPendingTransfer, "", "A transfer of %s is pending already.", name).About("domain:name", name)
	}
	return out, err
}

// AnswerDomainTransfer approves, rejects or cancels the pending transfer of a
// name. Staff act in the place of the tag whose action it is.
//
// Refusals: KindNotFound, those of DecideTransferAction, KindBillingFailure
// without a price (gtld).
func (r *Registry) AnswerDomainTransfer(ctx context.Context, actor Actor, name string, action TransferAction) (*DomainTransfer, error) {
	err := actor.staffMay(RoleOperator)
	if err != nil {
		return nil, err
	}
	name = normalName(name)
	var out *DomainTransfer
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		names, refs, err := tx.lockNames(ctx, byName(name))
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return notRegistered(name)
		}
		d := names[0]
		err = DecideTransferAction(d.transferSubject(), actor.transferParty(d.Transfer, action), action, tx.Now)
		if err != nil {
			return err
		}
		out, err = tx.endTransfer(ctx, d, refs, transferStates[action])
		return err
	})
	return out, err
}

// staffMay refuses staff without one of the roles or without a reason.
func (a Actor) staffMay(roles ...Role) error {
	err := a.needRole(roles...)
	if err != nil {
		return err
	}
	return a.needReason()
}

// transferParty is the tag for which the actor answers a transfer.
func (a Actor) transferParty(t *Transfer, action TransferAction) string {
	switch {
	case a.IsRegistrar() || t == nil:
		return a.TAG
	case action == TransferCancel:
		return t.Gaining
	}
	return t.Losing
}

// QueryDomainTransfer returns the pending transfer of a name, or the last one
// (RFC 5731 section 3.1.3). One whose time has run out is completed first, so
// that nobody sees it pending.
//
// Refusals: KindNotFound and those of CheckTransferQuery.
func (r *Registry) QueryDomainTransfer(ctx context.Context, actor Actor, name string, given AuthInfo) (*DomainTransfer, error) {
	name = normalName(name)
	for {
		var row transferRow
		var whole domainRow
		err := r.db.ReadBatch(ctx, func(b *pgx.Batch) {
			b.Queue(domainSQL.of(allParts), name).QueryRow(whole.scan)
			b.Queue(transfersSQL+` WHERE t.object = 'domain' AND t.object_id = (SELECT id FROM domain WHERE name = $1)
				ORDER BY t.id DESC LIMIT 1`, name).QueryRow(row.scan)
		})
		d, err := r.finishDomain(ctx, name, &whole, err)
		if err != nil {
			return nil, err
		}
		t, err := row.finish(ctx, r)
		if err != nil {
			return nil, err
		}
		if t != nil && t.Due(r.db.Now()) {
			done, err := r.approveDue(ctx, t.ID)
			if err != nil {
				return nil, err
			}
			if done {
				continue
			}
		}
		err = CheckTransferQuery(d.transferSubject(), t, actor.TAG, given)
		if err != nil {
			return nil, err
		}
		return &DomainTransfer{Transfer: *t, Name: d.Name, Profile: d.Zone.Profile}, nil
	}
}

// transferCompletion is a transfer with what its completion needs.
type transferCompletion struct {
	tx     *Tx
	d      *Domain
	t      *Transfer
	refs   registrants
	quote  billing.Quote
	effect GTLDTransfer
}

// fees are what the transfer costs the gaining tag: nothing in uk.
func (c *transferCompletion) fees(immediate bool) []FeeLine {
	if c.d.Zone.Profile != ProfileGTLD {
		return nil
	}
	fee := c.tx.r.policy.feeLine(c.d.Zone.Profile, billing.Transfer, c.t.Years, c.quote)
	fee.Delayed = !immediate
	return []FeeLine{fee}
}

func (c *transferCompletion) readQuote(b *pgx.Batch, z *Zone, gaining int32, years int) {
	billing.QueueQuote(b, billing.QuoteFor{Registrar: gaining, Zone: z.ID, Operation: billing.Transfer,
		Years: years, Day: c.tx.today.EPPTime()}, &c.quote)
}
