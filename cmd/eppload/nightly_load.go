package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/namekeep/namekeep/registry"
)

// idleTime is how long the idle latency is measured.
const idleTime = 20 * time.Second

// underLoad has a registryd run a busy day as the leader while sessions check
// names, and measures those checks before and meanwhile, and its memory.
func (n *nightly) underLoad(ctx context.Context) error {
	day := n.reg.Today().AddDays(1)
	err := n.busy(ctx, day, false)
	if err != nil {
		return err
	}
	_, err = n.db.Pool.Exec(ctx, `CHECKPOINT`) // else its writing falls into the measurement, or not
	if err != nil {
		return err
	}
	server, address, err := n.startRegistryd(ctx)
	if err != nil {
		return err
	}
	stop := func() error {
		_ = server.Process.Signal(syscall.SIGTERM) // it may have ended
		return server.Wait()
	}
	r := &n.result.Load
	r.Sessions = n.Sessions
	err = n.measureServer(ctx, day, address, server.Process.Pid, r)
	return errors.Join(err, stop())
}

func (n *nightly) measureServer(ctx context.Context, day registry.Date, address string, pid int, r *loadResult) error {
	idle, err := n.checks(address)
	if err != nil {
		return err
	}
	idle.duration, idle.warmup = idleTime, 3*time.Second
	r.Idle, err = idle.run(ctx)
	if err != nil {
		return err
	}
	n.say("idle: check p99 %.2f ms, %.0f a second", r.Idle.p99()/1000, r.Idle.PerSecond)
	peak := watchMemory(pid)
	_, err = n.tomorrow(ctx)
	if err == nil {
		err = n.await(ctx, day, 0, 2*time.Minute)
	}
	if err != nil {
		return err
	}
	start := time.Now()
	meanwhile, err := n.checks(address)
	if err != nil {
		return err
	}
	meanwhile.duration = maxDuration
	failed := make(chan error, 1)
	go func() {
		defer meanwhile.stop.Store(true)
		failed <- n.await(ctx, day, len(registry.Steps()), maxDuration)
	}()
	r.Busy, err = meanwhile.run(ctx)
	err = errors.Join(err, <-failed)
	r.Seconds, r.Memory = time.Since(start).Seconds(), <-peak()
	if err != nil {
		return err
	}
	n.say("meanwhile: check p99 %.2f ms, %.0f a second; the day took %.1f s, registryd %d MiB", r.Busy.p99()/1000, r.Busy.PerSecond,
		r.Seconds, r.Memory>>20)
	r.Day = dayResult{Steps: map[string]stepResult{}, Seconds: r.Seconds}
	st, err := n.reg.BatchStatus(ctx, 1)
	if err != nil {
		return err
	}
	for _, b := range st.Runs {
		r.Day.Steps[string(b.Step)] = stepResult{Names: b.Names, Counts: b.Counts, Failures: b.Failures, Seconds: b.Finished.Sub(b.Started).Seconds()}
	}
	return nil
}

// checks is a load of checks on the server.
func (n *nightly) checks(address string) (*load, error) {
	p, err := n.population()
	if err != nil {
		return nil, err
	}
	p.names = p.names * 8 / 10 // some of the others are cancelled
	creds, err := n.set.credentials(nightlyTags, n.state.Password)
	if err != nil {
		return nil, err
	}
	return &load{target: target{addr: address, profile: "uk", creds: creds}, stock: newStock(p, len(creds)), mix: mix{{opCheck, 1}},
		sessions: n.Sessions, pipeline: 1, names: 1}, nil
}

// await waits until the batch of a day has begun (0) or so many of its steps are
// finished.
func (n *nightly) await(ctx context.Context, day registry.Date, steps int, patience time.Duration) error {
	for start := time.Now(); time.Since(start) < patience; {
		var begun bool
		var finished int
		err := n.db.Pool.QueryRow(ctx, `SELECT count(*) > 0, count(finished_at) FROM batch_run WHERE day = $1`, day).Scan(&begun, &finished)
		if err != nil {
			return err
		}
		if begun && finished >= steps {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("the batch of %s has not come so far in %s", day, patience)
}

// nightlyConfig is the settings of the server that is measured.
const nightlyConfig = `[database]
url = %q
[installation]
test-bed = true
[certs]
ca-cert = "certs/ca.pem"
server-cert = "certs/server.pem"
server-key = "certs/server.key"
[listener.uk]
address = %q
max-per-address = -1
max-sessions = -1
[policy]
checks-per-day = 0
[log]
level = "warn"
`

// startRegistryd starts the server program on the register.
func (n *nightly) startRegistryd(ctx context.Context) (*exec.Cmd, string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	address := l.Addr().String()
	file := filepath.Join(n.Dir, "registryd.toml")
	err = errors.Join(l.Close(), os.WriteFile(file, fmt.Appendf(nil, nightlyConfig, n.url(), address), 0o600))
	if err != nil {
		return nil, "", err
	}
	cmd := exec.Command(n.Registryd, "serve", "--config", file)
	cmd.Stdout, cmd.Stderr = n.log, n.log
	err = cmd.Start()
	if err != nil {
		return nil, "", fmt.Errorf("%w; build it and give --registryd", err)
	}
	for start := time.Now(); time.Since(start) < 30*time.Second && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			return cmd, address, c.Close()
		}
	}
	_ = cmd.Process.Kill() // it never listened
	return nil, "", errors.Join(fmt.Errorf("%s does not listen", n.Registryd), cmd.Wait())
}
