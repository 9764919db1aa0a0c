package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/wneessen/go-mail"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/namekeep/namekeep/registry/pg"
)

// Sender hands the messages of the outbox to a mail server (rule N1). Any
// number may run on one database, in one process or in many: each leases the
// rows that it works on.
type Sender struct {
	DB        *pg.DB
	Clock     func() time.Time // real time: delivery does not follow the registry clock
	SMTP      SMTP
	Envelope  Envelope
	DKIM      *DKIM // nil: not signed
	Templates *Templates
	// Documents returns the attachments of notices with a document (HasDocument);
	// it may be nil where no such notice is queued.
	Documents func(ctx context.Context, kind Kind, payload json.RawMessage) ([]File, error)
	Workers   int           // connections at once; default 2
	PerSecond float64       // messages at most; 0: no limit
	Poll      time.Duration // how often the outbox is looked at when it was empty; default 1 s
	Log       *slog.Logger
	Metrics   *Metrics // nil: not counted
}

// Pauses after the mail server or the database was not to be had.
const (
	firstPause   = time.Second
	longestPause = time.Minute
	giveUpEvery  = time.Minute
	markPause    = 200 * time.Millisecond
)

// Run sends until ctx ends. What is on its way then is brought to its end. It
// fails only on settings that make no sense.
func (s *Sender) Run(ctx context.Context) error {
	err := errors.Join(s.SMTP.Check(), s.Envelope.Check())
	if err == nil {
		_, err = s.SMTP.client(s.DKIM)
	}
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	limit := rate.NewLimiter(rate.Inf, 1)
	if s.PerSecond > 0 {
		limit = rate.NewLimiter(rate.Limit(s.PerSecond), max(1, int(s.PerSecond)))
	}
	var g errgroup.Group
	for range max(1, orDefault(s.Workers, 2)) {
		g.Go(func() error { (&worker{Sender: s, limit: limit}).run(ctx); return nil })
	}
	g.Go(func() error { s.giveUp(ctx); return nil })
	return g.Wait()
}

func orDefault[T int | time.Duration](v, deflt T) T {
	if v == 0 {
		return deflt
	}
	return v
}

// giveUp looks for messages that have been tried for too long.
func (s *Sender) giveUp(ctx context.Context) {
	for {
		n, err := giveUp(ctx, s.DB, s.Clock())
		if err != nil && ctx.Err() == nil {
			s.Log.Error("mail", "error", err)
		}
		for range n {
			s.Metrics.count(resultExpired)
		}
		if n > 0 {
			s.Log.Warn("messages were given up after three days", "messages", n)
		}
		if !sleep(ctx, giveUpEvery) {
			return
		}
	}
}

// worker is one connection to the mail server.
type worker struct {
	*Sender
	limit  *rate.Limiter
	client *mail.Client // nil: not connected
}

func (w *worker) run(ctx context.Context) {
	defer w.hangUp()
	pause := firstPause
	for ctx.Err() == nil {
		n, err := w.round(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			w.Log.Error("mail is waiting", "error", err, "pause", pause)
			w.hangUp()
			sleep(ctx, pause)
			pause = min(2*pause, longestPause)
		case n == 0:
			w.hangUp() // servers do not like idle connections
			pause = firstPause
			sleep(ctx, orDefault(w.Poll, time.Second))
		default:
			pause = firstPause
		}
	}
}

// round leases some messages and sends them. It connects first, so that a
// server that is away costs no attempt of any message.
func (w *worker) round(ctx context.Context) (int, error) {
	if w.client == nil {
		var waiting bool
		err := w.DB.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL
			AND (due_at IS NULL OR due_at <= $1))`, w.Clock()).Scan(&waiting)
		if err != nil || !waiting {
			return 0, err
		}
		err = w.connect(ctx)
		if err != nil {
			return 0, err
		}
	}
	items, until, err := lease(ctx, w.DB, w.Clock(), leaseRows)
	if err != nil {
		return 0, err
	}
	for i := range items {
		// Time for one message must be left, or another sender may have it.
		late := w.Clock().Add(4 * w.SMTP.timeout()).After(until)
		if late || ctx.Err() != nil || w.limit.Wait(ctx) != nil {
			return i, release(context.WithoutCancel(ctx), w.DB, items[i:], w.Clock())
		}
		err = w.send(ctx, items[i])
		if err != nil {
			return i, errors.Join(err, release(context.WithoutCancel(ctx), w.DB, items[i+1:], w.Clock()))
		}
	}
	return len(items), nil
}

func (w *worker) connect(ctx context.Context) error {
	c, err := w.SMTP.client(w.DKIM)
	if err == nil {
		err = dial(ctx, c)
	}
	if err == nil {
		w.client = c
	}
	return err
}

func (w *worker) hangUp() {
	if w.client != nil {
		// The server may have hung up first.
		_ = w.client.Close()
		w.client = nil
	}
}

// send sends one message and notes what came of it. An error is the database's,
// or says that there is no connection to be had.
func (w *worker) send(ctx context.Context, i item) error {
	ctx = context.WithoutCancel(ctx) // what has begun is brought to its end
	err := i.load(ctx, w.DB)
	if err != nil {
		return err
	}
	id := messageID(i.id, i.queued, w.Envelope.From)
	msg, err := w.message(ctx, i, id)
	if err != nil {
		w.Log.Error("a message cannot be made", "message", i.id, "kind", i.kind, "error", err)
		return w.failed(ctx, i, id, verdict{reason: err.Error(), refused: !errors.Is(err, errDocument)}, resultBroken)
	}
	v, err := w.hand(ctx, msg)
	if err != nil {
		return errors.Join(err, release(ctx, w.DB, []item{i}, w.Clock()))
	}
	if !v.accepted {
		result := resultRetry
		if v.refused {
			result = resultRefused
		}
		w.Log.Warn("a message was not accepted", "message", i.id, "kind", i.kind, "code", v.code, "for_good", v.refused)
		return w.failed(ctx, i, id, v, result)
	}
	w.Metrics.count(resultSent)
	// The server has it: until this is noted, it would be sent again.
	for until := w.Clock().Add(leaseTime / 2); ; {
		err = markSent(ctx, w.DB, i, id, w.Clock())
		if err == nil || w.Clock().After(until) {
			return err
		}
		sleep(ctx, markPause)
	}
}

// hand hands in a message, over a new connection if the old one was gone before
// it was begun. An error says that there is no connection to be had.
func (w *worker) hand(ctx context.Context, msg *mail.Msg) (verdict, error) {
	for again := false; ; again = true {
		if w.client == nil {
			err := w.connect(ctx)
			if err != nil {
				return verdict{}, err
			}
		}
		v := hand(w.client, msg)
		if v.broken {
			w.hangUp()
		}
		if !v.untried || again {
			return v, nil
		}
	}
}

// failed notes a message that was not accepted.
func (w *worker) failed(ctx context.Context, i item, id string, v verdict, result string) error {
	now := w.Clock()
	forGood := v.refused
	due, end := now.Add(backoff(i.attempts)), i.queued.Add(giveUpAfter)
	switch {
	case forGood:
	case !now.Before(end):
		forGood, result = true, resultExpired
	case due.After(end):
		due = end // the last attempt
	}
	w.Metrics.count(result)
	return markFailed(ctx, w.DB, i, id, v, forGood, now, due)
}

// errDocument says that an attachment could not be had now; it may be had later.
var errDocument = errors.New("the document cannot be had")

func (w *worker) message(ctx context.Context, i item, id string) (*mail.Msg, error) {
	m, err := w.Templates.Preview(i.kind, i.language, i.payload)
	if err != nil {
		return nil, err
	}
	if HasDocument(i.kind) {
		if w.Documents == nil {
			return nil, fmt.Errorf("%w: nothing makes the documents of %s", errDocument, i.kind)
		}
		files, err := w.Documents(ctx, i.kind, i.payload)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errDocument, err)
		}
		m.Files = append(m.Files, files...)
	}
	return compose(w.Envelope, w.Templates.identity, i.recipient, id, w.Clock(), m)
}

// sleep waits for d of real time; false: ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
