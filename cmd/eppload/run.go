package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"
)

// RunCommand is eppload run.
type RunCommand struct {
	TargetFlags `embed:""`
	Mix         string        `help:"Operation, or several with weights: check=70,info=20,renew=5,update=5. There are ${operations}." default:"check"`
	Sessions    int           `short:"n" help:"Sessions at once." default:"8"`
	Pipeline    int           `help:"Commands sent together before their answers are read." default:"1"`
	Count       int64         `short:"c" help:"Commands to measure; 0: until the duration ends." default:"0"`
	Duration    time.Duration `short:"d" help:"Longest time to measure." default:"10s"`
	Warmup      time.Duration `help:"Time before it that does not count." default:"0s"`
	CheckNames  int           `help:"Names in each check." default:"1"`
	Zone        string        `help:"Zone of the names." default:""`
	Generated   int64         `help:"The register was filled by generate with this many names, in this zone, for these tags in this order."`
	Base        string        `help:"The day generate was run on (YYYY-MM-DD); by default today."`
	Spread      int           `help:"Days over which generate spread the expiries." default:"730"`
	RenewFrom   int64         `help:"Names of each tag that earlier runs took for renewal (names_taken of their JSON)."`
	Prepare     int           `help:"Names each tag makes for itself before, if the register was not generated." default:"20"`
	ServerPID   int           `name:"server-pid" help:"Process of the server, to tell its processor time."`
	AnswerBytes int           `help:"Length of a bare server's answers." default:"900"`
	Resume      bool          `help:"Let login resume TLS sessions."`
	JSON        bool          `name:"json" help:"Write JSON."`
}

// Run puts the load on and prints the report.
func (c *RunCommand) Run(ctx context.Context, out *console) error {
	m, err := parseMix(c.Mix)
	if err != nil {
		return err
	}
	if m[0].op.bare() && c.Addr == "" {
		return errors.New("a bare server has no demo: give its --addr")
	}
	t, err := c.target()
	if err != nil {
		return err
	}
	l := &load{target: t, mix: m, sessions: c.Sessions, pipeline: c.Pipeline, count: c.Count, duration: c.Duration,
		warmup: c.Warmup, names: c.CheckNames, answer: c.AnswerBytes, resume: c.Resume}
	err = l.check()
	if err != nil {
		return err
	}
	for _, cred := range t.creds {
		if cred.tls != nil && c.Resume {
			cred.tls.ClientSessionCache = tls.NewLRUClientSessionCache(c.Sessions)
		}
	}
	if c.ServerPID > 0 {
		l.processes = map[string]func() (time.Duration, error){
			"server": func() (time.Duration, error) { return processTime(c.ServerPID) }}
	}
	l.stock, err = c.names(ctx, t, m)
	if err != nil {
		return err
	}
	r, err := l.run(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(out.stdout, r)
	} else {
		err = r.writeText(out.stdout)
	}
	if err == nil && r.Failed > 0 {
		err = errFailures
	}
	return err
}

// names settles what names the load works on.
func (c *RunCommand) names(ctx context.Context, t target, m mix) (*stock, error) {
	p, err := newPopulation(c.Generated, c.Zone, t.tags(), c.Base, c.Spread)
	if err != nil {
		return nil, err
	}
	s := newStock(p, len(t.creds))
	for tag := range s.renewed {
		s.renewed[tag].Store(max(c.RenewFrom, 0))
	}
	if c.Generated > 0 || !m.needsNames() {
		return s, nil
	}
	if m[0].op.bare() {
		return nil, errors.New("a bare server has names of its own: give its --names as --generated")
	}
	if m.has(opRenew) && t.profile == "uk" {
		return nil, errors.New("names just made cannot be renewed in uk (rule R2): renew needs a generated register")
	}
	if c.Zone == "" {
		return nil, errors.New("give the --zone in which names may be made")
	}
	return s, s.prepare(ctx, t, c.Prepare)
}

func (t target) tags() []string {
	tags := make([]string, len(t.creds))
	for i, c := range t.creds {
		tags[i] = c.tag
	}
	return tags
}

// needsNames reports whether the load works on names at all.
func (m mix) needsNames() bool {
	for _, s := range m {
		if s.op != opHello && s.op != opLogin && s.op != opPoll {
			return true
		}
	}
	return false
}

// newPopulation checks and completes the description of a generated register.
// base "" is today.
func newPopulation(names int64, zone string, tags []string, base string, spread int) (population, error) {
	p := population{names: max(names, 1), zone: strings.ToLower(zone), tags: tags, spread: spread}
	switch {
	case names < 0 || names > maxNames:
		return p, fmt.Errorf("names: at most %d", maxNames)
	case spread < 1 || spread > 3650:
		return p, errors.New("spread: from 1 to 3650 days")
	case names > 0 && names < int64(namesPerRegistrant*len(tags)):
		return p, fmt.Errorf("names: at least %d for each tag", namesPerRegistrant)
	case base == "":
		now := time.Now().UTC()
		p.base = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
		return p, nil
	}
	day, err := time.Parse(time.DateOnly, base)
	p.base = day
	return p, err
}
