package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/zonefile"
)

// zoneApex is "zone apex": what a zone says about itself.
type zoneApex struct {
	Name     string    `arg:"" help:"Zone."`
	NS       []string  `name:"ns" placeholder:"HOST" help:"All name servers, the primary first; ns1.nic.example/192.0.2.1 gives an address."`
	Mailbox  *string   `placeholder:"EMAIL" help:"Who looks after the zone."`
	Refresh  *int      `placeholder:"SECONDS" help:"How often secondaries look for themselves."`
	Retry    *int      `placeholder:"SECONDS" help:"How soon they try again."`
	Expire   *int      `placeholder:"SECONDS" help:"When they give the zone up."`
	Negative *int      `placeholder:"SECONDS" help:"How long resolvers remember that a name is not there."`
	TTL      *int      `name:"ttl" placeholder:"SECONDS" help:"Of NS records and the SOA."`
	TTLDS    *int      `name:"ttl-ds" placeholder:"SECONDS" help:"Of DS records."`
	TTLGlue  *int      `name:"ttl-glue" placeholder:"SECONDS" help:"Of name servers' addresses."`
	DS       *[]string `name:"ds" sep:"none" placeholder:"DS" help:"DS records of this zone's keys, for the zone above if it is ours: \"TAG ALG TYPE DIGEST\"; \"\" for none."`
}

func (c *zoneApex) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	edit, err := c.edit()
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.SetZoneApex(s.ctx, actor, name, edit)
	if err != nil {
		return err
	}
	return s.showZone(r, name)
}

func (c *zoneApex) edit() (func(*registry.ZoneApex), error) {
	var servers []registry.ZoneServer
	for _, text := range c.NS {
		v, err := registry.ParseZoneServer(text)
		if err != nil {
			return nil, err
		}
		servers = append(servers, v)
	}
	var ds []registry.DSData
	if c.DS != nil {
		for _, text := range *c.DS {
			if text == "" {
				continue
			}
			d, err := registry.ParseDS(text)
			if err != nil {
				return nil, err
			}
			ds = append(ds, d)
		}
	}
	return func(a *registry.ZoneApex) {
		if servers != nil {
			a.NameServers = servers
		}
		if c.DS != nil {
			a.DS = ds
		}
		set(&a.Mailbox, c.Mailbox)
		set(&a.Refresh, c.Refresh)
		set(&a.Retry, c.Retry)
		set(&a.Expire, c.Expire)
		set(&a.Negative, c.Negative)
		set(&a.TTL, c.TTL)
		set(&a.TTLDS, c.TTLDS)
		set(&a.TTLGlue, c.TTLGlue)
	}, nil
}

// zonePublish is "zone publish": the whole of a zone, now.
type zonePublish struct {
	Names []string `arg:"" optional:"" name:"zone" help:"Zones. Default: all that have an apex."`
	Force bool     `help:"Go past the shrink guard, and give a new serial in any case. Needs --reason."`
	Dir   string   `placeholder:"DIR" help:"Folder for the zone files. Default: zones.directory of the configuration; without it no file is written."`
}

// published is what was done for one zone.
type published struct {
	Zone    string  `json:"zone"`
	Serial  uint32  `json:"serial,omitempty"`
	Names   int64   `json:"names"`
	Differ  int     `json:"changed"`
	File    string  `json:"file,omitempty"`
	Records int64   `json:"records,omitempty"`
	Bytes   int64   `json:"bytes,omitempty"`
	Seconds float64 `json:"seconds"`
	Stopped string  `json:"stopped,omitempty"`
}

func (c *zonePublish) Run(s *session) error {
	if c.Force && s.g.Reason == "" {
		return usage("--force needs --reason")
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = actor.Needs(registry.RoleOperator)
	if err != nil {
		return err
	}
	if c.Dir == "" {
		c.Dir = cfg.Zones.Directory
	}
	zones, err := s.zonesToPublish(r, c.Names)
	if err != nil {
		return err
	}
	p := zonefile.NewPublisher(r, cfg.Zones.Options(), slog.New(slog.NewTextHandler(s.stderr, nil)))
	list, faults := []published{}, error(nil)
	for _, zone := range zones {
		v, err := c.publish(s, r, actor, p, zone)
		faults = errors.Join(faults, err)
		list = append(list, v)
	}
	err = s.showPublished(list)
	if err != nil {
		return err
	}
	return faults
}

// zonesToPublish are the zones named, or all that have an apex.
func (s *session) zonesToPublish(r *registry.Registry, names []string) ([]string, error) {
	var out []string
	for _, n := range names {
		zone, err := registry.ToASCII(n)
		if err != nil {
			return nil, err
		}
		out = append(out, zone)
	}
	if len(out) > 0 {
		return out, nil
	}
	apexes, err := r.ZoneApexes(s.ctx)
	if err == nil && len(apexes) == 0 {
		err = usage("no zone has an apex yet: registryctl zone apex")
	}
	return sortedKeys(apexes), err
}

// publish does one zone. A stop of the shrink guard is a refusal.
func (c *zonePublish) publish(s *session, r *registry.Registry, actor registry.Actor, p *zonefile.Publisher, zone string) (published, error) {
	began := time.Now()
	v := published{Zone: zone}
	w, err := p.Publish(s.ctx, c.Dir, zone, c.Force)
	if stop := zonefile.Stopped(err); stop != nil {
		v.Stopped = stop.Why
		err = registry.Refuse(registry.KindPolicy, "", "Zone %s was not published: %s. If that is right: zone publish %s --force --reason …",
			zone, stop.Why, zone).About("zone", zone)
	}
	if err == nil {
		err = r.RecordPublication(s.ctx, actor, zone, c.Force)
	}
	if err == nil && w.File == nil {
		v.Serial, err = p.Serial(s.ctx, zone)
	}
	if w.Compared != nil {
		v.Names, v.Differ = w.Compared.Names, w.Compared.Differ
	}
	if w.File != nil {
		v.Serial, v.File, v.Records, v.Bytes = w.File.Serial, w.File.Path, w.File.Records, w.File.Bytes
	}
	v.Seconds = time.Since(began).Seconds()
	return v, err
}

func (s *session) showPublished(list []published) error {
	rows := make([][]string, len(list))
	for i, v := range list {
		file := v.File
		if v.Stopped != "" {
			file = "stopped: " + v.Stopped
		}
		serial := ""
		if v.Serial != 0 {
			serial = strconv.FormatUint(uint64(v.Serial), 10)
		}
		rows[i] = []string{registry.ToUnicode(v.Zone), serial, strconv.FormatInt(v.Names, 10), strconv.Itoa(v.Differ),
			fmt.Sprintf("%.1f", v.Seconds), file}
	}
	return s.list(list, []string{"Zone", "Serial", "Names", "Changed", "Seconds", "File"}, rows, "No zones.")
}

// dnsView is how a zone stands in the DNS, in "zone show".
type dnsView struct {
	NS         []string `json:"ns"`
	Mailbox    string   `json:"mailbox"`
	Serial     uint32   `json:"serial,omitempty"`
	Published  string   `json:"published,omitempty"`
	AgeSeconds float64  `json:"age_seconds"` // since it was last as the register is
	Names      int64    `json:"names"`
	Stopped    string   `json:"stopped,omitempty"`
	FileSerial uint32   `json:"file_serial,omitempty"`
	FileBytes  int64    `json:"file_bytes,omitempty"`
	FileAt     string   `json:"file_at,omitempty"`
}

// inDNS reads how far a zone is published; nil if it has no apex.
func (s *session) inDNS(r *registry.Registry, zone string) (*dnsView, error) {
	apexes, err := r.ZoneApexes(s.ctx)
	if err != nil {
		return nil, err
	}
	apex, ok := apexes[zone]
	if !ok {
		return nil, nil
	}
	v := &dnsView{Mailbox: apex.Mailbox, NS: []string{}}
	for _, n := range apex.NameServers {
		v.NS = append(v.NS, n.String())
	}
	list, err := zonefile.NewPublisher(r, zonefile.DefaultOptions(), slog.Default()).Statuses(s.ctx)
	if err != nil {
		return nil, err
	}
	for _, st := range list {
		if st.Zone != zone {
			continue
		}
		v.Serial, v.Names, v.Stopped = st.Serial, st.Names, st.StoppedWhy
		v.Published, v.AgeSeconds = st.Published.Format(time.RFC3339), r.Now().Sub(st.Checked).Seconds()
		if st.FileSerial != 0 {
			v.FileSerial, v.FileBytes, v.FileAt = st.FileSerial, st.FileBytes, st.FileAt.Format(time.RFC3339)
		}
	}
	return v, nil
}

// fields are the lines of the publication in "zone show".
func (v *dnsView) fields() []string {
	if v == nil {
		return []string{"Published", "no: it has no apex (registryctl zone apex)"}
	}
	out := []string{"Apex", strings.Join(v.NS, "\n"), "Mailbox", v.Mailbox}
	if v.Serial == 0 {
		return append(out, "Published", "not yet")
	}
	out = append(out, "Serial", strconv.FormatUint(uint64(v.Serial), 10)+" of "+v.Published,
		"As the register", fmt.Sprintf("%.0f seconds ago", v.AgeSeconds), "Delegations", strconv.FormatInt(v.Names, 10))
	if v.Stopped != "" {
		out = append(out, "Stopped", v.Stopped)
	}
	if v.FileSerial != 0 {
		out = append(out, "File", fmt.Sprintf("serial %d of %s, %d bytes", v.FileSerial, v.FileAt, v.FileBytes))
	}
	return out
}
