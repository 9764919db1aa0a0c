package zonefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Schedule says how often a server does what.
type Schedule struct {
	Changes time.Duration // look for changes
	Files   time.Duration // write the file of a zone that changed; try a stopped zone again
	Compare time.Duration // compare the whole with the register
	Dir     string        // for the files; "" for none
}

// DefaultSchedule is the schedule of an empty configuration, without files.
func DefaultSchedule() Schedule {
	return Schedule{Changes: 10 * time.Second, Files: 30 * time.Minute, Compare: 24 * time.Hour}
}

// RunChanges publishes changes at every interval until ctx ends, as long as
// leads allows it; after each turn it calls done, with what was published.
func (p *Publisher) RunChanges(ctx context.Context, s Schedule, leads func() bool, done func([]Published, error)) {
	every(ctx, s.Changes, leads, func() {
		for more := true; more && ctx.Err() == nil; {
			var list []Published
			var err error
			list, more, err = p.Changes(ctx)
			if ctx.Err() == nil {
				done(list, err)
			}
		}
	})
}

// RunWhole fills new zones, compares the whole of the others when it is time,
// and writes files, until ctx ends and as long as leads allows it.
func (p *Publisher) RunWhole(ctx context.Context, s Schedule, leads func() bool, done func([]Whole, error)) {
	every(ctx, s.Changes, leads, func() {
		list, err := p.whole(ctx, s)
		if ctx.Err() == nil {
			done(list, err)
		}
	})
}

func every(ctx context.Context, d time.Duration, leads func() bool, work func()) {
	tick := time.NewTicker(d)
	defer tick.Stop()
	for {
		if leads() {
			work()
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Whole is what was done for a whole zone.
type Whole struct {
	Compared *Compared
	File     *File
}

// whole does for each zone what is due. A zone that fails does not keep the
// others from it.
func (p *Publisher) whole(ctx context.Context, s Schedule) ([]Whole, error) {
	as, err := p.areas(ctx)
	if err != nil {
		return nil, err
	}
	statuses, err := p.Statuses(ctx)
	if err != nil {
		return nil, err
	}
	byName := map[string]Status{}
	for _, st := range statuses {
		byName[st.Zone] = st
	}
	var out []Whole
	var faults []error
	for _, zone := range as.served() {
		var w Whole
		st, published := byName[zone]
		if !published || p.compareDue(st, s) {
			c, err := p.Compare(ctx, zone, false)
			faults = append(faults, err)
			if err == nil {
				w.Compared = &c
			}
		}
		if s.Dir != "" && p.fileDue(st, s) {
			f, err := p.WriteFile(ctx, s.Dir, zone)
			faults = append(faults, err)
			if err == nil {
				w.File = &f
			}
		}
		if w != (Whole{}) {
			out = append(out, w)
		}
	}
	return out, errors.Join(faults...)
}

// served are the names of the zones that are published, in order.
func (as *areas) served() []string {
	var out []string
	for name, a := range as.byName {
		if a.serves {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (p *Publisher) compareDue(st Status, s Schedule) bool {
	age := p.reg.Now().Sub(st.Compared)
	if !st.Stopped.IsZero() {
		return age >= s.Files
	}
	return st.Compare || age >= s.Compare
}

// fileDue tells whether a zone's file is behind, or missing on this machine.
func (p *Publisher) fileDue(st Status, s Schedule) bool {
	if st.Serial != st.FileSerial && p.reg.Now().Sub(st.FileAt) >= s.Files {
		return true
	}
	_, err := os.Stat(FilePath(s.Dir, st.Zone))
	return st.Zone != "" && err != nil
}

// Publish brings one zone up to the register as a whole and writes its file to
// dir, "" for none.
func (p *Publisher) Publish(ctx context.Context, dir, zone string, force bool) (Whole, error) {
	c, err := p.Compare(ctx, zone, force)
	if err != nil {
		return Whole{}, err
	}
	w := Whole{Compared: &c}
	if dir == "" {
		return w, nil
	}
	err = os.MkdirAll(dir, 0o755)
	if err != nil {
		return w, fmt.Errorf("folder of the zone files: %w", err)
	}
	f, err := p.WriteFile(ctx, dir, zone)
	w.File = &f
	return w, err
}
