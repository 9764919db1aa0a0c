package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// "serve" answers WHOIS and RDAP where it is told to, by its settings, counts
// both, and stops with connections open.
func TestServeLookup(t *testing.T) {
	db, dir := pgtest.New(t), demoDir(t)
	prepareDemo(t, db, dir)
	p := start(t, "serve", "--config", serveConfig(t, db, dir, `[identity]
name = "Example Registry"
url = "https://registry.example/"
email = "help@registry.example"
[web]
address = "127.0.0.1:0"
[lookup]
publication = "organisations"
terms-url = "https://registry.example/terms"
[whois]
address = "127.0.0.1:0"
[rdap]
queries-per-minute = 2
`))
	p.eventually("listening", func() bool { return len(addresses(p)) == 4 })
	conn, err := net.Dial("tcp", addresses(p)["whois"])
	if err == nil {
		_, err = fmt.Fprint(conn, "bakery.co.demo\r\n")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	text, err := io.ReadAll(conn)
	if err != nil || !strings.Contains(string(text), "Registrant Organization: Baker and Daughters Ltd\r\n") ||
		!strings.Contains(string(text), "https://registry.example/terms") {
		t.Errorf("%v\n%s", err, text)
	}
	for _, want := range []int{http.StatusOK, http.StatusNotFound, http.StatusTooManyRequests} {
		name := map[int]string{http.StatusNotFound: "nothing.co.demo"}[want]
		if name == "" {
			name = "bakery.co.demo"
		}
		resp, err := http.Get("http://" + addresses(p)["web"] + "/rdap/domain/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Links []struct{ Href string }
		}
		err = json.NewDecoder(resp.Body).Decode(&v)
		resp.Body.Close()
		if err != nil || resp.StatusCode != want || want == 200 && v.Links[0].Href != "https://registry.example/rdap/domain/bakery.co.demo" {
			t.Errorf("%d %+v %v, want status %d", resp.StatusCode, v, err, want)
		}
	}
	_, page := get(t, "http://"+addresses(p)["metrics"], "/metrics")
	for _, m := range []string{`whois_queries_total{object="domain",result="found"} 1`, `rdap_queries_total{object="domain",result="200"} 1`,
		`rdap_queries_total{object="other",result="429"} 1`, `http_requests_total{code="200",method="GET",surface="rdap"} 1`, "whois_query_duration_seconds_count 1"} {
		if !strings.Contains(page, "\n"+m+"\n") {
			t.Errorf("there is no %s", m)
		}
	}
	silent, err := net.Dial("tcp", addresses(p)["whois"])
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p.stop(syscall.SIGTERM)
}
