package registry

import (
	"context"
	"errors"
	"time"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry/pg"
)

// Deletion tells what a delete did.
type Deletion struct {
	Purged  bool      // the name is free again; otherwise it is on its way out (gtld)
	Credits []FeeLine // what the tag was charged and is given back
}

// DeleteDomain deletes a name of the acting tag. In uk that is for mistakes
// (epp.md "delete"); in gtld a name past its add grace period goes into
// redemption and the fees of its open grace periods are credited (RFC 3915).
//
// Refusals: KindNotFound, KindAuthorization, KindStatusProhibits,
// KindAssociation for hosts below the name.
func (r *Registry) DeleteDomain(ctx context.Context, actor Actor, name string) (Deletion, error) {
	err := errors.Join(actor.needRole(RoleOperator), actor.needReason())
	if err != nil {
		return Deletion{}, err
	}
	name = normalName(name)
	var out Deletion
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var charges nameCharges
		d, err := tx.lockDomainToDelete(ctx, name, charges.of(name))
		if err != nil {
			return err
		}
		tag := actor.TAG
		if !actor.IsRegistrar() {
			tag = d.Sponsor
		}
		tx.tellStaffChange(ObjectDomain, d.Name, d.SponsorID, "delete")
		if d.Zone.Profile == ProfileUK {
			err := DecideUKDelete(d.renewalName(), tag, d.TagChanged)
			if err != nil {
				return err
			}
			out = Deletion{Purged: true, Credits: charges.credits(d.SponsorID, nil, true)}
			tx.purge(d, "delete")
			return nil
		}
		dec, err := DecideGTLDDelete(d.gtldName(), tag, tx.Now, r.policy)
		if err != nil {
			return err
		}
		out = Deletion{Purged: dec.Purge, Credits: charges.credits(d.SponsorID, d.openGraceCharges(tx.Now), dec.Purge)}
		if dec.Purge {
			tx.refundGraces(d)
			tx.purge(d, "delete")
			return nil
		}
		tx.redeem(d, dec)
		return nil
	})
	return out, purgeRefusal(err, name)
}

// purgeRefusal tells what stopped the end of a name: hosts below it that other
// names use.
func purgeRefusal(err error, name string) error {
	if pg.ConstraintName(err) == "domain_host_host_id_fkey" {
		return Refuse(KindAssociation, "", "Other names use hosts below %s.", name).About("domain:name", name)
	}
	return err
}

// openGraceCharges are the ids of the charges that a deletion at the instant now
// gives back.
func (d *Domain) openGraceCharges(now time.Time) []int64 {
	var ids []int64
	for _, g := range d.Grace {
		if g.Open(now) && g.ChargeID != 0 {
			ids = append(ids, g.ChargeID)
		}
	}
	return ids
}

// purge takes a name out of the register with the hosts below it. What was
// charged and not yet invoiced is taken back; an invoiced fee stays due.
func (tx *Tx) purge(d *Domain, action string) {
	// The lock that a change takes lets a host be made below the name, which only
	// refers to it; this one does not, so all that are there go with it.
	tx.Queue(`SELECT FROM domain WHERE id = $1 FOR UPDATE`, d.ID)
	tx.record("domain", d.ID, d.Name, action, changes{}.add("sponsor", d.Sponsor, nil).add("expires", d.Expires, nil))
	billing.QueueReversalOfName(tx.Tx, d.ID, tx.today.EPPTime())
	billing.QueueVoidProForma(tx.Tx, d.ID, tx.today.EPPTime())
	tx.endChanges(d, "The name was deleted.")
	tx.Queue(`DELETE FROM domain_host WHERE domain_id = $1`, d.ID)
	tx.queueHostsGone([]int64{d.ID})
	tx.Queue(`UPDATE renewal_request SET state = 'withdrawn' WHERE domain_id = $1 AND state = 'uninvoiced'`, d.ID)
	tx.Queue(`DELETE FROM domain WHERE id = $1`, d.ID)
}

// queueHostsGone deletes the hosts below names that go, and says so in the
// history: escrow deposits tell of them.
func (tx *Tx) queueHostsGone(ids []int64) {
	args := append([]any{ids, tx.Now}, tx.actorArgs()...)
	tx.Queue(`WITH gone AS (DELETE FROM host WHERE superordinate = ANY($1) RETURNING id, name)
		INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid)
		SELECT $2, 'host', id, name, 'delete', $3, $4, $5, $6, $7 FROM gone`, args...)
}

// redeem sends a gtld name into the redemption period.
func (tx *Tx) redeem(d *Domain, dec GTLDDelete) {
	c := changes{}.add("rgp", nil, dec.Phase)
	noteValue(c, "expires", d.Expires, dec.Expiry)
	tx.refundGraces(d)
	tx.Queue(`DELETE FROM grace_period WHERE domain_id = $1`, d.ID)
	tx.Queue(`UPDATE domain SET statuses = $2, delete_phase = $3, delete_phase_ends = $4, expires = $5,
		updater = $6, updated_at = $7 WHERE id = $1`,
		d.ID, d.Statuses.With(StatusPendingDelete), dec.Phase, dec.PhaseEnd, dec.Expiry, tx.updaterID(), tx.Now)
	tx.record("domain", d.ID, d.Name, "delete", c)
}

// refundGraces takes back the fees of the grace periods that are open, those on
// an invoice too.
func (tx *Tx) refundGraces(d *Domain) {
	for _, g := range d.Grace {
		if g.Open(tx.Now) && g.ChargeID != 0 {
			billing.QueueReversal(tx.Tx, g.ChargeID, tx.today.EPPTime())
		}
	}
}
