package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// ready is the line a child prints on its standard output once it listens.
type ready struct {
	Listen string `json:"listen"`
	PID    int    `json:"pid"`
}

func announce(w io.Writer, listen string) error {
	line, err := json.Marshal(ready{Listen: listen, PID: os.Getpid()})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", line)
	return err
}

const (
	// childStart bounds a child's start: filling a scratch table takes its time.
	childStart = 10 * time.Minute
	// childStop is how long a child has to end by itself.
	childStop = 20 * time.Second
)

// child is a server process of ours.
type child struct {
	name string
	ready
	cmd  *exec.Cmd
	life io.Closer // its standard input; closed, the child ends
	done chan error
}

// startChild runs this program again with other arguments and waits until it
// listens.
func startChild(ctx context.Context, name string, stderr io.Writer, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, args...)
	cmd.Stderr = stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	// Nothing is ever written to it: its end tells the child to stop, or that we
	// are gone.
	life, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	err = cmd.Start()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c := &child{name: name, cmd: cmd, life: life, done: make(chan error, 1)}
	lines := make(chan string, 1)
	go func() {
		r := bufio.NewReader(stdout)
		line, _ := r.ReadString('\n') // an empty line says that it ended
		lines <- line
		_, _ = io.Copy(io.Discard, r)
		c.done <- cmd.Wait()
	}()
	timer := time.NewTimer(childStart)
	defer timer.Stop()
	select {
	case line := <-lines:
		if line == "" {
			return nil, fmt.Errorf("%s ended: %w", name, <-c.done)
		}
		err = json.Unmarshal([]byte(strings.TrimSpace(line)), &c.ready)
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = errors.New("it does not listen")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), c.stop())
	}
	return c, nil
}

// stop ends the child and waits for it.
func (c *child) stop() error {
	_ = c.life.Close() // it may have ended already
	timer := time.NewTimer(childStop)
	defer timer.Stop()
	select {
	case err := <-c.done:
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		return nil
	case <-timer.C:
		_ = c.cmd.Process.Kill()
		<-c.done
		return fmt.Errorf("%s did not stop and was killed", c.name)
	}
}

// untilOrphaned returns a context that also ends when the process that started
// this one is gone: its end of our standard input closes then.
func untilOrphaned(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx, cancel
}
