package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// DecideReferral decides a creation in a referred zone that waits for the
// staff: accepted, the name is registered and charged as its creation would have
// been; refused, it is free again. The tag is told the outcome. why is the
// reason for the tag, wanted for a refusal.
//
// Refusals: KindAuthorization and KindParamMissing for the actor and the
// reason, KindNotFound, KindStatusProhibits for a name that waits for nothing,
// KindBillingFailure without a price, KindAssociation while other names use hosts
// below one that is refused.
func (r *Registry) DecideReferral(ctx context.Context, actor Actor, name string, accept bool, why string) (*Domain, error) {
	err := errors.Join(actor.staffOnly(RoleOperator), actor.needReason())
	if err != nil {
		return nil, err
	}
	if !accept && why == "" {
		return nil, Refuse(KindParamMissing, "", "A refusal needs a reason for the tag.").About("reason", "")
	}
	name = normalName(name)
	var after *Domain
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		notice := PendingNotice{Name: name, Done: accept, Date: tx.Now, Reason: why}
		d, err := tx.lockDomainToDelete(ctx, name, func(b *pgx.Batch) {
			b.Queue(`SELECT coalesce(cltrid, ''), coalesce(svtrid, '') FROM history WHERE object = 'domain' AND object_name = $1
				AND action = 'create' ORDER BY id DESC LIMIT 1`, name).
				QueryRow(func(row pgx.Row) error { return row.Scan(&notice.ClTRID, &notice.SvTRID) })
		})
		if err != nil {
			return err
		}
		if d.Referred.IsZero() || !d.Statuses.Has(StatusPendingCreate) {
			return Refuse(KindStatusProhibits, "", "%s does not wait for a decision.", name).About("domain:name", name)
		}
		text := fmt.Sprintf("The registration of %s was refused: %s", name, why)
		if accept {
			after, err = tx.acceptReferral(ctx, d)
			if err != nil {
				return err
			}
			text = fmt.Sprintf("%s is registered until %s.", name, after.Expires)
		} else {
			tx.purge(d, "refuse referral")
			after = d
		}
		tx.queuePoll(d.SponsorID, PollMessage{Kind: PollReferral, Text: text, Payload: notice,
			Dedup: fmt.Sprintf("referral:%d", d.ID)})
		return nil
	})
	if err != nil {
		return nil, purgeRefusal(err, name)
	}
	return after, nil
}

// acceptReferral registers a name that waited, for the period that its creation
// asked for and until the day that was answered then.
func (tx *Tx) acceptReferral(ctx context.Context, d *Domain) (*Domain, error) {
	years := d.Expires.Year - DateOf(d.Created, tx.r.loc).Year
	var quote billing.Quote
	err := tx.Batch(ctx, func(b *pgx.Batch) {
		billing.QueueQuote(b, billing.QuoteFor{Registrar: d.SponsorID, Zone: d.Zone.ID, Operation: billing.Create,
			Years: years, Day: tx.today.EPPTime()}, &quote)
	})
	if err != nil {
		return nil, err
	}
	if !quote.Found {
		return nil, Refuse(KindBillingFailure, "", "There is no price for %s in .%s on %s; set one first.",
			Years(years), d.Zone.Name, tx.today).About("domain:name", d.Name)
	}
	err = needFunds(d.Name, quote)
	if err != nil {
		return nil, err
	}
	after := *d
	after.Statuses, after.Referred = d.Statuses.Without(StatusPendingCreate), at(nil)
	after.Updater, after.Updated = tx.updaterTag(), tx.Now
	after.FirstPaid = d.FirstPaid || quote.Prepaid // B11
	tx.Queue(`UPDATE domain SET statuses = $2, referred_at = NULL, updater = $3, updated_at = $4, first_paid = $5 WHERE id = $1`,
		d.ID, orEmpty(after.Statuses), tx.updaterID(), tx.Now, after.FirstPaid)
	tx.chargeCreation(&after, years, quote)
	tx.record("domain", d.ID, d.Name, "accept referral", changes{}.add("statuses", d.Statuses, after.Statuses))
	return &after, nil
}
