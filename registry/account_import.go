package registry

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/billing/customer"
)

// accountColumns are the columns of a file of accounts; the first two it must
// have.
var accountColumns = []string{"contact", "tag", "currency", "class", "tax-zone", "sales-person", "sales-branch", "schedule", "balance"}

// ImportAccounts opens accounts from CSV, all or none: each fault is told with
// its line. An account that is there already stays as it is, with its balance,
// so that a second run changes nothing. With check nothing is opened.
//
// Refusals: KindAuthorization, KindParamMissing for the reason, KindParamSyntax
// with the faults.
func (r *Registry) ImportAccounts(ctx context.Context, actor Actor, file io.Reader, check bool) (ImportCount, error) {
	return r.importLines(ctx, actor, file, accountColumns, 2, check, (*Tx).importAccount)
}

// errChecked ends the transaction of an import that only checks.
var errChecked = errors.New("checked")

// importLines gives each line of a CSV file to fn, by column, in one
// transaction; the first columns must be there.
func (r *Registry) importLines(ctx context.Context, actor Actor, file io.Reader, columns []string, required int, check bool,
	fn func(tx *Tx, ctx context.Context, line map[string]string) (there bool, err error)) (ImportCount, error) {
	var n ImportCount
	lines, err := readLines(file, columns, required)
	if err != nil {
		return n, err
	}
	err = r.keepMoney(ctx, actor, func(tx *Tx) error {
		n = ImportCount{}
		var faults []string
		for i, l := range lines {
			there, err := fn(tx, ctx, l)
			switch refusal := AsRefusal(MoneyRefusal(err)); {
			case refusal != nil:
				faults = append(faults, fmt.Sprintf("line %d: %s", i+2, refusal.Reason))
			case err != nil:
				return err
			case there:
				n.There++
			default:
				n.Added++
			}
		}
		if len(faults) > 0 {
			return Refuse(KindParamSyntax, "", "Nothing was imported. %s", strings.Join(faults, "\n"))
		}
		if check {
			return errChecked
		}
		return nil
	})
	if errors.Is(err, errChecked) {
		err = nil
	}
	return n, err
}

// readLines reads the lines of a CSV file with a head line, by column.
func readLines(file io.Reader, columns []string, required int) ([]map[string]string, error) {
	in := csv.NewReader(file)
	in.TrimLeadingSpace = true
	head, err := in.Read()
	if err != nil {
		return nil, Refuse(KindParamSyntax, "", "The file has no head line: %v.", err)
	}
	for i, column := range head {
		head[i] = strings.TrimPrefix(strings.TrimSpace(column), "\ufeff")
		if !slices.Contains(columns, head[i]) {
			return nil, Refuse(KindParamSyntax, "", "There is no column %q: %s.", column, strings.Join(columns, ", "))
		}
	}
	for _, column := range columns[:required] {
		if !slices.Contains(head, column) {
			return nil, Refuse(KindParamSyntax, "", "The column %s is missing.", column)
		}
	}
	var lines []map[string]string
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, Refuse(KindParamSyntax, "", "%v.", err)
		}
		line := map[string]string{}
		for i, f := range fields {
			line[head[i]] = strings.TrimSpace(f)
		}
		lines = append(lines, line)
	}
}

// importAccount opens one account with its balance.
func (tx *Tx) importAccount(ctx context.Context, line map[string]string) (there bool, err error) {
	n := customer.New{Handle: line["contact"], TAG: strings.ToUpper(line["tag"]), Currency: line["currency"]}
	for column, to := range map[string]**string{"class": &n.Class, "tax-zone": &n.TaxZone, "sales-person": &n.SalesPerson,
		"sales-branch": &n.SalesBranch, "schedule": &n.Schedule} {
		if v := line[column]; v != "" {
			*to = &v
		}
	}
	a, there, err := customer.Create(ctx, tx.Tx, n)
	if err != nil || there {
		return there, err
	}
	tx.recordAccount(a, "import", changes{}.add("contact", nil, a.Handle).add("tag", nil, a.TAG).add("currency", nil, a.Currency))
	if line["balance"] == "" {
		return false, nil
	}
	amount, err := billing.ParseMoney(line["balance"], a.Currency)
	if err != nil {
		return false, Refuse(KindParamSyntax, "", "The balance: %v.", err)
	}
	if amount.Minor == 0 {
		return false, nil
	}
	_, err = billing.IssueMemo(ctx, tx.Tx, billing.Memo{Account: a.ID, Kind: billing.MemoInitialBalance, Amount: amount,
		Description: "Initial balance: import", Dated: tx.today.EPPTime(), Staff: tx.actor.Staff})
	return false, err
}
