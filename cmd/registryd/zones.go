package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/cmd/registryd/config"
	"github.com/namekeep/namekeep/registry/axfr"
	"github.com/namekeep/namekeep/registry/zonefile"
)

// One of many servers looks for changes, one compares whole zones and writes
// files. A comparison of ten million names takes minutes, and the change of a
// name must not wait for it.
const (
	leaseOfZones   = "zone-changes"
	leaseOfFiles   = "zone-files"
	zoneFilesLease = 15 * time.Minute
)

// zones is what publishes zones and gives them to secondaries.
type zones struct {
	pub      *zonefile.Publisher
	notifier *axfr.Notifier // nil without an address for transfers
	server   *axfr.Server
	udp      net.PacketConn
	tcp      net.Listener
}

// openZones makes the folder of the zone files, and opens the address for
// transfers, if they are wanted.
func (s *service) openZones(ctx context.Context) error {
	z := &s.zones
	z.pub = zonefile.NewPublisher(s.reg, s.cfg.Zones.Options(), s.log)
	err := s.metrics.Register(zoneCollector{z.pub, s})
	if err != nil {
		return err
	}
	if dir := s.cfg.Zones.Directory; dir != "" {
		err = os.MkdirAll(dir, 0o755)
		if err != nil {
			return fmt.Errorf("zones.directory: %w", err)
		}
	}
	if s.cfg.Zones.Address == "" {
		return nil
	}
	cfg := axfr.Config{MaxTransfers: s.cfg.Zones.MaxTransfers, Log: s.log, Metrics: s.metrics, Now: time.Now}
	for name, v := range s.cfg.Secondaries {
		secondary, err := transferTo(name, v)
		if err != nil {
			return fmt.Errorf("secondary.%s: %w", name, err)
		}
		cfg.Secondaries = append(cfg.Secondaries, secondary)
	}
	z.server, err = axfr.NewServer(z.pub, cfg)
	if err == nil {
		z.notifier, err = axfr.NewNotifier(cfg)
	}
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	z.tcp, err = lc.Listen(ctx, "tcp", s.cfg.Zones.Address)
	if err == nil {
		z.udp, err = lc.ListenPacket(ctx, "udp", z.tcp.Addr().String()) // the same port, also where any was asked for
	}
	if err != nil {
		return fmt.Errorf("zones.address: %w", err)
	}
	return nil
}

func transferTo(name string, v config.Secondary) (axfr.Secondary, error) {
	out := axfr.Secondary{Name: name, Notify: v.Notify, KeyName: v.KeyName, Algorithm: v.KeyAlgorithm, Zones: v.Zones}
	var err, wrong error
	out.From, err = v.Networks()
	out.Secret, wrong = v.Secret()
	return out, errors.Join(err, wrong)
}

// startZones publishes and serves zones until ctx ends.
func (s *service) startZones(ctx context.Context, g *errgroup.Group) {
	z := &s.zones
	schedule := s.cfg.Zones.Schedule()
	lease := max(3*schedule.Changes, 30*time.Second)
	g.Go(func() error {
		z.pub.RunChanges(ctx, schedule, s.leads(ctx, leaseOfZones, lease), func(done []zonefile.Published, err error) {
			s.noteChanges(ctx, done, err)
		})
		s.giveUp(ctx, leaseOfZones)
		return nil
	})
	g.Go(func() error {
		z.pub.RunWhole(ctx, schedule, s.leads(ctx, leaseOfFiles, zoneFilesLease), s.noteWhole)
		s.giveUp(ctx, leaseOfFiles)
		return nil
	})
	if z.server == nil {
		return
	}
	g.Go(func() error {
		err := z.server.Serve(ctx, z.udp, z.tcp)
		z.notifier.Wait()
		return err
	})
	s.log.Info("listening", "listener", "zones", "address", z.tcp.Addr().String(), "tls", false)
}

// leads returns a function that tells whether this server does a job.
func (s *service) leads(ctx context.Context, job string, lease time.Duration) func() bool {
	return func() bool {
		ok, err := s.reg.TakeLease(ctx, job, s.id, time.Now(), lease)
		if err != nil && ctx.Err() == nil {
			s.log.Error(job, "error", err)
		}
		return ok && err == nil
	}
}

// giveUp lets another server have a job at once; ctx has ended.
func (s *service) giveUp(ctx context.Context, job string) {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := s.reg.GiveUpLease(late, job, s.id)
	if err != nil {
		s.log.Warn(job, "error", err)
	}
}

// noteChanges logs a pass over the changes, and tells the secondaries: also of
// what another program published.
func (s *service) noteChanges(ctx context.Context, done []zonefile.Published, err error) {
	s.jobs.note("zone changes", time.Now(), len(done), err)
	if err != nil {
		s.log.Error("zone changes", "error", err)
	}
	for _, v := range done {
		s.log.Info("zone published", "zone", v.Zone, "serial", v.Serial, "names", v.Names, "changes", v.Changes)
	}
	if s.zones.notifier == nil {
		return
	}
	list, err := s.zones.pub.Statuses(ctx)
	if err != nil {
		s.log.Error("zone changes", "error", err)
	}
	for _, st := range list {
		s.zones.notifier.Tell(ctx, st.Zone, st.Serial)
	}
}

// noteWhole logs what was done for whole zones.
func (s *service) noteWhole(done []zonefile.Whole, err error) {
	s.jobs.note("zone files", time.Now(), len(done), err)
	if err != nil {
		s.log.Error("zone files", "error", err)
	}
	for _, w := range done {
		if c := w.Compared; c != nil {
			s.log.Info("zone compared", "zone", c.Zone, "new", c.Filled, "names", c.Names, "entries", c.Entries, "differed", c.Differ)
		}
		if f := w.File; f != nil {
			s.log.Info("zone file written", "zone", f.Zone, "serial", f.Serial, "records", f.Records, "bytes", f.Bytes)
		}
	}
}

// zoneCollector reads the publications when it is asked. Zones are few, so they
// may be labels.
type zoneCollector struct {
	pub *zonefile.Publisher
	s   *service
}

func zoneDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, []string{"zone"}, nil)
}

var (
	zoneSerial    = zoneDesc("zone_serial", "Serial of a zone.")
	zoneNames     = zoneDesc("zone_names", "Delegations in a zone.")
	zoneSerialAge = zoneDesc("zone_serial_age_seconds", "Time since a zone got its serial.")
	zoneAge       = zoneDesc("zone_age_seconds", "Time since a zone was last brought up to the register; above a minute changes wait.")
	zoneStopped   = zoneDesc("zone_stopped", "1 where the shrink guard has stopped a zone.")
	zoneFileBytes = zoneDesc("zone_file_bytes", "Size of a zone's file.")
	zoneFileAge   = zoneDesc("zone_file_age_seconds", "Time since a zone's file was written.")
	zoneFileOld   = zoneDesc("zone_file_behind", "1 where a zone has a later serial than its file.")
)

// Describe implements prometheus.Collector.
func (zoneCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{zoneSerial, zoneNames, zoneSerialAge, zoneAge, zoneStopped, zoneFileBytes, zoneFileAge, zoneFileOld} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c zoneCollector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	list, err := c.pub.Statuses(ctx)
	if err != nil {
		c.s.log.Warn("metrics of the zones", "error", err)
		return
	}
	now := c.s.reg.Now()
	for _, st := range list {
		gauge := func(d *prometheus.Desc, v float64) {
			ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, st.Zone)
		}
		gauge(zoneSerial, float64(st.Serial))
		gauge(zoneNames, float64(st.Names))
		gauge(zoneSerialAge, now.Sub(st.Published).Seconds())
		gauge(zoneAge, now.Sub(st.Checked).Seconds())
		gauge(zoneStopped, yes(!st.Stopped.IsZero()))
		if st.FileSerial == 0 {
			continue
		}
		gauge(zoneFileBytes, float64(st.FileBytes))
		gauge(zoneFileAge, now.Sub(st.FileAt).Seconds())
		gauge(zoneFileOld, yes(st.FileSerial != st.Serial))
	}
}

func yes(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
