package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// startServer serves a register of a population with the real server, in this
// process, and returns where and with what to log in.
func startServer(t testing.TB, profile registry.Profile, p population, fill bool) (string, certSet, string) {
	t.Helper()
	db, set, password := emptyRegister(t, profile, p)
	if fill {
		_, err := generate(context.Background(), pgtest.URL(db), p, 1)
		if err != nil {
			t.Fatal(err)
		}
	}
	return serveRegister(t, &ServeForTestCommand{Database: pgtest.URL(db), Dir: set.dir, Profile: string(profile)}), set, password
}

// serveRegister serves until the test ends, and returns where.
func serveRegister(t testing.TB, c *ServeForTestCommand) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	lines := &firstLine{line: make(chan string, 1)}
	done := make(chan error, 1)
	go func() { done <- c.serveUntil(ctx, lines) }()
	t.Cleanup(func() {
		cancel()
		err := <-done
		if err != nil {
			t.Errorf("server: %v", err)
		}
	})
	select {
	case line := <-lines.line:
		var r ready
		err := json.Unmarshal([]byte(line), &r)
		if err != nil {
			t.Fatal(err)
		}
		return r.Listen
	case err := <-done:
		done <- nil
		t.Fatalf("server: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the server does not listen")
	}
	return ""
}

// generatedOps are the operations on a generated register; those that change
// names are looked up afterwards.
var generatedOps = []operation{opHello, opLogin, opCheck, opInfo, opCreate, opRenew, opUpdate, opContactCheck,
	opContactInfo, opContactCreate, opContactUpdate, opHostCheck, opHostInfo, opHostCreate}

// The whole program against the real server: every operation on a generated
// register, with no wrong answer.
func TestRunGenerated(t *testing.T) {
	p := todayPopulation(900, "LOAD-A", "LOAD-B")
	addr, set, password := startServer(t, registry.ProfileUK, p, true)
	for _, op := range generatedOps {
		t.Run(string(op), func(t *testing.T) {
			pipeline := "3"
			if op == opLogin {
				pipeline = "1"
			}
			r := runOnce(t, "--addr", addr, "--mix", string(op), "-c", "12", "-n", "4", "--pipeline", pipeline, "--password", password,
				"--ca", set.caFile, "--generated", "900", "--zone", "co.uk", "--spread", "180", "--check-names", "3",
				"--tag", "LOAD-A", "--cert", set.clientCert("LOAD-A"), "--key", set.clientKey("LOAD-A"),
				"--tag", "LOAD-B", "--cert", set.clientCert("LOAD-B"), "--key", set.clientKey("LOAD-B"),
				"--server-pid", fmt.Sprint(os.Getpid()))
			if r.Failed != 0 || r.Commands != 12 {
				t.Errorf("%+v", r)
			}
			if (op == opCreate || op == opRenew) && r.Effects == 0 {
				t.Error("no change was looked up")
			}
		})
	}
}

// A register that was not generated: the load makes its own names, through
// demo.json, in the gtld profile, where they can be renewed at once.
func TestRunPrepared(t *testing.T) {
	p := todayPopulation(100, "LOAD-A")
	p.zone = "example"
	addr, set, password := startServer(t, registry.ProfileGTLD, p, false)
	dir := t.TempDir()
	demo := eppclient.Demo{EPP: map[string]string{"gtld": addr}, CAFile: set.caFile, Registrars: []eppclient.DemoRegistrar{
		{Tag: "LOAD-A", Password: password, CertFile: set.clientCert("LOAD-A"), KeyFile: set.clientKey("LOAD-A")}}}
	err := demo.Save(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := runOnce(t, "--demo", dir, "--profile", "gtld", "--zone", "example", "--prepare", "5", "-c", "60", "-n", "1",
		"--mix", "check=3,info=3,renew=3,update=3,create=1")
	if r.Failed != 0 || r.Commands != 60 || r.Effects == 0 {
		t.Errorf("%+v", r)
	}
}

// runOnce runs eppload run --json and returns its report.
func runOnce(t *testing.T, args ...string) *report {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), append([]string{"run", "--json"}, args...), &stdout, &stderr)
	var r report
	err := json.Unmarshal(stdout.Bytes(), &r)
	if code != 0 || err != nil {
		t.Fatalf("code %d, %v: %s%s", code, err, stdout.String(), stderr.String())
	}
	return &r
}

// A second run on one register goes on where the first one stopped renewing.
func TestRunRenewsOn(t *testing.T) {
	p := todayPopulation(300, "LOAD-A")
	addr, set, password := startServer(t, registry.ProfileUK, p, true)
	args := []string{"--addr", addr, "--mix", "renew", "-c", "20", "-n", "2", "--password", password, "--ca", set.caFile,
		"--generated", "300", "--zone", "co.uk", "--spread", "180", "--tag", "LOAD-A",
		"--cert", set.clientCert("LOAD-A"), "--key", set.clientKey("LOAD-A"), "--renew-from"}
	first := runOnce(t, append(args, "0")...)
	second := runOnce(t, append(args, fmt.Sprint(first.NamesTaken))...)
	if first.Failed+second.Failed != 0 || second.NamesTaken <= first.NamesTaken {
		t.Errorf("%+v\n%+v", first, second)
	}
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), append([]string{"run"}, append(args, "0")...), &stdout, &stderr)
	if code != 1 || !strings.Contains(stdout.String(), "expected code [1000]") {
		t.Errorf("from the beginning again: code %d: %s%s", code, stdout.String(), stderr.String())
	}
}

// A login that is refused ends the run with the server's reason.
func TestRunWrongPassword(t *testing.T) {
	addr, set, _ := startServer(t, registry.ProfileUK, todayPopulation(100, "LOAD-A"), false)
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"run", "--addr", addr, "--mix", "hello", "-n", "1", "--tag", "LOAD-A", "--password", "wrong-password",
		"--ca", set.caFile, "--cert", set.clientCert("LOAD-A"), "--key", set.clientKey("LOAD-A")}, &stdout, &stderr)
	if code != 1 || !strings.Contains(stderr.String(), "2200") {
		t.Errorf("code %d: %s", code, stderr.String())
	}
}

// BenchmarkServer measures one command of a lone session over TLS, client and
// database included.
func BenchmarkServer(b *testing.B) {
	p := todayPopulation(30_000, "LOAD-A")
	addr, set, password := startServer(b, registry.ProfileUK, p, true)
	creds, err := set.credentials(p.tags, password)
	if err != nil {
		b.Fatal(err)
	}
	s := newStock(p, 1)
	for _, op := range generatedOps {
		b.Run(string(op), func(b *testing.B) {
			l := &load{target: target{addr: addr, profile: "uk", creds: creds}, stock: s, mix: mix{{op, 1}}, sessions: 1, pipeline: 1,
				duration: maxDuration, names: 1}
			l.end = time.Now().Add(maxDuration)
			w := l.newWorker(0)
			if op != opLogin {
				err := w.connect(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				defer w.client.Close()
			}
			b.ReportAllocs()
			for b.Loop() {
				ok := op == opLogin && w.session(context.Background(), true) || op != opLogin && w.batch(1, true)
				if !ok || w.failed > 0 {
					b.Fatalf("exhausted %t, failed %v", w.exhausted, w.first)
				}
			}
		})
	}
}
