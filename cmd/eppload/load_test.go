package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// liar is a server that answers every command with success, right or not.
func liar(t *testing.T, answer func(serial int, clTRID string) string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = eppclient.WriteFrame(c, []byte(bareGreeting))
				r := bufio.NewReader(c)
				for serial := 0; ; serial++ {
					frame, err := eppclient.ReadFrame(r, 1<<16)
					if err != nil {
						return
					}
					id, _ := between(frame, "<clTRID>", "</clTRID>")
					_ = eppclient.WriteFrame(c, []byte(answer(serial, string(id))))
				}
			}()
		}
	}()
	return ln.Addr().String()
}

func pollAnswer(code, clTRID string) string {
	return `<epp><response><result code="` + code + `"><msg>x</msg></result><trID><clTRID>` + clTRID +
		`</clTRID><svTRID>s</svTRID></trID></response></epp>`
}

func testLoad(addr string, op operation) *load {
	p := testPopulation(300, "A")
	return &load{target: target{addr: addr, profile: "uk", creds: []credential{{tag: "A", password: "p"}}}, stock: newStock(p, 1),
		mix: mix{{op, 1}}, sessions: 2, pipeline: 1, count: 20, duration: 20 * time.Second, names: 1, answer: 900}
}

// A load counts wrong answers and says what was wrong with them.
func TestLoadDetects(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(serial int, clTRID string) string
		failed uint64
		says   string
	}{
		{"right", func(_ int, id string) string { return pollAnswer("1300", id) }, 0, ""},
		{"wrong code", func(n int, id string) string {
			if n == 3 {
				return pollAnswer("2400", id)
			}
			return pollAnswer("1301", id)
		}, 2, "expected code"}, // one for each session
		{"another's clTRID", func(n int, id string) string {
			if n == 1 {
				return pollAnswer("1300", id+"0")
			}
			return pollAnswer("1300", id)
		}, 2, "expected clTRID"},
	} {
		t.Run(test.name, func(t *testing.T) {
			addr := liar(t, func(n int, id string) string {
				if n == 0 {
					return pollAnswer("1000", id) // the login
				}
				return test.answer(n, id)
			})
			l := testLoad(addr, opPoll)
			r, err := l.run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if r.Failed != test.failed && !(test.failed == 2 && r.Failed == 1) { // one session may do all the work
				t.Errorf("%d failed, expected %d: %v", r.Failed, test.failed, r.Failures)
			}
			if test.says != "" && (len(r.Failures) == 0 || !strings.Contains(r.Failures[0], test.says)) {
				t.Errorf("expected %q: %v", test.says, r.Failures)
			}
			if r.Commands != 20 || len(r.Operations) != 1 || r.Operations[0].P99 <= 0 {
				t.Errorf("%d commands, expected the count: %+v", r.Commands, r.Operations)
			}
		})
	}
}

// Pipelined commands are counted exactly and answered in order.
func TestLoadPipelines(t *testing.T) {
	l := testLoad(liar(t, func(n int, id string) string {
		if n == 0 {
			return pollAnswer("1000", id)
		}
		return pollAnswer("1300", id)
	}), opPoll)
	l.pipeline, l.count = 8, 101
	r, err := l.run(context.Background())
	if err != nil || r.Commands != 101 || r.Failed != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
}

// Time bounds a run too, and what comes before the warm-up's end is not counted.
func TestLoadDuration(t *testing.T) {
	l := testLoad(liar(t, func(n int, id string) string {
		time.Sleep(5 * time.Millisecond)
		if n == 0 {
			return pollAnswer("1000", id)
		}
		return pollAnswer("1300", id)
	}), opPoll)
	l.count, l.warmup, l.duration = 0, 100*time.Millisecond, 200*time.Millisecond
	start := time.Now()
	r, err := l.run(context.Background())
	if err != nil || time.Since(start) > 10*time.Second {
		t.Fatalf("%s, %v", time.Since(start), err)
	}
	if r.Commands == 0 || r.Commands > 2*41 { // 5 ms each at least
		t.Errorf("%d commands", r.Commands)
	}
}

// The bare echo server answers over TLS with certificates made for it, and the
// load verifies what it says.
func TestBareEcho(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	addr := startBare(t, "bare", "echo", "--listen", "127.0.0.1:0", "--dir", dir, "--answer-bytes", "500")
	args := []string{"run", "--addr", addr, "--mix", "bare-echo", "--ca", filepath.Join(dir, "ca.pem"), "--cert",
		filepath.Join(dir, "BARE.pem"), "--key", filepath.Join(dir, "BARE.key"), "-n", "2", "-c", "50", "--pipeline", "4",
		"--generated", "100", "--zone", "co.uk", "--tag", "BARE", "--json", "--answer-bytes"}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), append(args, "500"), &stdout, &stderr)
	var r report
	err := json.Unmarshal(stdout.Bytes(), &r)
	if code != 0 || err != nil || r.Commands != 50 || r.AnswerBytes != 500 {
		t.Fatalf("code %d, %v: %s%s", code, err, stdout.String(), stderr.String())
	}
	// An answer of another length is a failure, and the exit status says so.
	stdout.Reset()
	code = run(context.Background(), append(args, "501"), &stdout, &stderr)
	if code != 1 || !strings.Contains(stdout.String(), "expected 501 bytes") {
		t.Errorf("code %d: %s", code, stdout.String())
	}
}

// startBare runs a command that serves and returns where it listens.
func startBare(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	lines := &firstLine{line: make(chan string, 1)}
	var stderr bytes.Buffer
	done := make(chan int, 1)
	go func() { done <- run(ctx, args, lines, &stderr) }()
	t.Cleanup(func() {
		cancel()
		if code := <-done; code != 0 {
			t.Errorf("%v ended with %d: %s", args, code, stderr.String())
		}
	})
	select {
	case line := <-lines.line:
		return listenOf(t, line)
	case code := <-done:
		done <- code
		t.Fatalf("%v ended with %d: %s", args, code, stderr.String())
	case <-time.After(time.Minute):
		t.Fatalf("%v does not listen", args)
	}
	return ""
}

func listenOf(t *testing.T, line string) string {
	t.Helper()
	var r ready
	err := json.Unmarshal([]byte(line), &r)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return r.Listen
}

// firstLine hands on what is written to it first.
type firstLine struct{ line chan string }

func (f *firstLine) Write(b []byte) (int, error) {
	select {
	case f.line <- string(b):
	default:
	}
	return len(b), nil
}

func TestJudge(t *testing.T) {
	c := comparison{Idle: []idleMemory{{Sessions: 1000, Resident: 30}}}
	run := func(part, server string, op operation, sessions int, perSecond ...float64) {
		for i, rate := range perSecond {
			c.Runs = append(c.Runs, measured{part, server, i, &report{Mix: (mix{{op, 1}}).String(), Sessions: sessions,
				PerSecond: rate, Operations: []opReport{{Operation: string(op), P99: 4000}}}})
		}
	}
	run(partRounds, serverBare, opBareQuery, 8, 1000, 900, 5000)
	run(partRounds, serverBig, opCheck, 8, 1, 610, 620)
	run(partRounds, serverBig, opInfo, 8, 400)
	run(partLone, serverBig, opRenew, 1, 10)
	run(partFlatness, serverBig, opCheck, 8, 95)
	run(partFlatness, serverSmall, opCheck, 8, 100)
	c.judge(&CompareCommand{Sessions: []int{8}, Names: 1000, SmallNames: 100})
	got := map[string]string{}
	for _, v := range c.Verdicts {
		got[v.What] = fmt.Sprintf("%s %t", strconv.FormatFloat(v.Value, 'g', 3, 64), v.Met)
	}
	for what, want := range map[string]string{
		"check, 8 sessions, to bare-query":        "0.61 true",
		"info, 8 sessions, to bare-query":         "0.4 false",
		"renew, 8 sessions, to bare-renew":        "0 false",
		"renew, lone session, p99":                "4 true",
		"check, lone session, p99":                "0 false",
		"memory of an idle session, 1000 of them": "30 true",
		"check, 1000 names to 100":                "0.95 true",
	} {
		if got[what] != want {
			t.Errorf("%s: %q, expected %q", what, got[what], want)
		}
	}
	var b bytes.Buffer
	err := c.writeMarkdown(&b)
	if err != nil || !strings.Contains(b.String(), "| check | 8 | 610 | 0.00 | 4.00 |") || !strings.Contains(b.String(), "0 answers were wrong") {
		t.Errorf("%v:\n%s", err, b.String())
	}
}
