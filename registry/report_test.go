package registry

import (
	"testing"
)

// played is a register after some months of commands.
func played(t *testing.T) *register {
	t.Helper()
	r := newRegister(t)
	months := func(m int) Date { return NewDate(2027, 0, 10).AddMonths(m) }
	at := func(m int) { r.day(months(m)) }
	at(1) // January
	for _, n := range []string{"one.co.test", "two.co.test"} {
		r.create("A-ONE", n)
	}
	r.create("B-TWO", "mistake.co.test")
	_, err := r.CreateDomain(r.ctx, r.gtld("A-ONE"), CreateDomainParams{Name: "grace.gen", Years: 2})
	must(t, err)
	_, err = r.DeleteDomain(r.ctx, r.gtld("A-ONE"), "grace.gen")
	must(t, err)
	_, err = r.DeleteDomain(r.ctx, r.as("B-TWO"), "mistake.co.test")
	must(t, err)
	r.day(NewDate(2027, 1, 29)) // its grace period ends in February
	_, err = r.CreateDomain(r.ctx, r.gtld("B-TWO"), CreateDomainParams{Name: "late.gen", Years: 3})
	must(t, err)
	at(2) // February
	_, err = r.TransferByStaff(r.ctx, staff(RoleOperator), "two.co.test", "B-TWO")
	must(t, err)
	return r
}

func sum(list [ReportYears]int64) int64 {
	n := int64(0)
	for _, v := range list {
		n += v
	}
	return n
}

// The figures are those of what was played: what was taken back in grace is no
// add, a gtld add counts when its grace period ends, totals are those of the
// month's end whatever happened since.
func TestReportTransactions(t *testing.T) {
	r := played(t)
	report := func(month Date) map[string]Transactions {
		t.Helper()
		list, err := r.ReportTransactions(r.ctx, month, ReportFilter{})
		must(t, err)
		out := map[string]Transactions{}
		for _, v := range list {
			out[v.TAG+" "+v.Zone] = v
		}
		return out
	}
	jan, feb := report(NewDate(2027, 1, 1)), report(NewDate(2027, 2, 15))
	if v := jan["A-ONE co.test"]; sum(v.Adds) != 2 || v.Domains != 2 || v.LosingSuccessful != 0 {
		t.Errorf("January, A-ONE in co.test: %+v", v)
	}
	if v := jan["A-ONE gen"]; sum(v.Adds) != 0 || v.DeletedGrace != 1 || v.DeletedNoGrace != 0 || v.Domains != 0 {
		t.Errorf("January, A-ONE in gen: %+v", v)
	}
	if v := jan["B-TWO co.test"]; sum(v.Adds) != 0 || v.DeletedGrace != 1 || v.Domains != 0 {
		t.Errorf("January, B-TWO in co.test: %+v", v)
	}
	if v := jan["B-TWO gen"]; sum(v.Adds) != 0 || v.Domains != 1 {
		t.Errorf("January, B-TWO in gen: %+v", v)
	}
	if v := feb["A-ONE co.test"]; sum(v.Adds) != 0 || v.LosingSuccessful != 1 || v.Domains != 1 {
		t.Errorf("February, A-ONE in co.test: %+v", v)
	}
	if v := feb["B-TWO co.test"]; v.GainingSuccessful != 1 || v.Domains != 1 {
		t.Errorf("February, B-TWO in co.test: %+v", v)
	}
	if v := feb["B-TWO gen"]; v.Adds[2] != 1 || sum(v.Adds) != 1 {
		t.Errorf("February, B-TWO in gen: %+v", v)
	}
	only, err := r.ReportTransactions(r.ctx, NewDate(2027, 1, 1), ReportFilter{TAG: "B-TWO", Zone: "gen"})
	must(t, err)
	if len(only) != 1 || only[0].TAG != "B-TWO" || only[0].Zone != "gen" {
		t.Errorf("filtered: %+v", only)
	}
	_, err = r.ReportTransactions(r.ctx, NewDate(2027, 1, 1), ReportFilter{TAG: "NONE"})
	refused(t, err, KindNotFound, "")
}

func TestReportNames(t *testing.T) {
	r := played(t)
	growth, err := r.ReportGrowth(r.ctx, NewDate(2027, 2, 1), 3, ReportFilter{Zone: "co.test"})
	must(t, err)
	if len(growth) != 3 || growth[0].Names != 0 || growth[1].Names != 2 || growth[1].Added != 3 || growth[1].Deleted != 1 || growth[2].Names != 2 || growth[2].Change != 0 {
		t.Errorf("growth %+v", growth)
	}
	r.exec(`UPDATE domain SET expires = '2028-05-10', auto_bill = 10 WHERE name = 'one.co.test'`)
	expiring, err := r.ReportExpiring(r.ctx, NewDate(2028, 5, 1), NewDate(2028, 5, 31), ReportFilter{})
	must(t, err)
	if want := (ExpiringMonth{Month: NewDate(2028, 5, 1), TAG: "A-ONE", Zone: "co.test", Names: 1, AutoBill: 1}); len(expiring) != 1 || expiring[0] != want {
		t.Errorf("expiring %+v", expiring)
	}
	figures, err := r.ReportRegistrars(r.ctx, ReportFilter{TAG: "B-TWO"})
	must(t, err)
	if len(figures) != 1 || figures[0].Names != 2 || figures[0].Contacts < 1 {
		t.Errorf("figures %+v", figures)
	}
}
