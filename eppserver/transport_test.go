package eppserver_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/eppserver"
	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// framed puts the header in front, with a length that may be a lie.
func framed(length int, body string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(length)), body...)
}

func raw(t *testing.T, c *epptest.Client, data []byte) {
	t.Helper()
	if err := c.WriteRaw(data); err != nil {
		t.Fatal(err)
	}
}

// E1: lengths that cannot be are answered with 2500 and the connection is
// closed; nothing of their size is awaited.
func TestFrameLengths(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.MaxFrame = 4096 })
	for _, length := range []int{0, 3, 4097, 1 << 20, 1<<32 - 1} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			c := h.Connect("DEMO-A")
			raw(t, c, framed(length, strings.Repeat("x", 2000)))
			r := c.Read()
			if epptest.Code(r) != xml.CodeFailedClosing || r.SvTRID == "" || epptest.Reason(r) == "" {
				t.Errorf("answer %+v", r)
			}
			c.WantClosed()
		})
	}
	t.Run("empty", func(t *testing.T) {
		c := h.Connect("DEMO-A")
		raw(t, c, framed(4, ""))
		if code := epptest.Code(c.Read()); code != xml.CodeSyntax {
			t.Errorf("answer %d", code)
		}
		c.LogIn("DEMO-A")
	})
	t.Run("longest", func(t *testing.T) {
		c := h.Connect("DEMO-A")
		hello := eppclient.Hello()
		pad := append(bytes.Clone(hello), bytes.Repeat([]byte(" "), 4092-len(hello))...)
		if r := c.Send(pad); r.Greeting == nil {
			t.Errorf("no greeting: %+v", r)
		}
	})
}

// E1: the input ends, or stands still, within a frame.
func TestTruncatedFrame(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.Frame = 100 * time.Millisecond })
	t.Run("end", func(t *testing.T) {
		c := h.Connect("DEMO-A")
		raw(t, c, framed(500, "<?xml"))
		if err := c.Conn().(*tls.Conn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if r := c.Read(); epptest.Code(r) != xml.CodeFailedClosing {
			t.Errorf("answer %+v", r)
		}
		c.WantClosed()
	})
	t.Run("slow", func(t *testing.T) {
		c := h.Connect("DEMO-A")
		raw(t, c, framed(500, "<?xml"))
		if r := c.Read(); epptest.Code(r) != xml.CodeFailedClosing || !strings.Contains(epptest.Reason(r), "too long") {
			t.Errorf("answer %+v", r)
		}
		c.WantClosed()
	})
}

// E1: pipelined commands are answered in order, in few writes.
func TestPipeline(t *testing.T) {
	h := epptest.New(t)
	c := h.Login("DEMO-A")
	const n = 200
	var all []byte
	for i := range n {
		f := eppclient.ContactTransfer(fmt.Sprintf("no-%d", i), "query", "nobody", nil)
		if i%10 == 5 {
			f = eppclient.Hello()
		}
		all = append(all, framed(len(f)+4, string(f))...)
	}
	raw(t, c, all)
	for i := range n {
		r := c.Read()
		switch {
		case i%10 == 5:
			if r.Greeting == nil {
				t.Fatalf("answer %d is no greeting: %+v", i, r)
			}
		case r.ClTRID != fmt.Sprintf("no-%d", i):
			t.Fatalf("answer %d is for %q", i, r.ClTRID)
		}
	}
}

// E5: clTRID comes back as it was, from a refused frame too; svTRIDs differ.
func TestTransactionIDs(t *testing.T) {
	h := epptest.New(t)
	c := h.Connect("DEMO-A")
	seen := map[string]bool{}
	for _, id := range []string{"ABC-1", "ABC-1", "a  b", `<&">`, "ÄÖ√", strings.Repeat("x", 64)} {
		for _, code := range []xml.ResultCode{xml.CodeUse, xml.CodeSyntax} {
			f := eppclient.Poll(id)
			if code == xml.CodeSyntax {
				f = bytes.Replace(f, []byte(`op="req"`), []byte(`op="what"`), 1)
			}
			r := c.Send(f)
			if r.ClTRID != id || seen[r.SvTRID] || len(r.SvTRID) < 20 {
				t.Errorf("%q: answer %+v", id, r)
			}
			seen[r.SvTRID] = true
		}
	}
	if r := c.Want(eppclient.Poll(""), xml.CodeUse); r.ClTRID != "" {
		t.Errorf("clTRID %q", r.ClTRID)
	}
}

// E2: input without a header, several documents in one write, white space
// around; only where the listener allows it.
func TestUnframed(t *testing.T) {
	h := epptest.New(t)
	c := h.Dial(h.Plain, nil)
	login := eppclient.Login(c.Greeting(), "DEMO-A", epptest.Password, eppclient.LoginOptions{})
	hello := eppclient.Hello()
	in := bytes.Join([][]byte{[]byte("\r\n "), login, hello, []byte("\n\t"), hello, hello, []byte("\r\n")}, nil)
	in = append(in, framed(len(hello)+4, string(hello))...)
	in = append(in, "<e:epp xmlns:e='urn:ietf:params:xml:ns:epp-1.0'><!-- </epp> --><e:hello a='</epp>'></e:epp >"...)
	in = append(in, eppclient.Logout("last")...)
	raw(t, c, in)
	if r := c.Read(); epptest.Code(r) != xml.CodeOK {
		t.Fatalf("login: %+v", r)
	}
	for i := range 4 {
		if r := c.Read(); r.Greeting == nil {
			t.Fatalf("hello %d: %+v", i, r)
		}
	}
	if r := c.Read(); epptest.Code(r) != xml.CodeSyntax {
		t.Fatalf("broken document: %+v", r)
	}
	if r := c.Read(); epptest.Code(r) != xml.CodeOKEndSession || r.ClTRID != "last" {
		t.Fatalf("logout: %+v", r)
	}
	c.WantClosed()

	strict := h.Connect("DEMO-A")
	raw(t, strict, hello)
	if r := strict.Read(); epptest.Code(r) != xml.CodeFailedClosing {
		t.Errorf("strict listener: %+v", r)
	}
	strict.WantClosed()
}

// E2: the end of a document that never comes is not awaited for ever.
func TestUnframedWithoutEnd(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.Plain.Limits.MaxFrame = 1000 })
	c := h.Dial(h.Plain, nil)
	raw(t, c, []byte("<epp>"+strings.Repeat("<a>", 500)))
	if r := c.Read(); epptest.Code(r) != xml.CodeFailedClosing {
		t.Errorf("answer %+v", r)
	}
	c.WantClosed()
}

// E2: white space before the XML declaration, by setting.
func TestLeadingSpace(t *testing.T) {
	h := epptest.New(t)
	frame := append([]byte(" \r\n"), eppclient.Poll("xxx")...)
	if !bytes.HasPrefix(bytes.TrimSpace(frame), []byte("<?xml")) {
		t.Fatal("the client writes no declaration any more")
	}
	h.Dial(h.Plain, nil).Want(frame, xml.CodeUse)
	h.Connect("DEMO-A").Want(frame, xml.CodeSyntax)
}

// E2: plain text on loopback only.
func TestPlainTextOnLoopbackOnly(t *testing.T) {
	h := epptest.New(t)
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	err = h.Server.Serve(t.Context(), ln, eppserver.ListenerConfig{Name: "open"})
	if err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("error %v", err)
	}
	if _, err = ln.Accept(); err == nil {
		t.Error("the listener is open")
	}
}

// E1: the handshake's refusals.
func TestHandshake(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.Handshake = 200 * time.Millisecond })
	old := h.ClientTLS("DEMO-A")
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	foreign := h.ClientTLS("")
	other, err := certs.NewCA("Somebody else", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := other.IssueRegistrar(certs.RegistrarRequest{Tag: "DEMO-A", Name: "x", Validity: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	foreign.Certificates = []tls.Certificate{pair.TLS()}
	for name, cfg := range map[string]*tls.Config{"TLS 1.1": old, "no certificate": h.ClientTLS(""), "foreign": foreign} {
		t.Run(name, func(t *testing.T) {
			if c, err := eppclient.Dial(t.Context(), h.UK, cfg); err == nil {
				t.Errorf("greeted: %s", c.Greeting())
			}
		})
	}
	t.Run("silent", func(t *testing.T) {
		nc, err := net.Dial("tcp", h.UK)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		_ = nc.SetReadDeadline(time.Now().Add(5 * time.Second))
		if n, err := nc.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("read %d, %v", n, err)
		}
	})
	h.Login("DEMO-A")
}

// E1: a client without a certificate may be let in and refused at login.
func TestCertificateOptional(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) {
		o.ClientCerts = certs.RequestClientCert
		o.GTLD.CertificateOptional = true
	})
	c := h.Dial(h.UK, h.ClientTLS(""))
	c.Want(eppclient.Login(c.Greeting(), "DEMO-A", epptest.Password, eppclient.LoginOptions{}), xml.CodeAuthentication)
	h.Dial(h.GTLD, h.ClientTLS("")).LogIn("DEMO-A")
}

// E4: connections per address.
func TestConnectionsPerAddress(t *testing.T) {
	h := epptest.New(t, func(o *epptest.Options) { o.UK.Limits.PerAddress = 2 })
	a := h.Connect("DEMO-A")
	h.Connect("DEMO-A")
	if c, err := eppclient.Dial(t.Context(), h.UK, h.ClientTLS("DEMO-A")); err == nil {
		t.Fatalf("a third connection: %s", c.Greeting())
	}
	_ = a.Close()
	h.Eventually("a place is free", func() bool {
		c, err := eppclient.Dial(t.Context(), h.UK, h.ClientTLS("DEMO-A"))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// E1: a client that reads nothing is let go of, and others are served meanwhile.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	h := epptest.New(t, func(o *epptest.Options) { o.Plain.Limits.Write = 200 * time.Millisecond })
	slow := h.Dial(h.Plain, nil).LogIn("DEMO-A")
	_ = slow.Conn().(*net.TCPConn).SetReadBuffer(4 << 10)
	slow.Timeout = 5 * time.Second
	hello := eppclient.Hello()
	burst := bytes.Repeat(framed(len(hello)+4, string(hello)), 200)
	other := h.Login("DEMO-B")
	for range 200 {
		if slow.WriteRaw(burst) != nil {
			break
		}
		if _, err := other.Hello(); err != nil {
			t.Fatal(err)
		}
	}
	h.Eventually("the connection is cut", func() bool { return slow.WriteRaw(hello) != nil })
}

// E1, E4: clients that begin a handshake and do not end it keep out neither
// themselves for good nor, before the time is up, other addresses.
func TestStalledHandshakes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("other systems have one loopback address only")
	}
	h := epptest.New(t, func(o *epptest.Options) {
		o.UK.Limits.Handshakes, o.UK.Limits.Handshake = 4, 3*time.Second
	})
	for range 8 {
		nc, err := net.Dial("tcp", h.UK)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if _, err = nc.Write([]byte{22, 3, 1}); err != nil {
			t.Fatal(err)
		}
	}
	dial := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	nc, err := dial.Dial("tcp", h.UK)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(2500 * time.Millisecond))
	if err = tls.Client(nc, h.ClientTLS("DEMO-B")).Handshake(); err != nil {
		t.Errorf("another address: %v", err)
	}
	h.Eventually("the stalled are gone", func() bool {
		c, err := eppclient.Dial(t.Context(), h.UK, h.ClientTLS("DEMO-A"))
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// "Certificates": a certificate that somebody else issued is taken once it is
// pinned to a registrar, and then for that one only.
func TestPinnedCertificate(t *testing.T) {
	h := epptest.New(t)
	other, err := certs.NewCA("Somebody else", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := other.IssueRegistrar(certs.RegistrarRequest{Tag: "own", Name: "own", Validity: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	cfg := h.ClientTLS("")
	cfg.Certificates = []tls.Certificate{pair.TLS()}
	if c, err := eppclient.Dial(t.Context(), h.UK, cfg); err == nil {
		t.Fatalf("greeted: %s", c.Greeting())
	}
	_, err = h.Registry.AddCertificate(t.Context(), registry.System("TEST"), "DEMO-A", pair.Cert, false)
	if err != nil {
		t.Fatal(err)
	}
	h.Eventually("the certificate is known", func() bool {
		c, err := eppclient.Dial(t.Context(), h.UK, cfg)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	c := h.Dial(h.UK, cfg)
	c.Want(loginFrame(c, "DEMO-B", epptest.Password, eppclient.LoginOptions{}), xml.CodeAuthentication)
	c.LogIn("DEMO-A")
}
