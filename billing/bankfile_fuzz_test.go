package billing

import "testing"

// Whatever a bank file holds, reading it gives payments that may be booked, or
// a refusal and none.
func FuzzReadBankCSV(f *testing.F) {
	const head = "reference,date,amount,currency,tag,invoice,text\n"
	for _, s := range []string{"", head, head + "R1,2026-07-01,1.20,GBP,A-ONE,17,text\n", "\ufeffDate;Amount;Currency;Reference\n2026-07-01;1.20;GBP;R1\n",
		head + "R1,2026-07-01,99999999999999999999.99,JPY,,,\n", head + "\"R\n1\",0000-00-00,1e9,KWD,\"\"\"\",,\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := ReadBankCSV("bank.csv", data)
		if err != nil {
			if len(file.Lines) != 0 {
				t.Error("payments and a refusal")
			}
			return
		}
		for _, l := range file.Lines {
			if l.BankRef == "" || l.Amount.Minor <= 0 || len(l.Amount.Currency) != 3 || l.BookedOn.Year() < firstBookedYear {
				t.Errorf("a payment that cannot be booked: %+v", l)
			}
		}
	})
}
