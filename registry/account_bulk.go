package registry

import (
	"context"
	"fmt"
	"strings"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// BulkTransferParams asks to move all accounts of a registrar to another, when
// it closes or merges.
type BulkTransferParams struct {
	From, To string // tags
	Mode     customer.Mode
	Notify   bool
	Rates    map[string]billing.Rate // by the currency of the accounts
}

// BulkTransfer is what becomes, or became, of all accounts of a registrar.
type BulkTransfer struct {
	BulkTransferParams
	Accounts []BulkAccount
	// Left is how many names of the registrar belong to no account: they do not
	// move with any.
	Left int
}

// BulkAccount is one account of a bulk transfer.
type BulkAccount struct {
	Account  customer.Account
	Transfer *AccountTransfer // nil: it cannot move
	Why      string           // it cannot move
}

// Moved counts the accounts that can move, or moved, and their names.
func (b BulkTransfer) Moved() (accounts, names int) {
	for _, a := range b.Accounts {
		if a.Transfer != nil {
			accounts++
			names += len(a.Transfer.Names)
		}
	}
	return accounts, names
}

// PreviewAllAccounts decides a bulk transfer and changes nothing. Refusals:
// KindAuthorization, KindNotFound for a tag.
func (r *Registry) PreviewAllAccounts(ctx context.Context, actor Actor, p BulkTransferParams) (*BulkTransfer, error) {
	return r.eachAccount(ctx, actor, p, func(p AccountTransferParams) (*AccountTransfer, error) {
		return r.PreviewAccountTransfer(ctx, actor, p)
	}, nil)
}

// TransferAllAccounts moves the active accounts of a registrar one by one, each
// in a transaction of its own; one that cannot move is left where it is, with
// the reason. It may be stopped at any point: run again, it goes on with what is
// left. Refusals: as PreviewAllAccounts, KindParamMissing for the reason.
func (r *Registry) TransferAllAccounts(ctx context.Context, actor Actor, p BulkTransferParams, progress func(done, total int)) (*BulkTransfer, error) {
	err := actor.needReason()
	if err != nil {
		return nil, err
	}
	return r.eachAccount(ctx, actor, p, func(p AccountTransferParams) (*AccountTransfer, error) {
		return r.TransferAccount(ctx, actor, p)
	}, progress)
}

// bulkPage is how many accounts are read at a time.
const bulkPage = 1000

func (r *Registry) eachAccount(ctx context.Context, actor Actor, p BulkTransferParams, do func(AccountTransferParams) (*AccountTransfer, error),
	progress func(done, total int)) (*BulkTransfer, error) {
	err := actor.needRole(RoleOperator)
	if err != nil {
		return nil, err
	}
	p.From, p.To = strings.ToUpper(strings.TrimSpace(p.From)), strings.ToUpper(strings.TrimSpace(p.To))
	for _, tag := range []string{p.From, p.To} {
		_, err = r.Vendor(ctx, tag)
		if err != nil {
			return nil, err
		}
	}
	out := &BulkTransfer{BulkTransferParams: p}
	var list []customer.Account
	for after := int64(0); ; {
		page, err := r.Accounts(ctx, actor, customer.Filter{TAG: p.From, Status: customer.Active, After: after, Limit: bulkPage})
		if err != nil {
			return nil, err
		}
		list = append(list, page...)
		if len(page) < bulkPage {
			break
		}
		after = page[len(page)-1].ID
	}
	for i, a := range list {
		done, err := do(AccountTransferParams{Account: a.ID, To: p.To, Mode: p.Mode, Notify: p.Notify, Rate: p.Rates[a.Currency]})
		line := BulkAccount{Account: a, Transfer: done}
		if err != nil {
			refusal := AsRefusal(err)
			if refusal == nil || refusal.Kind == KindAuthorization {
				return out, fmt.Errorf("account %d: %w", a.ID, err)
			}
			line.Transfer, line.Why = nil, refusal.Error()
		}
		out.Accounts = append(out.Accounts, line)
		if progress != nil {
			progress(i+1, len(list))
		}
	}
	err = r.db.Pool.QueryRow(ctx, `SELECT count(*) FROM domain d JOIN registrar r ON r.id = d.sponsor WHERE r.tag = $1
		AND NOT EXISTS (SELECT FROM registrant_account a WHERE a.contact_id = d.registrant AND a.registrar_id = d.sponsor
			AND a.status = 'active')`, p.From).Scan(&out.Left)
	if err != nil {
		return nil, fmt.Errorf("count the names without an account: %w", err)
	}
	return out, nil
}
