package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// QueueCharges adds many lines as a set; they are written with the commit. What
// prepaid registrars owe is debited from their deposits, which the quotes have
// locked; the caller has checked that the funds cover it.
func QueueCharges(ctx context.Context, tx *pg.Tx, list []Charge) error {
	rows, err := tx.Query(ctx, `SELECT nextval('charge_id_seq') FROM generate_series(1, $1)`, len(list))
	if err != nil {
		return fmt.Errorf("number the charges: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("number the charges: %w", err)
	}
	type debtor struct {
		registrar int32
		currency  string
	}
	debits, funds := map[debtor][]int64{}, map[debtor]Funds{}
	var order []debtor
	set := chargeSet{ids: ids}
	for i, c := range list {
		set.add(c)
		if !c.Quote.Prepaid {
			continue
		}
		d := debtor{c.Registrar, c.Quote.Net.Currency}
		if debits[d] == nil {
			order = append(order, d)
		}
		debits[d], funds[d] = append(debits[d], ids[i]), c.Quote.Funds
	}
	set.queue(tx)
	for _, d := range order {
		QueueDebits(tx, d.registrar, d.currency, funds[d], debits[d])
	}
	return nil
}

// chargeSet is charges column by column.
type chargeSet struct {
	ids, domains, amounts, taxes  []int64
	registrars, zones, rates      []int32
	operations, names, currencies []string
	requests                      []*int64
	years                         []int16
	from, to                      []*time.Time
	prepaid                       []bool
	on                            []time.Time
}

func (s *chargeSet) add(c Charge) {
	var request *int64
	if c.RequestID != 0 {
		request = &c.RequestID
	}
	q := c.Quote
	s.domains, s.names, s.requests = append(s.domains, c.DomainID), append(s.names, c.DomainName), append(s.requests, request)
	s.registrars, s.zones = append(s.registrars, c.Registrar), append(s.zones, c.Zone)
	s.operations, s.currencies = append(s.operations, string(c.Operation)), append(s.currencies, q.Net.Currency)
	s.amounts, s.taxes, s.rates = append(s.amounts, q.Net.Minor), append(s.taxes, q.Tax), append(s.rates, int32(q.TaxRate))
	s.years, s.prepaid, s.on = append(s.years, int16(c.Years)), append(s.prepaid, q.Prepaid), append(s.on, c.On)
	s.from, s.to = append(s.from, day(c.From)), append(s.to, day(c.To))
}

func (s *chargeSet) queue(tx *pg.Tx) {
	tx.Queue(`INSERT INTO charge (id, registrar_id, operation, zone_id, domain_id, domain_name, request_id, years, period_from,
			period_to, currency, amount, tax_rate, tax, charged_on, prepaid, charged_at)
		OVERRIDING SYSTEM VALUE SELECT v.*, $17::timestamptz FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::integer[],
			$5::bigint[], $6::text[], $7::bigint[], $8::smallint[], $9::date[], $10::date[], $11::text[], $12::bigint[],
			$13::integer[], $14::bigint[], $15::date[], $16::boolean[]) v`,
		s.ids, s.registrars, s.operations, s.zones, s.domains, s.names, s.requests, s.years, s.from, s.to, s.currencies,
		s.amounts, s.rates, s.taxes, s.on, s.prepaid, tx.Now)
}
