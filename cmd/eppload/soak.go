package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// SoakCommand is eppload soak: a mixed load for long, with idle sessions
// beside it, watching that the server's memory and goroutines stay level. It
// brings its own database and server.
type SoakCommand struct {
	Dir      string        `help:"Folder for the database and the certificates; by default one that is removed." type:"path"`
	Duration time.Duration `short:"d" help:"How long." default:"1h"`
	Idle     int           `help:"Sessions that say hello every minute and nothing else." default:"1000"`
	Sessions int           `short:"n" help:"Sessions that work." default:"4"`
	Names    int64         `help:"Names in the register." default:"100000"`
	Mix      string        `help:"What they do." default:"check=60,info=25,update=10,create=5"`
	Burst    time.Duration `help:"How long the sessions work in each turn." default:"5s"`
	Rest     time.Duration `help:"How long they rest after it." default:"15s"`
	JSON     string        `name:"json" help:"File for all samples as JSON." type:"path"`
}

// soakSample is the server at the end of one turn, after its garbage was
// collected.
type soakSample struct {
	Minute     float64
	Resident   int64 // bytes
	Goroutines int
	Commands   uint64
	Failed     uint64
	P50, P99   map[string]float64 // ms, by operation
}

func (c *SoakCommand) check() error {
	switch {
	case c.Duration < 2*(c.Burst+c.Rest) || c.Duration > 24*time.Hour:
		return errors.New("duration: at least two turns, at most a day")
	case c.Idle < 0 || c.Idle > maxSessions || c.Sessions < 1 || c.Sessions > maxSessions:
		return fmt.Errorf("sessions: at most %d", maxSessions)
	case c.Burst <= 0 || c.Rest < 0 || c.Burst > time.Hour || c.Rest > time.Hour:
		return errors.New("burst and rest: at most an hour")
	}
	return nil
}

// Run soaks, prints a table, and fails if an answer was wrong or the server
// grew.
func (c *SoakCommand) Run(ctx context.Context, out *console) error {
	err := c.check()
	if err != nil {
		return err
	}
	m, err := parseMix(c.Mix)
	if err != nil {
		return err
	}
	dir := c.Dir
	if dir == "" {
		dir, err = os.MkdirTemp("", "eppload-soak-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	b := &bench{CompareCommand: &CompareCommand{Profile: "uk", Dir: c.Dir}, dir: dir, log: &sharedLog{w: out.stderr}}
	samples, err := c.soak(ctx, b, m)
	err = errors.Join(err, b.stop(context.WithoutCancel(ctx)))
	if len(samples) > 0 {
		writeSoak(out.stdout, samples)
		if c.JSON != "" {
			err = errors.Join(err, writeFileJSON(c.JSON, samples))
		}
	}
	if err != nil {
		return err
	}
	return judgeSoak(samples)
}

func (c *SoakCommand) soak(ctx context.Context, b *bench, m mix) ([]soakSample, error) {
	var err error
	b.set, err = openCertSet(filepath.Join(b.dir, "certs"), compareTags)
	if err != nil {
		return nil, err
	}
	b.cluster, err = cluster.Start(ctx, cluster.Options{Dir: filepath.Join(b.dir, "pg"), Settings: pgSettings, Sync: true, Log: b.log})
	if err != nil {
		return nil, err
	}
	s, err := b.register(ctx, "soak", c.Names)
	if err != nil {
		return nil, err
	}
	l := &load{target: s.target, stock: s.stock, mix: m, sessions: c.Sessions, pipeline: 1, duration: c.Burst, names: 1}
	idle, err := openIdle(ctx, l, c.Idle)
	defer func() {
		for _, w := range idle {
			if w != nil && w.client != nil {
				_ = w.client.Close()
			}
		}
	}()
	if err != nil {
		return nil, err
	}
	b.say("%d idle sessions are open", len(idle))
	var samples []soakSample
	began, lastHello := time.Now(), time.Now()
	for time.Since(began) < c.Duration {
		r, err := l.run(ctx)
		if err != nil {
			return samples, err
		}
		if time.Since(lastHello) > time.Minute {
			lastHello = time.Now()
			err = greetAll(idle)
			if err != nil {
				return samples, err
			}
		}
		wait(ctx, c.Rest)
		sample, err := look(ctx, s.child, r)
		if err != nil {
			return samples, err
		}
		sample.Minute = time.Since(began).Minutes()
		samples = append(samples, sample)
		b.say("minute %.1f: %d MiB, %d goroutines, %d commands", sample.Minute, sample.Resident>>20, sample.Goroutines, sample.Commands)
		if r.Failed > 0 {
			return samples, fmt.Errorf("%d wrong answers: %s", r.Failed, r.Failures[0])
		}
	}
	return samples, nil
}

// openIdle opens sessions that are logged in and silent.
func openIdle(ctx context.Context, l *load, n int) ([]*worker, error) {
	workers := make([]*worker, n)
	var opening errgroup.Group
	opening.SetLimit(connectAtOnce)
	for i := range workers {
		workers[i] = l.newWorker(i)
		opening.Go(func() error { return workers[i].connect(ctx) })
	}
	return workers, opening.Wait()
}

// greetAll has every idle session say hello.
func greetAll(idle []*worker) error {
	for _, w := range idle {
		_, err := w.client.Hello()
		if err != nil {
			return fmt.Errorf("an idle session: %w", err)
		}
	}
	return nil
}

// look reads the state of the server after a turn.
func look(ctx context.Context, c *child, r *report) (soakSample, error) {
	s := soakSample{Commands: r.Commands, Failed: r.Failed, P50: map[string]float64{}, P99: map[string]float64{}}
	for _, op := range r.Operations {
		s.P50[op.Operation], s.P99[op.Operation] = op.P50/1000, op.P99/1000
	}
	err := c.collect(ctx)
	if err != nil {
		return s, err
	}
	_, s.Resident, err = residentMemory(c.PID)
	if err != nil {
		return s, err
	}
	s.Goroutines, err = c.goroutines(ctx)
	return s, err
}

// goroutines asks a child how many it has.
func (c *child) goroutines(ctx context.Context) (int, error) {
	_, err := io.WriteString(c.input, countCommand+"\n")
	if err != nil {
		return 0, err
	}
	line, err := c.line(ctx, childStop)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line))
}

// soakGrowth is how much more the end may have than the time after the warm-up.
const soakGrowth = 1.10

// judgeSoak compares the median of the second quarter of the samples with that
// of the last: a server that leaks goes on growing.
func judgeSoak(samples []soakSample) error {
	n := len(samples)
	if n < 8 {
		return nil // too few to tell
	}
	median := func(part []soakSample, of func(soakSample) float64) float64 {
		var v []float64
		for _, s := range part {
			v = append(v, of(s))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	var errs []error
	for name, of := range map[string]func(soakSample) float64{
		"memory":     func(s soakSample) float64 { return float64(s.Resident) },
		"goroutines": func(s soakSample) float64 { return float64(s.Goroutines) },
	} {
		early, late := median(samples[n/4:n/2], of), median(samples[3*n/4:], of)
		if late > soakGrowth*early {
			errs = append(errs, fmt.Errorf("%s grew from %.0f to %.0f", name, early, late))
		}
	}
	return errors.Join(errs...)
}

// writeSoak prints every tenth sample, and the first and last.
func writeSoak(w io.Writer, samples []soakSample) {
	fmt.Fprintln(w, "| minute | resident MiB | goroutines | commands | check p50/p99 ms | update p50/p99 ms |")
	fmt.Fprintln(w, "| --- | --- | --- | --- | --- | --- |")
	var total uint64
	for i, s := range samples {
		total += s.Commands
		if i%10 != 0 && i != len(samples)-1 {
			continue
		}
		fmt.Fprintf(w, "| %.0f | %.1f | %d | %d | %.2f / %.2f | %.2f / %.2f |\n", s.Minute, float64(s.Resident)/(1<<20), s.Goroutines,
			total, s.P50["check"], s.P99["check"], s.P50["update"], s.P99["update"])
	}
}
