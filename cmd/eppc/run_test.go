package main

import (
	"bytes"
	"encoding/json"

	"strings"
	"testing"
)

// TestCommands runs one command line of each kind and looks at what was sent.
func TestCommands(t *testing.T) {
	const ds = "12345 13 2 ABCD EF01"
	for _, c := range []struct {
		args string // words separated by |
		want []string
	}{
		{"check|a.uk|b.uk", []string{"<domain:name>a.uk</domain:name><domain:name>b.uk</domain:name>"}},
		{"info|a.uk|--hosts|del|--auth|p<w", []string{`hosts="del"`, "<domain:pw>p&lt;w</domain:pw>"}},
		{"create|a.uk|-y|2|--ns|n1.b.uk,n2.b.uk|-r|c-1|--contact|tech=c-2|--ds|" + ds + "|--auto-bill|10|--notes|one, two|--notes|three", []string{
			`<domain:period unit="y">2<`, "<domain:hostObj>n1.b.uk<", "<domain:hostObj>n2.b.uk<", `<domain:contact type="tech">c-2<`,
			"<secDNS:keyTag>12345<", "<secDNS:digest>ABCDEF01<", "auto-bill>10<", "notes>one, two<", "notes>three<"}},
		{"renew|a.uk|--cur-exp|2027-03-20|--years|3", []string{"<domain:curExpDate>2027-03-20<", `unit="y">3<`}},
		{"delete|a.uk", []string{"<domain:delete"}},
		{"transfer|request|a.uk|--auth|pw", []string{`<transfer op="request">`, "<domain:pw>pw<"}},
		{"release|a.uk|OTHER", []string{"<release:domainName>a.uk<", "<release:registrarTag>OTHER<"}},
		{"release|c-1|OTHER|--registrant", []string{"<release:registrant>c-1<"}},
		{"handshake|accept|77|--registrant|c-2", []string{"<handshake:caseId>77<", "<handshake:registrant>c-2<"}},
		{"handshake|reject|77", []string{"<handshake:reject"}},
		{"list|--expiry|2027-03", []string{"<list:expiry>2027-03<"}},
		{"list|--month|2027-03", []string{"<list:month>2027-03<"}},
		{"unrenew|a.uk", []string{"<unrenew:domainName>a.uk<"}},
		{"fork|c-1|a.uk|--new-id|c-2", []string{"<fork:newContactId>c-2<"}},
		{"lock|opt-out|--contact|c-1", []string{`object="contact"`, `type="opt-out"`}},
		{"unlock|investigation|--domain|a.uk", []string{"<locks:unlock", "<locks:domainName>a.uk<"}},
		{"tags", []string{"<tag:list"}},
		{"contact|check|c-1", []string{"<contact:check"}},
		{"contact|info|c-1", []string{"<contact:info"}},
		{"contact|create|c-1|--name|Ann|--street|1 High St, Flat 2|--city|Oxford|--country|GB|--email|a@b.uk|--hide|voice,email|--type|IND", []string{
			`<contact:street>1 High St, Flat 2<`, `<contact:disclose flag="0"><contact:voice/><contact:email/>`, "type>IND<"}},
		{"contact|update|c-1|--email|b@b.uk", []string{"<contact:chg><contact:email>b@b.uk<"}},
		{"contact|delete|c-1", []string{"<contact:delete"}},
		{"contact|transfer|query|c-1", []string{`op="query"`}},
		{"contact|rename|c-1|c-2", []string{"<contact-id:id>c-2<"}},
		{"host|check|ns1.a.uk", []string{"<host:check"}},
		{"host|info|ns1.a.uk", []string{"<host:info"}},
		{"host|create|ns1.a.uk|192.0.2.1|2001:db8::1", []string{`ip="v4">192.0.2.1<`, `ip="v6">2001:db8::1<`}},
		{"host|update|ns1.a.uk|--add-addr|192.0.2.2|--new-name|ns2.a.uk", []string{"<host:add>", "<host:chg><host:name>ns2.a.uk<"}},
		{"host|delete|ns1.a.uk", []string{"<host:delete"}},
		{"poll", []string{`<poll op="req"/>`}},
		{"poll|--ack|m1", []string{`msgID="m1"`}},
	} {
		p := startPeer(t)
		status, _, stderr := p.eppc(t, "", strings.Split(c.args, "|")...)
		sent := p.sent()
		if status != exitDone || len(sent) != 1 {
			t.Errorf("%s: status %d, %d frames, %s", c.args, status, len(sent), stderr)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(sent[0], want) {
				t.Errorf("%s: no %s in %s", c.args, want, sent[0])
			}
		}
	}
}

func TestUpdate(t *testing.T) {
	p := startPeer(t)
	status, stdout, _ := p.eppc(t, "", "update", "a.uk", "--add-ns", "n3.b.uk", "--rem-status", "clientHold",
		"--registrant", "c-9", "--rem-all-ds", "--add-ds", "1 13 2 AB", "--auto-bill=", "--renew-not-required", "y", "--auth=")
	if status != exitRefused || !strings.Contains(stdout, "2201 Authorization error") {
		t.Errorf("status %d, %s", status, stdout)
	}
	for _, want := range []string{"<domain:add><domain:ns><domain:hostObj>n3.b.uk<", `<domain:rem><domain:status s="clientHold"/>`,
		"<domain:registrant>c-9<", "<domain:null/>", "<secDNS:all>true<", "<secDNS:keyTag>1<", "auto-bill></", "renew-not-required>y<"} {
		if !strings.Contains(p.sent()[0], want) {
			t.Errorf("no %s in %s", want, p.sent()[0])
		}
	}
}

// TestRenewAsks: without a date the server is asked for it; a name that is not
// there is not renewed.
func TestRenewAsks(t *testing.T) {
	p := startPeer(t)
	if status, _, stderr := p.eppc(t, "", "renew", "a.uk"); status != exitDone {
		t.Fatalf("status %d: %s", status, stderr)
	}
	if sent := p.sent(); len(sent) != 2 || !strings.Contains(sent[1], "<domain:curExpDate>2027-03-20<") {
		t.Errorf("sent %v", sent)
	}
	if status, stdout, _ := p.eppc(t, "", "renew", "gone.uk"); status != exitRefused || !strings.Contains(stdout, "2303") {
		t.Errorf("status %d: %s", status, stdout)
	}
	if sent := p.sent(); len(sent) != 3 {
		t.Errorf("sent %v", sent)
	}
}

func TestStatus(t *testing.T) {
	p := startPeer(t)
	for _, c := range []struct {
		want int
		args []string
	}{
		{exitDone, []string{"--help"}},
		{exitDone, []string{"renew", "--help"}},
		{exitDone, []string{"hello"}},
		{exitDone, []string{"login"}},
		{exitDone, []string{"man"}},
		{exitRefused, []string{"info", "gone.uk"}},
		{exitRefused, []string{"--tag", "BETA", "check", "a.uk"}},
		{exitUsage, []string{"frobnicate"}},
		{exitUsage, []string{}},
		{exitUsage, []string{"check"}},
		{exitUsage, []string{"list"}},
		{exitUsage, []string{"list", "--expiry", "2027-01", "--month", "2027-01"}},
		{exitUsage, []string{"info", "a.uk", "--hosts", "many"}},
		{exitUsage, []string{"create", "a.uk", "--contact", "c-1"}},
		{exitUsage, []string{"create", "a.uk", "--ds", "one two"}},
		{exitUsage, []string{"contact", "create", "c-1"}},
		{exitUsage, []string{"contact", "update", "c-1", "--city", "Oxford"}},
		{exitUsage, []string{"--xml", "--json", "hello"}},
		{exitUsage, []string{"--profile", "gtld", "hello"}},
		{exitUsage, []string{"--tag", "GAMMA", "--cert", p.file("cert.pem"), "--key", p.file("key.pem"), "check", "a.uk"}},
		{exitFault, []string{"check", "hangup.uk"}},
		{exitFault, []string{"--server", "127.0.0.1:1", "hello"}},
		{exitFault, []string{"--demo", p.dir + "/none", "hello"}},
		{exitFault, []string{"--cert", p.file("none.pem"), "--key", p.file("key.pem"), "hello"}},
	} {
		if got, stdout, stderr := p.eppc(t, "", c.args...); got != c.want {
			t.Errorf("%v: status %d, want %d\n%s%s", c.args, got, c.want, stdout, stderr)
		}
	}
}

func TestOutput(t *testing.T) {
	p := startPeer(t)
	_, out, _ := p.eppc(t, "", "info", "a.uk")
	for _, want := range []string{"1000 Command completed successfully\n", "domain infData\n", "  status      ok\n",
		"  ns.hostObj  ns1.b.uk\n", "  exDate      2027-03-20T00:00:00Z\n", "clTRID ABC-1, svTRID SRV-1\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	_, out, _ = p.eppc(t, "", "check", "a.uk", "b.uk")
	for _, want := range []string{"name", "avail", "reason", "│ b.uk │ 0     │ In use │"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	_, out, _ = p.eppc(t, "", "--xml", "check", "a.uk")
	if !strings.Contains(out, "\n          <domain:name avail=\"1\">a.uk</domain:name>\n") {
		t.Errorf("XML:\n%s", out)
	}
	_, out, _ = p.eppc(t, "", "--json", "check", "a.uk")
	var decoded jsonAnswer
	if err := json.Unmarshal([]byte(out), &decoded); err != nil || decoded.Results[0].Code != 1000 ||
		decoded.Data[0].Children[1].Children[0].Attrs["avail"] != "0" || decoded.SvTRID != "SRV-1" {
		t.Errorf("JSON: %v\n%s", err, out)
	}
	_, out, _ = p.eppc(t, "", "hello")
	if !strings.Contains(out, "svcMenu.objURI") || !strings.Contains(out, "Test registry") {
		t.Errorf("greeting:\n%s", out)
	}
	if got := printable("a\x1b[31mb\u009bc\nd"); got != "a\ufffd[31mb\ufffdc d" {
		t.Errorf("printable = %q", got)
	}
}

func TestPollAll(t *testing.T) {
	p := startPeer(t)
	status, out, _ := p.eppc(t, "", "poll", "--all")
	if status != exitDone || !strings.Contains(out, "message m2, 2 in the queue, 2027-01-01T00:00:00Z: Text 2") ||
		!strings.Contains(out, "message m1, 1 in the queue") || !strings.Contains(out, "1300 No messages") {
		t.Errorf("status %d\n%s", status, out)
	}
	if n := len(p.sent()); n != 5 { // req, ack, req, ack, req
		t.Errorf("%d frames", n)
	}
}

func TestRaw(t *testing.T) {
	p := startPeer(t)
	frames := "\n<?xml version=\"1.0\"?><epp><domain:check/></epp>\r\n<epp><domain:info>gone.uk</domain:info></epp>\n"
	status, out, stderr := p.eppc(t, frames, "raw", "-")
	sent := p.sent()
	if status != exitRefused || len(sent) != 2 || !strings.HasPrefix(sent[0], "<?xml") || !strings.HasSuffix(sent[1], "</epp>") {
		t.Errorf("status %d, %s, sent %q", status, stderr, sent)
	}
	if !strings.Contains(out, "2303") {
		t.Errorf("output %s", out)
	}
	file := p.write(t, "frames.xml", frames+"rest")
	p2 := startPeer(t)
	if _, _, stderr := p2.eppc(t, "", "raw", "--no-login", file); len(p2.frames) != 3 || p2.frames[2] != "rest" {
		t.Errorf("sent %q, %s", p2.frames, stderr)
	}
	if status, _, _ := p.eppc(t, " \n", "raw", "-"); status != exitUsage {
		t.Errorf("no frames: status %d", status)
	}
}

// TestSources: command line before environment before file.
func TestSources(t *testing.T) {
	p := startPeer(t)
	config := p.write(t, "eppc.toml", "tag = \"FILE\"\ntimeout = \"5s\"\njson = true\n")
	login := func() string {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i := len(p.frames) - 1; i >= 0; i-- {
			if strings.Contains(p.frames[i], "<login>") {
				return p.frames[i]
			}
		}
		return ""
	}
	pwFile := p.write(t, "pw", "from file\n")
	own := []string{"--server", p.addr, "--ca", p.file("cert.pem"), "--cert", p.file("cert.pem"), "--key", p.file("key.pem"), "--config", config}
	command := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		status := run(t.Context(), append(append([]string{}, own...), args...), strings.NewReader(""), &out, &errs)
		return status, out.String() + errs.String()
	}
	if status, out := command("--password-file", pwFile, "check", "a.uk"); status != exitDone || !strings.HasPrefix(out, "{") ||
		!strings.Contains(login(), "<clID>FILE</clID><pw>from file</pw>") {
		t.Errorf("file: %d, %s, %s", status, out, login())
	}
	t.Setenv("EPPC_TAG", "ENV")
	t.Setenv("EPPC_PASSWORD", "env-pw")
	if _, out := command("check", "a.uk"); !strings.Contains(login(), "<clID>ENV</clID><pw>env-pw</pw>") {
		t.Errorf("environment: %s, %s", out, login())
	}
	if _, out := command("--tag", "FLAG", "check", "a.uk"); !strings.Contains(login(), "<clID>FLAG</clID>") {
		t.Errorf("flag: %s, %s", out, login())
	}
	p.write(t, "eppc.toml", "tga = \"X\"\n")
	if status, out := command("check", "a.uk"); status != exitUsage || !strings.Contains(out, "tga") {
		t.Errorf("unknown key: %d, %s", status, out)
	}
	newPW := p.write(t, "new", "next-pw\n")
	p.write(t, "eppc.toml", "")
	if status, out := command("login", "--new-password-file", newPW); status != exitDone || !strings.Contains(login(), "<newPW>next-pw</newPW>") {
		t.Errorf("new password: %d, %s", status, out)
	}
}
