package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// The address that limits count by is the client's own, and a client cannot
// choose it.
func TestClientAddress(t *testing.T) {
	s := &service{proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}}
	for _, tt := range []struct{ name, peer, forwarded, want string }{
		{"no proxy", "192.0.2.1:5000", "198.51.100.7", "192.0.2.1:5000"},
		{"through a proxy", "10.1.1.1:5000", "198.51.100.7", "198.51.100.7:0"},
		{"the client wrote one itself", "10.1.1.1:5000", "203.0.113.9, 198.51.100.7", "198.51.100.7:0"},
		{"two proxies", "10.1.1.1:5000", "203.0.113.9, 198.51.100.7, 10.2.2.2", "198.51.100.7:0"},
		{"nothing given", "10.1.1.1:5000", "", "10.1.1.1:5000"},
		{"nonsense", "10.1.1.1:5000", "unknown", "10.1.1.1:5000"},
		{"IPv6", "[::1]:5000", "2001:db8::7", "[2001:db8::7]:0"},
		{"mapped", "[::ffff:10.1.1.1]:5000", "::ffff:198.51.100.7", "198.51.100.7:0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tt.peer
			if tt.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tt.forwarded)
			}
			got := ""
			s.clientAddress(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(httptest.NewRecorder(), r)
			if got != tt.want {
				t.Errorf("address %s, want %s", got, tt.want)
			}
		})
	}
}

// A fault of ours is a 500 with no word of it; the log has the route, never the
// token in the path (N50).
func TestSurface(t *testing.T) {
	var log bytes.Buffer
	s := &service{log: slog.New(slog.NewJSONHandler(&log, nil)), publicSeen: newPublicMetrics()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /renewal/{token}", func(http.ResponseWriter, *http.Request) { panic("what only we may read") })
	w := httptest.NewRecorder()
	publicHeadersOf("https://registry.example", s.surface("pages", mux)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/renewal/s3cr3t?x=s3cr3t", nil))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "only we") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), `"route":"GET /renewal/{token}"`) || !strings.Contains(log.String(), `"status":500`) || strings.Contains(log.String(), "s3cr3t") {
		t.Errorf("log: %s", log.String())
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Strict-Transport-Security": "max-age=31536000"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
}

// "serve" has the pages when it is told to, and stops them as the rest.
func TestServePages(t *testing.T) {
	db, dir := pgtest.New(t), demoDir(t)
	prepareDemo(t, db, dir)
	file := serveConfig(t, db, dir, `[identity]
name = "Example Registry"
url = "http://127.0.0.1"
email = "help@registry.example"
[web]
address = "127.0.0.1:0"
`)
	p := start(t, "serve", "--config", file)
	p.eventually("listening", func() bool { return len(addresses(p)) == 3 })
	resp, err := http.Get("http://" + addresses(p)["web"] + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "Example Registry") {
		t.Errorf("%d %s %v", resp.StatusCode, body, err)
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "style-src 'self'") || strings.Contains(csp, "script") {
		t.Errorf("policy %q", csp)
	}
	resp, err = http.Get("http://" + addresses(p)["web"] + "/renewal/s3cr3t")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	p.eventually("the request is logged", func() bool { return strings.Contains(p.stderr.String(), `"route":"GET /renewal/{token}","status":404`) })
	if strings.Contains(p.stderr.String(), "s3cr3t") {
		t.Error("the token is in the log")
	}
	_, page := get(t, "http://"+addresses(p)["metrics"], "/metrics")
	if !strings.Contains(page, `http_requests_total{code="200",method="GET",surface="pages"} 1`) {
		t.Error("the request was not counted")
	}
	p.stop(syscall.SIGTERM)
}
