package axfr

import (
	"context"
	"time"

	"github.com/miekg/dns"

	"github.com/namekeep/namekeep/registry/zonefile"
)

// increments answers an IXFR: the changes since the client's serial, or the
// whole zone where the journal does not go back so far (RFC 1995 section 4).
func (q *query) increments(ctx context.Context) error {
	if len(q.msg.Ns) != 1 {
		return refuse(dns.RcodeFormatError, "IXFR without the client's SOA")
	}
	soa, ok := q.msg.Ns[0].(*dns.SOA)
	if !ok || dns.CanonicalName(soa.Hdr.Name) != dns.CanonicalName(q.msg.Question[0].Name) {
		return refuse(dns.RcodeFormatError, "IXFR without the client's SOA")
	}
	if !q.tcp {
		// The client sees that there is something new and comes back over TCP.
		return q.soa(ctx)
	}
	return q.transfer(ctx, &soa.Serial)
}

// transfer gives the whole zone, or the changes since a serial.
func (q *query) transfer(ctx context.Context, since *uint32) error {
	if !q.s.slots.TryAcquire(1) {
		return refuse(dns.RcodeServerFailure, "too many transfers at once")
	}
	defer q.s.slots.Release(1)
	began := q.s.cfg.Now()
	o := &outgoing{q: q}
	whole := true
	err := q.s.pub.Read(ctx, q.zone, func(ctx context.Context, r *zonefile.Reading) error {
		if o.sent > 0 {
			// The state changed under a repetition; what was sent cannot be recalled.
			return errBrokenOff
		}
		*o = outgoing{q: q}
		current := r.SOA(r.Serial)
		err := o.add(current)
		if err != nil {
			return err
		}
		if since != nil {
			done, err := o.changes(ctx, r, *since)
			if err != nil || done {
				whole = !done
				return err
			}
		}
		err = r.Records(ctx, o.add)
		if err != nil {
			return err
		}
		return o.add(current)
	})
	if err == nil {
		err = o.flush()
	}
	if err != nil {
		return err
	}
	q.s.records.Add(float64(o.records))
	q.s.cfg.Log.Info("zone transferred", "to", q.who.Name, "zone", q.zone, "type", q.kind(), "whole", whole, "records", o.records,
		"seconds", q.s.cfg.Now().Sub(began).Round(time.Millisecond).Seconds())
	return nil
}

// changes gives the changes since a serial, or nothing but the SOA to a client
// that has the zone already; it reports false where the journal does not reach.
func (o *outgoing) changes(ctx context.Context, r *zonefile.Reading, since uint32) (bool, error) {
	if since == r.Serial || zonefile.After(since, r.Serial) {
		return true, nil
	}
	done, err := r.Since(ctx, since, func(d zonefile.Delta) error {
		err := o.add(r.SOA(d.From))
		for _, rr := range d.Removed {
			if err == nil {
				err = o.add(rr)
			}
		}
		if err == nil {
			err = o.add(r.SOA(d.To))
		}
		for _, rr := range d.Added {
			if err == nil {
				err = o.add(rr)
			}
		}
		return err
	})
	if err != nil || !done {
		return false, err
	}
	return true, o.add(r.SOA(r.Serial))
}

type brokenOff struct{}

func (brokenOff) Error() string { return "the transfer has to begin anew" }

var errBrokenOff = brokenOff{}

// outgoing packs records into messages and sends them.
type outgoing struct {
	q       *query
	held    []dns.RR
	size    int
	sent    int // messages
	records int
}

func (o *outgoing) add(rr dns.RR) error {
	n := dns.Len(rr)
	if o.size+n > messageSize {
		err := o.flush()
		if err != nil {
			return err
		}
	}
	o.held, o.size = append(o.held, rr), o.size+n
	o.records++
	return nil
}

func (o *outgoing) flush() error {
	if len(o.held) == 0 {
		return nil
	}
	m := new(dns.Msg)
	m.SetReply(o.q.msg)
	m.Authoritative, m.Compress, m.Answer = true, true, o.held
	if o.sent == 0 {
		o.q.addEDNS(m)
	}
	o.q.sign(m)
	err := o.q.reply(m)
	o.q.w.TsigTimersOnly(true)
	o.held, o.size = o.held[:0], 0
	o.sent++
	return err
}
