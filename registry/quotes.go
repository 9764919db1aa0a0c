package registry

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/billing"
)

// quoteBook is this process's copy of the prices that registrars on credit and
// without a limit were quoted lately. A price may be as old as the copy of the
// zones may be; whether the registrar still has the terms that the quote is for
// is judged by the statement that writes the charge.
type quoteBook struct {
	mu     sync.Mutex
	quotes map[billing.QuoteFor]bookedQuote
}

type bookedQuote struct {
	quote billing.Quote
	read  time.Time // by the registry clock
}

// maxBookedQuotes bounds the book: it is begun anew when it is full.
const maxBookedQuotes = 10_000

// bookedQuote gives the price of an operation. ok is false where it has to be
// read together with the funds it is paid from, and where there is none.
func (r *Registry) bookedQuote(ctx context.Context, f billing.QuoteFor) (q billing.Quote, ok bool, err error) {
	now := r.db.Now()
	b := &r.quotes
	b.mu.Lock()
	booked, found := b.quotes[f]
	b.mu.Unlock()
	if age := now.Sub(booked.read); !found || age < 0 || age >= r.zones.ttl {
		err = r.db.ReadBatch(ctx, func(batch *pgx.Batch) { billing.QueueQuote(batch, f, &booked.quote) })
		if err != nil {
			return q, false, err
		}
		booked.read = now
		b.mu.Lock()
		if b.quotes == nil || len(b.quotes) >= maxBookedQuotes {
			b.quotes = map[billing.QuoteFor]bookedQuote{}
		}
		b.quotes[f] = booked
		b.mu.Unlock()
	}
	return booked.quote, booked.quote.Found && !booked.quote.Prepaid && !booked.quote.Limited, nil
}
