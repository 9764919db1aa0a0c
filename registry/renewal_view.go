package registry

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// RenewalView is what a tag may know of the renewal of its name.
type RenewalView struct {
	Status  RegistrationStatus
	Open    []OpenRenewal // oldest first
	Account int64         // the registrant's account under the tag; 0: none
	// Decision is what the registrant decided about the present period, or the
	// one before for a while (N12); nil for nothing.
	Decision *Decision
}

// OpenRenewal is an open renewal request.
type OpenRenewal struct {
	RenewalRequest
	Invoice string // the number of the viewing tag's own invoice; "" otherwise
}

// ViewRenewal tells the renewal of a name that InfoDomain showed to its sponsor,
// in one round trip. A request of an earlier tag is shown (R41), its invoice is
// not.
//
// Refusals: KindAuthorization for another tag than the sponsor.
func (r *Registry) ViewRenewal(ctx context.Context, actor Actor, v DomainView) (RenewalView, error) {
	if actor.IsRegistrar() && actor.Registrar != v.SponsorID {
		return RenewalView{}, notYours(v.Domain)
	}
	out := RenewalView{Status: v.Status}
	ids := map[int64]int{} // request → place in out.Open
	for i, q := range v.Requests {
		if !q.Open() {
			continue
		}
		if q.State == RequestInvoiced && q.Tag == v.Sponsor {
			ids[v.requestID[i]] = len(out.Open)
		}
		out.Open = append(out.Open, OpenRenewal{RenewalRequest: q})
	}
	decisions := map[int64]*Decision{}
	err := r.db.ReadBatch(ctx, func(b *pgx.Batch) {
		readDecisions(b, `rd.domain_id = $1 AND (rd.period = d.expires OR rd.decided_at > $2)`,
			[]any{v.ID, r.db.Now().AddDate(0, 0, -recentDays)}, decisions)
		b.Queue(`SELECT id FROM registrant_account WHERE contact_id = $1 AND registrar_id = $2 AND status = 'active'`,
			v.RegistrantID, v.SponsorID).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&out.Account}, func() error { return nil })
			return err
		})
		for id, i := range ids {
			b.Queue(`SELECT i.number FROM charge c JOIN invoice i ON i.id = c.invoice_id WHERE c.request_id = $1`, id).
				Query(func(rows pgx.Rows) error {
					var number int64
					_, err := pgx.ForEachRow(rows, []any{&number}, func() error {
						out.Open[i].Invoice = billing.Invoice{Number: number}.DocumentNumber()
						return nil
					})
					return err
				})
		}
	})
	if err != nil {
		return RenewalView{}, fmt.Errorf("read the renewal of %s: %w", v.Name, err)
	}
	out.Decision = decisions[v.ID]
	return out, nil
}
