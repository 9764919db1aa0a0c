package main

import (
	"fmt"

	"github.com/namekeep/namekeep/billing"
)

type creditNoteCommands struct {
	Issue creditNoteIssue `cmd:"" help:"Credit lines of an invoice, which is not altered (B14)."`
	List  creditNoteList  `cmd:"" help:"List credit notes."`
}

// Help shows examples.
func (creditNoteCommands) Help() string {
	return `  registryctl --reason "letter of 3 July" credit-note issue INV-000017 --for distance-selling --name shop.co.example
  registryctl --reason "ticket 812" credit-note issue INV-000017 --for billing-error --all
  registryctl credit-note list --tag ALPHA

Under distance-selling the renewals are withdrawn and the expiry dates go back;
for any other reason the renewals stand and count as paid.`
}

type creditNoteIssue struct {
	Invoice string   `arg:"" help:"Number of the invoice."`
	For     string   `required:"" enum:"distance-selling,billing-error,registry-fault,goodwill" help:"distance-selling, billing-error, registry-fault or goodwill."`
	Name    []string `xor:"lines" required:"" placeholder:"NAME" help:"Credit the lines of this name; may be repeated."`
	All     bool     `xor:"lines" required:"" help:"Credit all lines that are not credited yet."`
	Note    string   `placeholder:"TEXT" help:"Stands on the credit note."`
}

func (c *creditNoteIssue) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	what := fmt.Sprintf("the lines of %s", join(c.Name, ", "))
	if c.All {
		what = "all lines"
	}
	err = s.confirm("A credit note (%s) for %s of invoice %s will be issued.", c.For, what, c.Invoice)
	if err != nil {
		return err
	}
	n, err := r.IssueCreditNote(s.ctx, actor, billing.Credit{Invoice: c.Invoice, Names: c.Name, Reason: c.For, Note: c.Note})
	if err != nil {
		return err
	}
	return s.listCreditNotes([]billing.CreditNote{n.CreditNote}, false)
}

type creditNoteList struct {
	Tag     string `placeholder:"TAG" help:"Only those of a registrar."`
	Invoice string `placeholder:"NUMBER" help:"Only those for an invoice."`
	Limit   int    `default:"1000" help:"The latest so many."`
	CSV     bool   `name:"csv" help:"Print CSV."`
}

func (c *creditNoteList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	list, err := billing.CreditNotes(s.ctx, r.DB(), billing.CreditNoteFilter{TAG: c.Tag, Invoice: c.Invoice, Limit: c.Limit})
	if err != nil {
		return refused(err)
	}
	return s.listCreditNotes(list, c.CSV)
}

type creditNoteView struct {
	Number  string    `json:"number"`
	Invoice string    `json:"invoice"`
	Tag     string    `json:"tag"`
	Dated   string    `json:"dated"`
	Reason  string    `json:"reason"`
	Note    string    `json:"note,omitempty"`
	Net     moneyView `json:"net"`
	Tax     moneyView `json:"tax"`
	Gross   moneyView `json:"gross"`
	Applied moneyView `json:"applied_to_invoice"`
}

func (s *session) listCreditNotes(list []billing.CreditNote, asCSV bool) error {
	views, rows := []creditNoteView{}, [][]string{}
	for _, n := range list {
		views = append(views, creditNoteView{n.DocumentNumber(), n.Invoice, n.TAG, civil(n.Dated), n.Reason, n.Note, money(n.Net, n.Currency),
			money(n.Tax, n.Currency), money(n.Gross(), n.Currency), money(n.Applied, n.Currency)})
		rows = append(rows, []string{n.DocumentNumber(), n.Invoice, n.TAG, civil(n.Dated), n.Reason, n.Currency, decimal(n.Net, n.Currency),
			decimal(n.Tax, n.Currency), decimal(n.Gross(), n.Currency), decimal(n.Applied, n.Currency)})
	}
	return s.report(views, []string{"Credit note", "Invoice", "Tag", "Dated", "Reason", "Currency", "Net", "Tax", "Gross", "Applied"}, rows,
		"No credit notes.", asCSV)
}
