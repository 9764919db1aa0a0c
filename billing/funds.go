package billing

import (
	"context"
	"fmt"

	"github.com/namekeep/namekeep/registry/pg"
)

// Funds is what a registrar may still spend (rule B11).
type Funds struct {
	Prepaid    bool   // charges are debited from the deposit at once
	Limited    bool   // prepaid, or a credit limit: Available holds
	Available  int64  // minor units of the registrar's currency
	LowBalance *int64 // prepaid only: the threshold of the low-balance message
	tail       int64  // entries of the deposit after its last mark
}

// Covers tells whether the registrar may spend so many minor units more.
func (f Funds) Covers(minor int64) bool { return !f.Limited || minor <= f.Available }

// CrossesLow tells whether spending so many minor units takes the deposit below
// the threshold of its message, from at or above it.
func (f Funds) CrossesLow(minor int64) bool {
	return f.Prepaid && f.LowBalance != nil && f.Available >= *f.LowBalance && f.Available-minor < *f.LowBalance
}

// set takes what billing_funds returned; nil: no limit.
func (f *Funds) set(v []int64) {
	if len(v) == 2 {
		f.Limited, f.Available, f.tail = true, v[0], v[1]
	}
}

// LockFunds reads what a registrar may still spend. The deposit of a prepaid
// tag, and no other, is locked until the transaction ends.
func LockFunds(ctx context.Context, tx *pg.Tx, registrar int32) (Funds, error) {
	var f Funds
	var v []int64
	err := tx.QueryRow(ctx, `SELECT terms = 'prepaid', low_balance,
			CASE WHEN terms = 'prepaid' OR credit_limit IS NOT NULL THEN billing_funds(id) END
		FROM registrar WHERE id = $1`, registrar).Scan(&f.Prepaid, &f.LowBalance, &v)
	if err != nil {
		return f, fmt.Errorf("read the funds: %w", err)
	}
	f.set(v)
	return f, nil
}
