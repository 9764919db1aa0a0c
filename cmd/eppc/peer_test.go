package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

const greeting = `<?xml version="1.0" encoding="UTF-8"?>
<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><greeting><svID>Test registry</svID><svDate>2027-01-01T00:00:00Z</svDate>
<svcMenu><version>1.0</version><lang>en</lang><objURI>urn:ietf:params:xml:ns:domain-1.0</objURI></svcMenu>
<dcp><access><all/></access><statement><purpose><prov/></purpose><recipient><public/></recipient><retention><stated/></retention></statement></dcp></greeting></epp>`

// answer builds an answer; body stands between the result and trID.
func answer(code int, msg, body string) string {
	return fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="%d"><msg>%s</msg></result>%s<trID><clTRID>ABC-1</clTRID><svTRID>SRV-1</svTRID></trID></response></epp>`, code, msg, body)
}

const infoBody = `<resData><domain:infData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>a.uk</domain:name><domain:roid>D1-UK</domain:roid><domain:status s="ok"/><domain:registrant>c-1</domain:registrant><domain:ns><domain:hostObj>ns1.b.uk</domain:hostObj><domain:hostObj>ns2.b.uk</domain:hostObj></domain:ns><domain:clID>ALPHA</domain:clID><domain:exDate>2027-03-20T00:00:00Z</domain:exDate></domain:infData></resData>`

const checkBody = `<resData><domain:chkData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:cd><domain:name avail="1">a.uk</domain:name></domain:cd><domain:cd><domain:name avail="0">b.uk</domain:name><domain:reason>In use</domain:reason></domain:cd></domain:chkData></resData>`

// registryPeer is the other end of eppc's connection: it answers by canned
// frames, after the part of the command that tells it which, and keeps what
// it was sent. It knows nothing of a registry's rules.
type registryPeer struct {
	addr string
	dir  string // holds demo.json and the certificates

	mu     sync.Mutex
	queue  int // poll messages left
	frames []string
}

func startPeer(t *testing.T) *registryPeer {
	t.Helper()
	p := &registryPeer{dir: t.TempDir(), queue: 2}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	p.write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, ClientAuth: tls.RequireAnyClientCert,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p.addr = l.Addr().String()
	demo := eppclient.Demo{EPP: map[string]string{"uk": p.addr}, CAFile: "cert.pem", Registrars: []eppclient.DemoRegistrar{
		{Tag: "ALPHA", Password: "alpha-pw", CertFile: "cert.pem", KeyFile: "key.pem"},
		{Tag: "BETA", Password: "wrong", CertFile: "cert.pem", KeyFile: "key.pem"},
	}}
	if err := demo.Save(p.dir); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn)
		}
	}()
	return p
}

func (p *registryPeer) file(name string) string { return filepath.Join(p.dir, name) }

func (p *registryPeer) write(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.WriteFile(p.file(name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p.file(name)
}

func (p *registryPeer) serve(conn net.Conn) {
	defer conn.Close()
	if eppclient.WriteFrame(conn, []byte(greeting)) != nil {
		return
	}
	for {
		frame, err := eppclient.ReadFrame(conn, 1<<20)
		if err != nil {
			return
		}
		out := p.answer(string(frame))
		if out == "" || eppclient.WriteFrame(conn, []byte(out)) != nil {
			return
		}
	}
}

func (p *registryPeer) answer(frame string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frames = append(p.frames, frame)
	has := func(s string) bool { return strings.Contains(frame, s) }
	switch {
	case has("<hello/>"):
		return greeting
	case has("<pw>wrong</pw>"):
		return answer(2200, "Authentication error", "")
	case has("<logout/>"):
		return answer(1500, "Command completed successfully; ending session", "")
	case has("hangup.uk"):
		return ""
	case has("<domain:check"):
		return answer(1000, "Command completed successfully", checkBody)
	case has("<domain:info") && has("gone.uk"):
		return answer(2303, "Object does not exist", "")
	case has("<domain:info"):
		return answer(1000, "Command completed successfully", infoBody)
	case has("<domain:update"):
		return answer(2201, "Authorization error", "")
	case has(`<poll op="req"`) && p.queue == 0:
		return answer(1300, "No messages", "")
	case has(`<poll op="req"`):
		return answer(1301, "Ack to dequeue", fmt.Sprintf(`<msgQ count="%d" id="m%d"><qDate>2027-01-01T00:00:00Z</qDate><msg>Text %d</msg></msgQ>`, p.queue, p.queue, p.queue))
	case has(`<poll op="ack"`):
		p.queue--
	}
	return answer(1000, "Command completed successfully", "")
}

// sent returns the frames received so far, the logins and logouts left out.
func (p *registryPeer) sent() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, f := range p.frames {
		if !strings.Contains(f, "<login>") && !strings.Contains(f, "<logout/>") {
			out = append(out, f)
		}
	}
	return out
}

// eppc runs one command line against the peer.
func (p *registryPeer) eppc(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), append([]string{"--demo", p.dir}, args...), strings.NewReader(stdin), &out, &errs)
	return status, out.String(), errs.String()
}
