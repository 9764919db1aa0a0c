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
	"runtime"
	"runtime/debug"
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
	cmd   *exec.Cmd
	input io.WriteCloser // its standard input; closed, the child ends
	lines chan string    // of its standard output
	done  chan error
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
	// Its end tells the child to stop, or that we are gone.
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	err = cmd.Start()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c := &child{name: name, cmd: cmd, input: input, lines: make(chan string, 2), done: make(chan error, 1)}
	go func() {
		for sc := bufio.NewScanner(stdout); sc.Scan(); {
			c.lines <- sc.Text()
		}
		close(c.lines)
		c.done <- cmd.Wait()
	}()
	line, err := c.line(ctx, childStart)
	if err == nil {
		err = json.Unmarshal([]byte(line), &c.ready)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), c.stop())
	}
	return c, nil
}

// line waits for the next line the child prints.
func (c *child) line(ctx context.Context, patience time.Duration) (string, error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case line, ok := <-c.lines:
		if !ok {
			return "", fmt.Errorf("%s ended", c.name)
		}
		return line, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-timer.C:
		return "", fmt.Errorf("%s says nothing", c.name)
	}
}

// collect makes the child collect its garbage and give the memory back, as a Go
// process does by itself when it has been idle for a few minutes.
func (c *child) collect(ctx context.Context) error {
	_, err := io.WriteString(c.input, collectCommand+"\n")
	if err == nil {
		_, err = c.line(ctx, childStop)
	}
	return err
}

// The lines a child obeys.
const (
	collectCommand = "collect"
	countCommand   = "count goroutines"
)

// stop ends the child and waits for it.
func (c *child) stop() error {
	_ = c.input.Close() // it may have ended already
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
// this one is gone or wants it to end: its end of our standard input closes
// then. Until then the commands above are obeyed and answered on w.
func untilOrphaned(ctx context.Context, w io.Writer) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for sc := bufio.NewScanner(os.Stdin); sc.Scan(); {
			switch sc.Text() {
			case collectCommand:
				debug.FreeOSMemory()
				fmt.Fprintln(w, "collected")
			case countCommand:
				fmt.Fprintln(w, runtime.NumGoroutine())
			}
		}
		cancel()
	}()
	return ctx, cancel
}
