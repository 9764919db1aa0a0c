package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing/customer"
	"github.com/namekeep/namekeep/notify"
)

// transferAccount carries out an order.
func (tx *Tx) transferAccount(ctx context.Context, p AccountTransferParams, order int64) (*AccountTransfer, error) {
	m, err := tx.decideAccountTransfer(ctx, p, true)
	if err != nil {
		return nil, err
	}
	var state customer.OrderState
	err = tx.QueryRow(ctx, `SELECT state FROM account_transfer WHERE id = $1 FOR UPDATE`, order).Scan(&state)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read order %d: %w", order, err)
	}
	if state != customer.OrderRunning || m.out.Already {
		return nil, Refuse(KindPolicy, "", "The account %d was moved by another order meanwhile.", p.Account).About("account", accountName(p.Account))
	}
	by := tx.actor.Staff
	if by == "" {
		by = tx.actor.TAG
	}
	m.out.Order = customer.OrderNumber(order)
	m.out.NewAccount, m.out.Memos, err = customer.Apply(ctx, tx.Tx, order, m.t, m.out.Decision, by)
	if err != nil {
		return nil, err
	}
	m.moveNames()
	m.record()
	return m.out, m.notify()
}

// moveNames changes the tag of the names (B33): the registrants stay as they are
// (B34), so the move knows none, and name servers are not touched.
func (m *accountMove) moveNames() {
	if len(m.names) == 0 {
		return
	}
	move := &tagMove{tx: m.tx, from: m.t.From.TAG, fromID: m.t.From.Registrar, to: m.t.To.TAG, toID: m.t.To.Registrar,
		action: "account transfer", tellLosing: true, keepRegistrants: true}
	for _, d := range m.names {
		move.apply(d, d.Expires)
	}
	m.tx.tagChanged(move)
}

// record writes the history of both accounts. It names no payment method and no
// consent.
func (m *accountMove) record() {
	tx, out := m.tx, m.out
	names := make([]string, len(out.Names))
	for i, n := range out.Names {
		names[i] = n.Name
	}
	balances := func(moved func(customer.BalanceMove) string) any {
		var list []string
		for _, b := range out.Balances {
			list = append(list, moved(b))
		}
		return list
	}
	c := changes{}.add("order", nil, out.Order).add("tag", m.t.From.TAG, m.t.To.TAG).add("mode", nil, out.Mode).
		add("names", nil, names).add("rate", nil, out.Rate.String())
	old := changes{}
	for k, v := range c {
		old[k] = v
	}
	old.add("balance", balances(func(b customer.BalanceMove) string { return b.Out.String() }), nil)
	old.add("status", customer.Active, customer.TransferredOut).add("account", nil, out.NewAccount)
	tx.recordAccount(m.t.Account.Account, "transfer out", old)
	c.add("balance", nil, balances(func(b customer.BalanceMove) string { return b.In.String() })).add("account", out.Account, nil)
	tx.recordAccount(customer.Account{ID: out.NewAccount}, "transfer in", c)
}

// notify sends the customer its one message (B37).
func (m *accountMove) notify() error {
	tx, out := m.tx, m.out
	if !out.Notify {
		return nil
	}
	names := []string{}
	for _, n := range out.Names {
		names = append(names, n.Name)
	}
	agent := func(v customer.Vendor) notify.Agent {
		return notify.Agent{Name: v.Name, URL: v.URL, Own: v.Kind != "registrar"}
	}
	err := notify.Enqueue(tx.Tx, notify.Message{
		Kind: notify.AccountTransferred, To: out.Notified, Language: m.t.To.Language, Registrar: m.t.To.Registrar,
		Dedup: "account transfer:" + out.Order,
		Payload: notify.AccountTransferNotice{
			Account: notify.Party{Number: accountName(out.NewAccount), Name: cmp.Or(out.Before.Holder, out.Before.Handle), Email: out.Notified},
			From:    agent(m.t.From), To: agent(m.t.To), Day: notify.Date(tx.today.String()), Names: names},
	})
	if err != nil {
		return fmt.Errorf("notify the customer: %w", err)
	}
	return nil
}
