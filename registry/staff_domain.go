package registry

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// lockStatuses are what a lock by the registry forbids everybody but staff.
var lockStatuses = []Status{StatusServerDeleteProhibited, StatusServerTransferProhibited, StatusServerUpdateProhibited}

// LockDomain keeps a name as it is: no registrar can change, transfer or delete
// it. With renewals it cannot be renewed either. A transfer that is pending ends
// as serverCancelled, since RFC 5731 2.3 lets no prohibition stand beside it; both
// tags are told. A change of the registrant that waits ends too. Refusals: KindNotFound,
// KindStatusProhibits for a name that is locked already, KindAuthorization,
// KindParamMissing without a reason.
func (r *Registry) LockDomain(ctx context.Context, actor Actor, name string, renewals bool) (*Domain, error) {
	wanted := slices.Clone(lockStatuses)
	if renewals {
		wanted = append(wanted, StatusServerRenewProhibited)
	}
	return r.staffStatuses(ctx, actor, name, "lock", func(d *Domain, _ *heldBy) (StatusSet, error) {
		after := d.Statuses.Without(StatusPendingTransfer).Without(StatusPendingUpdate)
		for _, s := range wanted {
			after = after.With(s)
		}
		if slices.Equal(after, d.Statuses) {
			return nil, Refuse(KindStatusProhibits, "", "%s is locked already.", d.Name).About("domain:name", d.Name)
		}
		return after, nil
	})
}

// UnlockDomain ends a lock of LockDomain; a registrar's own statuses stay. The
// refusals are those of LockDomain.
func (r *Registry) UnlockDomain(ctx context.Context, actor Actor, name string) (*Domain, error) {
	return r.staffStatuses(ctx, actor, name, "unlock", func(d *Domain, _ *heldBy) (StatusSet, error) {
		after := d.Statuses.Without(StatusServerRenewProhibited)
		for _, s := range lockStatuses {
			after = after.Without(s)
		}
		if slices.Equal(after, d.Statuses) {
			return nil, Refuse(KindStatusProhibits, "", "%s is not locked.", d.Name).About("domain:name", d.Name)
		}
		return after, nil
	})
}

// SuspendDomain takes a name out of the zone: serverHold. The life cycle's own
// suspension, for a fee not paid, is another matter and leads to cancellation;
// this one does not. Refusals: KindNotFound, KindStatusProhibits for a name that
// is held already, KindAuthorization, KindParamMissing without a reason.
func (r *Registry) SuspendDomain(ctx context.Context, actor Actor, name string) (*Domain, error) {
	return r.staffStatuses(ctx, actor, name, "suspend", func(d *Domain, h *heldBy) (StatusSet, error) { return h.suspend(d) })
}

// ResumeDomain puts a name that SuspendDomain took out back into the zone. The
// refusals are those of SuspendDomain.
func (r *Registry) ResumeDomain(ctx context.Context, actor Actor, name string) (*Domain, error) {
	return r.staffStatuses(ctx, actor, name, "resume", func(d *Domain, h *heldBy) (StatusSet, error) {
		switch {
		case d.Statuses.Has(StatusServerHold):
			return h.resume(d)
		case d.Suspended():
			return nil, Refuse(KindStatusProhibits, "", "%s is suspended since %s because of: %s. Payment or renewal ends that.",
				d.Name, d.SuspendedOn, d.SuspendedReason).About("domain:name", d.Name)
		}
		return nil, Refuse(KindStatusProhibits, "", "%s is not suspended.", d.Name).About("domain:name", d.Name)
	})
}

// staffStatuses changes the server's statuses of a name; staff are not bound by
// the prohibitions, but by those statuses that exclude each other.
func (r *Registry) staffStatuses(ctx context.Context, actor Actor, name, action string, decide func(*Domain, *heldBy) (StatusSet, error)) (*Domain, error) {
	err := actor.staffOnly(RoleOperator)
	if err == nil {
		err = actor.needReason()
	}
	if err != nil {
		return nil, err
	}
	var after Domain
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		var held heldBy
		d, err := tx.lockDomain(ctx, normalName(name), func(b *pgx.Batch) { held.readOf(b, normalName(name)) })
		if err != nil {
			return err
		}
		statuses, err := decide(d, &held)
		if err != nil {
			return err
		}
		if a, b := statuses.conflict(); a != "" {
			return Refuse(KindStatusProhibits, "", "The statuses %s and %s cannot be combined.", a, b).About("domain:status", string(b))
		}
		if t := d.Transfer; t != nil && !statuses.Has(StatusPendingTransfer) {
			tx.cancelTransfer(d.Name, t)
		}
		if d.Statuses.Has(StatusPendingUpdate) && !statuses.Has(StatusPendingUpdate) {
			tx.endChangesOf(ObjectDomain, ChangeCancelled, "The registry locked the name.", d.ID)
		}
		after = *d
		after.Statuses, after.Updater, after.Updated = statuses, tx.updaterTag(), tx.Now
		tx.Queue(`UPDATE domain SET statuses = $2, updater = $3, updated_at = $4 WHERE id = $1`,
			d.ID, orEmpty(statuses), tx.updaterID(), tx.Now)
		held.write(tx, d)
		c := changes{}
		noteList(c, "statuses", d.Statuses, statuses)
		tx.record("domain", d.ID, d.Name, action, c)
		if action == "suspend" {
			tx.queuePoll(d.SponsorID, PollMessage{Kind: PollSuspended, Text: d.Name + " was suspended by the registry.",
				Payload: SuspensionNotice{Names: []string{d.Name}, Reason: "by the registry"}})
			return nil
		}
		tx.tellStaffChange(ObjectDomain, d.Name, d.SponsorID, "update")
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &after, nil
}

// CancelDomain removes a name at once, whatever its state; it is free again.
// What was charged and not yet invoiced is taken back. Refusals: KindNotFound,
// KindAssociation while other names use hosts below it, KindAuthorization,
// KindParamMissing without a reason.
func (r *Registry) CancelDomain(ctx context.Context, actor Actor, name string) error {
	err := actor.staffOnly(RoleOperator)
	if err == nil {
		err = actor.needReason()
	}
	if err != nil {
		return err
	}
	name = normalName(name)
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		d, err := tx.lockDomainToDelete(ctx, name)
		if err != nil {
			return err
		}
		tx.purge(d, "cancel")
		tx.queuePoll(d.SponsorID, PollMessage{Kind: PollCancelled, Text: d.Name + " was cancelled by the registry.",
			Payload: CancellationNotice{Names: []string{d.Name}, By: tx.updaterTag()}})
		return nil
	})
	return purgeRefusal(err, name)
}

// Forecast is a line of what will happen to a name.
type Forecast struct {
	Day  Date
	Text string
}

// Forecast tells what will happen to a name, and on which day, if nobody does
// anything.
func (r *Registry) Forecast(d *Domain) []Forecast {
	if d.Zone.Profile == ProfileGTLD {
		return r.forecastGTLD(d.gtldName())
	}
	var list []Forecast
	for _, e := range NextEvents(d.renewalName(), r.Today(), r.policy) {
		list = append(list, Forecast{e.Day, strings.TrimPrefix(e.String(), e.Day.String()+" ")})
	}
	return list
}

func (r *Registry) forecastGTLD(n GTLDName) []Forecast {
	if n.Phase == "" {
		return []Forecast{{n.Expiry.AddDays(1), EventRenewal.String() + " for " + n.Sponsor}}
	}
	var list []Forecast
	for {
		step, due := n.NextPhase(n.PhaseEnd, r.policy)
		if !due {
			return list
		}
		day := DateOf(n.PhaseEnd, r.loc)
		if step.Purge {
			return append(list, Forecast{day, "deleted for good"})
		}
		list = append(list, Forecast{day, "becomes " + string(step.Phase)})
		n.Phase, n.PhaseEnd = step.Phase, step.PhaseEnd
	}
}
