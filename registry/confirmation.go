package registry

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/notify"
)

// ConfirmPath is the page that takes activation codes, below the address of the
// registry's pages.
const ConfirmPath = "confirm/"

// ConfirmationRequest is a request to a registrant to confirm a renewal (N20).
type ConfirmationRequest struct {
	Name       string
	Expires    Date
	Registrant string // contact handle
	ValidUntil Date   // the last day of the code
}

// RequestConfirmation mails the registrant of a name an activation code, on the
// word of its registrar (N20). A code that was sent before ends.
//
// Refusals: KindNotFound, KindAuthorization, KindParamMissing for staff without
// a reason, those of DecideRenew for a name that cannot be renewed now,
// KindPolicy for a name without a registrant, and for a fourth request in a day.
func (r *Registry) RequestConfirmation(ctx context.Context, actor Actor, name string) (ConfirmationRequest, error) {
	var out ConfirmationRequest
	err := errors.Join(actor.needRole(RoleSupport, RoleOperator, RoleBilling), actor.needReason())
	if err != nil {
		return out, err
	}
	code := newCode()
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		d, err := tx.lockDomainWith(ctx, normalName(name), partRegistrant|partRequests)
		if err != nil {
			return err
		}
		err = tx.mayAsk(d)
		if err != nil {
			return err
		}
		a := account{d.RegistrantID, d.SponsorID}
		var who accountParty
		var asked int
		err = tx.Batch(ctx, func(b *pgx.Batch) {
			who.read(b, a)
			b.Queue(`SELECT count(*) FROM renewal_confirmation WHERE domain_id = $1 AND asked_at >= $2`,
				d.ID, tx.today.Start(tx.r.loc)).QueryRow(func(row pgx.Row) error { return row.Scan(&asked) })
		})
		if err != nil {
			return err
		}
		if asked >= confirmationsPerDay {
			return Refuse(KindPolicy, "", "The registrant of %s was asked %d times today already.", d.Name, asked).About("renewal:name", d.Name)
		}
		until := tx.Now.AddDate(0, 0, tx.r.policy.CodeDays)
		out = ConfirmationRequest{Name: d.Name, Expires: d.Expires, Registrant: d.Registrant, ValidUntil: DateOf(until, tx.r.loc)}
		tx.Queue(`UPDATE renewal_confirmation SET expires_at = $2 WHERE domain_id = $1 AND used_at IS NULL AND expires_at > $2`, d.ID, tx.Now)
		tx.Queue(`INSERT INTO renewal_confirmation (code_hash, domain_id, period, registrar_id, contact_id, asked_at, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, codeHash(code), d.ID, d.Expires, a.registrar, a.contact, tx.Now, until)
		tx.record("domain", d.ID, d.Name, "request confirmation", changes{}.add("asked", nil, d.Registrant))
		tx.mailTo(who.notice.party.Email, notify.RenewalConfirmation, who.language, notify.ConfirmationNotice{Name: d.Name,
			Expires: notify.Date(d.Expires.String()), Registrant: who.notice.party, Registrar: who.agent, Code: shownCode(code),
			Path: ConfirmPath, ValidUntil: notify.Date(out.ValidUntil.String())}, a.registrar, d.ID, "")
		return nil
	})
	return out, err
}

// mayAsk refuses to ask a registrant what could not be done.
func (tx *Tx) mayAsk(d *Domain) error {
	if tx.actor.IsRegistrar() && d.SponsorID != tx.actor.Registrar {
		return notYours(d)
	}
	if d.DeletePhase != "" {
		return Refuse(KindStatusProhibits, "", "%s has been deleted (%s).", d.Name, d.DeletePhase).About("domain:name", d.Name)
	}
	if d.RegistrantID == 0 {
		return Refuse(KindPolicy, "", "%s has no registrant to ask.", d.Name).About("domain:name", d.Name)
	}
	_, err := DecideRenew(d.renewalName(), RenewParams{Tag: d.Sponsor, Years: 1}, tx.today, tx.r.policy)
	return err
}

// newCode makes an activation code: 60 random bits.
func newCode() string {
	var b [codeLength]byte
	_, _ = rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = codeAlphabet[b[i]%byte(len(codeAlphabet))] // 32 divides 256
	}
	return string(b[:])
}

// shownCode is the typed form: 7KQF-2M9D-XH4T.
func shownCode(code string) string { return code[:4] + "-" + code[4:8] + "-" + code[8:] }

// Confirmation is what a valid code shows (N20).
type Confirmation struct {
	Name      string
	Expires   Date
	Registrar notify.Agent
	Decision  *Decision // what was decided before; nil for nothing
}

// confirmationRow is a code as it is kept.
type confirmationRow struct {
	name    string
	period  Date
	account account
	expires time.Time
	used    *time.Time
	holds   bool // the name has the same registrant, tag and E
}

const confirmationSQL = `SELECT d.name, f.period, f.contact_id, f.registrar_id, f.expires_at, f.used_at,
		d.registrant IS NOT DISTINCT FROM f.contact_id AND d.sponsor = f.registrar_id AND d.expires = f.period
	FROM renewal_confirmation f JOIN domain d ON d.id = f.domain_id WHERE f.code_hash = $1`

// findCode looks a code up that was typed by somebody at an address. Wrong ones
// are counted, by address and by code (N21).
func (r *Registry) findCode(ctx context.Context, actor Actor, address, typed string) (confirmationRow, error) {
	var row confirmationRow
	var wrong error
	code := normalCode(typed)
	err := r.mutate(ctx, actor, func(tx *Tx) error {
		tries := []attempt{{"code-address", address, wrongCodesByAddress}, {"code", code, wrongCodesByCode}}
		err := tx.countAttempts(ctx, tries...)
		if err != nil {
			return err
		}
		wrong = ErrLinkUnknown
		if checkCode(code) != nil {
			return nil
		}
		err = tx.QueryRow(ctx, confirmationSQL, codeHash(code)).
			Scan(&row.name, &row.period, &row.account.contact, &row.account.registrar, &row.expires, &row.used, &row.holds)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err != nil:
			return fmt.Errorf("find a code: %w", err)
		case row.used != nil:
			wrong = ErrLinkUsed
		case !tx.Now.Before(row.expires) || !row.holds:
			wrong = ErrLinkExpired
		default:
			wrong = nil
			tx.forgiveAttempts(tries...)
		}
		return nil
	})
	return row, errors.Join(err, wrong)
}

// FindConfirmation returns what a code is for, to somebody at an address. It
// uses nothing up.
//
// Errors: ErrLinkUnknown, ErrLinkUsed, ErrLinkExpired, ErrTooMany.
func (r *Registry) FindConfirmation(ctx context.Context, actor Actor, address, code string) (Confirmation, error) {
	row, err := r.findCode(ctx, actor, address, code)
	if err != nil {
		return Confirmation{}, err
	}
	var who accountParty
	decisions := map[int64]*Decision{}
	err = r.db.ReadBatch(ctx, func(b *pgx.Batch) {
		who.read(b, row.account)
		readDecisions(b, `d.name = $1 AND rd.period = d.expires`, []any{row.name}, decisions)
	})
	if err != nil {
		return Confirmation{}, fmt.Errorf("confirmation of %s: %w", row.name, err)
	}
	out := Confirmation{Name: row.name, Expires: row.period, Registrar: who.agent}
	for _, d := range decisions {
		out.Decision = d
	}
	return out, nil
}

// DecideConfirmation takes the decision that comes with a code, which ends with
// it (N20, N21). A decision that is refused leaves the code as it was.
//
// Errors: those of FindConfirmation.
func (r *Registry) DecideConfirmation(ctx context.Context, actor Actor, address, code string, choice DecisionChoice, years int) (DecisionResult, error) {
	row, err := r.findCode(ctx, actor, address, code)
	if err != nil {
		return DecisionResult{}, err
	}
	var out DecisionResult
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		// The name is locked first, as everywhere: then who comes second sees the code used.
		list, err := tx.decide(ctx, row.account, []NameDecision{{Name: row.name, Period: row.period, Choice: choice, Years: years}}, true)
		if err != nil {
			return err
		}
		out = list[0]
		if out.Refused != "" {
			return nil
		}
		tag, err := tx.Exec(ctx, `UPDATE renewal_confirmation SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL AND expires_at > $2`,
			codeHash(normalCode(code)), tx.Now)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrLinkUsed
		}
		return err
	})
	return out, err
}
