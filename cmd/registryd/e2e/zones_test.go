//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// secondary is a name server from Debian that takes the demo's zones.
type secondary struct {
	program string
	pkg     string
	port    int
	// config writes the configuration into a folder and returns the arguments.
	config func(dir string, port int, primary, secret string, zones []string) (string, []string)
}

var demoZones = []string{"co.demo", "org.demo", "trust.demo", "shop"}

var secondaries = map[string]secondary{
	// Where the demo sends its NOTIFY to.
	"nsd": {"nsd", "nsd", 5301, func(dir string, port int, primary, secret string, zones []string) (string, []string) {
		var c strings.Builder
		fmt.Fprintf(&c, "server:\n  ip-address: 127.0.0.1@%d\n  username: \"\"\n  chroot: \"\"\n  zonesdir: %q\n  database: \"\"\n"+
			"  pidfile: \"\"\n  xfrdir: %q\n  xfrdfile: \"\"\n  zonelistfile: %q\n  verbosity: 2\n  server-count: 1\n"+
			"remote-control:\n  control-enable: no\nkey:\n  name: demo-transfer\n  algorithm: hmac-sha256\n  secret: %q\n",
			port, dir, dir, filepath.Join(dir, "zone.list"), secret)
		for _, z := range zones {
			fmt.Fprintf(&c, "zone:\n  name: %s\n  zonefile: %s.zone\n  allow-notify: 127.0.0.1 demo-transfer\n  request-xfr: %s demo-transfer\n",
				z, z, strings.Replace(primary, ":", "@", 1))
		}
		return c.String(), []string{"-d", "-c", filepath.Join(dir, "conf")}
	}},
	// Is not told, so it looks for itself every two seconds.
	"named": {"named", "bind9", 0, func(dir string, port int, primary, secret string, zones []string) (string, []string) {
		host, at, _ := net.SplitHostPort(primary)
		var c strings.Builder
		fmt.Fprintf(&c, "key demo-transfer { algorithm hmac-sha256; secret %q; };\noptions { directory %q; listen-on port %d { 127.0.0.1; };\n"+
			"  listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile none; notify no; dnssec-validation no;\n"+
			"  max-refresh-time 2; min-refresh-time 2; };\ncontrols { };\n", secret, dir, port)
		for _, z := range zones {
			fmt.Fprintf(&c, "zone %q { type secondary; file %q; primaries { %s port %s key demo-transfer; }; };\n", z, z+".zone", host, at)
		}
		return c.String(), []string{"-g", "-n", "1", "-c", filepath.Join(dir, "conf")}
	}},
}

// start runs a secondary of the demo until the test ends and returns its address.
func (s secondary) start(t *testing.T, demo *eppclient.Demo, secret string) string {
	t.Helper()
	program, err := exec.LookPath(s.program)
	if err != nil {
		program = "/usr/sbin/" + s.program
		if _, err = os.Stat(program); err != nil {
			t.Fatalf("%s is needed (apt-get install %s): %v", s.program, s.pkg, err)
		}
	}
	port := s.port
	if port == 0 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port = l.Addr().(*net.TCPAddr).Port
		l.Close()
	}
	dir := t.TempDir()
	text, args := s.config(dir, port, demo.DNS, secret, demoZones)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err = cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			data, _ := os.ReadFile(log.Name())
			t.Logf("%s:\n%s", s.program, data)
		}
	})
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// ask asks a name server, as a resolver does.
func ask(t *testing.T, server, name string, kind uint16) *dns.Msg {
	t.Helper()
	m := new(dns.Msg).SetQuestion(name+".", kind)
	m.RecursionDesired = false
	in, _, err := (&dns.Client{Timeout: 2 * time.Second}).Exchange(m, server)
	if err != nil {
		return new(dns.Msg)
	}
	return in
}

// eventually waits for something, a minute at most: that is how soon a change
// has to be in the served zone.
func eventually(t *testing.T, what string, done func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for time.Since(began) < time.Minute {
		if done() {
			return time.Since(began)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("not within a minute: %s", what)
	return 0
}

// records are the data of an answer's section in short.
func records(list []dns.RR) string {
	var out []string
	for _, rr := range list {
		if rr.Header().Rrtype != dns.TypeOPT {
			out = append(out, strings.Join(strings.Fields(strings.Replace(rr.String(), fmt.Sprint("\t", rr.Header().Ttl, "\t"), "\t", 1)), " "))
		}
	}
	return strings.Join(out, "\n")
}

// Name servers that nobody here wrote load the zones by AXFR, and each change by
// IXFR; they answer with delegation and glue. Their tools find the files in
// order.
func TestSecondaries(t *testing.T) {
	dir := demoOnFreePorts(t)
	demo, err := eppclient.LoadDemo(dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "zone-transfer.secret"))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range secondaries {
		t.Run(name, func(t *testing.T) {
			server := s.start(t, demo, strings.TrimSpace(string(data)))
			for _, z := range demoZones {
				eventually(t, z+" is loaded", func() bool { return len(ask(t, server, z, dns.TypeSOA).Answer) == 1 })
			}
			in := ask(t, server, "www.bakery.co.demo", dns.TypeA)
			if got := records(in.Ns); !strings.Contains(got, "bakery.co.demo. IN NS ns1.bakery.co.demo.") || in.Authoritative {
				t.Errorf("no delegation: %v", in)
			}
			if got := records(in.Extra); !strings.Contains(got, "ns1.bakery.co.demo. IN A 192.0.2.10") || !strings.Contains(got, "ns1.bakery.co.demo. IN AAAA 2001:db8::10") {
				t.Errorf("no glue: %v", in)
			}
			if in := ask(t, server, "bakery.co.demo", dns.TypeDS); !strings.HasPrefix(records(in.Answer), "bakery.co.demo. IN DS 7165 13 2 144AC86D") {
				t.Errorf("no DS: %v", in)
			}
			followChanges(t, demo, server, name)
			if log, err := os.ReadFile(filepath.Join(dir, "registryd.log")); err != nil ||
				!regexp.MustCompile(`"zone transferred".*"zone":"co.demo","type":"IXFR","whole":false`).Match(log) {
				t.Errorf("no change went out as IXFR: %v", err)
			}
		})
	}
	checkFiles(t, dir)
	killPublications(t, dir)
}

// followChanges creates, changes and deletes a name over EPP and waits for the
// secondary.
func followChanges(t *testing.T, demo *eppclient.Demo, server, id string) {
	t.Helper()
	r := demo.Registrars[0]
	tls, err := eppclient.TLSConfig(demo.CAFile, r.CertFile, r.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	c, err := eppclient.Dial(t.Context(), demo.EPP["uk"], tls)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err = c.Login(r.Tag, r.Password, eppclient.LoginOptions{}); err != nil {
		t.Fatal(err)
	}
	send := func(frame []byte) {
		t.Helper()
		answer, err := c.Do(frame)
		if err != nil || !strings.Contains(string(answer), `code="1000"`) {
			t.Fatalf("%s\n%s, %v", frame, answer, err)
		}
	}
	name := id + "-follows.co.demo"
	send(eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: name, Years: 2, Registrant: "A-BAKER", NS: []string{"ns1." + name + "/192.0.2.77"}}))
	took := eventually(t, name+" is served", func() bool {
		in := ask(t, server, name, dns.TypeNS)
		return records(in.Ns) == name+". IN NS ns1."+name+"." && records(in.Extra) == "ns1."+name+". IN A 192.0.2.77"
	})
	send(eppclient.DomainUpdate("", eppclient.DomainUpdateOptions{Name: name, AddStatus: []string{"clientHold"}}))
	gone := eventually(t, name+" is gone", func() bool { return ask(t, server, name, dns.TypeNS).Rcode == dns.RcodeNameError })
	t.Logf("in the zone after %s, out of it after %s", took.Round(time.Millisecond), gone.Round(time.Millisecond))
}

// checkFiles has BIND's tool look at the zone files.
func checkFiles(t *testing.T, dir string) {
	t.Helper()
	for _, z := range demoZones {
		out, err := exec.Command("named-checkzone", "-i", "local", "-k", "fail", z, filepath.Join(dir, "zones", z+".zone")).CombinedOutput()
		if err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "OK") {
			t.Errorf("named-checkzone (apt-get install bind9-utils): %v\n%s", err, out)
		}
	}
}

// killPublications kills "zone publish" at all sorts of moments: the file is whole
// at any time, and nothing is left once the next one has run.
func killPublications(t *testing.T, dir string) {
	t.Helper()
	program := filepath.Join(filepath.Dir(dir), "registryctl")
	out, err := exec.Command("go", "build", "-o", program, "../../registryctl").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for i := range 25 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(40+6*i)*time.Millisecond)
		_ = exec.CommandContext(ctx, program, "--demo", dir, "zone", "publish", "co.demo").Run() // SIGKILL at the deadline
		cancel()
		checkFiles(t, dir)
	}
	out, err = exec.Command(program, "--demo", dir, "zone", "publish").CombinedOutput()
	if err != nil {
		t.Fatalf("afterwards: %v\n%s", err, out)
	}
	left, err := filepath.Glob(filepath.Join(dir, "zones", "co.demo.*.new"))
	if err != nil || len(left) > 0 {
		t.Errorf("left lying: %v, %v", left, err)
	}
}
