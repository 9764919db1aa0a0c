package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// AccountTransferParams asks to move an account to another registrar (B30).
type AccountTransferParams struct {
	Account int64
	To      string // tag
	Mode    customer.Mode
	Notify  bool         // the customer gets one message
	Rate    billing.Rate // where the currencies differ: units of the new one for one of the old
}

// AccountTransfer is what a transfer does, or did.
type AccountTransfer struct {
	AccountTransferParams
	customer.Decision
	Order    string          // number; "" before there is one
	Already  bool            // it was done before: nothing changed
	Before   customer.Detail // the account under the old registrar
	ToName   string
	Into     int64 // an account that the customer has there already; 0: a new one
	Names    []AccountName
	Notified string // the address, "" for none
	// Unpriced are zones in which the registry has no price for the new registrar
	// to renew.
	Unpriced   []string
	NewAccount int64
	Memos      []billing.Memo
}

// AccountName is a name that moves with an account.
type AccountName struct {
	Name      string
	Expires   Date
	Situation Situation          // which of the seven changes of tag
	Status    RegistrationStatus // what the new registrar is told
	BillsOff  bool               // R13: auto-bill or next-bill was on
	Ended     []string           // what was pending and ends: a transfer, a handshake, a change of registrant
	Kept      bool               // the registrant contact stays another tag's (B34)
	Move      *customer.SubscriptionMove
}

// PreviewAccountTransfer decides a transfer and changes nothing: what --dry-run
// shows. Refusals: as TransferAccount.
func (r *Registry) PreviewAccountTransfer(ctx context.Context, actor Actor, p AccountTransferParams) (*AccountTransfer, error) {
	var out *AccountTransfer
	err := r.mutate(ctx, actor, func(tx *Tx) error {
		m, err := tx.decideAccountTransfer(ctx, p, false)
		if err == nil {
			out = m.out
		}
		return err
	})
	return out, MoneyRefusal(err)
}

// TransferAccount moves an account with its names, balance and, in full mode,
// payment methods and consent to another registrar (B30-B37), in one
// transaction. An order is written before it and says how it ended. Repeated, it
// says so and changes nothing.
//
// Refusals: KindAuthorization, KindParamMissing for a staff user without a
// reason, KindNotFound for account and tag, KindParamRange for mode and rate,
// KindPolicy for a missing plan or price and an account that has gone elsewhere,
// KindStatusProhibits for a name that cannot move.
func (r *Registry) TransferAccount(ctx context.Context, actor Actor, p AccountTransferParams) (*AccountTransfer, error) {
	err := actor.needReason()
	if err != nil {
		return nil, err
	}
	var order int64
	var out *AccountTransfer
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		m, err := tx.decideAccountTransfer(ctx, p, true)
		if err != nil {
			return err
		}
		out = m.out
		if out.Already {
			return nil
		}
		customer.Abandon(tx.Tx, p.Account)
		var registrar *int32
		if actor.IsRegistrar() {
			registrar = &actor.Registrar
		}
		order, err = customer.Begin(ctx, tx.Tx, m.t, p.Notify, registrar, actor.Staff, actor.Reason)
		return err
	})
	if err != nil || out.Already {
		return out, MoneyRefusal(err)
	}
	err = r.mutate(ctx, actor, func(tx *Tx) error {
		customer.Run(tx.Tx, order)
		return nil
	})
	if err == nil {
		err = r.mutate(ctx, actor, func(tx *Tx) error {
			var err error
			out, err = tx.transferAccount(ctx, p, order)
			return err
		})
	}
	if err == nil {
		return out, nil
	}
	err = MoneyRefusal(err)
	why := "a fault of the system"
	if refusal := AsRefusal(err); refusal != nil {
		why = refusal.Error()
	}
	failed := r.mutate(context.WithoutCancel(ctx), actor, func(tx *Tx) error {
		customer.Fail(tx.Tx, order, why)
		return nil
	})
	if failed != nil {
		// The order stays open; the next one for the account ends it.
		return nil, fmt.Errorf("%w (and its order could not be ended: %v)", err, failed)
	}
	return nil, err
}

// AccountCurrency returns the currency that an account would have under a
// registrar: that of the account which the customer has there, or the
// registrar's. Refusals: KindNotFound.
func (r *Registry) AccountCurrency(ctx context.Context, actor Actor, id int64, to string) (string, error) {
	a, err := r.Account(ctx, actor, id)
	if err != nil {
		return "", err
	}
	v, err := r.Vendor(ctx, to)
	if err != nil {
		return "", err
	}
	into, err := customer.Of(ctx, r.db.Pool, a.ContactID, v.Registrar)
	if err != nil || into == nil {
		return v.Currency, err
	}
	return into.Currency, nil
}

// accountMove is the transfer of an account on its way.
type accountMove struct {
	tx    *Tx
	t     customer.Transfer
	out   *AccountTransfer
	names []*Domain
}

// accountNames chooses the names of an account: its contact is their registrant
// and its registrar their sponsor.
func accountNames(id int64) selection {
	return selection{`(d.registrant, d.sponsor) = (SELECT contact_id, registrar_id FROM registrant_account WHERE id = $1)`, []any{id}}
}

// decideAccountTransfer reads and decides. With lock, the account, its balances
// and its names stay as they are until the transaction ends.
func (tx *Tx) decideAccountTransfer(ctx context.Context, p AccountTransferParams, lock bool) (*accountMove, error) {
	p.To = strings.ToUpper(strings.TrimSpace(p.To))
	m := &accountMove{tx: tx, out: &AccountTransfer{AccountTransferParams: p}}
	err := tx.mayTransferAccount(ctx, p)
	if err != nil {
		return nil, err
	}
	if lock {
		err = customer.Lock(ctx, tx.Tx, p.Account)
		if err != nil {
			return nil, err
		}
	}
	m.names, err = tx.lockSelected(ctx, accountNames(p.Account), readNothing, readNothing)
	if err == nil && lock {
		_, err = billing.CustomerBalances(ctx, tx.Tx, p.Account, true)
	}
	if err == nil {
		m.t, err = customer.ReadTransfer(ctx, tx.Tx, p.Account, p.To)
	}
	if err != nil {
		return nil, err
	}
	m.t.Mode, m.t.Rate, m.t.Today = p.Mode, p.Rate, tx.today.EPPTime()
	m.out.Before, m.out.ToName = m.t.Account, m.t.To.Name
	if m.t.Account.Status == customer.TransferredOut && m.t.Account.TransferTAG == p.To {
		m.out.Already, m.out.NewAccount = true, m.t.Account.TransferredTo
		m.noteOrder()
		return m, nil
	}
	return m, m.decide(ctx)
}

// noteOrder finds the order by which the account went.
func (m *accountMove) noteOrder() {
	for _, o := range m.t.Account.Orders {
		if o.Account == m.t.Account.ID && o.State == customer.OrderCompleted {
			m.out.Order, m.out.Mode, m.out.Notify, m.out.Rate = o.Number(), o.Mode, o.Notify, o.Rate
		}
	}
}

func (m *accountMove) decide(ctx context.Context) error {
	tx := m.tx
	var err error
	m.out.Decision, err = customer.Decide(m.t)
	if err != nil {
		return err
	}
	if m.t.Into != nil {
		m.out.Into = m.t.Into.ID
	}
	moves := map[int64]*customer.SubscriptionMove{}
	for i, s := range m.out.Subscriptions {
		moves[s.Before.DomainID] = &m.out.Subscriptions[i]
	}
	contact, email, err := tx.accountContact(ctx, m.t.Account.ContactID)
	if err != nil {
		return err
	}
	if m.out.Notify {
		if email == "" {
			return Refuse(KindPolicy, "", "The contact %s has gone: there is nobody to notify.", m.t.Account.Handle).About("notify", "")
		}
		m.out.Notified = email
	}
	for _, d := range m.names {
		err = tx.checkAccountName(d)
		if err != nil {
			return err
		}
		change := DecideTagChange(d.renewalName(), m.out.To, tx.today, tx.r.policy)
		n := AccountName{Name: d.Name, Expires: d.Expires, Situation: change.Situation, Status: change.Status,
			BillsOff: change.BillsOff, Kept: contact != m.t.To.Registrar, Move: moves[d.ID]}
		if d.Transfer != nil {
			n.Ended = append(n.Ended, "transfer to "+d.Transfer.Gaining)
		}
		if d.Handshake != 0 {
			n.Ended = append(n.Ended, "release, case "+caseText(d.Handshake))
		}
		if d.Statuses.Has(StatusPendingUpdate) {
			n.Ended = append(n.Ended, "change of registrant")
		}
		m.out.Names = append(m.out.Names, n)
	}
	slices.SortFunc(m.out.Names, func(a, b AccountName) int { return strings.Compare(a.Name, b.Name) })
	m.out.Unpriced, err = tx.unpriced(ctx, m.names, m.t.To.Registrar)
	return err
}

// accountContact returns the sponsor and the address of an account's contact;
// none of both when it has gone.
func (tx *Tx) accountContact(ctx context.Context, id int64) (sponsor int32, email string, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(max(sponsor), 0), coalesce(max(email), '') FROM contact WHERE id = $1`, id).Scan(&sponsor, &email)
	if err != nil {
		return 0, "", fmt.Errorf("read the contact of an account: %w", err)
	}
	return sponsor, email, nil
}

// checkAccountName refuses a name that cannot go along. As in other moves,
// prohibitions do not bind staff; a registrar's statuses bind a registrar.
func (tx *Tx) checkAccountName(d *Domain) error {
	s := d.transferSubject()
	switch {
	case d.DeletePhase != "":
		return s.refuse(KindStatusProhibits, "%s has been deleted (%s): restore it or wait until it is gone.", d.Name, d.DeletePhase)
	case d.Statuses.Has(StatusPendingCreate):
		return s.refuse(KindStatusProhibits, "%s is not registered yet; decide its creation first.", d.Name)
	case tx.actor.IsRegistrar():
		return d.Statuses.CheckOperation(ObjectDomain, OpTransfer)
	}
	return nil
}

// unpriced lists the zones of names in which the registry has no price for a
// registrar to renew.
func (tx *Tx) unpriced(ctx context.Context, names []*Domain, registrar int32) ([]string, error) {
	zones := map[int32]bool{}
	var ids []int32
	for _, d := range names {
		if !zones[d.Zone.ID] {
			zones[d.Zone.ID] = true
			ids = append(ids, d.Zone.ID)
		}
	}
	var out []string
	err := tx.QueryRow(ctx, `SELECT coalesce(array_agg(z.name ORDER BY z.name), '{}') FROM zone z JOIN registrar r ON r.id = $2
		WHERE z.id = ANY ($1) AND r.kind = 'registrar' AND NOT EXISTS (SELECT FROM price p WHERE p.zone_id = z.id
			AND p.operation = 'renew' AND p.tier = r.tier AND p.currency = r.currency AND p.valid_from <= $3)`,
		ids, registrar, tx.today).Scan(&out)
	if err != nil {
		return nil, fmt.Errorf("read the prices of the new registrar: %w", err)
	}
	return out, nil
}

// mayTransferAccount is B37: staff between any two registrars, a registrar among
// itself and its sub-registrars. What a registrar may not see does not exist.
func (tx *Tx) mayTransferAccount(ctx context.Context, p AccountTransferParams) error {
	if !tx.actor.IsRegistrar() {
		return tx.actor.staffOnly(RoleOperator)
	}
	may, err := tx.r.vendors(ctx, tx.actor)
	if err != nil {
		return err
	}
	if len(may) == 1 {
		return Refuse(KindAuthorization, "", "%s has no sub-registrars: accounts move among a registrar and them, or through the registry.", tx.actor.TAG)
	}
	a, err := customer.Find(ctx, tx.Tx, p.Account)
	switch {
	case err != nil:
		return err
	case !slices.Contains(may, a.Registrar):
		return noAccount(p.Account)
	}
	to, err := tx.r.registrarID(ctx, p.To)
	if err != nil || !slices.Contains(may, to) {
		return Refuse(KindAuthorization, "", "%s is no sub-registrar of %s.", p.To, tx.actor.TAG).About("to", p.To)
	}
	return nil
}
