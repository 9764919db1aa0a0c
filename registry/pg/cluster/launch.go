package cluster

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// endpoint is where a server listens: a folder with its Unix socket, or a
// loopback address.
type endpoint struct {
	host string
	port int
}

// unsafeSettings trade durability for speed.
var unsafeSettings = map[string]string{"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}

// launch starts the server and waits until it answers.
func (s *starter) launch(ctx context.Context, bin string) (*Cluster, error) {
	password, err := s.readPassword()
	if err != nil {
		return nil, err
	}
	at, settings, err := s.listen()
	if err != nil {
		return nil, err
	}
	if !s.Sync {
		maps.Copy(settings, unsafeSettings)
	}
	for name, value := range s.Settings {
		_, ours := settings[name]
		if ours && s.Sync {
			return nil, fmt.Errorf("setting %s is the supervisor's own", name)
		}
		settings[name] = value
	}
	args := []string{"-D", s.data()}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	log, err := s.openLog()
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own copy
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	s.dress(cmd)
	cmd.Stdout, cmd.Stderr = log, log
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: s.dir, bin: bin, endpoint: at, password: password, done: make(chan struct{})}
	err = c.spawn(cmd, !s.StayUp)
	if err != nil {
		return nil, err
	}
	err = c.await(ctx)
	if err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return nil, errors.Join(fmt.Errorf("%w; its log:\n%s", err, tail(log.Name(), from)), c.Halt(stopCtx))
	}
	return c, nil
}

// spawn starts cmd. If it is to die with us, the thread that started it must
// live as long as it does: the signal of the kernel follows the thread.
func (c *Cluster) spawn(cmd *exec.Cmd, dieWithUs bool) error {
	started := make(chan error, 1)
	go func() {
		if dieWithUs {
			runtime.LockOSThread()
			tieToParent(cmd)
		}
		err := cmd.Start()
		if err == nil {
			c.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // why it ended is in its log
			close(c.done)
		}
	}()
	return <-started
}

// await connects until the server answers or has ended.
func (c *Cluster) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	address := c.URL("postgres")
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		err := ping(ctx, address)
		if err == nil {
			return nil
		}
		select {
		case <-c.done:
			return errors.New("the server ended at once")
		case <-ctx.Done():
			return fmt.Errorf("the server does not answer: %w", err)
		case <-tick.C:
		}
	}
}

// adopt returns the running server of this data folder, or nil.
func (s *starter) adopt(ctx context.Context) (*Cluster, error) {
	pid, at, ok := readPIDFile(s.data())
	if !ok || !alive(pid) {
		return nil, nil
	}
	password, err := s.readPassword()
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: s.dir, endpoint: at, password: password, pid: pid, adopted: true}
	// It may be starting, recovering or stopping. A number that another
	// process has by now never answers; then the server's own check decides.
	deadline := time.Now().Add(5 * time.Second)
	for {
		err = ping(ctx, c.URL("postgres"))
		if err == nil {
			s.say("using the PostgreSQL server that is running in %s", s.data())
			return c, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !alive(pid) || time.Now().After(deadline) {
			return nil, nil
		}
		time.Sleep(pollInterval)
	}
}

// readPIDFile reads postmaster.pid: process, data folder, start time, port,
// socket folder, listen address, one a line.
func readPIDFile(data string) (int, endpoint, bool) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, endpoint{}, false
	}
	var lines []string
	for sc := bufio.NewScanner(bytes.NewReader(b)); sc.Scan(); {
		lines = append(lines, strings.TrimSpace(sc.Text()))
	}
	if len(lines) < 6 {
		return 0, endpoint{}, false
	}
	pid, pidErr := strconv.Atoi(lines[0])
	port, portErr := strconv.Atoi(lines[3])
	at := endpoint{host: lines[4], port: port}
	if at.host == "" {
		at.host = lines[5]
	}
	return pid, at, pidErr == nil && portErr == nil && pid > 0
}

// Stop stops the server with its clients (a fast shutdown) and waits for it. A
// server that was adopted is left running: somebody else started it.
func (c *Cluster) Stop(ctx context.Context) error {
	if c.adopted {
		return nil
	}
	return c.Halt(ctx)
}

// Halt stops the server whoever started it.
func (c *Cluster) Halt(ctx context.Context) error {
	if !c.running() {
		return nil
	}
	err := interrupt(c)
	if err != nil && c.running() {
		return fmt.Errorf("stop PostgreSQL: %w", err)
	}
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for c.running() {
		select {
		case <-c.done: // nil, and never ready, when adopted
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("stop PostgreSQL: process %d still runs: %w", c.pid, ctx.Err())
		}
	}
	return nil
}

// running reports whether the server is there. For an adopted one the number
// in its own file must still be its own.
func (c *Cluster) running() bool {
	if c.done != nil {
		select {
		case <-c.done:
			return false
		default:
			return true
		}
	}
	pid, _, ok := readPIDFile(filepath.Join(c.dir, "data"))
	return ok && pid == c.pid && alive(c.pid)
}

func (s *starter) openLog() (*os.File, error) {
	name := filepath.Join(s.dir, "postgres.log")
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	info, err := os.Stat(name)
	if err == nil && info.Size() > maxLog {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(name, flags, 0o600)
}

// tail is the end of a log that was written past from.
func tail(name string, from int64) string {
	f, err := os.Open(name)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, from, maxLog))
	if err != nil {
		return err.Error()
	}
	const most = 2000
	if len(b) > most {
		b = b[len(b)-most:]
	}
	return strings.TrimSpace(string(b))
}
