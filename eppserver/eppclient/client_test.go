package eppclient

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// peer is the other end of the client's connection: it greets and answers
// each frame by what answer returns; nil hangs up.
type peer struct {
	addr   string
	config *tls.Config // the client's
	seen   chan []byte
}

func startPeer(t *testing.T, answer func(frame []byte) []byte) *peer {
	t.Helper()
	dir := t.TempDir()
	pair := selfSigned(t, dir)
	config, err := TLSConfig(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &peer{addr: l.Addr().String(), config: config, seen: make(chan []byte, 64)}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(conn, answer)
		}
	}()
	return p
}

func (p *peer) serve(conn net.Conn, answer func([]byte) []byte) {
	defer conn.Close()
	if WriteFrame(conn, []byte(testGreeting)) != nil {
		return
	}
	for {
		frame, err := ReadFrame(conn, 1<<20)
		if err != nil {
			return
		}
		p.seen <- frame
		out := answer(frame)
		if out == nil || WriteFrame(conn, out) != nil {
			return
		}
	}
}

// selfSigned writes and returns a certificate for 127.0.0.1.
func selfSigned(t *testing.T, dir string) tls.Certificate {
	t.Helper()
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
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func ok(code int) []byte {
	return fmt.Appendf(nil, `<epp><response><result code="%d"><msg>Some &amp; text</msg></result></response></epp>`, code)
}

func dial(t *testing.T, p *peer) *Client {
	t.Helper()
	c, err := Dial(t.Context(), p.addr, p.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestSession(t *testing.T) {
	p := startPeer(t, func(frame []byte) []byte {
		if bytes.Contains(frame, []byte("<hello/>")) {
			return []byte("<greeting>again</greeting>")
		}
		if bytes.Contains(frame, []byte("wrong")) {
			return ok(2200)
		}
		return ok(1000)
	})
	c := dial(t, p)
	if string(c.Greeting()) != testGreeting {
		t.Errorf("greeting = %s", c.Greeting())
	}
	answer, err := c.Login("EXAMPLE", "wrong", LoginOptions{})
	var refused *ResultError
	if !errors.As(err, &refused) || refused.Code != 2200 || refused.Message != "Some & text" || !bytes.Equal(refused.Answer, answer) {
		t.Errorf("refused login: %v", err)
	}
	if _, err := c.Login("EXAMPLE", "right", LoginOptions{}); err != nil {
		t.Error(err)
	}
	<-p.seen
	if frame := string(<-p.seen); !strings.Contains(frame, "<objURI>urn:ietf:params:xml:ns:host-1.0</objURI>") || !strings.Contains(frame, "<pw>right</pw>") {
		t.Errorf("login = %s", frame)
	}
	if _, err := c.Hello(); err != nil || !strings.Contains(string(c.Greeting()), "again") {
		t.Errorf("hello: %v, %s", err, c.Greeting())
	}
	if _, err := c.Logout("A-1"); err != nil {
		t.Error(err)
	}
	if _, err := c.Do(Poll("")); err == nil {
		t.Error("a command after logout went through")
	}
}

// TestPipeline writes many commands before it reads (rule E1).
func TestPipeline(t *testing.T) {
	p := startPeer(t, func(frame []byte) []byte { return frame })
	c := dial(t, p)
	const n = 50
	for i := range n {
		if err := c.WriteFrame(fmt.Appendf(nil, "frame %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		frame, err := c.ReadFrame()
		if want := fmt.Sprintf("frame %d", i); err != nil || string(frame) != want {
			t.Fatalf("answer %d = %q, %v", i, frame, err)
		}
	}
}

func TestTimeouts(t *testing.T) {
	hold := make(chan struct{})
	p := startPeer(t, func([]byte) []byte { <-hold; return nil })
	defer close(hold)
	c := dial(t, p)
	c.Timeout = 30 * time.Millisecond
	var timeout net.Error
	if _, err := c.Do(Poll("")); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("Do without an answer: %v", err)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts by backlog, never greets
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, config := range []*tls.Config{nil, p.config} {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		_, err := Dial(ctx, l.Addr().String(), config)
		if err == nil {
			t.Error("Dial without a greeting succeeded")
		}
		cancel()
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(30*time.Millisecond, cancel)
	if _, err := Dial(ctx, l.Addr().String(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Dial: %v", err)
	}
}

func TestHangUp(t *testing.T) {
	p := startPeer(t, func([]byte) []byte { return nil })
	if _, err := dial(t, p).Do(Poll("")); !errors.Is(err, io.EOF) {
		t.Errorf("hung up: %v", err)
	}
	if _, err := Dial(t.Context(), p.addr, &tls.Config{}); err == nil {
		t.Error("an unknown server certificate was accepted")
	}
}

// countingWriter counts Write calls.
type countingWriter struct {
	bytes.Buffer
	writes int
}

func (w *countingWriter) Write(p []byte) (int, error) {
	w.writes++
	return w.Buffer.Write(p)
}

func TestFrame(t *testing.T) {
	var w countingWriter
	if err := WriteFrame(&w, []byte("abc")); err != nil || w.writes != 1 {
		t.Fatalf("%v, %d writes", err, w.writes)
	}
	if got := w.Bytes(); !bytes.Equal(got, []byte{0, 0, 0, 7, 'a', 'b', 'c'}) {
		t.Fatalf("frame = %v", got)
	}
	header := func(n uint32, rest string) io.Reader {
		return io.MultiReader(bytes.NewReader(binary.BigEndian.AppendUint32(nil, n)), strings.NewReader(rest))
	}
	for _, c := range []struct {
		what string
		r    io.Reader
		want string
		err  error
	}{
		{"whole", header(7, "abc"), "abc", nil},
		{"at the limit", header(10, "abcdef"), "abcdef", nil},
		{"over the limit", header(11, "abcdefg"), "", ErrFrameLength},
		{"huge", header(1<<32-1, ""), "", ErrFrameLength},
		{"empty", header(4, ""), "", ErrFrameLength},
		{"below the header", header(0, ""), "", ErrFrameLength},
		{"cut off", header(7, "ab"), "", io.ErrUnexpectedEOF},
		{"cut off after header", header(7, ""), "", io.ErrUnexpectedEOF},
		{"cut off in header", strings.NewReader("\x00\x00"), "", io.ErrUnexpectedEOF},
		{"end", strings.NewReader(""), "", io.EOF},
	} {
		got, err := ReadFrame(c.r, 10)
		if string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", c.what, got, err)
		}
	}
	if err := WriteFrame(&w, nil); !errors.Is(err, ErrFrameLength) {
		t.Errorf("empty frame written: %v", err)
	}
}

func TestDemo(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadDemo(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	want := &Demo{EPP: map[string]string{"uk": "127.0.0.1:7700"}, CAFile: "certs/ca.pem", Registrars: []DemoRegistrar{
		{Tag: "ALPHA", Password: "a", CertFile: "certs/a.pem", KeyFile: "/abs/a.key"}, {Tag: "BETA"},
	}}
	if err := want.Save(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, DemoFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	d, err := LoadDemo(dir)
	if err != nil {
		t.Fatal(err)
	}
	r, found := d.Registrar("alpha")
	if !found || d.EPP["uk"] != "127.0.0.1:7700" || d.CAFile != filepath.Join(dir, "certs/ca.pem") ||
		r.CertFile != filepath.Join(dir, "certs/a.pem") || r.KeyFile != "/abs/a.key" {
		t.Errorf("loaded %+v", d)
	}
	if r, found := d.Registrar(""); !found || r.Tag != "ALPHA" {
		t.Errorf("first = %v", r)
	}
	if _, found := d.Registrar("GAMMA"); found {
		t.Error("found an unknown tag")
	}
}
