package main

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"

	"github.com/namekeep/namekeep/registry"
)

type reportCommands struct {
	Transactions reportTransactions `cmd:"" help:"What each registrar did in each zone in a month, in the columns reported to ICANN."`
	Registrars   reportRegistrars   `cmd:"" help:"What each registrar has now."`
	Expiring     reportExpiring     `cmd:"" help:"Names that expire, by month, zone and tag."`
	Growth       reportGrowth       `cmd:"" help:"How many names each zone had, month by month."`
}

// Help shows examples.
func (reportCommands) Help() string {
	return `  registryctl report transactions --month 2027-03 --csv > transactions.csv
  registryctl report expiring --months 6 --tag ALPHA
  registryctl --json report registrars
  registryctl report growth --months 12 --zone co.example`
}

// reportFlags are those of every report.
type reportFlags struct {
	Tag  string `placeholder:"TAG" help:"Only this registrar."`
	Zone string `placeholder:"ZONE" help:"Only this zone."`
	CSV  bool   `name:"csv" help:"Print CSV."`
}

func (f reportFlags) filter() (registry.ReportFilter, error) {
	out := registry.ReportFilter{TAG: f.Tag}
	if f.Zone == "" {
		return out, nil
	}
	zone, err := registry.ToASCII(f.Zone)
	out.Zone = zone
	return out, err
}

// show prints a report as table, CSV or JSON.
func (f reportFlags) show(s *session, v any, header []string, rows [][]string) error {
	if !f.CSV {
		return s.list(v, header, rows, "Nothing to report.")
	}
	if s.g.JSON {
		return usage("--csv or --json, not both")
	}
	w := csv.NewWriter(s.stdout)
	err := w.WriteAll(append([][]string{header}, rows...))
	if err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

func reportCounts(list ...int64) []string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.FormatInt(n, 10)
	}
	return out
}

// month is a month on the command line: YYYY-MM.
type month registry.Date

var monthForm = regexp.MustCompile(`^\d{4}-\d\d$`)

// UnmarshalText reads YYYY-MM; wrong text is wrong usage.
func (m *month) UnmarshalText(text []byte) error {
	d, err := registry.ParseDate(string(text) + "-01")
	if err != nil || !monthForm.Match(text) {
		return fmt.Errorf("%q is not a month: YYYY-MM", text)
	}
	*m = month(d)
	return nil
}

func monthText(d registry.Date) string { return d.String()[:7] }

type reportTransactions struct {
	Month month `placeholder:"YYYY-MM" help:"The month. Default: the last one that is over."`
	reportFlags
}

func (c *reportTransactions) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f, err := c.filter()
	if err != nil {
		return err
	}
	of := registry.Date(c.Month)
	if of.IsZero() {
		of = r.Today().AddMonths(-1)
	}
	list, err := r.ReportTransactions(s.ctx, of, f)
	if err != nil {
		return err
	}
	if !c.CSV {
		rows := [][]string{}
		for _, t := range list {
			adds, renews := int64(0), int64(0)
			for i := range t.Adds {
				adds, renews = adds+t.Adds[i], renews+t.Renews[i]
			}
			rows = append(rows, append([]string{monthText(t.Month), t.Zone, t.TAG}, reportCounts(t.Domains, t.NameServers, adds, renews, t.GainingSuccessful,
				t.LosingSuccessful, t.GainingNacked+t.LosingNacked, t.DeletedGrace, t.DeletedNoGrace, t.Restored)...))
		}
		return c.show(s, list, []string{"Month", "Zone", "Registrar", "Names", "Name servers", "Added", "Renewed", "Gained", "Lost", "Nacked",
			"Deleted in grace", "Deleted", "Restored"}, rows)
	}
	header := []string{"month", "tld", "registrar", "registrar-name", "iana-id", "total-domains", "total-nameservers"}
	for _, kind := range []string{"adds", "renews"} {
		for years := 1; years <= registry.ReportYears; years++ {
			header = append(header, fmt.Sprintf("net-%s-%d-yr", kind, years))
		}
	}
	header = append(header, "transfer-gaining-successful", "transfer-gaining-nacked", "transfer-losing-successful", "transfer-losing-nacked",
		"deleted-domains-grace", "deleted-domains-nograce", "restored-domains", "restored-noreport")
	rows := [][]string{}
	for _, t := range list {
		row := append([]string{monthText(t.Month), t.Zone, t.TAG, t.Name, zeroEmpty(t.IANAID)}, reportCounts(t.Domains, t.NameServers)...)
		row = append(row, reportCounts(t.Adds[:]...)...)
		row = append(row, reportCounts(t.Renews[:]...)...)
		rows = append(rows, append(row, reportCounts(t.GainingSuccessful, t.GainingNacked, t.LosingSuccessful, t.LosingNacked,
			t.DeletedGrace, t.DeletedNoGrace, t.Restored, t.RestoredNoReport)...))
	}
	return c.show(s, list, header, rows)
}

type reportRegistrars struct{ reportFlags }

func (c *reportRegistrars) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f, err := c.filter()
	if err != nil {
		return err
	}
	list, err := r.ReportRegistrars(s.ctx, f)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, v := range list {
		rows = append(rows, append([]string{v.TAG, v.Name, v.State}, reportCounts(v.Names, v.Suspended, v.Expiring, v.AutoBill, v.Waiting, v.Contacts, v.Hosts)...))
	}
	return c.show(s, list, []string{"Registrar", "Name", "State", "Names", "Suspended", "Expire in 60 days", "Auto-bill", "Unassigned", "Contacts", "Hosts"}, rows)
}

type reportExpiring struct {
	From   day `placeholder:"DATE" help:"First day. Default: today."`
	Months int `default:"12" help:"How many months."`
	reportFlags
}

func (c *reportExpiring) Run(s *session) error {
	if c.Months < 1 || c.Months > 240 {
		return usage("--months: 1 to 240")
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f, err := c.filter()
	if err != nil {
		return err
	}
	from := c.From.date()
	if from.IsZero() {
		from = r.Today()
	}
	list, err := r.ReportExpiring(s.ctx, from, from.AddMonths(c.Months).AddDays(-1), f)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, v := range list {
		rows = append(rows, append([]string{monthText(v.Month), v.Zone, v.TAG}, reportCounts(v.Names, v.AutoBill, v.NotWanted, v.Suspended)...))
	}
	return c.show(s, list, []string{"Month", "Zone", "Registrar", "Names", "Renew by themselves", "Not required", "Suspended"}, rows)
}

type reportGrowth struct {
	Last   month `placeholder:"YYYY-MM" help:"The last month. Default: this one."`
	Months int   `default:"12" help:"How many months."`
	reportFlags
}

func (c *reportGrowth) Run(s *session) error {
	if c.Months < 1 || c.Months > 240 {
		return usage("--months: 1 to 240")
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	f, err := c.filter()
	if err != nil {
		return err
	}
	last := registry.Date(c.Last)
	if last.IsZero() {
		last = r.Today()
	}
	list, err := r.ReportGrowth(s.ctx, last, c.Months, f)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, v := range list {
		rows = append(rows, append([]string{monthText(v.Month), v.Zone}, reportCounts(v.Names, v.Change, v.Added, v.Deleted)...))
	}
	return c.show(s, list, []string{"Month", "Zone", "Names", "Change", "Added", "Deleted"}, rows)
}
