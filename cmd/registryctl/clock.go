package main

import (
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
)

type clockCommands struct {
	Show    clockShow    `cmd:"" help:"Show the registry's time."`
	Advance clockAdvance `cmd:"" help:"Move the clock forward."`
	Set     clockSet     `cmd:"" help:"Move the clock forward to an instant."`
}

type clockShow struct{}

func (c *clockShow) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	return s.showClock(r)
}

type clockAdvance struct {
	Days int           `help:"Days."`
	By   time.Duration `placeholder:"DURATION" help:"And this much, such as 6h30m."`
}

func (c *clockAdvance) Run(s *session) error {
	by := time.Duration(c.Days)*oneDay + c.By
	if by <= 0 || c.Days > 36_500 {
		return usage("give --days or --by, forward only")
	}
	return s.moveClock(func(*registry.Registry) (time.Duration, error) { return by, nil })
}

type clockSet struct {
	To string `arg:"" help:"YYYY-MM-DD, the start of that civil day, or RFC 3339, 2026-03-10T12:00:00Z."`
}

func (c *clockSet) Run(s *session) error {
	return s.moveClock(func(r *registry.Registry) (time.Duration, error) {
		to, err := time.Parse(time.RFC3339, c.To)
		if err != nil {
			d, dateErr := registry.ParseDate(c.To)
			if dateErr != nil {
				return 0, usage("%q is neither a date nor an instant of RFC 3339", c.To)
			}
			to = d.Start(r.Location())
		}
		by := to.Sub(r.Now())
		if by < 0 {
			return 0, registry.Refuse(registry.KindPolicy, "", "The clock cannot go back: it is %s.", clock(r.Now()))
		}
		return by, nil
	})
}

// moveClock moves the clock, as an admin, on a test bed.
func (s *session) moveClock(by func(*registry.Registry) (time.Duration, error)) error {
	err := s.admin()
	if err != nil {
		return err
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	if !r.Installation().TestBed {
		return pg.ErrNotTestBed
	}
	d, err := by(r)
	if err != nil {
		return err
	}
	err = s.confirm("The clock of this test bed goes forward by %s, and the batch of each day passed runs. It never goes back.", d.Round(time.Second))
	if err != nil {
		return err
	}
	err = r.AdvanceClock(s.ctx, r.Now().Add(d), registry.BatchOptions{Progress: s.batchProgress()})
	if err != nil {
		return err
	}
	return s.showClock(r)
}

func (s *session) showClock(r *registry.Registry) error {
	now := r.Now()
	i := r.Installation()
	view := map[string]any{"now": now, "today": r.Today().String(), "time_zone": i.TimeZone, "test_bed": i.TestBed}
	return s.print(view, func() {
		kind := "production: the clock cannot be moved"
		if i.TestBed {
			kind = "test bed"
		}
		s.fields("Now", clock(now), "Today", r.Today().String(), "Time zone", i.TimeZone, "Installation", kind)
	})
}
