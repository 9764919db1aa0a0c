package zonefile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry"
)

// Options are how zones are published.
type Options struct {
	// MaxShrink is the share of a zone's names, in percent, that may vanish within
	// GuardWindow; more stops the zone.
	MaxShrink int
	// FreeShrink is a number of names that may vanish at any time, so that small
	// zones are not stopped by a few.
	FreeShrink int
	// Keep is how long the journal goes back.
	Keep time.Duration
}

// GuardWindow is how long a zone's size is remembered for the shrink guard.
const GuardWindow = 24 * time.Hour

// DefaultOptions are the options of an empty configuration.
func DefaultOptions() Options {
	return Options{MaxShrink: 10, FreeShrink: 10, Keep: 7 * 24 * time.Hour}
}

// Publisher publishes the zones of a register. Any number of them, in any number
// of processes, may work on one database: each pass locks zone_watch.
type Publisher struct {
	reg *registry.Registry
	o   Options
	log *slog.Logger
}

// NewPublisher returns a publisher of the zones of r.
func NewPublisher(r *registry.Registry, o Options, log *slog.Logger) *Publisher {
	return &Publisher{reg: r, o: o, log: log}
}

// StoppedError says that the shrink guard has stopped a zone; nothing of it was
// published.
type StoppedError struct {
	Zone string
	Why  string
}

func (e *StoppedError) Error() string { return fmt.Sprintf("zone %s is stopped: %s", e.Zone, e.Why) }

// publication is a row of zone_publication.
type publication struct {
	zone       int32
	serial     uint32
	version    int64
	published  time.Time
	checked    time.Time
	names      int64
	head       Head
	fixed      string
	compare    bool
	catchUp    *int64
	guardNames int64
	guardAt    time.Time
	stoppedAt  *time.Time
	stoppedWhy *string
}

const publicationSQL = `SELECT zone_id, serial, version, published_at, checked_at, names, head, fixed, compare, catch_up,
	guard_names, guard_at, stopped_at, stopped_why FROM zone_publication`

func scanPublication(row pgx.Row) (publication, error) {
	var p publication
	var serial int64
	var head []byte
	err := row.Scan(&p.zone, &serial, &p.version, &p.published, &p.checked, &p.names, &head, &p.fixed, &p.compare, &p.catchUp,
		&p.guardNames, &p.guardAt, &p.stoppedAt, &p.stoppedWhy)
	if err != nil {
		return p, err
	}
	p.serial = uint32(serial)
	return p, json.Unmarshal(head, &p.head)
}

func readPublications(ctx context.Context, tx pgx.Tx) (map[int32]*publication, error) {
	rows, err := tx.Query(ctx, publicationSQL)
	if err != nil {
		return nil, fmt.Errorf("read the publications: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (publication, error) { return scanPublication(row) })
	if err != nil {
		return nil, fmt.Errorf("read the publications: %w", err)
	}
	out := map[int32]*publication{}
	for i := range list {
		out[list[i].zone] = &list[i]
	}
	return out, nil
}

// areas reads the zones and their apexes.
func (p *Publisher) areas(ctx context.Context) (*areas, error) {
	zones, err := p.reg.Zones(ctx)
	if err != nil {
		return nil, err
	}
	apexes, err := p.reg.ZoneApexes(ctx)
	if err != nil {
		return nil, err
	}
	return newAreas(zones, apexes), nil
}

// guard decides whether a zone may go from its names of now to a number of
// them, and moves its yardstick: up with the zone, down only when GuardWindow
// has passed.
func (p *Publisher) guard(z *publication, zone string, names int64, now time.Time) error {
	if names > z.guardNames || now.Sub(z.guardAt) >= GuardWindow {
		z.guardNames, z.guardAt = max(z.names, names), now
	}
	if why := p.o.shrink(z.guardNames, names); why != "" {
		return &StoppedError{Zone: zone, Why: why}
	}
	return nil
}

// shrink says what is wrong with a zone of so many names before and after, "" if
// nothing is.
func (o Options) shrink(before, after int64) string {
	lost := before - after
	if lost <= int64(o.FreeShrink) || lost*100 <= before*int64(o.MaxShrink) {
		return ""
	}
	return fmt.Sprintf("%d of %d names would go, more than %d percent", lost, before, o.MaxShrink)
}

// Stopped returns the zones that an error says are stopped by the shrink guard,
// joined or single.
func Stopped(err error) *StoppedError {
	var s *StoppedError
	if errors.As(err, &s) {
		return s
	}
	return nil
}
