package registry

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// TagAutoBill is what setting auto-bill for a whole tag did, or would do.
type TagAutoBill struct {
	Set       int64 // names that have the value now
	Unchanged int64 // names that had it before
	Refused   []RefusedName
}

// RefusedName is a name that a change for many names passed over, and why.
type RefusedName struct {
	Name   string
	Reason string
}

// autoBillChunk is how many names one transaction of SetTagAutoBill takes.
const autoBillChunk = 1000

// SetTagAutoBill sets auto-bill to days before E for all names of a tag in the
// uk zones (R14); 0 switches it off. Names that a rule forbids it to (R11, R12,
// R21) are listed with the reason, the rest are set. Staff do it in chunks, each
// a transaction of its own, so that commands go on; a registrar, for its own tag
// of at most autoBillNames names, in one. A dry run changes nothing.
//
// Refusals: KindAuthorization, KindParamMissing for the reason, KindNotFound for
// the tag, KindParamRange for the value, KindPolicy for a registrar with more
// names.
func (r *Registry) SetTagAutoBill(ctx context.Context, actor Actor, tag string, days int, dryRun bool) (TagAutoBill, error) {
	var out TagAutoBill
	err := actor.mayBillTag(tag)
	if err != nil {
		return out, err
	}
	if days < 0 || days > r.policy.AutoBillMax {
		return out, Refuse(KindParamRange, "", "auto-bill is a number from 1 to %d, or 0 for none.", r.policy.AutoBillMax).About("days", itoa(days))
	}
	id, err := r.needTag(ctx, tag)
	if err != nil {
		return out, err
	}
	dir, err := r.readDirectory(ctx)
	if err != nil {
		return out, err
	}
	if actor.IsRegistrar() {
		err = r.mutate(ctx, actor, func(tx *Tx) error {
			out = TagAutoBill{}
			return tx.setOwnAutoBill(ctx, dir, id, days, dryRun, &out)
		})
		return out, err
	}
	for after := int64(0); ; {
		var last int64
		var part TagAutoBill
		err = r.mutate(ctx, actor, func(tx *Tx) error {
			part = TagAutoBill{}
			last, err = tx.setAutoBill(ctx, dir, id, days, after, dryRun, &part)
			return err
		})
		if err != nil {
			return out, err
		}
		out.Set, out.Unchanged = out.Set+part.Set, out.Unchanged+part.Unchanged
		out.Refused = append(out.Refused, part.Refused...)
		if last == 0 {
			return out, nil
		}
		after = last
	}
}

// autoBillNames is how many names a registrar may set at once: a command is
// carried out as a whole, within its time limit.
const autoBillNames = 50_000

// mayBillTag refuses staff without the role or a reason, and a registrar another
// tag.
func (a Actor) mayBillTag(tag string) error {
	if !a.IsRegistrar() {
		return errors.Join(a.staffOnly(RoleOperator), a.needReason())
	}
	if a.TAG != tag {
		return Refuse(KindAuthorization, "", "Only %s may set auto-bill for its names.", tag)
	}
	return nil
}

// setOwnAutoBill is setAutoBill for all names of the acting tag.
func (tx *Tx) setOwnAutoBill(ctx context.Context, dir directory, tag int32, days int, dryRun bool, out *TagAutoBill) error {
	for after := int64(0); ; {
		var part TagAutoBill
		last, err := tx.setAutoBill(ctx, dir, tag, days, after, dryRun, &part)
		if err != nil || last == 0 {
			return err
		}
		after = last
		out.Set, out.Unchanged = out.Set+part.Set, out.Unchanged+part.Unchanged
		out.Refused = append(out.Refused, part.Refused...)
		if out.Set+out.Unchanged+int64(len(out.Refused)) > autoBillNames {
			return Refuse(KindPolicy, "", "Your tag has more than %d names; ask the registry to set auto-bill for them.", autoBillNames)
		}
	}
}

// setAutoBill judges the next chunk of a tag's names and sets those that may be
// set. It returns the id of the last one, 0 when there are no more.
func (tx *Tx) setAutoBill(ctx context.Context, dir directory, tag int32, days int, after int64, dryRun bool, out *TagAutoBill) (int64, error) {
	rows, err := tx.Query(ctx, `SELECT d.id FROM domain d JOIN zone z ON z.id = d.zone_id AND z.profile = 'uk'
		WHERE d.sponsor = $1 AND d.id > $2 ORDER BY d.id LIMIT $3`, tag, after, autoBillChunk)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	names, err := dir.lockDue(ctx, tx, ids)
	if err != nil {
		return 0, err
	}
	var set []*dueName
	for _, n := range names {
		if n.sponsor != tag {
			continue // it went to another tag meanwhile
		}
		want := n.rule.Bill
		want.Auto = days
		if days == 0 {
			want.AutoPeriod = 0
		}
		switch err := tx.judgeAutoBill(n, want); {
		case want == n.rule.Bill:
			out.Unchanged++
		case AsRefusal(err) != nil:
			out.Refused = append(out.Refused, RefusedName{n.rule.Name, AsRefusal(err).Error()})
		default:
			set = append(set, n)
		}
	}
	out.Set = int64(len(set))
	if !dryRun {
		tx.writeAutoBill(set, days)
	}
	return ids[len(ids)-1], nil
}

// judgeAutoBill applies the rules of a change by the tag. Statuses that forbid
// updates bind a registrar, not staff (see StatusSet.CheckUpdate).
func (tx *Tx) judgeAutoBill(n *dueName, want BillSettings) error {
	if tx.actor.IsRegistrar() {
		_, err := n.rule.Statuses.CheckUpdate(ObjectDomain, StatusChange{Other: true}, false)
		if err != nil {
			return err
		}
	}
	return DecideBilling(n.rule, BillChange{Bill: want, Recur: n.rule.RecurBill}, tx.today, tx.r.policy)
}

func (tx *Tx) writeAutoBill(names []*dueName, days int) {
	if len(names) == 0 {
		return
	}
	ids := make([]int64, len(names))
	texts, details := make([]string, len(names)), make([]string, len(names))
	for i, n := range names {
		ids[i], texts[i] = n.id, n.rule.Name
		details[i] = string(changes{}.add("auto-bill", n.rule.Bill.Auto, days).json())
	}
	tx.Queue(`UPDATE domain SET auto_bill = $2, auto_period = CASE WHEN $2::smallint IS NULL THEN NULL ELSE auto_period END,
		updater = $3, updated_at = $4 WHERE id = ANY($1)`, ids, nullInt(days), tx.updaterID(), tx.Now)
	args := append([]any{ids, texts, details, tx.Now}, tx.actorArgs()...)
	tx.Queue(`INSERT INTO history (at, object, object_id, object_name, action, registrar_id, staff, reason, cltrid, svtrid, changes)
		SELECT $4, 'domain', v.id, v.name, 'update', $5, $6, $7, $8, $9, v.changes::jsonb
		FROM unnest($1::bigint[], $2::text[], $3::text[]) AS v (id, name, changes)`, args...)
}
